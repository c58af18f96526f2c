//! The queue's counts, from counters and the ends of indexes only.

use super::sections::Section;
use crate::store::counters::{self, Counts};
use crate::store::views::waiting::{self, Waiting, Waits};
use crate::store::{StoreError, collections, links, outbox};
use rusqlite::{Connection, OptionalExtension as _, params};
use std::collections::{BTreeMap, BTreeSet};
use tidemark_model::mutation::MutationState;
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{CollectionQueue, QueueCounts, QueueCountsByState, QueueStats};

/// All counters of one moment.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(super) by_collection: BTreeMap<(i64, i64), Tallied>,
}

/// The counters of one collection, or the sum of several.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tallied {
    pub(crate) states: Counts,
    waiting: Waiting,
}

impl Tallied {
    /// How many changes a section of the queue holds.
    pub(super) fn of(&self, section: Section) -> i64 {
        match section {
            Section::In(state) => self.states.of(state),
            Section::Ended(states) => states.iter().map(|state| self.states.of(*state)).sum(),
            Section::Ready => {
                let apart = [Waits::OnHold, Waits::TryingAgain, Waits::Behind];
                self.states.of(MutationState::Queued)
                    - apart.iter().map(|waits| self.waiting.of(*waits)).sum::<i64>()
            }
            Section::Apart(waits) => self.waiting.of(waits),
        }
    }

    /// Everything that is not finished.
    pub(crate) fn unfinished(&self) -> i64 {
        MutationState::UNFINISHED.iter().map(|state| self.states.of(*state)).sum()
    }
}

impl Tally {
    pub(crate) fn read(tx: &Connection) -> Result<Self, StoreError> {
        let mut by_collection: BTreeMap<(i64, i64), Tallied> = BTreeMap::new();
        for (key, states) in counters::all(tx)? {
            by_collection.entry(key).or_default().states = states;
        }
        for (key, waiting) in waiting::all(tx)? {
            by_collection.entry(key).or_default().waiting = waiting;
        }
        Ok(Self { by_collection })
    }

    /// The sum over a link, or over everything.
    pub(crate) fn sum(&self, link: Option<i64>) -> Tallied {
        let mut sum = Tallied::default();
        for ((of, _), counts) in &self.by_collection {
            if link.is_none_or(|link| link == *of) {
                sum.states.add(&counts.states);
                sum.waiting.add(&counts.waiting);
            }
        }
        sum
    }

    fn links(&self) -> BTreeSet<i64> {
        self.by_collection.keys().map(|(link, _)| *link).collect()
    }

    /// The counts of a link, or of everything, as people see them.
    pub(crate) fn counts(&self, tx: &Connection, link: Option<i64>) -> Result<QueueCounts, StoreError> {
        let sum = self.sum(link);
        let of = |state| Count(sum.states.of(state));
        let links = link.map_or_else(|| self.links(), |link| BTreeSet::from([link]));
        Ok(QueueCounts {
            waiting: of(MutationState::Queued),
            trying_again: Count(sum.waiting.trying_again),
            on_hold: Count(sum.waiting.on_hold),
            sending: of(MutationState::Sealed),
            not_confirmed: of(MutationState::Uncertain),
            in_conflict: of(MutationState::Conflicted),
            needs_you: of(MutationState::Parked),
            in_trash: of(MutationState::Discarded),
            oldest_at: self.oldest(tx, link)?,
            next_at: next_due(tx, &links)?,
        })
    }

    /// Saved time of the oldest that is not finished.
    fn oldest(&self, tx: &Connection, link: Option<i64>) -> Result<Option<Millis>, StoreError> {
        let (own, all) = (self.sum(link), self.sum(None));
        let mut oldest: Option<i64> = None;
        for state in MutationState::UNFINISHED {
            let n = own.states.of(state);
            let seq = match (n, link) {
                (0, _) => None,
                (_, Some(link)) if n < all.states.of(state) => first_of_link(tx, state, link)?,
                _ => first(tx, state)?,
            };
            oldest = [oldest, seq].into_iter().flatten().min();
        }
        saved_at(tx, oldest)
    }
}

/// How many changes of a link a run that begins now sends.
pub(crate) fn to_send(tx: &Connection, link: i64) -> Result<i64, StoreError> {
    Ok(Tally::read(tx)?.counts(tx, Some(link))?.to_send())
}

/// Row A13. Ended changes are counted even when retention removed their rows.
pub(crate) fn stats(tx: &Connection) -> Result<QueueStats, StoreError> {
    let tally = Tally::read(tx)?;
    let mut per_collection = Vec::new();
    for link in links::all(tx)? {
        for collection in collections::of_link(tx, link.id)? {
            let counts = tally.by_collection.get(&(link.id, collection.id)).cloned().unwrap_or_default();
            per_collection.push(CollectionQueue {
                link: link.name.clone(),
                collection: collection.name,
                counts: by_state(&counts.states),
            });
        }
    }
    Ok(QueueStats {
        counts: by_state(&tally.sum(None).states),
        collections: per_collection,
        oldest_pending: saved_at(tx, first(tx, MutationState::Queued)?)?,
        next_retry: next_due(tx, &tally.links())?,
    })
}

fn by_state(counts: &Counts) -> QueueCountsByState {
    QueueCountsByState {
        queued: Count(counts.of(MutationState::Queued)),
        sealed: Count(counts.of(MutationState::Sealed)),
        uncertain: Count(counts.of(MutationState::Uncertain)),
        conflicted: Count(counts.of(MutationState::Conflicted)),
        parked: Count(counts.of(MutationState::Parked)),
        confirmed: Count(counts.ever(MutationState::Confirmed)),
        superseded: Count(counts.ever(MutationState::Superseded)),
        combined: Count(counts.ever(MutationState::Combined)),
        cancelled: Count(counts.ever(MutationState::Cancelled)),
        discarded: Count(counts.ever(MutationState::Discarded)),
    }
}

fn next_due(tx: &Connection, links: &BTreeSet<i64>) -> Result<Option<Millis>, StoreError> {
    let mut next = None;
    for link in links {
        next = [next, outbox::next_due(tx, *link)?].into_iter().flatten().min();
    }
    Ok(next)
}

fn saved_at(tx: &Connection, seq: Option<i64>) -> Result<Option<Millis>, StoreError> {
    let at: Option<i64> = tx
        .prepare_cached("SELECT created_at FROM outbox WHERE seq = ?1")?
        .query_row([seq], |row| row.get(0))
        .optional()?;
    Ok(at.map(Millis))
}

/// The oldest number in a state.
fn first(tx: &Connection, state: MutationState) -> Result<Option<i64>, StoreError> {
    Ok(tx
        .prepare_cached("SELECT min(seq) FROM outbox INDEXED BY outbox_state WHERE state = ?1")?
        .query_row([state.as_str()], |row| row.get(0))?)
}

/// The oldest number of one of several links in an unfinished state, or in another that goes in the same line.
fn first_of_link(tx: &Connection, state: MutationState, link: i64) -> Result<Option<i64>, StoreError> {
    if state != MutationState::Queued {
        // The few that are on their way or wait for a person; another link's are passed over.
        return Ok(tx
            .prepare_cached(
                "SELECT seq FROM outbox INDEXED BY outbox_state WHERE state = ?1 AND link_id = ?2
                  ORDER BY seq LIMIT 1",
            )?
            .query_row(params![state.as_str(), link], |row| row.get(0))
            .optional()?);
    }
    // Another link may have a million of them: each priority's first is asked for.
    let mut ready = tx.prepare_cached(&format!(
        "SELECT min(seq) FROM outbox {} AND priority = ?1",
        super::place::line(link)
    ))?;
    let mut apart = tx.prepare_cached(
        "SELECT min(seq) FROM outbox INDEXED BY outbox_waits WHERE link_id = ?1 AND waits = ?2 AND priority = ?3",
    )?;
    let mut oldest: Option<i64> = None;
    for priority in 0..=9 {
        let mut firsts = vec![ready.query_row([priority], |row| row.get::<_, Option<i64>>(0))?];
        for waits in [Waits::OnHold, Waits::TryingAgain, Waits::Behind] {
            firsts.push(apart.query_row(params![link, waits.as_str(), priority], |row| row.get(0))?);
        }
        oldest = firsts.into_iter().chain([oldest]).flatten().min();
    }
    Ok(oldest)
}
