//! The newest state of each record.

use super::StoreError;
use rusqlite::{Connection, OptionalExtension, Row, params};

/// One record, or the tombstone of one.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordRow {
    /// Its collection.
    pub collection: String,
    /// Its id.
    pub id: String,
    /// Its place in the listing.
    pub seq: i64,
    /// Its version, without the quotes of an ETag.
    pub version: String,
    /// Its JSON text; none for a tombstone.
    pub doc: Option<String>,
    /// When, in milliseconds since 1970.
    pub modified_at: i64,
    /// By whom.
    pub modified_by: String,
}

fn from_row(row: &Row<'_>) -> Result<RecordRow, StoreError> {
    Ok(RecordRow {
        collection: row.get(0)?,
        id: row.get(1)?,
        seq: row.get(2)?,
        version: row.get(3)?,
        doc: row.get(4)?,
        modified_at: row.get(5)?,
        modified_by: row.get(6)?,
    })
}

/// The newest state of one record.
pub fn get(tx: &Connection, collection: &str, id: &str) -> Result<Option<RecordRow>, StoreError> {
    tx.prepare_cached(
        "SELECT collection, id, seq, version, doc, modified_at, modified_by
         FROM records WHERE collection = ?1 AND id = ?2",
    )?
    .query_row(params![collection, id], from_row)
    .optional()
}

/// Puts the newest state of one record in place of the former.
pub fn put(tx: &Connection, row: &RecordRow) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO records (collection, id, seq, version, doc, modified_at, modified_by)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (collection, id) DO UPDATE SET seq = excluded.seq, version = excluded.version,
             doc = excluded.doc, modified_at = excluded.modified_at, modified_by = excluded.modified_by",
    )?
    .execute(params![
        row.collection,
        row.id,
        row.seq,
        row.version,
        row.doc,
        row.modified_at,
        row.modified_by
    ])?;
    Ok(())
}

/// Gives rows with `after < seq <= upto`, in that order, to `take` until it answers false.
pub fn walk(
    tx: &Connection,
    collection: &str,
    after: i64,
    upto: i64,
    mut take: impl FnMut(RecordRow) -> bool,
) -> Result<(), StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT collection, id, seq, version, doc, modified_at, modified_by
         FROM records WHERE collection = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq",
    )?;
    let mut rows = statement.query(params![collection, after, upto])?;
    while let Some(row) = rows.next()? {
        if !take(from_row(row)?) {
            break;
        }
    }
    Ok(())
}

/// Forgets tombstones at or before `floor`; says how many.
pub fn forget_tombstones(tx: &Connection, floor: i64) -> Result<usize, StoreError> {
    tx.execute("DELETE FROM records WHERE doc IS NULL AND seq <= ?1", [floor])
}

/// Makes the records again as the log had them at `seq`.
pub fn restore(tx: &Connection, seq: i64) -> Result<(), StoreError> {
    tx.execute("DELETE FROM records", [])?;
    tx.execute(
        "INSERT INTO records (collection, id, seq, version, doc, modified_at, modified_by)
         SELECT collection, id, seq, version, doc, at, by_whom FROM changes
         WHERE effect IN (SELECT MAX(effect) FROM changes WHERE lost = 0 AND seq <= ?1 GROUP BY collection, id)",
        [seq],
    )?;
    Ok(())
}
