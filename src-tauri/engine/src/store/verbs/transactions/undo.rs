//! A saga takes back what was accepted before one of its changes was refused (row B4).

use super::contains;
use crate::store::StoreError;
use crate::store::edges;
use crate::store::outbox::{self, MutationRow};
use crate::store::places;
use crate::store::places::Place;
use crate::store::records::{self, RecordRow};
use crate::store::transactions::{self, TransactionRecord};
use crate::store::verbs::Moved;
use crate::store::verbs::edit::{self, Edit, EditKind, Member};
use rusqlite::Connection;
use serde_json::Value;
use tidemark_model::change::{self, Change};
use tidemark_model::document::same;
use tidemark_model::mutation::{MutationState, Operation};
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::TransactionError;

/// Puts a change that takes it back behind each accepted member, the last accepted first.
pub(super) fn take_back(
    tx: &Connection,
    row: &TransactionRecord,
    error: &TransactionError,
    now: Millis,
    fresh_id: &dyn Fn() -> String,
    moved: &mut Moved,
) -> Result<(), StoreError> {
    let places = places::all(tx)?;
    let accepted = outbox::members(tx, &row.id, &[MutationState::Confirmed])?;
    let taken_back =
        |member: &MutationRow| accepted.iter().any(|other| other.compensates.as_ref() == Some(&member.id));
    let mut before: Option<i64> = None;
    let mut kept = 0;
    for member in accepted.iter().rev().filter(|member| member.compensates.is_none() && !taken_back(member)) {
        let place = places.iter().find(|place| place.collection_id == member.collection_id);
        let (Some(place), Some(record)) = (place, records::get(tx, member.record_id)?) else { continue };
        let Inverse::By(kind) = inverse(tx, place, member, &record)? else {
            kept += 1;
            continue;
        };
        let edit = Edit {
            kind,
            mutation_id: fresh_id(),
            metadata: None,
            priority: Some(member.priority),
            member: Some(Member {
                transaction: row.id.clone(),
                gated: false,
                compensates: Some(member.id.clone()),
            }),
            depends_on: Vec::new(),
            now,
        };
        let (_, part) = edit::save(tx, place, &edit)?;
        moved.append(part);
        let Some(taking) = outbox::by_id(tx, &edit.mutation_id)? else { continue };
        if let Some(before) = before {
            edges::add(tx, taking.seq, before)?;
        }
        before = Some(taking.seq);
    }
    transactions::set_error(tx, &row.id, Some(&keeping(error, kept)), true)?;
    // Also where nothing could be taken back it has to be looked at again.
    transactions::is_stale(tx, &row.id)
}

fn keeping(error: &TransactionError, kept: i64) -> TransactionError {
    match error {
        TransactionError::Refused { change, words, .. } => {
            TransactionError::Refused { change: change.clone(), words: words.clone(), kept: Count(kept) }
        }
        other => other.clone(),
    }
}

enum Inverse {
    By(EditKind),
    /// Somebody changed what it did since, whose work is left alone.
    Kept,
}

/// What takes a member back on the record as it is here now.
fn inverse(
    tx: &Connection,
    place: &Place,
    member: &MutationRow,
    record: &RecordRow,
) -> Result<Inverse, StoreError> {
    let rid = record.rid.clone();
    let was = member.undo_doc.as_deref().map(records::serde_json_value).transpose()?;
    let untouched = outbox::lane(tx, record.id)?.is_empty();
    Ok(match (member.operation, was, &record.local) {
        (Operation::Delete, Some(was), None) => {
            Inverse::By(EditKind::Create { document: was, fresh_id: rid })
        }
        (Operation::Create, _, Some(local)) if untouched && is_as_made(member, local, &place.id_field) => {
            Inverse::By(EditKind::Delete { rid })
        }
        (Operation::Replace, Some(was), Some(local))
            if untouched && is_as_made(member, local, &place.id_field) =>
        {
            Inverse::By(EditKind::Update { rid, changes: vec![Change::set("", was)] })
        }
        (Operation::Update, Some(was), Some(local)) => {
            let changes = back(&member.changes, &was, local);
            if changes.is_empty() { Inverse::Kept } else { Inverse::By(EditKind::Update { rid, changes }) }
        }
        _ => Inverse::Kept,
    })
}

/// The record holds what the member made, whatever the server added.
fn is_as_made(member: &MutationRow, local: &Value, id_field: &str) -> bool {
    let Some(Change::Set { set: made @ Value::Object(_), .. }) = member.changes.first() else { return false };
    contains(local, made, id_field)
}

/// The fields that a member set and that still hold its values, as they were before.
fn back(changes: &[Change], was: &Value, local: &Value) -> Vec<Change> {
    let mut back = Vec::new();
    for change in changes {
        let holds = match change {
            Change::Set { path, set } => local.pointer(path).is_some_and(|now| same(now, set)),
            Change::Remove { path, .. } => local.pointer(path).is_none(),
        };
        if !holds {
            continue;
        }
        let path = change.path();
        back.push(match was.pointer(path) {
            Some(value) => Change::set(path, value.clone()),
            None => Change::remove(path),
        });
    }
    // A place that is gone meanwhile cannot be put back into; the others can.
    back.retain(|change| change::apply(local, std::slice::from_ref(change)).is_ok());
    back
}
