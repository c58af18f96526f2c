//! Single values of this database.

use super::StoreError;
use rusqlite::{Connection, OptionalExtension as _, params};

/// The text stored under `key`.
pub(crate) fn get(tx: &Connection, key: &str) -> Result<Option<String>, StoreError> {
    Ok(tx
        .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?)
}

/// Stores a text under `key`.
pub(crate) fn set(tx: &Connection, key: &str, value: &str) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2")?
        .execute([key, value])?;
    Ok(())
}

/// Removes what is stored under `key`.
pub(crate) fn clear(tx: &Connection, key: &str) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM meta WHERE key = ?1")?.execute([key])?;
    Ok(())
}

/// The number stored under `key`, 0 where there is none.
pub(crate) fn number(tx: &Connection, key: &str) -> Result<i64, StoreError> {
    match get(tx, key)? {
        None => Ok(0),
        Some(text) => {
            text.parse().map_err(|_| StoreError::Corrupt(format!("meta.{key} is no number: {text}")))
        }
    }
}

/// Raises the number stored under `key` by one and returns it.
pub(crate) fn next(tx: &Connection, key: &str) -> Result<i64, StoreError> {
    let next = number(tx, key)? + 1;
    tx.prepare_cached("INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2")?
        .execute(params![key, next.to_string()])?;
    Ok(next)
}

/// Stores a text under `key` where nothing stands yet.
pub(crate) fn set_if_absent(tx: &Connection, key: &str, value: &str) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT OR IGNORE INTO meta (key, value) VALUES (?1, ?2)")?.execute([key, value])?;
    Ok(())
}
