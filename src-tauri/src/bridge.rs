//! What of the engine's events crosses to the window: the newest of each kind, at most four times a second while the
//! window is seen, nothing while it is hidden (`engine.md` 12).

use std::time::Duration;
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
        let same = self.waiting.iter_mut().find(|waiting| replaces(&event, waiting));
        match same {
            None => self.waiting.push(event),
            Some(waiting) => *waiting = joined(waiting, event),
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
        std::mem::take(&mut self.waiting)
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
        _ => false,
    }
}

/// A list that is stale twice is stale for both reasons; everything else is as the newer says.
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
        (_, newer) => newer,
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
    use tidemark_model::number::Count;
    use tidemark_model::view::{QueueChanged, RecordsChanged};

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
