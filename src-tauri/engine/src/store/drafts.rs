//! Drafts: what was typed into a record's form and not saved. They are never sent and touch no record.

use super::{StoreError, aliases};
use rusqlite::{Connection, OptionalExtension as _, params};
use tidemark_model::change::Change;
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{Draft, DraftEdit};

/// In the place of an id: the form of a new record.
pub(crate) const NEW: &str = "";

/// The draft of a form.
pub(crate) fn get(tx: &Connection, collection_id: i64, rid: &str) -> Result<Option<Draft>, StoreError> {
    let rid = aliases::resolve(tx, collection_id, rid)?;
    let found: Option<(String, i64)> = tx
        .prepare_cached("SELECT edits, at FROM drafts WHERE collection_id = ?1 AND rid = ?2")?
        .query_row(params![collection_id, rid], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((text, at)) = found else { return Ok(None) };
    let edits = serde_json::from_str(&text)
        .map_err(|error| StoreError::Corrupt(format!("the draft of '{rid}' cannot be read: {error}")))?;
    Ok(Some(Draft { edits, at: Millis(at) }))
}

/// Whether a form has a draft.
pub(crate) fn is_there(tx: &Connection, collection_id: i64, rid: &str) -> Result<bool, StoreError> {
    Ok(tx
        .prepare_cached("SELECT 1 FROM drafts WHERE collection_id = ?1 AND rid = ?2")?
        .exists(params![collection_id, rid])?)
}

/// Keeps a form's draft in the place of its former one; without edits there is none. Whether it came or went with this.
pub(crate) fn keep(
    tx: &Connection,
    collection_id: i64,
    rid: &str,
    edits: &[DraftEdit],
    now: Millis,
) -> Result<bool, StoreError> {
    let rid = aliases::resolve(tx, collection_id, rid)?;
    let was = is_there(tx, collection_id, &rid)?;
    if edits.is_empty() {
        tx.prepare_cached("DELETE FROM drafts WHERE collection_id = ?1 AND rid = ?2")?
            .execute(params![collection_id, rid])?;
    } else {
        let text = serde_json::to_string(edits)
            .map_err(|error| StoreError::Corrupt(format!("a draft cannot be written: {error}")))?;
        tx.prepare_cached(
            "INSERT OR REPLACE INTO drafts (collection_id, rid, edits, at) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![collection_id, rid, text, now.0])?;
    }
    Ok(was == edits.is_empty())
}

/// Fields that were saved are no draft any more; the others stay one. Whether the whole draft went.
pub(crate) fn saved(
    tx: &Connection,
    collection_id: i64,
    rid: &str,
    changes: &[Change],
    now: Millis,
) -> Result<bool, StoreError> {
    let Some(mut draft) = get(tx, collection_id, rid)? else { return Ok(false) };
    draft.edits.retain(|edit| !changes.iter().any(|change| change.path() == edit.path));
    keep(tx, collection_id, rid, &draft.edits, now)
}

/// A record has another id; where a draft was typed for that one too, its fields come first.
pub(crate) fn rename(
    tx: &Connection,
    collection_id: i64,
    old: &str,
    new: &str,
    now: Millis,
) -> Result<(), StoreError> {
    let Some(draft) = get(tx, collection_id, old)? else { return Ok(()) };
    let mut edits = get(tx, collection_id, new)?.map(|draft| draft.edits).unwrap_or_default();
    for edit in draft.edits {
        if edits.iter().all(|other| other.path != edit.path) {
            edits.push(edit);
        }
    }
    keep(tx, collection_id, old, &[], now)?;
    keep(tx, collection_id, new, &edits, now)?;
    Ok(())
}

/// How many forms of a link's collections have a draft.
pub(crate) fn of_link(tx: &Connection, link_id: i64) -> Result<Count, StoreError> {
    Ok(Count(
        tx.prepare_cached(
            "SELECT count(*) FROM drafts WHERE collection_id IN (SELECT id FROM collections WHERE link_id = ?1)",
        )?
        .query_row([link_id], |row| row.get(0))?,
    ))
}

/// The drafts of a removed link go with it.
pub(crate) fn remove_all(tx: &Connection, collection_id: i64) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM drafts WHERE collection_id = ?1")?.execute([collection_id])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::migrations::migrate;

    #[test]
    fn two_drafts_of_what_becomes_one_record_become_one_and_lose_no_field() {
        let mut db = Connection::open_in_memory().unwrap();
        migrate(&mut db).unwrap();
        db.pragma_update(None, "foreign_keys", false).unwrap();
        let edit =
            |path: &str, set: &str| DraftEdit { path: path.into(), set: Some(set.into()), before: None };
        keep(&db, 1, "old", &[edit("/a", "1"), edit("/b", "2")], Millis(1)).unwrap();
        keep(&db, 1, "new", &[edit("/b", "3")], Millis(1)).unwrap();
        rename(&db, 1, "old", "new", Millis(2)).unwrap();
        let kept = get(&db, 1, "new").unwrap().unwrap();
        assert_eq!(kept, Draft { edits: vec![edit("/b", "3"), edit("/a", "1")], at: Millis(2) });
        assert_eq!(get(&db, 1, "old").unwrap(), None);
    }
}
