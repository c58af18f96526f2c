//! The log of effects, in the order of commit.

use super::StoreError;
use super::records::RecordRow;
use rusqlite::{Connection, Row, params};

/// What is known of an effect beside the record's new state.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cause {
    /// create, put, merge-patch, json-patch or delete.
    pub op: String,
    /// The idempotency key.
    pub key: Option<String>,
    /// Hash of what was asked.
    pub fingerprint: Option<String>,
    /// `X-Client-Id`.
    pub client: Option<String>,
    /// `X-Client-Order`.
    pub client_order: Option<i64>,
}

/// One effect.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeRow {
    /// Its number, in the order of commit.
    pub effect: i64,
    /// The epoch in which it happened.
    pub epoch: String,
    /// Whether an older copy was restored over it.
    pub lost: bool,
    /// Why it happened.
    pub cause: Cause,
    /// The record's state by it.
    pub record: RecordRow,
}

/// Writes an effect down.
pub fn append(tx: &Connection, epoch: &str, record: &RecordRow, cause: &Cause) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO changes (seq, epoch, collection, id, op, version, doc, idem_key, fingerprint,
                              by_whom, client, client_order, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?
    .execute(params![
        record.seq,
        epoch,
        record.collection,
        record.id,
        cause.op,
        record.version,
        record.doc,
        cause.key,
        cause.fingerprint,
        record.modified_by,
        cause.client,
        cause.client_order,
        record.modified_at
    ])?;
    Ok(())
}

/// All effects, in the order of commit.
pub fn list(tx: &Connection) -> Result<Vec<ChangeRow>, StoreError> {
    tx.prepare_cached(
        "SELECT effect, seq, epoch, collection, id, op, version, doc, idem_key, fingerprint, by_whom, client,
                client_order, at, lost FROM changes ORDER BY effect",
    )?
    .query_map([], from_row)?
    .collect()
}

/// For each record of a collection that is live at `seq`: id and version.
pub fn live_at(tx: &Connection, collection: &str, seq: i64) -> Result<Vec<(String, String)>, StoreError> {
    tx.prepare_cached(
        "SELECT id, version FROM changes
         WHERE effect IN (SELECT MAX(effect) FROM changes
                          WHERE lost = 0 AND collection = ?1 AND seq <= ?2 GROUP BY id)
           AND doc IS NOT NULL ORDER BY id",
    )?
    .query_map(params![collection, seq], |row| Ok((row.get("id")?, row.get("version")?)))?
    .collect()
}

/// Marks what came after `seq` as lost.
pub fn lose_after(tx: &Connection, seq: i64) -> Result<usize, StoreError> {
    tx.execute("UPDATE changes SET lost = 1 WHERE lost = 0 AND seq > ?1", [seq])
}

/// By place in what `list` selects: to look for each by its name takes longer than the query.
fn from_row(row: &Row<'_>) -> Result<ChangeRow, StoreError> {
    Ok(ChangeRow {
        effect: row.get(0)?,
        epoch: row.get(2)?,
        lost: row.get(14)?,
        cause: Cause {
            op: row.get(5)?,
            key: row.get(8)?,
            fingerprint: row.get(9)?,
            client: row.get(11)?,
            client_order: row.get(12)?,
        },
        record: RecordRow {
            collection: row.get(3)?,
            id: row.get(4)?,
            seq: row.get(1)?,
            version: row.get(6)?,
            doc: row.get(7)?,
            modified_at: row.get(13)?,
            modified_by: row.get(10)?,
        },
    })
}
