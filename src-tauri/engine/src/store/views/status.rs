//! The one status: what is stored, what only this process knows, and what follows from both (`engine.md` 12).

mod stored;

#[cfg(test)]
mod tests;

pub(crate) use stored::{StoredLink, StoredStatus, stored};

use super::server;
use crate::store::StoreError;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use tidemark_model::failure::ErrorClass;
use tidemark_model::number::{Count, Millis};
use tidemark_model::schedule::{Network, ScheduleWait};
use tidemark_model::status::{LinkFacts, Run, StatusFacts, Stop, activity, attention, sentence};
use tidemark_model::view::{
    Connectivity, EngineState, LastError, LinkLimits, LinkState, LinkStatus, Progress, QueueCounts,
    StatusSnapshot, Stopped, StoreFault, SyncStats,
};

/// What only the running process knows of a link.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LiveLink {
    /// Which.
    pub link_id: i64,
    /// Whether the server answers.
    pub connectivity: Connectivity,
    /// It looks whether the server answers.
    pub checking: bool,
    /// A cycle is under way.
    pub syncing: bool,
    /// Since when it cannot be reached.
    pub offline_since: Option<Millis>,
    /// When it tries again, where that is timed.
    pub next_try: Option<Millis>,
    /// The run under way.
    pub progress: Option<Progress>,
    /// When it was last checked to the end since this process started.
    pub checked_at: Option<Millis>,
    /// What it waits for by its schedule.
    #[serde(default)]
    pub waits: Option<ScheduleWait>,
}

/// What only the running process knows of itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProcessFacts {
    /// The snapshot's number.
    pub seq: Count,
    /// Now.
    pub now: Millis,
    /// Totals since the start.
    pub stats: SyncStats,
    /// What keeps the store from being written.
    pub store_fault: Option<StoreFault>,
    /// When the newest intact backup was made, where the store is damaged.
    #[serde(default)]
    pub intact: Option<Millis>,
    /// What the system says of the network.
    #[serde(default)]
    pub network: Network,
}

/// Everything that every surface says, taken in one read transaction. A link that `live` leaves out has not been
/// checked yet.
pub(crate) fn snapshot(
    tx: &Connection,
    live: &[LiveLink],
    process: &ProcessFacts,
) -> Result<StatusSnapshot, StoreError> {
    Ok(told(stored(tx, process.now)?, live, process))
}

fn told(stored: StoredStatus, live: &[LiveLink], process: &ProcessFacts) -> StatusSnapshot {
    let unknown = LiveLink::default();
    let of = |id: i64| live.iter().find(|link| link.link_id == id).unwrap_or(&unknown);
    let links: Vec<(StoredLink, &LiveLink)> = stored
        .links
        .into_iter()
        .map(|link| (of(link.row.id), link))
        .map(|(live, link)| (link, live))
        .collect();
    let facts = StatusFacts {
        store_fault: process.store_fault,
        intact: process.intact,
        paused: stored.paused_since.is_some(),
        next_at: next_at(&links, process.now),
        links: links.iter().map(|(stored, live)| link_facts(stored, live)).collect(),
    };
    let last_error =
        links.iter().filter_map(|(link, _)| link.row.last_error.clone()).max_by_key(|error| error.at);
    StatusSnapshot {
        seq: process.seq,
        at: process.now,
        state: engine_state(&links, last_error.as_ref()),
        connectivity: connectivity(&facts),
        paused: facts.paused,
        paused_since: stored.paused_since,
        stats: process.stats,
        queue_length: Count(stored.unfinished),
        last_sync_time: links.iter().filter_map(|(link, _)| link.row.last_contact).max(),
        last_error,
        sentence: sentence(&facts),
        activity: activity(&facts),
        attention: attention(&facts),
        queue: stored.queue,
        progress: links.iter().filter_map(|(_, live)| live.progress).reduce(sum),
        ledger: stored.ledger,
        sent_today: Count(stored.sent_today),
        refused_today: Count(stored.refused_today),
        merged_week: Count(stored.merged_week),
        last_confirmed_at: stored.last_confirmed_at,
        store_fault: process.store_fault,
        put_back: stored.put_back,
        network: process.network,
        links: links.into_iter().map(|(stored, live)| link_status(stored, live, facts.paused)).collect(),
    }
}

/// The soonest of the changes' wake-ups, the links' next tries with work waiting, and the hours in which they sync.
fn next_at(links: &[(StoredLink, &LiveLink)], now: Millis) -> Option<Millis> {
    let of_link = |(link, live): &(StoredLink, &LiveLink)| {
        let has_work = waiting(&link.queue) > 0;
        let may_try = !link.row.paused && link.row.stopped.is_none() && has_work;
        match live.waits {
            Some(ScheduleWait::Hours { until }) => [may_try.then_some(until), None],
            Some(ScheduleWait::Unmetered) => [None, None],
            None => [link.queue.next_at, live.next_try.filter(|_| may_try)],
        }
    };
    links.iter().flat_map(of_link).flatten().filter(|at| *at > now).min()
}

fn link_facts(stored: &StoredLink, live: &LiveLink) -> LinkFacts {
    let busy = stored.row.last_error.as_ref().is_some_and(|error| error.class == ErrorClass::Throttled);
    LinkFacts {
        server: server(&stored.row.url),
        connectivity: live.connectivity,
        paused: stored.row.paused,
        stop: stored.row.stopped.as_ref().map(|stopped| match stopped {
            Stopped::SignIn { .. } => Stop::SignIn,
            Stopped::Intercepted { .. }
            | Stopped::Untrusted { .. }
            | Stopped::Upgrade { .. }
            | Stopped::NotFound { .. } => Stop::Other,
        }),
        run: run(&stored.queue, live),
        busy_until: live.next_try.filter(|_| busy),
        waiting: waiting(&stored.queue),
        needs_you: stored.queue.needs_you.0,
        conflicts: stored.conflicts,
        removals: stored
            .collections
            .iter()
            .filter_map(|of| of.asks)
            .map(|asks| asks.would_remove.0)
            .collect(),
        unreadable: stored.collections.iter().map(|of| of.unreadable.0).sum(),
        last_contact: stored.row.last_contact,
        checked_at: live.checked_at.filter(|_| !is_compared(stored)),
        waits: live.waits,
    }
}

/// Whole sets are still compared: what was checked before that says nothing any more. Where the comparison stands for a
/// person, that is said instead.
fn is_compared(stored: &StoredLink) -> bool {
    let stands = stored.collections.iter().any(|of| of.asks.is_some() || of.unreadable.0 > 0);
    matches!(stored.row.state, LinkState::Repairing | LinkState::DegradedPoll) && !stands
}

/// What is neither confirmed nor waits for a person.
fn waiting(queue: &QueueCounts) -> i64 {
    queue.waiting.0 + queue.sending.0 + queue.not_confirmed.0
}

fn run(queue: &QueueCounts, live: &LiveLink) -> Run {
    let to_send = queue.to_send();
    match (live.syncing, live.checking) {
        (true, _) if to_send > 0 => {
            let done = live.progress.map_or(0, |progress| progress.processed.0);
            // The total may grow while a run goes on, and never counts less than what is left.
            let total = live.progress.map_or(0, |progress| progress.total.0).max(done + 1);
            Run::Sending { done, total: if live.progress.is_some() { total } else { to_send } }
        }
        (true, _) => Run::Fetching,
        (false, true) => Run::Checking,
        (false, false) => Run::Idle,
    }
}

fn engine_state(links: &[(StoredLink, &LiveLink)], last_error: Option<&LastError>) -> EngineState {
    match last_error {
        _ if links.iter().any(|(_, live)| live.syncing) => EngineState::Syncing,
        Some(_) => EngineState::Failed,
        None => EngineState::Idle,
    }
}

/// Online if one link is, offline if all are, else unknown.
fn connectivity(facts: &StatusFacts) -> Connectivity {
    let is = |wanted: Connectivity| move |link: &LinkFacts| link.connectivity == wanted;
    if facts.links.iter().any(is(Connectivity::Online)) {
        Connectivity::Online
    } else if !facts.links.is_empty() && facts.links.iter().all(is(Connectivity::Offline)) {
        Connectivity::Offline
    } else {
        Connectivity::Unknown
    }
}

fn sum(a: Progress, b: Progress) -> Progress {
    let add = |a: Count, b: Count| Count(a.0 + b.0);
    Progress {
        processed: add(a.processed, b.processed),
        total: add(a.total, b.total),
        success_count: add(a.success_count, b.success_count),
        failure_count: add(a.failure_count, b.failure_count),
        conflict_count: add(a.conflict_count, b.conflict_count),
        bytes: add(a.bytes, b.bytes),
        received: add(a.received, b.received),
    }
}

fn link_status(stored: StoredLink, live: &LiveLink, paused: bool) -> LinkStatus {
    let row = stored.row;
    // What the last cycle planned is void where only a person starts the next one.
    let by_itself = !(paused || row.paused || row.stopped.as_ref().is_some_and(Stopped::needs_a_person));
    LinkStatus {
        id: Count(row.id),
        server: server(&row.url),
        name: row.name,
        kind: row.kind,
        url: row.url,
        user: row.user,
        connectivity: live.connectivity,
        state: row.state,
        paused: row.paused,
        stopped: row.stopped,
        syncing: live.syncing,
        last_contact: row.last_contact,
        offline_since: live.offline_since,
        next_try: live.next_try.filter(|_| by_itself),
        queue: stored.queue,
        conflicts: Count(stored.conflicts),
        last_error: row.last_error,
        secret_kept: row.secret_kept,
        clock_skew: row.clock_skew,
        collections: stored.collections,
        limits: LinkLimits { schedule: row.settings.schedule, compress: row.settings.write.compress },
        waits: live.waits,
        plain_bodies: row.plain_bodies,
    }
}
