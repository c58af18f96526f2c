//! The scripts that decide conflicts, one for each collection that has one.

use super::StoreError;
use rusqlite::{Connection, OptionalExtension as _, params};
use tidemark_model::number::Millis;

/// The script of a collection, and when it was set.
pub(crate) fn get(tx: &Connection, collection_id: i64) -> Result<Option<(String, Millis)>, StoreError> {
    Ok(tx
        .prepare_cached("SELECT script, set_at FROM hooks WHERE collection_id = ?1")?
        .query_row([collection_id], |row| Ok((row.get(0)?, Millis(row.get(1)?))))
        .optional()?)
}

pub(crate) fn exists(tx: &Connection, collection_id: i64) -> Result<bool, StoreError> {
    Ok(tx.prepare_cached("SELECT 1 FROM hooks WHERE collection_id = ?1")?.exists([collection_id])?)
}

pub(crate) fn set(tx: &Connection, collection_id: i64, script: &str, now: Millis) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT OR REPLACE INTO hooks (collection_id, script, set_at) VALUES (?1, ?2, ?3)")?
        .execute(params![collection_id, script, now.0])?;
    Ok(())
}

/// Takes it away; whether there was one.
pub(crate) fn remove(tx: &Connection, collection_id: i64) -> Result<bool, StoreError> {
    Ok(tx.prepare_cached("DELETE FROM hooks WHERE collection_id = ?1")?.execute([collection_id])? > 0)
}
