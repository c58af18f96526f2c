//! Figures per day and link.

use super::StoreError;
use rusqlite::{Connection, params};
use tidemark_model::number::Millis;

/// A day in milliseconds.
pub(crate) const DAY: i64 = 24 * 60 * 60 * 1000;

/// Days since 1970 in UTC.
pub(crate) fn day(at: Millis) -> i64 {
    at.0.div_euclid(DAY)
}

pub(crate) fn confirmed(tx: &Connection, link_id: i64, now: Millis) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO daily (day, link_id, confirmed) VALUES (?1, ?2, 1)
         ON CONFLICT DO UPDATE SET confirmed = confirmed + 1",
    )?
    .execute(params![day(now), link_id])?;
    Ok(())
}

pub(crate) fn refused(tx: &Connection, link_id: i64, now: Millis) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO daily (day, link_id, refused) VALUES (?1, ?2, 1)
         ON CONFLICT DO UPDATE SET refused = refused + 1",
    )?
    .execute(params![day(now), link_id])?;
    Ok(())
}

/// Removes figures older than `before`.
pub(crate) fn purge(tx: &Connection, before: Millis) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM daily WHERE day < ?1")?.execute([day(before)])?;
    Ok(())
}
