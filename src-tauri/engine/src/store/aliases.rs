//! Ids that were given here until the server made its own: the old ones stay resolvable (`engine.md` 5).

use super::StoreError;
use rusqlite::{Connection, OptionalExtension as _, params};
use std::borrow::Cow;
use tidemark_model::number::Millis;
use tidemark_model::temporary;

/// The id that a record has now, whatever it was called when the caller learnt it.
pub(crate) fn resolve<'a>(
    tx: &Connection,
    collection_id: i64,
    rid: &'a str,
) -> Result<Cow<'a, str>, StoreError> {
    if !temporary::is(rid) {
        // Nearly all: no look at the table.
        return Ok(Cow::Borrowed(rid));
    }
    let now_rid: Option<String> = tx
        .prepare_cached("SELECT now_rid FROM aliases WHERE collection_id = ?1 AND rid = ?2")?
        .query_row(params![collection_id, rid], |row| row.get(0))
        .optional()?;
    Ok(now_rid.map_or(Cow::Borrowed(rid), Cow::Owned))
}

/// `rid` is called `now_rid` from now on.
pub(crate) fn add(
    tx: &Connection,
    collection_id: i64,
    rid: &str,
    now_rid: &str,
    at: Millis,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT OR REPLACE INTO aliases (collection_id, rid, now_rid, at) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![collection_id, rid, now_rid, at.0])?;
    Ok(())
}

/// Where a temporary id of a link leads: the collection, and the id that the record has now.
pub(crate) fn of_link(tx: &Connection, link_id: i64, rid: &str) -> Result<Option<(i64, String)>, StoreError> {
    Ok(tx
        .prepare_cached(
            "SELECT collection_id, now_rid FROM aliases
              WHERE collection_id IN (SELECT id FROM collections WHERE link_id = ?1) AND rid = ?2
             UNION ALL
             SELECT collection_id, rid FROM records
              WHERE collection_id IN (SELECT id FROM collections WHERE link_id = ?1) AND rid = ?2
             LIMIT 1",
        )?
        .query_row(params![link_id, rid], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}
