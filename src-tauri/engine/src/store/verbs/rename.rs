//! The server has named a record that was made here under a temporary id: the name goes over everything that holds the
//! old one, in the transaction of the acknowledgement (`engine.md` 5).

use super::Moved;
use super::doubt;
use super::edit::{Edit, EditKind};
use super::request;
use super::settle::{self, Settled};
use crate::store::outbox::{self, Ended, MutationRow};
use crate::store::places::Place;
use crate::store::records::{self, RecordRow};
use crate::store::{StoreError, activity, aliases, collections, conflicts, drafts, edges};
use rusqlite::Connection;
use serde_json::Value;
use std::borrow::Cow;
use tidemark_model::change::Change;
use tidemark_model::connector::Remote;
use tidemark_model::mutation::{MutationState, Operation};
use tidemark_model::number::Millis;
use tidemark_model::planted::{self, Bug};
use tidemark_model::temporary;
use tidemark_model::view::Decided;

/// A record that the server was to name and has taken. Without a name in the answer it is there and cannot be found:
/// then a person is asked, and this says so.
pub(crate) fn acknowledged(
    tx: &Connection,
    place: &Place,
    mutation: &MutationRow,
    seen: Option<&Remote>,
    now: Millis,
    moved: &mut Moved,
) -> Result<Option<Settled>, StoreError> {
    if mutation.operation != Operation::Create {
        return Ok(None);
    }
    let given = seen.and_then(Remote::document).and_then(|document| document.get(&place.id_field));
    match given.filter(|id| is_a_name(id)) {
        Some(id) if temporary::text_of(id) == mutation.rid => Ok(None),
        None if !temporary::is(&mutation.rid) => Ok(None),
        Some(id) => {
            rename(tx, place, mutation, id, now, moved)?;
            Ok(None)
        }
        None => {
            doubt::park(tx, mutation, "the server took it and did not say under which id", now)?;
            Ok(Some(Settled::Parked))
        }
    }
}

fn is_a_name(id: &Value) -> bool {
    match id {
        Value::String(text) => !text.is_empty() && !temporary::is(text),
        Value::Number(_) => true,
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
    }
}

/// Gives a record the id that the server made.
pub(crate) fn rename(
    tx: &Connection,
    place: &Place,
    create: &MutationRow,
    id: &Value,
    now: Millis,
    moved: &mut Moved,
) -> Result<(), StoreError> {
    let (old, new) = (create.rid.as_str(), temporary::text_of(id));
    if let Some(twin) = records::by_rid(tx, place.collection_id, &new)?
        && twin.id != create.record_id
    {
        take_in(tx, place, create.record_id, &twin, now, moved)?;
    }
    records::rename(tx, create.record_id, &new)?;
    outbox::rename(tx, create.record_id, &new)?;
    conflicts::rename(tx, create.record_id, &new)?;
    drafts::rename(tx, place.collection_id, old, &new, now)?;
    moved.record(place.collection_id, &new);
    if !temporary::is(old) {
        // Deleted there and made again: the old id is the deleted record's, and others may mean that one.
        return name_itself(tx, create.record_id, &place.id_field, id);
    }
    aliases::add(tx, place.collection_id, old, &new, now)?;
    // Its own documents and lane, then those of all that wait for it: whoever refers to it does.
    map_record(tx, create.record_id, old, id)?;
    if planted::is(Bug::NameOnce) {
        return Ok(());
    }
    for seq in edges::waited_on_by(tx, create.seq)? {
        let Some(child) = outbox::by_seq(tx, seq)? else { continue };
        if child.operation == Operation::Request {
            request::map(tx, &child, old, id)?;
        } else {
            map_record(tx, child.record_id, old, id)?;
            moved.record(child.collection_id, &child.rid);
        }
        moved.changes.push(child.id);
    }
    Ok(())
}

/// A pull brought the record under its new id before the acknowledgement came: both become one.
fn take_in(
    tx: &Connection,
    place: &Place,
    record_id: i64,
    twin: &RecordRow,
    now: Millis,
    moved: &mut Moved,
) -> Result<(), StoreError> {
    if let Some(conflict) = conflicts::open_of(tx, twin.id)? {
        // What it was about is looked at anew when the record is fetched.
        conflicts::end_by_itself(tx, conflict.id, None, now)?;
        activity::conflict_ended(tx, place.link_id, &conflict, Decided::Dropped, now)?;
        moved.settled.push(conflict.id);
    }
    for mutation in outbox::lane(tx, twin.id)? {
        moved.changes.push(mutation.id.clone());
        if mutation.operation == Operation::Delete && mutation.state == MutationState::Queued {
            // It was taken away as a double of the one that stays.
            outbox::end(tx, &mutation, Ended::Cancelled, now)?;
        } else if mutation.state == MutationState::Conflicted {
            outbox::set_state(tx, mutation.seq, MutationState::Queued, None)?;
        }
    }
    outbox::move_lane(tx, twin.id, record_id)?;
    records::remove(tx, twin.id)?;
    let joined = settle::pending_on(None, &outbox::lane(tx, record_id)?);
    // What was edited on the double and does not apply here stays in its change, and is said when that is sent.
    if let (Some(record), Ok(Some(local))) = (records::get(tx, record_id)?, joined) {
        records::show(tx, &record, &local, &place.rules)?;
    }
    let remote = match &twin.base.document {
        Some(document) => Remote::Present {
            document: document.clone(),
            version: twin.base.version.clone(),
            at: twin.base.at,
            by: twin.base.by.clone(),
        },
        None => Remote::Deleted { version: twin.base.version.clone(), at: None, by: None },
    };
    // It may be newer than the answer that names it: where it is, the record is fetched.
    records::set_remote(tx, record_id, &remote)?;
    records::set_aside(tx, record_id)
}

/// The server's id takes the old one's place in a record's documents, its lane and its open conflict.
pub(crate) fn map_record(tx: &Connection, record_id: i64, old: &str, id: &Value) -> Result<(), StoreError> {
    for mutation in outbox::lane(tx, record_id)? {
        if let Some(changes) = temporary::replaced_in(&mutation.changes, old, id) {
            outbox::set_changes(tx, mutation.seq, mutation.operation, &changes)?;
        }
    }
    let Some(record) = records::get(tx, record_id)? else { return Ok(()) };
    if let Some(local) = record.local.as_ref().and_then(|local| temporary::replaced(local, old, id)) {
        records::show(tx, &record, &local, &collections::secrets(tx, record.collection_id)?)?;
    }
    if let Some(conflict) = conflicts::open_of(tx, record_id)?
        && let Some(local) = conflict.local.as_ref().and_then(|local| temporary::replaced(local, old, id))
    {
        conflicts::set_local(tx, conflict.id, &local)?;
    }
    Ok(())
}

/// The server's id takes its place in the record's own documents, and nowhere else.
fn name_itself(tx: &Connection, record_id: i64, id_field: &str, id: &Value) -> Result<(), StoreError> {
    let named = |document: &Value| {
        let mut document = document.clone();
        if let Some(own) = document.get_mut(id_field) {
            *own = id.clone();
        }
        document
    };
    for mutation in outbox::lane(tx, record_id)? {
        let whole = |change: &Change| match change {
            Change::Set { path, set } if path.is_empty() => Change::set("", named(set)),
            change => change.clone(),
        };
        let changes: Vec<Change> = mutation.changes.iter().map(whole).collect();
        if changes != mutation.changes {
            outbox::set_changes(tx, mutation.seq, mutation.operation, &changes)?;
        }
    }
    let Some(record) = records::get(tx, record_id)? else { return Ok(()) };
    if let Some(local) = &record.local {
        records::show(tx, &record, &named(local), &collections::secrets(tx, record.collection_id)?)?;
    }
    Ok(())
}

/// The server's own value for a temporary id, once it has made one.
pub(crate) fn named(tx: &Connection, link_id: i64, id: &str) -> Result<Option<Value>, StoreError> {
    let Some((collection_id, rid)) = aliases::of_link(tx, link_id, id)? else { return Ok(None) };
    if temporary::is(&rid) {
        return Ok(None);
    }
    let field = collections::get(tx, collection_id)?.and_then(|collection| collection.settings.id_field);
    let record = records::by_rid(tx, collection_id, &rid)?;
    let document = record.and_then(|record| record.local.or(record.base.document));
    let own = document.and_then(|document| document.get(field.as_deref().unwrap_or("id")).cloned());
    Ok(Some(own.filter(is_a_name).unwrap_or(Value::String(rid))))
}

/// The edit with the ids that its caller may not know of yet: a form that was open when the server named a record still
/// holds the temporary one.
pub(crate) fn with_known_names<'a>(
    tx: &Connection,
    place: &Place,
    edit: &'a Edit,
) -> Result<Cow<'a, Edit>, StoreError> {
    let mut known = Cow::Borrowed(edit);
    match &edit.kind {
        EditKind::Create { document, .. } => {
            for id in temporary::ids_in(document) {
                if let Some(name) = named(tx, place.link_id, id)?
                    && let EditKind::Create { document, .. } = &mut known.to_mut().kind
                    && let Some(mapped) = temporary::replaced(document, id, &name)
                {
                    *document = mapped;
                }
            }
        }
        EditKind::Update { rid, changes } => {
            for id in temporary::ids_in_changes(changes) {
                if let Some(name) = named(tx, place.link_id, id)?
                    && let EditKind::Update { changes, .. } = &mut known.to_mut().kind
                    && let Some(mapped) = temporary::replaced_in(changes, id, &name)
                {
                    *changes = mapped;
                }
            }
            if let Cow::Owned(now_rid) = aliases::resolve(tx, place.collection_id, rid)?
                && let EditKind::Update { rid, .. } = &mut known.to_mut().kind
            {
                *rid = now_rid;
            }
        }
        EditKind::Delete { .. } => {}
    }
    Ok(known)
}
