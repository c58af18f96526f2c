//! What is told of each link: its status, whether its server answers, how far each checkpoint is, and the repair of its
//! collections (rows E2, F2, F3, F4, F5).
//!
//! A telling compares what is stored with what was told last. So nothing is told before its commit, and what another
//! process did is told like this one's own.

use crate::engine::Engine;
use crate::store::repairs::{self, Step};
use crate::store::views::LiveLink;
use crate::store::{StoreError, Tx, collections, links, outbox};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use tidemark_model::connector::Checkpoint;
use tidemark_model::number::Count;
use tidemark_model::view::{
    Connectivity, DegradedPollEntered, Event, GapDetected, LinkConnectivityChange, LinkState,
    LinkStatusChange, PullAdvance, PushAdvance, RepairCompleted, RepairFailed, RepairStarted,
};

/// What of the links moved since the last telling, by their keys.
#[derive(Debug, Default)]
pub(crate) struct Moved {
    /// Links whose status, connectivity or repairs may be at another point.
    pub(crate) links: BTreeSet<i64>,
    /// Links with changes that were confirmed.
    pub(crate) pushed: BTreeSet<i64>,
    /// Collections that a page came in for.
    pub(crate) pulled: BTreeSet<i64>,
}

/// What was told last.
#[derive(Debug, Default)]
pub(crate) struct LinkNews {
    links: Mutex<BTreeMap<i64, Known>>,
}

#[derive(Debug)]
struct Known {
    state: LinkState,
    connectivity: Connectivity,
    pushed: i64,
    /// By collection.
    pulled: BTreeMap<i64, Checkpoint>,
    /// Numbers of steps, by collection.
    repairs: BTreeMap<i64, i64>,
}

impl Moved {
    pub(crate) fn is_empty(&self) -> bool {
        self.links.is_empty() && self.pushed.is_empty() && self.pulled.is_empty()
    }
}

impl LinkNews {
    /// Takes what is stored of links that were not seen yet as told: events are about what happens from now on.
    pub(crate) fn begin(&self, tx: &Tx) -> Result<(), StoreError> {
        let mut known = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        let states = links::states(tx)?;
        known.retain(|id, _| states.iter().any(|(there, ..)| there == id));
        for (id, _, state) in states {
            if known.contains_key(&id) {
                continue;
            }
            let pulled = collections::of_link(tx, id)?.into_iter();
            let pulled = pulled.filter_map(|row| Some((row.id, row.checkpoint?))).collect();
            let pushed = outbox::confirmed_up_to(tx, id, 0)?;
            let repairs = repairs::of_link(tx, id)?.into_iter();
            let repairs = repairs.map(|(collection, _, repair)| (collection, repair.number)).collect();
            let connectivity = Connectivity::default();
            known.insert(id, Known { state, connectivity, pushed, pulled, repairs });
        }
        Ok(())
    }

    /// The events of what moved; what they say counts as told.
    fn tell(&self, tx: &Tx, moved: &Moved, live: &[LiveLink]) -> Result<Vec<Event>, StoreError> {
        let mut events = Vec::new();
        let mut known = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, link, state) in links::states(tx)? {
            let (Some(known), id) = (known.get_mut(&key), Count(key)) else { continue };
            if moved.links.contains(&key) {
                for (place, collection, repair) in repairs::of_link(tx, key)? {
                    let told = known.repairs.insert(place, repair.number).unwrap_or(0);
                    let steps = repair.since(told).cloned();
                    events.extend(steps.map(|step| step_of(step, id, link.clone(), collection.clone())));
                }
                let from = std::mem::replace(&mut known.state, state);
                if from != state {
                    let link = link.clone();
                    events.push(Event::LinkStatusChange(LinkStatusChange { id, link, from, to: state }));
                }
                let live = live.iter().find(|live| live.link_id == key);
                let to = live.map(|live| live.connectivity).unwrap_or_default();
                let from = std::mem::replace(&mut known.connectivity, to);
                if from != to {
                    // The cycle that found the server again may still be under way.
                    let away = to != Connectivity::Online;
                    events.push(Event::LinkConnectivityChange(LinkConnectivityChange {
                        id,
                        link: link.clone(),
                        from,
                        to,
                        error: links::get(tx, key)?.and_then(|row| row.last_error).filter(|_| away),
                        next_try: live.and_then(|live| live.next_try).filter(|_| away),
                    }));
                }
            }
            if moved.pushed.contains(&key) {
                let to = outbox::confirmed_up_to(tx, key, known.pushed)?;
                let from = std::mem::replace(&mut known.pushed, to);
                if from != to {
                    let (link, from, to) = (link.clone(), Count(from), Count(to));
                    events.push(Event::PushAdvance(PushAdvance { id, link, from, to }));
                }
            }
            for row in moved.pulled.iter().filter_map(|id| collections::get(tx, *id).transpose()) {
                let row = row?;
                if row.link_id == key {
                    events.extend(known.pulled(row.id, row.checkpoint).map(|(from, to)| {
                        Event::PullAdvance(PullAdvance {
                            id,
                            link: link.clone(),
                            collection: row.name,
                            from,
                            to,
                        })
                    }));
                }
            }
        }
        Ok(events)
    }
}

/// The event of a step that a repair took.
fn step_of(step: Step, id: Count, link: String, collection: String) -> Event {
    match step {
        Step::Gap { position, reason } => {
            Event::GapDetected(GapDetected { id, link, collection, position, reason })
        }
        Step::Started { attempt, position, reason } => {
            Event::RepairStarted(RepairStarted { id, link, collection, attempt, position, reason })
        }
        Step::Failed { attempt, position, error } => {
            Event::RepairFailed(RepairFailed { id, link, collection, attempt, position, error })
        }
        Step::Degraded { attempt, error } => {
            Event::DegradedPollEntered(DegradedPollEntered { id, link, collection, attempt, error })
        }
        Step::Completed { attempt, compared, brought, removed } => Event::RepairCompleted(RepairCompleted {
            id,
            link,
            collection,
            attempt,
            compared,
            brought,
            removed,
        }),
    }
}

impl Known {
    /// The step from the checkpoint that was told last to this one, where it is one.
    fn pulled(&mut self, collection: i64, now: Option<Checkpoint>) -> Option<(Option<String>, String)> {
        let Some(now) = now else {
            // It is void: the next one begins a stream.
            self.pulled.remove(&collection);
            return None;
        };
        let before = self.pulled.insert(collection, now.clone());
        if before.as_ref() == Some(&now) {
            return None;
        }
        let same_stream = |before: &Checkpoint| before.stream == now.stream && before.epoch == now.epoch;
        Some((before.filter(same_stream).map(|before| before.token), now.token))
    }
}

impl Engine {
    /// Tells what moved of the links; `live` is what the sending process knows of them.
    pub(crate) fn tell_of_links(&self, moved: &Moved, live: &[LiveLink]) {
        if moved.is_empty() {
            return;
        }
        let shared = self.shared();
        match shared.store.read(|tx| shared.link_news.tell(tx, moved, live)) {
            Ok(events) => events.into_iter().for_each(|event| shared.bulletin.tell(event)),
            // An event that is lost does no harm; the next one tells the whole step.
            Err(error) => tracing::warn!(%error, "reading what is told of the links"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(epoch: &str, token: &str) -> Option<Checkpoint> {
        Some(Checkpoint { stream: "s".into(), epoch: epoch.into(), token: token.into() })
    }

    // proves E2, F2
    #[test]
    fn a_step_never_leads_from_one_epoch_into_another() {
        let mut known = Known {
            state: LinkState::Live,
            connectivity: Connectivity::Online,
            pushed: 0,
            pulled: BTreeMap::new(),
            repairs: BTreeMap::new(),
        };
        assert_eq!(known.pulled(1, at("a", "5")), Some((None, "5".into())));
        assert_eq!(known.pulled(1, at("a", "5")), None, "an empty page moves nothing");
        assert_eq!(known.pulled(1, at("a", "9")), Some((Some("5".into()), "9".into())));
        assert_eq!(known.pulled(1, at("b", "2")), Some((None, "2".into())));
        assert_eq!(known.pulled(1, None), None);
        assert_eq!(known.pulled(1, at("b", "3")), Some((None, "3".into())), "it began anew");
        assert_eq!(known.pulled(2, at("b", "3")), Some((None, "3".into())), "another collection");
    }
}
