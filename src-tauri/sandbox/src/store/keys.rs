//! First answers, by idempotency key.

use super::StoreError;
use rusqlite::{Connection, OptionalExtension, params};

/// What a key stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyRow {
    /// Hash of what was asked the first time.
    pub fingerprint: String,
    /// The first answer as JSON text.
    pub answer: String,
}

/// Looks a key up; answers given before `since` (milliseconds) have ended.
pub fn get(tx: &Connection, owner: &str, key: &str, since: i64) -> Result<Option<KeyRow>, StoreError> {
    tx.prepare_cached("SELECT fingerprint, answer FROM keys WHERE owner = ?1 AND idem_key = ?2 AND at >= ?3")?
        .query_row(params![owner, key, since], |row| {
            Ok(KeyRow { fingerprint: row.get("fingerprint")?, answer: row.get("answer")? })
        })
        .optional()
}

/// Keeps a first answer.
pub fn put(
    tx: &Connection,
    owner: &str,
    key: &str,
    row: &KeyRow,
    seq: i64,
    at: i64,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT OR REPLACE INTO keys (owner, idem_key, fingerprint, answer, seq, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![owner, key, row.fingerprint, row.answer, seq, at])?;
    Ok(())
}

/// Removes answers given before `since`.
pub fn expire(tx: &Connection, since: i64) -> Result<usize, StoreError> {
    tx.prepare_cached("DELETE FROM keys WHERE at < ?1")?.execute([since])
}

/// Removes keys that a copy of `seq` does not know.
pub fn forget_after(tx: &Connection, seq: i64) -> Result<usize, StoreError> {
    tx.execute("DELETE FROM keys WHERE seq > ?1", [seq])
}
