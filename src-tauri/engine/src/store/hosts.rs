//! The pace that a host asked for, kept over a restart.

use super::{StoreError, meta};
use rusqlite::{Connection, OptionalExtension as _, params};
use tidemark_model::backoff::MAX_FLOOR;
use tidemark_model::number::Millis;

/// Nothing goes to the host before `until`; an earlier floor never takes the place of a later one. When it was set is kept,
/// for that tells after a restart by how much the clock was put back.
pub(crate) fn set_floor(tx: &Connection, host: &str, until: Millis, now: Millis) -> Result<(), StoreError> {
    meta::set(tx, "floor_set_at", &now.0.to_string())?;
    tx.prepare_cached(
        "INSERT INTO hosts (host, floor_until) VALUES (?1, ?2)
         ON CONFLICT DO UPDATE SET floor_until = max(floor_until, ?2)",
    )?
    .execute(params![host, until.0])?;
    Ok(())
}

/// When a floor was set last.
pub(crate) fn floor_set_at(tx: &Connection) -> Result<Option<Millis>, StoreError> {
    Ok(meta::get(tx, "floor_set_at")?.and_then(|at| at.parse().ok()).map(Millis))
}

/// The floor, where one is set; it may lie in the past. One further ahead than a server may ask for was set by a clock
/// that was wrong, and is none.
pub(crate) fn floor(tx: &Connection, host: &str, now: Millis) -> Result<Option<Millis>, StoreError> {
    let until: Option<i64> = tx
        .prepare_cached("SELECT floor_until FROM hosts WHERE host = ?1")?
        .query_row([host], |row| row.get(0))
        .optional()?;
    Ok(until.map(Millis).filter(|until| until.0 <= now.plus(MAX_FLOOR.0).0))
}

/// The clock was put back: the floor stands as far ahead as before.
pub(crate) fn bring_back(tx: &Connection, host: &str, by: i64, now: Millis) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE hosts SET floor_until = floor_until - ?2 WHERE host = ?1 AND floor_until > ?3",
    )?
    .execute(params![host, by, now.0])?;
    // What is noticed once is not noticed again.
    meta::set(tx, "floor_set_at", &now.0.to_string())
}
