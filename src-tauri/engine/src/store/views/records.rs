//! Records: a collection's list, one record whole, and the form that edits it.

mod form;

#[cfg(test)]
mod tests;

pub(crate) use form::form;

use super::{PAGE, like, queue};
use crate::store::collections::CollectionRow;
use crate::store::records::{self as table, TITLE_FIELDS};
use crate::store::{StoreError, collections, conflicts, drafts, links, outbox};
use rusqlite::{Connection, params, params_from_iter};
use serde_json::{Value, json};
use tidemark_model::change::{self, Change};
use tidemark_model::document;
use tidemark_model::failure::clip;
use tidemark_model::merge::Veil;
use tidemark_model::mutation::MutationState;
use tidemark_model::number::Count;
use tidemark_model::path;
use tidemark_model::view::{
    FieldChange, FieldKind, FieldValue, ListPage, RecordDetail, RecordFilter, RecordRow, RecordState,
};

/// Columns beside id, title and state.
const COLUMNS: usize = 4;
/// Longer texts are shortened in a column.
const COLUMN_TEXT: usize = 200;

/// One page of a collection in the order of ids; empty where there is no such link or collection.
pub(crate) fn list(
    tx: &Connection,
    link: &str,
    collection: &str,
    filter: &RecordFilter,
    offset: usize,
    limit: usize,
) -> Result<ListPage<RecordRow>, StoreError> {
    let mut page = ListPage { rows: Vec::new(), total: Count(0) };
    let Some(collection) = find(tx, link, collection)? else { return Ok(page) };
    let Shown { sql, order, search, all } = shown(tx, &collection, filter)?;
    page.total = Count(if all {
        collection.record_count
    } else {
        tx.prepare_cached(&format!("SELECT count(*) FROM {sql}"))?
            .query_row(params_from_iter(&search), |row| row.get(0))?
    });
    let mut statement = tx.prepare(&format!(
        "SELECT records.id, {order} FROM {sql} ORDER BY {order} LIMIT {} OFFSET {offset}",
        limit.min(PAGE)
    ))?;
    let found = statement.query_map(params_from_iter(&search), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (columns, veil) = (columns(tx, &collection)?, Veil::new(&collection.settings.merge));
    for found in found {
        let (id, rid): (Option<i64>, String) = found?;
        let record = id.map_or(Ok(None), |id| table::get(tx, id))?;
        page.rows.push(match record {
            Some(record) => row(tx, &record, &columns, &veil)?,
            None => only_draft(tx, &collection, rid)?,
        });
    }
    Ok(page)
}

/// One record whole; none where it is not shown.
pub(crate) fn detail(
    tx: &Connection,
    link: &str,
    collection: &str,
    rid: &str,
) -> Result<Option<RecordDetail>, StoreError> {
    let Some(found) = find(tx, link, collection)? else { return Ok(None) };
    let record = table::by_rid(tx, found.id, rid)?.filter(|record| record.visible);
    let Some(record) = record else { return Ok(None) };
    let veil = Veil::new(&found.settings.merge);
    let row = row(tx, &record, &columns(tx, &found)?, &veil)?;
    let changes = outbox::lane(tx, record.id)?.into_iter().map(|mutation| mutation.id).collect();
    let conflict = conflicts::open_of(tx, record.id)?.map(|conflict| Count(conflict.id));
    Ok(Some(RecordDetail {
        link: link.to_owned(),
        collection: found.name,
        row,
        pending: pending(record.base.document.as_ref(), record.local.as_ref(), &veil),
        document: record.local.as_ref().map(|local| veil.text(local, "")),
        base: record.base.document.as_ref().map(|base| veil.text(base, "")),
        base_version: record.base.version,
        base_by: record.base.by,
        base_at: record.base.at,
        revision: Count(record.local_rev),
        changes,
        conflict,
    }))
}

/// What of a record is asked for where it is a secret.
pub(crate) enum Asked {
    /// No field of this collection that is secret.
    NoSecret,
    /// No record of this id is shown, or it is deleted here.
    NoRecord,
    /// Its value, JSON text; none where the record has none.
    Value(Option<String>),
}

/// The value of a secret as it is here.
pub(crate) fn secret(
    tx: &Connection,
    link: &str,
    collection: &str,
    rid: &str,
    path: &str,
) -> Result<Asked, StoreError> {
    let Some(found) = find(tx, link, collection)? else { return Ok(Asked::NoRecord) };
    if Veil::new(&found.settings.merge).secret_at(path).is_none() {
        return Ok(Asked::NoSecret);
    }
    let record = table::by_rid(tx, found.id, rid)?.filter(|record| record.visible);
    let Some(local) = record.and_then(|record| record.local) else { return Ok(Asked::NoRecord) };
    Ok(Asked::Value(path::get(&local, path).map(document::to_text)))
}

fn find(tx: &Connection, link: &str, collection: &str) -> Result<Option<CollectionRow>, StoreError> {
    match links::by_name(tx, link)? {
        Some(link) => collections::by_name(tx, link.id, collection),
        None => Ok(None),
    }
}

/// The records that a filter shows: what stands after FROM, with the search's pattern as its parameter.
struct Shown {
    sql: String,
    /// The column of the ids.
    order: &'static str,
    search: Option<String>,
    /// Nothing is left out, so that the collection's own count is the total.
    all: bool,
}

fn shown(tx: &Connection, collection: &CollectionRow, filter: &RecordFilter) -> Result<Shown, StoreError> {
    let flags = filter_of(tx, collection, filter)?;
    let search = like::containing(filter.search.as_deref());
    let all = flags.is_none() && search.is_none() && !filter.draft;
    let (mut sql, order) = if filter.draft {
        // What was typed is shown also where its record is not; a flag is of a record that is here.
        let sql = format!(
            "drafts LEFT JOIN records ON records.collection_id = drafts.collection_id AND records.rid = drafts.rid
                AND visible = 1 WHERE drafts.collection_id = {}",
            collection.id
        );
        (sql, "drafts.rid")
    } else {
        (format!("records WHERE collection_id = {} AND visible = 1", collection.id), "records.rid")
    };
    sql += &flags.unwrap_or_default();
    if search.is_some() {
        sql += &format!(" AND ({order} LIKE ?1 ESCAPE '\\' OR title LIKE ?1 ESCAPE '\\')");
    }
    Ok(Shown { sql, order, search, all })
}

/// The flags of a filter; what has a change is looked for on the side that has fewer rows.
fn filter_of(
    tx: &Connection,
    collection: &CollectionRow,
    filter: &RecordFilter,
) -> Result<Option<String>, StoreError> {
    const UNFINISHED: &str = "state IN ('queued', 'sealed', 'uncertain', 'conflicted', 'parked')";
    let mut only = String::new();
    if filter.deleted_here {
        only += " AND local IS NULL";
    }
    if filter.changed_here || filter.deleted_here {
        let unfinished = queue::Tally::read(tx)?.sum(None).unfinished();
        only += &if unfinished > collection.record_count {
            format!(" AND EXISTS (SELECT 1 FROM outbox WHERE record_id = records.id AND {UNFINISHED})")
        } else {
            format!(" AND id IN (SELECT record_id FROM outbox WHERE record_id IS NOT NULL AND {UNFINISHED})")
        };
    }
    if filter.conflict {
        only += " AND id IN (SELECT record_id FROM conflicts WHERE state = 'open')";
    }
    Ok((!only.is_empty()).then_some(only))
}

fn row(
    tx: &Connection,
    record: &table::RecordRow,
    columns: &[String],
    veil: &Veil,
) -> Result<RecordRow, StoreError> {
    let document = record.local.as_ref().or(record.base.document.as_ref());
    Ok(RecordRow {
        id: record.rid.clone(),
        title: record.title.clone(),
        state: state(tx, record)?,
        draft: drafts::is_there(tx, record.collection_id, &record.rid)?,
        changed_at: record.local_at.max(record.base.at),
        columns: document.map(|document| values(document, columns, veil)).unwrap_or_default(),
    })
}

/// A draft whose record is not here.
fn only_draft(tx: &Connection, collection: &CollectionRow, rid: String) -> Result<RecordRow, StoreError> {
    Ok(RecordRow {
        title: rid.clone(),
        state: RecordState::Gone,
        draft: true,
        changed_at: drafts::get(tx, collection.id, &rid)?.map(|draft| draft.at),
        columns: Vec::new(),
        id: rid,
    })
}

/// What most needs to be known of a record, from its lane and its open conflict.
fn state(tx: &Connection, record: &table::RecordRow) -> Result<RecordState, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT DISTINCT state FROM outbox WHERE record_id = ?1
            AND state IN ('queued', 'sealed', 'uncertain', 'conflicted', 'parked')",
    )?;
    let lane: Vec<String> = statement.query_map([record.id], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let has =
        |states: &[MutationState]| states.iter().any(|state| lane.iter().any(|word| word == state.as_str()));
    Ok(match () {
        () if has(&[MutationState::Conflicted]) || has_conflict(tx, record.id)? => RecordState::Conflict,
        () if has(&[MutationState::Parked]) => RecordState::NeedsYou,
        () if has(&[MutationState::Sealed, MutationState::Uncertain]) => RecordState::Sending,
        () if record.local.is_none() => RecordState::DeletedHere,
        () if !lane.is_empty() => RecordState::SavedHere,
        () => RecordState::Clean,
    })
}

fn has_conflict(tx: &Connection, record_id: i64) -> Result<bool, StoreError> {
    Ok(tx
        .prepare_cached("SELECT 1 FROM conflicts WHERE record_id = ?1 AND state = 'open'")?
        .exists(params![record_id])?)
}

/// The paths of the columns: the form's first short fields that are neither the id nor the title.
fn columns(tx: &Connection, collection: &CollectionRow) -> Result<Vec<String>, StoreError> {
    let form = form::of_collection(tx, collection)?;
    let top = |name: &str| path::child("", name);
    let id = top(form::id_field(collection));
    let title =
        TITLE_FIELDS.into_iter().map(top).find(|title| form.fields.iter().any(|field| field.path == *title));
    let fits = |kind| !matches!(kind, FieldKind::Json | FieldKind::LongText);
    Ok(form
        .fields
        .into_iter()
        .filter(|field| fits(field.kind) && field.path != id && Some(&field.path) != title.as_ref())
        .map(|field| field.path)
        .take(COLUMNS)
        .collect())
}

fn values(document: &Value, columns: &[String], veil: &Veil) -> Vec<FieldValue> {
    let value = |path: &String| {
        let value = match document.pointer(path)? {
            Value::String(text) => Value::from(clip(text, COLUMN_TEXT)),
            Value::Array(_) | Value::Object(_) => return None,
            value @ (Value::Null | Value::Bool(_) | Value::Number(_)) => value.clone(),
        };
        Some(FieldValue { path: path.clone(), value: veil.text(&value, path) })
    };
    columns.iter().filter_map(value).collect()
}

/// What differs from the last agreed document, field by field.
fn pending(base: Option<&Value>, local: Option<&Value>, veil: &Veil) -> Vec<FieldChange> {
    match (base, local) {
        (None, None) => Vec::new(),
        (Some(base), None) => {
            let before = Some(veil.text(base, ""));
            vec![FieldChange { path: String::new(), before, after: None }]
        }
        (base, Some(local)) => {
            let nothing = json!({});
            let before = base.unwrap_or(&nothing);
            let changes: Vec<Change> = change::diff(before, local);
            queue::shown(before, &changes, veil)
        }
    }
}
