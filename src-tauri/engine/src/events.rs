//! What the engine tells while it works: stale views are collected and told at most ten times a second (row E2).

use crate::link_news::Moved;
use crate::store::places::Place;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use tidemark_model::number::Count;
use tidemark_model::view::{Event, Progress, QueueChanged, RecordsChanged, SyncProgress};
use tokio::sync::{Notify, broadcast};

/// Time between two tellings, in milliseconds.
pub(crate) const INTERVAL: i64 = 100;
/// The most ids that an event names.
const NAMED: usize = 100;
/// Events that a slow listener may fall behind; what it misses does no harm.
const BACKLOG: usize = 1024;

/// Collects what is stale and sends events.
pub(crate) struct Bulletin {
    listeners: broadcast::Sender<Event>,
    stale: Mutex<Stale>,
    pub(crate) news: Notify,
}

/// What changed since the last telling.
#[derive(Debug, Default)]
pub(crate) struct Stale {
    pub(crate) status: bool,
    changes: Option<BTreeSet<String>>,
    records: BTreeMap<(String, String), BTreeSet<String>>,
    progress: BTreeMap<String, Progress>,
    pub(crate) of_links: Moved,
}

impl Bulletin {
    pub(crate) fn new() -> Self {
        Self {
            listeners: broadcast::channel(BACKLOG).0,
            stale: Mutex::new(Stale::default()),
            news: Notify::new(),
        }
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.listeners.subscribe()
    }

    /// Whether anybody listens: what nobody hears need not be read first.
    pub(crate) fn is_heard(&self) -> bool {
        self.listeners.receiver_count() > 0
    }

    /// Tells at once; nobody listening is no fault.
    pub(crate) fn tell(&self, event: Event) {
        let _ = self.listeners.send(event);
    }

    pub(crate) fn status_is_stale(&self) {
        self.note(|stale| stale.status = true);
    }

    pub(crate) fn changes_moved(&self, ids: impl IntoIterator<Item = String>) {
        self.note(|stale| {
            stale.status = true;
            let changes = stale.changes.get_or_insert_with(BTreeSet::new);
            // One more than is named is enough to know that there are too many.
            changes.extend(ids.into_iter().take((NAMED + 1).saturating_sub(changes.len())));
        });
    }

    pub(crate) fn records_moved(&self, link: &str, collection: &str, ids: impl IntoIterator<Item = String>) {
        self.note(|stale| {
            stale.status = true;
            let records = stale.records.entry((link.to_owned(), collection.to_owned())).or_default();
            records.extend(ids.into_iter().take((NAMED + 1).saturating_sub(records.len())));
        });
    }

    pub(crate) fn progressed(&self, link: &str, progress: Progress) {
        self.note(|stale| {
            stale.status = true;
            stale.progress.insert(link.to_owned(), progress);
        });
    }

    /// A link's status, connectivity or repairs may be at another point; after the commit.
    pub(crate) fn links_moved(&self, links: impl IntoIterator<Item = i64>) {
        self.note(|stale| {
            stale.status = true;
            stale.of_links.links.extend(links);
        });
    }

    /// Changes of a link were confirmed.
    pub(crate) fn pushed(&self, link: i64) {
        self.note(|stale| stale.of_links.pushed.extend([link]));
    }

    /// A page of a collection came in; it may be the last one of its repair.
    pub(crate) fn pulled(&self, place: &Place) {
        self.note(|stale| {
            stale.of_links.links.extend([place.link_id]);
            stale.of_links.pulled.extend([place.collection_id]);
        });
    }

    /// Another process may have moved anything.
    pub(crate) fn everything_moved(&self, places: &[Place]) {
        self.note(|stale| {
            stale.status = true;
            stale.changes.get_or_insert_with(BTreeSet::new).extend((0..=NAMED).map(|n| format!("?{n}")));
            for place in places {
                stale.of_links.links.insert(place.link_id);
                stale.of_links.pushed.insert(place.link_id);
                stale.of_links.pulled.insert(place.collection_id);
                let key = (place.link.clone(), place.collection.clone());
                stale.records.entry(key).or_default().extend((0..=NAMED).map(|n| format!("?{n}")));
            }
        });
    }

    /// Takes what is stale, leaving nothing.
    pub(crate) fn take(&self) -> Stale {
        std::mem::take(&mut *self.stale.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, change: impl FnOnce(&mut Stale)) {
        change(&mut self.stale.lock().unwrap_or_else(PoisonError::into_inner));
        self.news.notify_one();
    }
}

impl Stale {
    pub(crate) fn is_empty(&self) -> bool {
        !self.status
            && self.changes.is_none()
            && self.records.is_empty()
            && self.progress.is_empty()
            && self.of_links.is_empty()
    }

    /// The events of everything but the status and the links.
    pub(crate) fn into_events(self, queue_length: Count) -> Vec<Event> {
        let mut events = Vec::new();
        for (link, progress) in self.progress {
            events.push(Event::SyncProgress(SyncProgress { link, progress }));
        }
        if let Some(changes) = self.changes {
            let (changes, many) = named(changes);
            events.push(Event::QueueChanged(QueueChanged { queue_length, changes, many }));
        }
        for ((link, collection), records) in self.records {
            let (records, many) = named(records);
            events.push(Event::RecordsChanged(RecordsChanged { link, collection, records, many }));
        }
        events
    }
}

fn named(ids: BTreeSet<String>) -> (Vec<String>, bool) {
    if ids.len() > NAMED { (Vec::new(), true) } else { (ids.into_iter().collect(), false) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_names_at_most_a_hundred_ids_and_then_says_many() {
        let bulletin = Bulletin::new();
        bulletin.changes_moved((0..100).map(|n| format!("{n:03}")));
        let hundred = bulletin.take().into_events(Count(100));
        assert!(matches!(&hundred[..], [Event::QueueChanged(e)] if e.changes.len() == 100 && !e.many));
        bulletin.changes_moved((0..5000).map(|n| n.to_string()));
        let many = bulletin.take().into_events(Count(5000));
        assert!(matches!(&many[..], [Event::QueueChanged(e)] if e.changes.is_empty() && e.many));
        assert!(bulletin.take().is_empty(), "what was told is not told twice");
    }
}
