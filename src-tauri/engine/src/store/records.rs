//! Records: base, local, and remote while it waits to be planned.

use super::{StoreError, aliases};
use rusqlite::{Connection, Row, params};
use serde_json::Value;
use tidemark_model::connector::Remote;
use tidemark_model::document;
use tidemark_model::merge::MergeRules;
use tidemark_model::number::Millis;

/// A side's document with its version, time and author.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SideState {
    /// The document; none where there is none.
    pub document: Option<Value>,
    /// The server's version of it.
    pub version: Option<String>,
    /// When it was changed.
    pub at: Option<Millis>,
    /// Who changed it.
    pub by: Option<String>,
}

/// One record as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordRow {
    /// Its key in this database; the lane's number.
    pub id: i64,
    /// Its collection.
    pub collection_id: i64,
    /// Its id on the server.
    pub rid: String,
    /// Its title for lists.
    pub title: String,
    /// The last agreed state.
    pub base: SideState,
    /// The server's version that waits to be planned, or that a person was told of.
    pub remote_version: Option<String>,
    /// The document here.
    pub local: Option<Value>,
    /// Rises with each local change.
    pub local_rev: i64,
    /// Last local change.
    pub local_at: Option<Millis>,
    /// Shown in lists.
    pub visible: bool,
    /// The acknowledgement sequence of its last acknowledgement.
    pub acked_at_seq: i64,
    /// Fetch before the next write.
    pub version_unknown: bool,
}

const COLUMNS: &str = "id, collection_id, rid, title, base, base_version, base_at, base_by, remote_version, local, local_rev, \
                       local_at, visible, acked_at_seq, version_unknown";

impl RecordRow {
    fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        let parse = |text: Option<String>| text.map(|text| serde_json_value(&text)).transpose();
        Ok(Self {
            id: row.get("id")?,
            collection_id: row.get("collection_id")?,
            rid: row.get("rid")?,
            title: row.get("title")?,
            base: SideState {
                document: parse(row.get("base")?)?,
                version: row.get("base_version")?,
                at: row.get::<_, Option<i64>>("base_at")?.map(Millis),
                by: row.get("base_by")?,
            },
            remote_version: row.get("remote_version")?,
            local: parse(row.get("local")?)?,
            local_rev: row.get("local_rev")?,
            local_at: row.get::<_, Option<i64>>("local_at")?.map(Millis),
            visible: row.get("visible")?,
            acked_at_seq: row.get("acked_at_seq")?,
            version_unknown: row.get("version_unknown")?,
        })
    }
}

/// A stored document; what was stored was within the limits, so only damage can fail here.
pub(crate) fn serde_json_value(text: &str) -> Result<Value, StoreError> {
    document::parse_value(text.as_bytes()).map_err(|error| StoreError::Corrupt(error.to_string()))
}

pub(crate) fn get(tx: &Connection, id: i64) -> Result<Option<RecordRow>, StoreError> {
    let mut statement = tx.prepare_cached(&format!("SELECT {COLUMNS} FROM records WHERE id = ?1"))?;
    let mut rows = statement.query([id])?;
    rows.next()?.map(RecordRow::read).transpose()
}

pub(crate) fn by_rid(
    tx: &Connection,
    collection_id: i64,
    rid: &str,
) -> Result<Option<RecordRow>, StoreError> {
    let rid = aliases::resolve(tx, collection_id, rid)?;
    let mut statement =
        tx.prepare_cached(&format!("SELECT {COLUMNS} FROM records WHERE collection_id = ?1 AND rid = ?2"))?;
    let mut rows = statement.query(params![collection_id, rid])?;
    rows.next()?.map(RecordRow::read).transpose()
}

/// A record made here, not on the server yet.
pub(crate) fn insert_local(
    tx: &Connection,
    collection_id: i64,
    rid: &str,
    local: &Value,
    rules: &MergeRules,
    now: Millis,
) -> Result<i64, StoreError> {
    tx.prepare_cached(
        "INSERT INTO records (collection_id, rid, title, local, local_rev, local_at, visible)
         VALUES (?1, ?2, ?3, ?4, 1, ?5, 1)",
    )?
    .execute(params![collection_id, rid, title(rid, local, rules), document::to_text(local), now.0])?;
    Ok(tx.last_insert_rowid())
}

/// A local change: `local` is the document from now on; none deletes it here, still listed until that is sent.
pub(crate) fn set_local(
    tx: &Connection,
    record: &RecordRow,
    local: Option<&Value>,
    visible: bool,
    rules: &MergeRules,
    now: Millis,
) -> Result<(), StoreError> {
    let title = local.map_or_else(|| record.title.clone(), |local| title(&record.rid, local, rules));
    // Named at all, `visible` would have the list's index written again, and with it one more page of each edit.
    let sql = match visible == record.visible {
        true => "UPDATE records SET local = ?2, local_rev = local_rev + 1, local_at = ?3, title = ?4 WHERE id = ?1",
        false => {
            "UPDATE records SET local = ?2, local_rev = local_rev + 1, local_at = ?3, title = ?4, visible = 1 - visible
              WHERE id = ?1"
        }
    };
    tx.prepare_cached(sql)?.execute(params![record.id, local.map(document::to_text), now.0, title])?;
    Ok(())
}

/// The server has named it.
pub(crate) fn rename(tx: &Connection, id: i64, rid: &str) -> Result<(), StoreError> {
    // A title that was the id itself is the new one.
    tx.prepare_cached(
        "UPDATE records SET title = CASE WHEN title = rid THEN ?2 ELSE title END, rid = ?2 WHERE id = ?1",
    )?
    .execute(params![id, rid])?;
    Ok(())
}

/// Records of the server that came onto this computer after another was made here, newest first.
pub(crate) fn made_after(
    tx: &Connection,
    collection_id: i64,
    id: i64,
    limit: usize,
) -> Result<Vec<RecordRow>, StoreError> {
    let mut statement = tx.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM records WHERE collection_id = ?1 AND id > ?2 AND base IS NOT NULL
          ORDER BY id DESC LIMIT ?3"
    ))?;
    let mut rows = statement.query(params![collection_id, id, limit as i64])?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        records.push(RecordRow::read(row)?);
    }
    Ok(records)
}

/// A record that was made here and is not there leaves no trace. One of its name that a pull brought meanwhile is another:
/// it stays set aside, to be fetched.
pub(crate) fn remove(tx: &Connection, id: i64) -> Result<(), StoreError> {
    let removed = tx.prepare_cached("DELETE FROM records WHERE id = ?1 AND set_aside = 0")?.execute([id])?;
    if removed == 0 {
        tx.prepare_cached("UPDATE records SET local = NULL, visible = 0 WHERE id = ?1")?.execute([id])?;
    }
    Ok(())
}

/// The server's state becomes the base; `local` becomes what is given (base + pending), or goes with it. What a pull brought
/// meanwhile and nobody planned stays set aside, to be fetched by id, unless this is that very version.
pub(crate) fn set_base(
    tx: &Connection,
    record: &RecordRow,
    base: &SideState,
    local: Option<&Value>,
    visible: bool,
    rules: &MergeRules,
) -> Result<(), StoreError> {
    let title = local.map_or_else(|| record.title.clone(), |local| title(&record.rid, local, rules));
    tx.prepare_cached(
        "UPDATE records SET base = ?2, base_version = ?3, base_at = ?4, base_by = ?5, local = ?6, visible = ?7,
                title = ?8, remote = NULL, remote_version = NULL, remote_state = NULL, remote_at = NULL,
                remote_by = NULL, version_unknown = ?9,
                set_aside = set_aside AND (?3 IS NULL OR remote_version IS NOT ?3)
          WHERE id = ?1",
    )?
    .execute(params![
        record.id,
        base.document.as_ref().map(document::to_text),
        base.version,
        base.at.map(|at| at.0),
        base.by,
        local.map(document::to_text),
        visible,
        title,
        base.document.is_some() && base.version.is_none(),
    ])?;
    Ok(())
}

/// A pulled record that has nothing of ours: insert or adopt in one statement.
pub(crate) fn adopt(
    tx: &Connection,
    collection_id: i64,
    rid: &str,
    side: &SideState,
    rules: &MergeRules,
    seen: i64,
) -> Result<(), StoreError> {
    let Some(document) = &side.document else { return Ok(()) };
    let text = document::to_text(document);
    tx.prepare_cached(
        "INSERT INTO records (collection_id, rid, title, base, base_version, base_at, base_by, local, visible,
                              seen, version_unknown)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?4, 1, ?8, ?9)
         ON CONFLICT (collection_id, rid) DO UPDATE SET
                title = ?3, base = ?4, base_version = ?5, base_at = ?6, base_by = ?7, local = ?4, visible = 1,
                seen = ?8, version_unknown = ?9, remote = NULL, remote_version = NULL, remote_state = NULL,
                remote_at = NULL, remote_by = NULL, set_aside = 0",
    )?
    .execute(params![
        collection_id,
        rid,
        title(rid, document, rules),
        text,
        side.version,
        side.at.map(|at| at.0),
        side.by,
        seen,
        side.version.is_none(),
    ])?;
    Ok(())
}

/// What the server says, kept while it may not be planned.
pub(crate) fn set_remote(tx: &Connection, id: i64, remote: &Remote) -> Result<(), StoreError> {
    let (state, at, by) = match remote {
        Remote::Present { at, by, .. } => (Some("present"), *at, by.clone()),
        Remote::Deleted { at, by, .. } => (Some("deleted"), *at, by.clone()),
        Remote::Missing => (Some("deleted"), None, None),
    };
    tx.prepare_cached(
        "UPDATE records SET remote = ?2, remote_version = ?3, remote_state = ?4, remote_at = ?5, remote_by = ?6
          WHERE id = ?1",
    )?
    .execute(params![
        id,
        remote.document().map(document::to_text),
        remote.version(),
        state,
        at.map(|at| at.0),
        by
    ])?;
    Ok(())
}

/// What the server says, for a person to decide about. What a pull brought meanwhile and nobody planned stays set aside, to be
/// fetched by id, unless this is that very version: an answer that is said again may be the older.
pub(crate) fn ask_about(tx: &Connection, id: i64, remote: &Remote) -> Result<(), StoreError> {
    let nothing_else_waits = tx
        .prepare_cached(
            "UPDATE records SET set_aside = 0 WHERE id = ?1 AND (set_aside = 0 OR remote_version = ?2)",
        )?
        .execute(params![id, remote.version()])?;
    if nothing_else_waits == 1 { set_remote(tx, id, remote) } else { Ok(()) }
}

pub(crate) fn set_aside(tx: &Connection, id: i64) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE records SET set_aside = 1 WHERE id = ?1")?.execute([id])?;
    Ok(())
}

pub(crate) fn clear_aside(tx: &Connection, id: i64) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE records SET set_aside = 0 WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Records of which the server may have said something newer than what was planned, to be fetched by id: those whose lane
/// holds nothing on its way, at most `limit` behind one of them.
pub(crate) fn aside_and_definite(
    tx: &Connection,
    collection_id: i64,
    after: i64,
    limit: usize,
) -> Result<Vec<(i64, String)>, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT id, rid FROM records WHERE collection_id = ?1 AND id > ?2 AND set_aside = 1
            AND NOT EXISTS (SELECT 1 FROM outbox WHERE record_id = records.id
                            AND state IN ('sealed', 'uncertain'))
            AND NOT EXISTS (SELECT 1 FROM outbox o JOIN transactions t ON t.id = o.transaction_id
                            WHERE o.record_id = records.id AND o.state = 'queued'
                            AND t.strategy <> 'parallel' AND t.state = 'persisting') ORDER BY id LIMIT ?3",
    )?;
    let rows = statement
        .query_map(params![collection_id, after, limit as i64], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn mark_seen(tx: &Connection, id: i64, generation: i64) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE records SET seen = ?2 WHERE id = ?1")?.execute(params![id, generation])?;
    Ok(())
}

/// The ids of records that were on the server as far as we know, agreed or in an open conflict, and that a whole comparison
/// did not see there.
pub(crate) fn unseen(
    tx: &Connection,
    collection_id: i64,
    generation: i64,
) -> Result<Vec<String>, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT rid FROM records r WHERE collection_id = ?1 AND seen <> ?2 AND (base IS NOT NULL OR EXISTS (
             SELECT 1 FROM conflicts c WHERE c.record_id = r.id AND c.state = 'open' AND c.server IS NOT NULL))
          ORDER BY id",
    )?;
    let rids = statement.query_map([collection_id, generation], |row| row.get(0))?;
    Ok(rids.collect::<Result<_, _>>()?)
}

/// The keys of those among them that would go here too: shown, and without a change that is not finished.
pub(crate) fn unseen_clean(
    tx: &Connection,
    collection_id: i64,
    generation: i64,
) -> Result<Vec<i64>, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT id FROM records WHERE collection_id = ?1 AND seen <> ?2 AND base IS NOT NULL AND local IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM outbox WHERE record_id = records.id
                            AND state IN ('queued', 'sealed', 'uncertain', 'conflicted', 'parked'))",
    )?;
    let ids = statement.query_map([collection_id, generation], |row| row.get(0))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

pub(crate) fn set_acked(tx: &Connection, id: i64, ack_seq: i64) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE records SET acked_at_seq = ?2 WHERE id = ?1")?.execute(params![id, ack_seq])?;
    Ok(())
}

/// Usual names of the field that says what a record is, by rank.
pub(crate) const TITLE_FIELDS: [&str; 8] =
    ["title", "name", "subject", "label", "display_name", "customer_name", "summary", "description"];

/// The title of a record: the first of some usual fields that holds a text and is no secret, else its id; at most 200
/// characters.
pub(crate) fn title(rid: &str, document: &Value, rules: &MergeRules) -> String {
    let is_secret =
        |field: &str| rules.secret.iter().any(|at| at.is_empty() || at.strip_prefix('/') == Some(field));
    TITLE_FIELDS
        .iter()
        .filter(|field| !is_secret(field))
        .filter_map(|field| document.get(field)?.as_str())
        .map(str::trim)
        .find(|text| !text.is_empty())
        .map_or_else(|| rid.to_owned(), |text| text.chars().take(200).collect())
}

/// What is shown of a record whose conflict is open; it is no edit, so the revision stays.
pub(crate) fn show(
    tx: &Connection,
    record: &RecordRow,
    document: &Value,
    rules: &MergeRules,
) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE records SET local = ?2, title = ?3 WHERE id = ?1")?.execute(params![
        record.id,
        document::to_text(document),
        title(&record.rid, document, rules)
    ])?;
    Ok(())
}

/// What the server said is planned: nothing of it waits.
pub(crate) fn clear_remote(tx: &Connection, id: i64) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE records SET remote = NULL, remote_version = NULL, remote_state = NULL, remote_at = NULL,
                remote_by = NULL WHERE id = ?1",
    )?
    .execute([id])?;
    Ok(())
}

/// A local change that [`set_base`] wrote: the revision rises.
pub(crate) fn touch_local(tx: &Connection, id: i64, now: Millis) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE records SET local_rev = local_rev + 1, local_at = ?2 WHERE id = ?1")?
        .execute(params![id, now.0])?;
    Ok(())
}

/// The records of a removed link leave this computer.
pub(crate) fn remove_all(tx: &Connection, collection_id: i64) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM records WHERE collection_id = ?1")?.execute([collection_id])?;
    Ok(())
}
