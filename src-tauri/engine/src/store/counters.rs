//! Counts of saved changes by state, answered in constant time (row A13).

use super::StoreError;
use rusqlite::{Connection, params};
use std::collections::BTreeMap;
use tidemark_model::mutation::MutationState;

/// The counter of changes saved, kept by the saving itself and by nothing else.
const SAVED: &str = "saved";

/// One collection's counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Changes saved.
    pub(crate) saved: i64,
    /// Rows in each state.
    pub(crate) rows: BTreeMap<MutationState, i64>,
    /// Rows of each state that retention removed.
    pub(crate) purged: BTreeMap<MutationState, i64>,
}

impl Counts {
    /// Rows in a state.
    pub(crate) fn of(&self, state: MutationState) -> i64 {
        self.rows.get(&state).copied().unwrap_or(0)
    }

    /// Rows that are or were in a state.
    pub(crate) fn ever(&self, state: MutationState) -> i64 {
        self.of(state) + self.purged.get(&state).copied().unwrap_or(0)
    }

    /// Adds another's counts.
    pub(crate) fn add(&mut self, other: &Self) {
        self.saved += other.saved;
        for (state, n) in &other.rows {
            *self.rows.entry(*state).or_default() += n;
        }
        for (state, n) in &other.purged {
            *self.purged.entry(*state).or_default() += n;
        }
    }
}

/// One more change was saved.
pub(crate) fn saved(tx: &Connection, link_id: i64, collection_id: i64) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO counters (link_id, collection_id, state, n) VALUES (?1, ?2, ?3, 1)
         ON CONFLICT DO UPDATE SET n = n + 1",
    )?
    .execute(params![link_id, collection_id, SAVED])?;
    Ok(())
}

/// All counts by (link, collection).
pub(crate) fn all(tx: &Connection) -> Result<BTreeMap<(i64, i64), Counts>, StoreError> {
    let mut statement = tx.prepare_cached("SELECT link_id, collection_id, state, n, purged FROM counters")?;
    let mut rows = statement.query([])?;
    let mut all: BTreeMap<(i64, i64), Counts> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let counts = all.entry((row.get(0)?, row.get(1)?)).or_default();
        let word: String = row.get(2)?;
        let (n, purged): (i64, i64) = (row.get(3)?, row.get(4)?);
        if word == SAVED {
            counts.saved += n;
            continue;
        }
        let state = MutationState::parse(&word)
            .ok_or_else(|| StoreError::Corrupt(format!("counters name an unknown state '{word}'")))?;
        counts.rows.insert(state, n);
        counts.purged.insert(state, purged);
    }
    Ok(all)
}
