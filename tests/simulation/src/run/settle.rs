//! The faults stop; people do what they are asked for, and everything comes to rest by itself.

use super::{AFTERWARDS, Simulation};
use crate::client::{Client, LINK};
use crate::line::Way;
use crate::steps::{Act, Choice, ServerAct};
use std::time::Duration;
use tidemark_model::mutation::MutationState;
use tidemark_model::view::{ChangeRow, WaitReason};
use tidemark_sandbox::Faults;

/// So often people look what they are asked for.
const ROUNDS: usize = 40;
/// A change that needs them is sent again so often, then it is discarded.
const PATIENCE: usize = 8;

impl Simulation {
    pub(super) async fn settle(&mut self) {
        self.server.set_faults(Faults::default());
        if self.late {
            // What committed behind the place that readers know is found by comparing whole sets. A client does that by
            // itself in a new epoch; comparing without one is not built yet.
            self.at_server(&ServerAct::PutBack(0));
        }
        for index in 0..self.clients.len() {
            self.revive(index).await;
            self.clients[index].set_line(Way::Fair);
            self.clients[index].power().fill(false);
            self.clients[index].power().ail(false);
            // A plan to cut the power that did not come about is off.
            self.act(index, &Act::Restart).await;
            if self.clients[index].engine().links().is_ok_and(|links| links.is_empty()) {
                self.clients[index].add_link().await.expect("the disk is well again");
            }
            self.act(index, &Act::Resume).await;
            self.act(index, &Act::Release).await;
        }
        for round in 0..ROUNDS {
            tokio::time::sleep(Duration::from_secs(120)).await;
            if !self.faults.is_empty() || self.is_at_rest() {
                break;
            }
            for left in self.left() {
                self.note(AFTERWARDS, &left);
            }
            for index in 0..self.clients.len() {
                self.answer(index, round).await;
            }
        }
        // Each takes in what the others sent last.
        tokio::time::sleep(Duration::from_secs(120)).await;
        if self.faults.is_empty() && !self.is_at_rest() {
            self.faults.push(format!("it does not come to rest: {}", self.left().join("; ")));
        }
    }

    /// What waits anywhere, and why.
    fn left(&self) -> Vec<String> {
        let of = |client: &Client| {
            let rows = client.queue().unwrap_or_default().into_iter();
            let name = client.name.clone();
            rows.map(move |row| {
                let (what, state) = (row.operation, row.mutation_state);
                format!("{name}: {}/{} {what:?} {state:?} {:?}", row.collection, row.record, row.reason)
            })
        };
        self.clients.iter().flat_map(of).collect()
    }

    fn is_at_rest(&self) -> bool {
        self.clients.iter().all(|client| {
            client.queue().is_ok_and(|queue| queue.is_empty())
                && client.engine().list_conflicts(0, 1).is_ok_and(|open| open.rows.is_empty())
                && client
                    .engine()
                    .status()
                    .is_ok_and(|status| status.links.iter().all(|link| link.stopped.is_none()))
        })
    }

    async fn answer(&mut self, index: usize, round: usize) {
        let engine = self.clients[index].engine().clone();
        let stopped =
            engine.status().is_ok_and(|status| status.links.iter().any(|link| link.stopped.is_some()));
        if stopped {
            // Signing in again is trying again.
            drop(engine.reconnect(LINK).await);
        }
        let waits_for_other = |row: &ChangeRow| {
            row.reason == Some(WaitReason::OtherAccount) && row.mutation_state != MutationState::Parked
        };
        if self.clients[index].queue().is_ok_and(|queue| queue.iter().any(waits_for_other)) {
            let own = self.clients[index].account() == self.clients[index].name;
            self.act(index, &Act::Account(own)).await;
        }
        for conflict in 0..engine.list_conflicts(0, 100).map_or(0, |open| open.rows.len()) {
            let choice = self.dice.pick(&[Choice::Mine, Choice::Theirs]);
            let came_to = self.act(index, &Act::Resolve(conflict, choice, 0)).await;
            self.note(AFTERWARDS, &format!("c{index} is asked: {came_to}"));
        }
        if round < PATIENCE {
            self.act(index, &Act::Retry).await;
            return;
        }
        // Only what needs a person is given up: what waits for anything else has to go by itself.
        let needs_them = |row: &ChangeRow| row.mutation_state == MutationState::Parked;
        let queue = self.clients[index].queue().unwrap_or_default();
        if let Some(number) = queue.iter().position(needs_them) {
            self.act(index, &Act::Discard(number)).await;
        }
    }
}
