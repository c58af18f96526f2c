//! Rows of servers that could not be read: kept, one for each record or text, until they can be or a person ends it.

use super::StoreError;
use rusqlite::{Connection, OptionalExtension as _, params};
use tidemark_model::document::sha256_hex;
use tidemark_model::number::Millis;

/// So many rows of a collection keep their text, the newest; of older ones the reason is kept.
const TEXTS: i64 = 1_000;

/// A row as it came.
pub(crate) struct Unread<'a> {
    /// The id of its record, where that could be read.
    pub(crate) rid: Option<&'a str>,
    /// Its text, or the beginning of it.
    pub(crate) raw: &'a str,
    /// Of the whole row.
    pub(crate) bytes: usize,
    pub(crate) reason: &'a str,
}

/// Keeps a row that cannot be read. The same one again changes nothing, as overlapping pulls bring it again; another text
/// of the same record takes the place of the former. Whether it is not the same.
pub(crate) fn keep(
    tx: &Connection,
    collection_id: i64,
    row: &Unread<'_>,
    seen: i64,
    now: Millis,
) -> Result<bool, StoreError> {
    let digest = sha256_hex(row.raw.as_bytes());
    let key = match row.rid {
        Some(rid) => format!("id:{rid}"),
        None => format!("raw:{digest}"),
    };
    let known: Option<(i64, bool)> = tx
        .prepare_cached("SELECT id, digest = ?3 FROM quarantine WHERE collection_id = ?1 AND key = ?2")?
        .query_row(params![collection_id, key, digest], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((id, same)) = known {
        if same {
            tx.prepare_cached("UPDATE quarantine SET seen = ?2 WHERE id = ?1")?.execute([id, seen])?;
            return Ok(false);
        }
        drop_row(tx, collection_id, id)?;
    }
    tx.prepare_cached(
        "INSERT INTO quarantine (collection_id, key, digest, rid, raw, bytes, reason, at, seen)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        collection_id,
        key,
        digest,
        row.rid,
        row.raw,
        row.bytes as i64,
        row.reason,
        now.0,
        seen
    ])?;
    count(tx, collection_id, 1)?;
    Ok(true)
}

/// A page came in: a row without name and text, for which the list stood, is passed.
pub(crate) fn release_standing(tx: &Connection, collection_id: i64) -> Result<(), StoreError> {
    let key = format!("raw:{}", sha256_hex(b""));
    let id: Option<i64> = tx
        .prepare_cached("SELECT id FROM quarantine WHERE collection_id = ?1 AND key = ?2")?
        .query_row(params![collection_id, key], |row| row.get(0))
        .optional()?;
    if let Some(id) = id {
        drop_row(tx, collection_id, id)?;
    }
    Ok(())
}

/// Whether a row stands for this record, also one that a person forgot.
pub(crate) fn is_known(tx: &Connection, collection_id: i64, rid: &str) -> Result<bool, StoreError> {
    Ok(tx
        .prepare_cached("SELECT 1 FROM quarantine WHERE collection_id = ?1 AND key = 'id:' || ?2")?
        .exists(params![collection_id, rid])?)
}

/// Lets the texts of the oldest go where there are too many.
pub(crate) fn trim(tx: &Connection, collection_id: i64) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE quarantine SET raw = NULL WHERE collection_id = ?1 AND raw IS NOT NULL AND id <= (
           SELECT id FROM quarantine WHERE collection_id = ?1 AND raw IS NOT NULL ORDER BY id DESC LIMIT 1 OFFSET ?2)",
    )?
    .execute([collection_id, TEXTS])?;
    Ok(())
}

/// The record could be read: what stands for it ends. Whether something did.
pub(crate) fn release(tx: &Connection, collection_id: i64, rid: &str) -> Result<bool, StoreError> {
    let id: Option<i64> = tx
        .prepare_cached("SELECT id FROM quarantine WHERE collection_id = ?1 AND key = 'id:' || ?2")?
        .query_row(params![collection_id, rid], |row| row.get(0))
        .optional()?;
    match id {
        Some(id) => drop_row(tx, collection_id, id),
        None => Ok(false),
    }
}

/// A whole comparison did not bring these again.
pub(crate) fn release_unseen(tx: &Connection, collection_id: i64, seen: i64) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM quarantine WHERE collection_id = ?1 AND seen <> ?2")?
        .execute([collection_id, seen])?;
    count_anew(tx, collection_id)
}

/// A person wants to hear no more of it; its key and hash stay, so that the same one again is known. Whether it was there.
pub(crate) fn forget(tx: &Connection, id: i64) -> Result<bool, StoreError> {
    let Some((collection_id, _)) = place(tx, id)? else { return Ok(false) };
    tx.prepare_cached("UPDATE quarantine SET forgotten = 1, raw = NULL WHERE id = ?1")?.execute([id])?;
    count(tx, collection_id, -1)?;
    Ok(true)
}

/// The collection that a row belongs to, and the id of its record.
pub(crate) fn place(tx: &Connection, id: i64) -> Result<Option<(i64, Option<String>)>, StoreError> {
    Ok(tx
        .prepare_cached("SELECT collection_id, rid FROM quarantine WHERE id = ?1 AND forgotten = 0")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

/// The collection goes.
pub(crate) fn remove_all(tx: &Connection, collection_id: i64) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM quarantine WHERE collection_id = ?1")?.execute([collection_id])?;
    count_anew(tx, collection_id)
}

fn drop_row(tx: &Connection, collection_id: i64, id: i64) -> Result<bool, StoreError> {
    let shown = place(tx, id)?.is_some();
    tx.prepare_cached("DELETE FROM quarantine WHERE id = ?1")?.execute([id])?;
    count(tx, collection_id, -i64::from(shown))?;
    Ok(shown)
}

fn count_anew(tx: &Connection, collection_id: i64) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE collections SET quarantined =
           (SELECT count(*) FROM quarantine WHERE collection_id = ?1 AND forgotten = 0) WHERE id = ?1",
    )?
    .execute([collection_id])?;
    Ok(())
}

fn count(tx: &Connection, collection_id: i64, more: i64) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE collections SET quarantined = quarantined + ?2 WHERE id = ?1")?
        .execute([collection_id, more])?;
    Ok(())
}
