//! Single values of the server.

use super::StoreError;
use rusqlite::{Connection, OptionalExtension, params};

/// Reads a value.
pub fn get(tx: &Connection, name: &str) -> Result<Option<String>, StoreError> {
    tx.prepare_cached("SELECT value FROM meta WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()
}

/// Writes a value.
pub fn set(tx: &Connection, name: &str, value: &str) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )?
    .execute(params![name, value])?;
    Ok(())
}

/// Forgets everything there is, for a reset.
pub fn wipe(tx: &Connection) -> Result<(), StoreError> {
    tx.execute_batch(
        "DELETE FROM meta; DELETE FROM collections; DELETE FROM records; DELETE FROM changes; DELETE FROM keys;",
    )
}
