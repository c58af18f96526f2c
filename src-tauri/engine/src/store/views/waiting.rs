//! Counts of what is queued and not ready, kept by triggers beside the counters.

use crate::store::StoreError;
use rusqlite::Connection;
use std::collections::BTreeMap;

/// What a queued change waits for that is not ready to be sent; the words of `outbox.waits`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waits {
    /// Held by a person or for undo, or for another record's change.
    OnHold,
    /// For the time of its next try.
    TryingAgain,
    /// For an older change of its own record.
    Behind,
}

impl Waits {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::OnHold => "on_hold",
            Self::TryingAgain => "trying_again",
            Self::Behind => "behind",
        }
    }

    pub(super) fn parse(word: &str) -> Result<Self, StoreError> {
        [Self::OnHold, Self::TryingAgain, Self::Behind]
            .into_iter()
            .find(|waits| waits.as_str() == word)
            .ok_or_else(|| StoreError::Corrupt(format!("a change waits for '{word}'")))
    }
}

/// How many changes of one collection wait for what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) on_hold: i64,
    pub(super) trying_again: i64,
    pub(super) behind: i64,
}

impl Waiting {
    pub(super) fn of(&self, waits: Waits) -> i64 {
        match waits {
            Waits::OnHold => self.on_hold,
            Waits::TryingAgain => self.trying_again,
            Waits::Behind => self.behind,
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.on_hold += other.on_hold;
        self.trying_again += other.trying_again;
        self.behind += other.behind;
    }
}

/// All counts by (link, collection).
pub(super) fn all(tx: &Connection) -> Result<BTreeMap<(i64, i64), Waiting>, StoreError> {
    let mut statement = tx.prepare_cached("SELECT link_id, collection_id, kind, n FROM waiting")?;
    let mut rows = statement.query([])?;
    let mut all: BTreeMap<(i64, i64), Waiting> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let waiting = all.entry((row.get(0)?, row.get(1)?)).or_default();
        let n: i64 = row.get(3)?;
        match Waits::parse(&row.get::<_, String>(2)?)? {
            Waits::OnHold => waiting.on_hold += n,
            Waits::TryingAgain => waiting.trying_again += n,
            Waits::Behind => waiting.behind += n,
        }
    }
    Ok(all)
}
