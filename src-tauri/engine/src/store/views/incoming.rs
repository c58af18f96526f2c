//! What came from servers and waits for a person.

use crate::store::{StoreError, collections};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use tidemark_model::merge::Veil;
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{ListPage, Removal, UnreadableDetail, UnreadableRow};

/// Not those that went in this run, nor what of them came back.
const ASKED_ABOUT: &str = "FROM asked_removals a JOIN records r ON r.id = a.record_id
                             JOIN collections c ON c.id = a.collection_id
                            WHERE a.collection_id = ?1 AND a.agreed = 0 AND r.local IS NOT NULL
                              AND c.removals_asked IS NOT NULL";

/// A page of the records that the deletion guard asks about, in the order in which they came here.
pub(crate) fn removals(
    tx: &Connection,
    collection_id: i64,
    offset: usize,
    limit: usize,
) -> Result<ListPage<Removal>, StoreError> {
    let total: i64 = tx
        .prepare_cached(&format!("SELECT count(*) {ASKED_ABOUT}"))?
        .query_row([collection_id], |row| row.get(0))?;
    let mut statement = tx.prepare_cached(&format!(
        "SELECT r.rid, r.title {ASKED_ABOUT} ORDER BY a.record_id LIMIT ?2 OFFSET ?3"
    ))?;
    let rows = statement.query_map(params![collection_id, limit as i64, offset as i64], |row| {
        Ok(Removal { record: row.get(0)?, title: row.get(1)? })
    })?;
    Ok(ListPage { rows: rows.collect::<Result<_, _>>()?, total: Count(total) })
}

const ROWS: &str = "SELECT q.id, l.name AS link, c.name AS collection, q.rid, q.reason, q.at, q.bytes, q.raw,
                           q.collection_id
                      FROM quarantine q JOIN collections c ON c.id = q.collection_id JOIN links l ON l.id = c.link_id";

fn row(row: &Row<'_>) -> rusqlite::Result<UnreadableRow> {
    Ok(UnreadableRow {
        id: Count(row.get("id")?),
        link: row.get("link")?,
        collection: row.get("collection")?,
        record: row.get("rid")?,
        reason: row.get("reason")?,
        at: Millis(row.get("at")?),
        bytes: Count(row.get("bytes")?),
    })
}

/// A page of rows that could not be read, newest first; of one link, of collections of one name, or of all.
pub(crate) fn unreadable(
    tx: &Connection,
    link: Option<&str>,
    collection: Option<&str>,
    offset: usize,
    limit: usize,
) -> Result<ListPage<UnreadableRow>, StoreError> {
    const WHERE: &str =
        "WHERE q.forgotten = 0 AND (?1 IS NULL OR l.name = ?1) AND (?2 IS NULL OR c.name = ?2)";
    let total: i64 = tx
        .prepare_cached(&format!("SELECT count(*) FROM ({ROWS} {WHERE})"))?
        .query_row(params![link, collection], |row| row.get(0))?;
    let mut statement =
        tx.prepare_cached(&format!("{ROWS} {WHERE} ORDER BY q.id DESC LIMIT ?3 OFFSET ?4"))?;
    let rows = statement.query_map(params![link, collection, limit as i64, offset as i64], row)?;
    Ok(ListPage { rows: rows.collect::<Result<_, _>>()?, total: Count(total) })
}

/// One of them with its text, but for secrets.
pub(crate) fn unreadable_detail(tx: &Connection, id: i64) -> Result<Option<UnreadableDetail>, StoreError> {
    let found: Option<(UnreadableDetail, i64)> = tx
        .prepare_cached(&format!("{ROWS} WHERE q.id = ?1 AND q.forgotten = 0"))?
        .query_row([id], |found| {
            Ok((UnreadableDetail { row: row(found)?, text: found.get("raw")? }, found.get("collection_id")?))
        })
        .optional()?;
    let Some((detail, collection)) = found else { return Ok(None) };
    let veil = collections::get(tx, collection)?.map(|found| Veil::new(&found.settings.merge));
    let veil = veil.unwrap_or_default();
    Ok(Some(UnreadableDetail { text: detail.text.map(|text| veil.body(text)), ..detail }))
}
