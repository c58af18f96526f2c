//! Whatever is told to wait for whatever: everything gets to the server, each after what it was told to wait for.

use crate::client::{Client, LINK};
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeMap;
use tidemark_engine::{Beside, StoreError};
use tidemark_model::connector::Discovered;
use tidemark_model::mutation::MutationState;
use tidemark_model::number::Millis;
use tidemark_model::request::Method;
use tidemark_model::transaction::Strategy as Together;
use tidemark_model::view::{
    ChangeDetail, FieldEdit, NewChange, NewRequest, NewTransaction, QueueFilter, Resolution, Saved,
};
use tidemark_tests::clock::ManualClock;
use tidemark_tests::direct::{Direct, Weather};

const NOTES: &str = "notes";
const RECORDS: usize = 4;

#[derive(Clone, Debug)]
enum Step {
    /// A record is made, or where it is there a field of it is set; after some changes that were saved before.
    Write(usize, u8, Vec<prop::sample::Index>),
    /// A record goes, where it is there.
    Delete(usize, Vec<prop::sample::Index>),
    /// A request, which makes a record of its own.
    Request(Vec<prop::sample::Index>),
    /// Records that differ are written together, each after some changes that were saved before.
    Together(Together, Vec<(usize, Vec<prop::sample::Index>)>),
    /// A transaction that was rolled back is restored.
    Restore(prop::sample::Index),
    /// A change that waits or needs a person is put in the trash.
    Discard(prop::sample::Index),
    /// From now on a record's writes are refused, or no longer.
    Refuse(usize, bool),
    Weather(Weather),
    Sync,
    Wait(i64),
    Restart,
}

fn together() -> impl Strategy<Value = Step> {
    use Together::{Atomic, Ordered, Parallel};
    let after = || prop::collection::vec(any::<prop::sample::Index>(), 0..2);
    let records = prop::sample::subsequence((0..RECORDS).collect::<Vec<_>>(), 2..=3).prop_shuffle();
    let strategy = prop::sample::select(vec![Ordered, Ordered, Atomic, Parallel]);
    (strategy, records, prop::collection::vec(after(), 3)).prop_map(|(strategy, records, after)| {
        Step::Together(strategy, records.into_iter().zip(after).collect())
    })
}

fn step() -> impl Strategy<Value = Step> {
    use Weather::{AnswersLost, Away, Fair, WritesLost};
    let after = || prop::collection::vec(any::<prop::sample::Index>(), 0..3);
    prop_oneof![
        8 => (0..RECORDS, any::<u8>(), after()).prop_map(|(record, n, after)| Step::Write(record, n, after)),
        2 => (0..RECORDS, after()).prop_map(|(record, after)| Step::Delete(record, after)),
        3 => after().prop_map(Step::Request),
        4 => together(),
        2 => any::<prop::sample::Index>().prop_map(Step::Restore),
        1 => any::<prop::sample::Index>().prop_map(Step::Discard),
        2 => (0..RECORDS, any::<bool>()).prop_map(|(record, on)| Step::Refuse(record, on)),
        2 => prop::sample::select(vec![Fair, Away, Away, AnswersLost, WritesLost]).prop_map(Step::Weather),
        2 => Just(Step::Sync),
        1 => (1i64..400).prop_map(Step::Wait),
        1 => Just(Step::Restart),
    ]
}

/// A change with those that it was told to wait for, as far as they had not ended when it was saved.
struct Told {
    id: String,
    waits_for: Vec<String>,
}

struct Desk {
    client: Client,
    told: Vec<Told>,
    requests: usize,
    /// Values that were typed in transactions.
    typed: u64,
    /// A decision or the trash has come between what waits and what is waited for: only that all of it ends is promised.
    decided: bool,
}

impl Desk {
    async fn open() -> Self {
        let clock = ManualClock::default();
        let server = Direct::new(&[NOTES], clock.clone(), true).taking_at_once(100);
        let notes = Discovered { name: NOTES.into(), ..Discovered::default() };
        let client = Client::open(server, clock, 11, notes).await;
        Self { client, told: Vec::new(), requests: 0, typed: 1_000, decided: false }
    }

    fn change(&self, id: &str) -> ChangeDetail {
        self.client.engine.get_change(id).unwrap()
    }

    /// The change that an id leads to now.
    fn holder(&self, id: &str) -> ChangeDetail {
        let mut change = self.change(id);
        while change.row.mutation_state == MutationState::Combined {
            change = self.change(&change.combined_into.unwrap());
        }
        change
    }

    fn ids(&self, after: &[prop::sample::Index]) -> Vec<String> {
        let named = after.iter().filter(|_| !self.told.is_empty());
        named.map(|index| self.told[index.index(self.told.len())].id.clone()).collect()
    }

    async fn saved(&mut self, depends_on: Vec<String>, result: Result<Saved, StoreError>) {
        let saved = match result {
            Ok(saved) => saved,
            // A refused change that others wait for is put right: it cannot be told to wait for them.
            Err(error) => {
                assert!(error.to_string().contains("would wait for each other"), "{error}");
                return;
            }
        };
        let Some(id) = saved.change else { return };
        self.told.push(Told { id, waits_for: depends_on });
    }

    /// Of those named only the ones that have not ended are waited for.
    fn unfinished(&self, named: &[String]) -> Vec<String> {
        let open = named.iter().filter(|id| !self.holder(id).row.mutation_state.is_finished());
        open.cloned().collect()
    }

    async fn take(&mut self, step: &Step) {
        match step {
            Step::Write(record, n, after) => {
                let (id, depends_on) = (format!("r{record}"), self.ids(after));
                let open = self.unfinished(&depends_on);
                let beside = Beside { depends_on, ..Beside::default() };
                let engine = &self.client.engine;
                let result = if self.client.here(&id).is_some() {
                    let edit = FieldEdit { path: format!("/f{}", n % 3), set: Some(n.to_string()) };
                    engine.update_record_with(LINK, NOTES, &id, &[edit], beside).await
                } else {
                    let document = json!({"id": id, "n": n}).to_string();
                    engine.create_record_with(LINK, NOTES, &document, beside).await
                };
                self.saved(open, result).await;
            }
            Step::Delete(record, after) => {
                let (id, depends_on) = (format!("r{record}"), self.ids(after));
                if self.client.here(&id).is_none() {
                    return;
                }
                let open = self.unfinished(&depends_on);
                let beside = Beside { depends_on, ..Beside::default() };
                let result = self.client.engine.delete_record_with(LINK, NOTES, &id, beside).await;
                self.saved(open, result).await;
            }
            Step::Request(after) => {
                let depends_on = self.ids(after);
                let open = self.unfinished(&depends_on);
                self.requests += 1;
                let request = NewRequest {
                    method: Method::Post,
                    target: NOTES.into(),
                    body: Some(json!({"id": format!("q{}", self.requests)}).to_string()),
                    label: None,
                    metadata: None,
                    priority: None,
                    depends_on,
                };
                let result = self.client.engine.send_request(LINK, request).await;
                self.saved(open, result).await;
            }
            Step::Together(strategy, members) => self.together(*strategy, members).await,
            Step::Restore(which) => {
                let failed = self.rolled_back();
                if !failed.is_empty() {
                    // It may be refused, with words.
                    drop(self.restore(&failed[which.index(failed.len())]).await);
                }
            }
            Step::Discard(which) => {
                let queue = self.client.engine.list_queue(&QueueFilter::default(), 0, 100).unwrap().rows;
                if !queue.is_empty() {
                    let id = queue[which.index(queue.len())].id.clone();
                    self.decided |= self.client.engine.discard(vec![id]).await.unwrap().done.0 > 0;
                }
            }
            Step::Refuse(record, on) => self.client.server.refuse(&format!("r{record}"), *on),
            Step::Weather(weather) => self.client.server.set_weather(*weather),
            Step::Sync => self.client.sync().await,
            Step::Wait(seconds) => self.client.clock.advance_s(*seconds),
            Step::Restart => self.client.restart().await,
        }
    }

    async fn together(&mut self, strategy: Together, members: &[(usize, Vec<prop::sample::Index>)]) {
        let mut told = BTreeMap::new();
        let mut changes = Vec::new();
        for (record, after) in members {
            let (record, depends_on) = (format!("r{record}"), self.ids(after));
            told.insert(record.clone(), self.unfinished(&depends_on));
            self.typed += 1;
            let collection = NOTES.to_owned();
            changes.push(if self.client.here(&record).is_some() {
                let fields = vec![FieldEdit { path: "/t".into(), set: Some(self.typed.to_string()) }];
                NewChange::Update { collection, record, fields, depends_on, metadata: None }
            } else {
                let document = json!({"id": record, "t": self.typed}).to_string();
                NewChange::Create { collection, document, depends_on, metadata: None }
            });
        }
        let new = NewTransaction { link: LINK.into(), strategy, await_sync: false, label: None, changes };
        match self.client.engine.apply_transaction(new).await {
            Ok(row) => {
                for change in self.client.engine.get_transaction(&row.id).unwrap().changes {
                    let waits_for = told.remove(&change.record).unwrap_or_default();
                    self.told.push(Told { id: change.id, waits_for });
                }
            }
            Err(error) => assert!(error.to_string().contains("would wait for each other"), "{error}"),
        }
    }

    fn rolled_back(&self) -> Vec<String> {
        let all = self.client.engine.list_transactions(false, 0, 1_000).unwrap().rows;
        all.into_iter().filter(|row| row.rolled_back.0 > 0).map(|row| row.id).collect()
    }

    async fn restore(&self, id: &str) -> Result<(), StoreError> {
        self.client.engine.restore_transaction(id).await.map(drop)
    }

    /// Nothing is left that nobody would ever wake.
    fn check_wake_ups(&self, after: &Step) {
        let stuck = self.client.engine.without_wake_up().unwrap();
        assert!(stuck.is_empty(), "{stuck:?} after {after:?}");
    }

    /// The faults are over; a person sends again, restores and decides until nothing is left.
    async fn settle(&mut self) {
        self.client.server.set_weather(Weather::Fair);
        (0..RECORDS).for_each(|record| self.client.server.refuse(&format!("r{record}"), false));
        for round in 0..40 {
            self.client.sync().await;
            self.client.clock.advance_s(600);
            for conflict in self.client.engine.list_conflicts(0, 100).unwrap().rows {
                self.decided = true;
                let mine = Resolution::LocalWins {};
                self.client.engine.resolve_conflict(conflict.id, mine, None, Millis(0)).await.unwrap();
            }
            if self.client.engine.list_queue(&QueueFilter::default(), 0, 1).unwrap().rows.is_empty() {
                return;
            }
            self.client.engine.reprocess_failed().await.unwrap();
            for id in self.rolled_back() {
                if self.restore(&id).await.is_err() && round > 10 {
                    // What cannot come back where it was is given up.
                    self.give_up(&id).await;
                }
            }
        }
        self.client.waits_for_ever();
    }

    async fn give_up(&mut self, id: &str) {
        self.decided = true;
        let changes = self.client.engine.get_transaction(id).unwrap().changes;
        let parked = changes.into_iter().filter(|change| change.mutation_state == MutationState::Parked);
        self.client.engine.discard(parked.map(|change| change.id).collect()).await.unwrap();
    }

    /// Each took effect after what it was told to wait for.
    fn check_order(&self) {
        let taken = self.client.server.taken();
        let place = |id: &str| taken.iter().position(|taken| taken.mutation == id);
        for told in self.told.iter().filter(|_| !self.decided) {
            let own = self.holder(&told.id);
            let Some(at) = place(&own.row.id) else {
                // It came to nothing before it was sent, like a record that was made and deleted.
                assert_ne!(own.row.mutation_state, MutationState::Confirmed, "{own:?}");
                continue;
            };
            for before in &told.waits_for {
                let before = self.holder(before);
                if let Some(earlier) = place(&before.row.id).filter(|_| before.row.id != own.row.id) {
                    assert!(earlier < at, "{own:?}\nwent before what it waits for:\n{before:?}");
                }
            }
        }
        self.client.audit();
    }
}

proptest! {
    #![proptest_config(crate::cases())]

    // proves C8, A1, A5, B2
    #[test]
    fn everything_arrives_after_what_it_was_told_to_wait_for(steps in prop::collection::vec(step(), 1..30)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut desk = Desk::open().await;
            for step in &steps {
                desk.take(step).await;
                desk.check_wake_ups(step);
            }
            desk.settle().await;
            desk.check_order();
        });
    }
}
