//! Wishes of another process to the one that sends.

use super::{StoreError, meta};
use rusqlite::{Connection, params};
use tidemark_model::number::Millis;

/// Asks the sender for a sync, of one link or of all; returns the wish's number.
pub(crate) fn ask(tx: &Connection, link: Option<&str>, now: Millis) -> Result<i64, StoreError> {
    tx.prepare_cached("INSERT INTO signals (kind, link, at) VALUES ('sync', ?1, ?2)")?
        .execute(params![link, now.0])?;
    Ok(tx.last_insert_rowid())
}

/// The open wishes: number and link.
pub(crate) fn all(tx: &Connection) -> Result<Vec<(i64, Option<String>)>, StoreError> {
    let mut statement = tx.prepare_cached("SELECT id, link FROM signals ORDER BY id")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A wish is fulfilled.
pub(crate) fn fulfil(tx: &Connection, id: i64) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM signals WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Whether a wish still waits.
pub(crate) fn waits(tx: &Connection, id: i64) -> Result<bool, StoreError> {
    Ok(tx.prepare_cached("SELECT 1 FROM signals WHERE id = ?1")?.exists([id])?)
}

/// Asks whoever sends to take back what is sealed and not sent yet, and to look at it anew.
pub(crate) fn call_back(tx: &Connection) -> Result<(), StoreError> {
    meta::next(tx, CALLS).map(drop)
}

/// How often that was asked so far.
pub(crate) fn calls(tx: &Connection) -> Result<i64, StoreError> {
    meta::number(tx, CALLS)
}

const CALLS: &str = "call_backs";
