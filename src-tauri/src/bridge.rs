//! What of the engine's events crosses to the window: the newest of each kind, at most four times a second while the
//! window is seen, nothing while it is hidden (`engine.md` 12).

use std::mem::discriminant;
use std::time::Duration;
use tidemark_model::number::Count;
use tidemark_model::view::{Event, StatusSnapshot};

/// Time between two tellings.
pub const INTERVAL: Duration = Duration::from_millis(250);

/// Collects events between two tellings; its size is bounded by the number of collections and conflicts.
#[derive(Debug, Default)]
pub struct Bridge {
    waiting: Vec<Event>,
}

impl Bridge {
    /// Takes an event in; what it makes superfluous goes.
    pub fn take_in(&mut self, event: Event) {
        let same = self.waiting.iter().position(|waiting| replaces(&event, waiting));
        match same {
            None => self.waiting.push(event),
            // What a repair did is told in the order in which it did it.
            Some(at) if repaired(&event).is_some() => {
                self.waiting.remove(at);
                self.waiting.push(event);
            }
            Some(at) => self.waiting[at] = joined(&self.waiting[at], event),
        }
    }

    /// The newest status that waits, if one does.
    pub fn newest_status(&self) -> Option<&StatusSnapshot> {
        self.waiting.iter().find_map(|event| match event {
            Event::SyncStateChanged(snapshot) => Some(&**snapshot),
            _ => None,
        })
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Everything to tell, leaving nothing.
    pub fn take(&mut self) -> Vec<Event> {
        let mut told = std::mem::take(&mut self.waiting);
        told.retain(|event| !leads_nowhere(event));
        told
    }
}

fn replaces(newer: &Event, older: &Event) -> bool {
    match (newer, older) {
        (Event::SyncStateChanged(_), Event::SyncStateChanged(_)) => true,
        (Event::QueueChanged(_), Event::QueueChanged(_)) => true,
        (Event::SyncProgress(newer), Event::SyncProgress(older)) => newer.link == older.link,
        (Event::RecordsChanged(newer), Event::RecordsChanged(older)) => {
            newer.link == older.link && newer.collection == older.collection
        }
        (Event::ConflictCreated(newer), Event::ConflictCreated(older)) => newer.conflict == older.conflict,
        (Event::LinkStatusChange(newer), Event::LinkStatusChange(older)) => newer.id == older.id,
        (Event::LinkConnectivityChange(newer), Event::LinkConnectivityChange(older)) => newer.id == older.id,
        (Event::PushAdvance(newer), Event::PushAdvance(older)) => newer.id == older.id,
        (Event::PullAdvance(newer), Event::PullAdvance(older)) => {
            newer.id == older.id && newer.collection == older.collection
        }
        _ => {
            discriminant(newer) == discriminant(older)
                && repaired(newer).is_some_and(|newer| repaired(older) == Some(newer))
        }
    }
}

/// The link and the collection of a step that a repair took.
fn repaired(event: &Event) -> Option<(Count, &str)> {
    match event {
        Event::GapDetected(gap) => Some((gap.id, &gap.collection)),
        Event::RepairStarted(started) => Some((started.id, &started.collection)),
        Event::RepairCompleted(completed) => Some((completed.id, &completed.collection)),
        Event::RepairFailed(failed) => Some((failed.id, &failed.collection)),
        Event::DegradedPollEntered(entered) => Some((entered.id, &entered.collection)),
        _ => None,
    }
}

/// A list that is stale twice is stale for both reasons, and two steps are one; everything else is as the newer says.
fn joined(older: &Event, newer: Event) -> Event {
    match (older, newer) {
        (Event::QueueChanged(older), Event::QueueChanged(mut newer)) => {
            (newer.changes, newer.many) = ids((&older.changes, older.many), (newer.changes, newer.many));
            Event::QueueChanged(newer)
        }
        (Event::RecordsChanged(older), Event::RecordsChanged(mut newer)) => {
            (newer.records, newer.many) = ids((&older.records, older.many), (newer.records, newer.many));
            Event::RecordsChanged(newer)
        }
        (Event::LinkStatusChange(older), Event::LinkStatusChange(mut newer)) => {
            newer.from = older.from;
            Event::LinkStatusChange(newer)
        }
        (Event::LinkConnectivityChange(older), Event::LinkConnectivityChange(mut newer)) => {
            newer.from = older.from;
            Event::LinkConnectivityChange(newer)
        }
        (Event::PushAdvance(older), Event::PushAdvance(mut newer)) => {
            newer.from = older.from;
            Event::PushAdvance(newer)
        }
        // A stream that began anew meanwhile has no step that leads into it.
        (Event::PullAdvance(older), Event::PullAdvance(mut newer))
            if newer.from.as_ref() == Some(&older.to) =>
        {
            newer.from.clone_from(&older.from);
            Event::PullAdvance(newer)
        }
        (_, newer) => newer,
    }
}

/// There and back again between two tellings: no step is left to tell.
fn leads_nowhere(event: &Event) -> bool {
    match event {
        Event::LinkStatusChange(change) => change.from == change.to,
        Event::LinkConnectivityChange(change) => change.from == change.to,
        _ => false,
    }
}

fn ids(older: (&[String], bool), newer: (Vec<String>, bool)) -> (Vec<String>, bool) {
    const NAMED: usize = 100;
    let mut ids = newer.0;
    for id in older.0 {
        if !ids.contains(id) {
            ids.push(id.clone());
        }
    }
    let many = older.1 || newer.1 || ids.len() > NAMED;
    if many { (Vec::new(), true) } else { (ids, false) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidemark_model::view::{
        Connectivity, GapDetected, GapReason, LinkConnectivityChange, PullAdvance, PushAdvance, QueueChanged,
        RecordsChanged, RepairStarted,
    };

    fn queue(n: usize) -> Event {
        Event::QueueChanged(QueueChanged {
            queue_length: Count::of(n),
            changes: vec![n.to_string()],
            many: false,
        })
    }

    #[test]
    fn a_burst_of_events_crosses_as_the_newest_of_each_kind() {
        let mut bridge = Bridge::default();
        for seq in 1..=1000 {
            let snapshot = StatusSnapshot { seq: Count(seq), ..StatusSnapshot::default() };
            bridge.take_in(Event::SyncStateChanged(Box::new(snapshot)));
        }
        (0..3).for_each(|n| bridge.take_in(queue(n)));
        let told = bridge.take();
        assert_eq!(told.len(), 2);
        assert!(matches!(&told[0], Event::SyncStateChanged(snapshot) if snapshot.seq == Count(1000)));
        assert!(matches!(&told[1], Event::QueueChanged(e) if e.changes == ["2", "1", "0"]));
        assert!(bridge.is_empty());
    }

    #[test]
    fn more_ids_than_are_named_become_many_and_stay_so() {
        let mut bridge = Bridge::default();
        (0..200).for_each(|n| bridge.take_in(queue(n)));
        assert!(matches!(&bridge.take()[0], Event::QueueChanged(e) if e.many && e.changes.is_empty()));
    }

    // proves E2
    #[test]
    fn steps_of_a_link_cross_as_one_step_or_as_none() {
        let reached = |link: i64, from, to| {
            let (id, link) = (Count(link), link.to_string());
            let change = LinkConnectivityChange { id, link, from, to, error: None, next_try: None };
            Event::LinkConnectivityChange(change)
        };
        let pushed = |from, to| {
            let (id, link) = (Count(1), "1".to_owned());
            Event::PushAdvance(PushAdvance { id, link, from: Count(from), to: Count(to) })
        };
        let pulled = |from: Option<&str>, to: &str| {
            let (id, link, collection) = (Count(1), "1".to_owned(), "a".to_owned());
            let from = from.map(str::to_owned);
            Event::PullAdvance(PullAdvance { id, link, collection, from, to: to.to_owned() })
        };
        let mut bridge = Bridge::default();
        for event in [
            reached(1, Connectivity::Unknown, Connectivity::Online),
            reached(2, Connectivity::Online, Connectivity::Offline),
            reached(1, Connectivity::Online, Connectivity::Offline),
            reached(2, Connectivity::Offline, Connectivity::Online),
            pushed(3, 5),
            pushed(5, 9),
            pulled(Some("a"), "b"),
            pulled(Some("b"), "c"),
        ] {
            bridge.take_in(event);
        }
        let offline = reached(1, Connectivity::Unknown, Connectivity::Offline);
        assert_eq!(bridge.take(), [offline, pushed(3, 9), pulled(Some("a"), "c")]);
        bridge.take_in(pulled(Some("c"), "d"));
        bridge.take_in(pulled(None, "1"));
        assert_eq!(bridge.take(), [pulled(None, "1")], "another stream");
    }

    // proves E2
    #[test]
    fn the_newest_of_each_step_of_a_repair_crosses_and_they_stand_in_their_order() {
        let (id, link) = (Count(1), || "1".to_owned());
        let gap = |collection: &str, position: &str| {
            let (collection, position) = (collection.to_owned(), Some(position.to_owned()));
            Event::GapDetected(GapDetected {
                id,
                link: link(),
                collection,
                position,
                reason: GapReason::Expired,
            })
        };
        let started = |attempt| {
            let (collection, attempt) = ("a".to_owned(), Count(attempt));
            let begun = RepairStarted { id, link: link(), collection, attempt, position: None, reason: None };
            Event::RepairStarted(begun)
        };
        let mut bridge = Bridge::default();
        for event in [gap("a", "1"), started(1), gap("b", "5"), gap("a", "2"), started(2)] {
            bridge.take_in(event);
        }
        assert_eq!(bridge.take(), [gap("b", "5"), gap("a", "2"), started(2)]);
    }

    #[test]
    fn collections_are_told_apart() {
        let mut bridge = Bridge::default();
        for collection in ["a", "b", "a"] {
            bridge.take_in(Event::RecordsChanged(RecordsChanged {
                collection: collection.into(),
                ..RecordsChanged::default()
            }));
        }
        assert_eq!(bridge.take().len(), 2);
    }
}
