//! The edits that a lane is made of, each with its own time, and whose they are.

use super::{COLUMNS, MutationRow};
use crate::store::StoreError;
use rusqlite::{Connection, params};
use std::collections::HashSet;

/// What people did to a record that is not finished, oldest first: each edit with its own changes, also where another took it
/// in. What carries a decision is left out; it stands for edits that are older than itself.
pub(crate) fn edits_of(tx: &Connection, record_id: i64) -> Result<Vec<MutationRow>, StoreError> {
    let mut edits = super::lane(tx, record_id)?;
    let mut alive: HashSet<String> = edits.iter().map(|mutation| mutation.id.clone()).collect();
    let mut statement = tx.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM outbox INDEXED BY outbox_state WHERE state = 'combined' AND record_id = ?1"
    ))?;
    let mut rows = statement.query(params![record_id])?;
    let mut combined = Vec::new();
    while let Some(row) = rows.next()? {
        combined.push(MutationRow::read(row)?);
    }
    // What was taken in may have taken in others itself.
    loop {
        let is_alive =
            |mutation: &MutationRow| mutation.into_id.as_ref().is_some_and(|into| alive.contains(into));
        let (found, rest): (Vec<_>, Vec<_>) = combined.into_iter().partition(is_alive);
        if found.is_empty() {
            break;
        }
        alive.extend(found.iter().map(|mutation| mutation.id.clone()));
        edits.extend(found);
        combined = rest;
    }
    edits.retain(|mutation| mutation.conflict_id.is_none());
    edits.sort_by_key(|mutation| mutation.seq);
    Ok(edits)
}

/// Whose changes of a record are not finished, each account once.
pub(crate) fn principals(tx: &Connection, record_id: i64) -> Result<Vec<String>, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT DISTINCT principal FROM outbox WHERE record_id = ?1
            AND state IN ('queued', 'sealed', 'uncertain', 'conflicted', 'parked')",
    )?;
    let principals = statement.query_map([record_id], |row| row.get(0))?;
    Ok(principals.collect::<Result<_, _>>()?)
}
