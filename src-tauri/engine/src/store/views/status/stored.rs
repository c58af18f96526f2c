//! The part of the status that is stored, read from counters and the ends of indexes.

use crate::store::collections::CollectionRow;
use crate::store::links::LinkRow;
use crate::store::views::queue::{Tallied, Tally};
use crate::store::{StoreError, collections, daily, links, meta, standing};
use rusqlite::{Connection, OptionalExtension as _};
use std::collections::BTreeMap;
use tidemark_model::mutation::MutationState;
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{CollectionStatus, Ledger, Progress, PutBack, QueueCounts};

/// Merges are shown for so long.
const WEEK: i64 = 7 * 24 * 60 * 60 * 1000;
/// Ended changes looked at for the last confirmed one, newest end first.
const LOOK_BACK: i64 = 256;

/// What is stored of everything.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StoredStatus {
    /// Since when a person paused everything.
    pub(crate) paused_since: Option<Millis>,
    /// The unfinished changes of all links.
    pub(crate) queue: QueueCounts,
    /// Everything not confirmed.
    pub(crate) unfinished: i64,
    /// Where every saved change is.
    pub(crate) ledger: Ledger,
    /// Changes confirmed since midnight UTC.
    pub(crate) sent_today: i64,
    /// Changes refused since midnight UTC.
    pub(crate) refused_today: i64,
    /// Merges made without asking in the last 7 days.
    pub(crate) merged_week: i64,
    /// The last confirmed change.
    pub(crate) last_confirmed_at: Option<Millis>,
    /// An older copy that was put back, until a person has seen that.
    pub(crate) put_back: Option<PutBack>,
    /// Every link, in the order of adding.
    pub(crate) links: Vec<StoredLink>,
}

/// What is stored of a link.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StoredLink {
    /// Its row.
    pub(crate) row: LinkRow,
    /// Its unfinished changes.
    pub(crate) queue: QueueCounts,
    /// Its open conflicts.
    pub(crate) conflicts: i64,
    /// Its collections.
    pub(crate) collections: Vec<CollectionStatus>,
}

/// Reads the stored part of the status; its cost follows links and open conflicts, not changes.
pub(crate) fn stored(tx: &Connection, now: Millis) -> Result<StoredStatus, StoreError> {
    let tally = Tally::read(tx)?;
    let sum = tally.sum(None);
    let conflicts = open_conflicts(tx)?;
    let mut of_links = Vec::new();
    for row in links::all(tx)? {
        of_links.push(StoredLink {
            queue: tally.counts(tx, Some(row.id))?,
            conflicts: conflicts.get(&row.id).copied().unwrap_or(0),
            collections: collections::of_link(tx, row.id)?.into_iter().map(collection).collect(),
            row,
        });
    }
    let (sent_today, refused_today) = today(tx, now)?;
    Ok(StoredStatus {
        paused_since: meta::get(tx, "paused_since")?.and_then(|at| at.parse().ok()).map(Millis),
        queue: tally.counts(tx, None)?,
        unfinished: sum.unfinished(),
        ledger: ledger(tx, &sum)?,
        sent_today,
        refused_today,
        merged_week: tx
            .prepare_cached("SELECT count(*) FROM merges WHERE at >= ?1")?
            .query_row([now.0 - WEEK], |row| row.get(0))?,
        last_confirmed_at: last_confirmed(tx, &sum)?,
        put_back: standing::put_back(tx)?,
        links: of_links,
    })
}

fn open_conflicts(tx: &Connection) -> Result<BTreeMap<i64, i64>, StoreError> {
    let mut statement =
        tx.prepare_cached("SELECT link_id, count(*) FROM conflicts WHERE state = 'open' GROUP BY link_id")?;
    let counts = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(counts.collect::<Result<_, _>>()?)
}

fn collection(row: CollectionRow) -> CollectionStatus {
    let first = row.pulled_at.is_none() && row.pull_started_at.is_some();
    CollectionStatus {
        name: row.name,
        label: row.label,
        records: Count(row.record_count),
        unreadable: Count(row.quarantined),
        asks: row.asks,
        pulled_at: row.pulled_at,
        downloading: first.then(|| Progress {
            processed: Count(row.pull_received),
            received: Count(row.pull_received),
            total: Count(row.pull_total.unwrap_or(0)),
            ..Progress::default()
        }),
        paused: row.paused,
    }
}

/// Every saved change in one place; `saved` is counted by the saving alone, so that a lost row shows.
fn ledger(tx: &Connection, sum: &Tallied) -> Result<Ledger, StoreError> {
    let ever = |state| sum.states.ever(state);
    let since: Option<i64> =
        tx.prepare_cached("SELECT min(created_at) FROM links")?.query_row([], |row| row.get(0))?;
    let everywhere: i64 = MutationState::ALL.into_iter().map(ever).sum();
    Ok(Ledger {
        since: since.map(Millis),
        saved: Count(sum.states.saved),
        confirmed: Count(ever(MutationState::Confirmed)),
        not_confirmed: Count(ever(MutationState::Uncertain)),
        waiting: Count(ever(MutationState::Queued) + ever(MutationState::Sealed)),
        conflicts: Count(ever(MutationState::Conflicted)),
        needs_you: Count(ever(MutationState::Parked)),
        superseded: Count(ever(MutationState::Superseded)),
        combined: Count(ever(MutationState::Combined)),
        cancelled: Count(ever(MutationState::Cancelled)),
        discarded: Count(ever(MutationState::Discarded)),
        balanced: sum.states.saved == everywhere,
    })
}

fn today(tx: &Connection, now: Millis) -> Result<(i64, i64), StoreError> {
    Ok(tx
        .prepare_cached(
            "SELECT coalesce(sum(confirmed), 0), coalesce(sum(refused), 0) FROM daily WHERE day = ?1",
        )?
        .query_row([daily::day(now)], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// When a change was confirmed last: among those that ended last, else of the newest confirmed one.
fn last_confirmed(tx: &Connection, sum: &Tallied) -> Result<Option<Millis>, StoreError> {
    if sum.states.of(MutationState::Confirmed) == 0 {
        return Ok(None);
    }
    let at: Option<i64> = tx
        .prepare_cached(
            "SELECT max(ended_at) FROM (SELECT ended_at, state FROM outbox INDEXED BY outbox_ended
               WHERE ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT ?1) WHERE state = 'confirmed'",
        )?
        .query_row([LOOK_BACK], |row| row.get(0))?;
    if let Some(at) = at {
        return Ok(Some(Millis(at)));
    }
    let at: Option<i64> = tx
        .prepare_cached(
            "SELECT ended_at FROM outbox INDEXED BY outbox_state WHERE state = 'confirmed' ORDER BY seq DESC LIMIT 1",
        )?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(at.map(Millis))
}
