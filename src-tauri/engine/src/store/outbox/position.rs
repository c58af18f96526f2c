//! How far a link's changes are confirmed without a gap (row F5).

use crate::store::StoreError;
use rusqlite::{Connection, OptionalExtension as _, params};
use tidemark_model::mutation::MutationState;

/// The number of the last confirmed change above `known` that no unfinished one stands before; `known` where there is none.
pub(crate) fn confirmed_up_to(tx: &Connection, link_id: i64, known: i64) -> Result<i64, StoreError> {
    let mut first = i64::MAX;
    let mut unfinished = tx.prepare_cached(
        "SELECT seq FROM outbox INDEXED BY outbox_state WHERE state = ?1 AND link_id = ?2 ORDER BY seq LIMIT 1",
    )?;
    for state in MutationState::UNFINISHED {
        // A state that none of its changes is in would have those of all other links read through.
        if count(tx, link_id, state)? > 0 {
            let seq = unfinished.query_row(params![state.as_str(), link_id], |row| row.get(0)).optional()?;
            first = first.min(seq.unwrap_or(i64::MAX));
        }
    }
    let last = tx
        .prepare_cached(
            "SELECT seq FROM outbox INDEXED BY outbox_state
              WHERE state = 'confirmed' AND seq > ?1 AND seq < ?2 AND link_id = ?3 ORDER BY seq DESC LIMIT 1",
        )?
        .query_row(params![known, first, link_id], |row| row.get(0))
        .optional()?;
    Ok(last.unwrap_or(known))
}

fn count(tx: &Connection, link_id: i64, state: MutationState) -> Result<i64, StoreError> {
    Ok(tx
        .prepare_cached("SELECT coalesce(sum(n), 0) FROM counters WHERE link_id = ?1 AND state = ?2")?
        .query_row(params![link_id, state.as_str()], |row| row.get(0))?)
}
