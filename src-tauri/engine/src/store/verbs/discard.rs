//! Discarding: what goes to the trash, what goes with it, and what must not go out without it (row A8).

use super::queue::Bulk;
use super::{Moved, gone, seal};
use crate::store::outbox::{self, Ended, MutationRow};
use crate::store::places::{Place, refuse};
use crate::store::records::{self, RecordRow};
use crate::store::{StoreError, activity, collections, conflicts, edges, transactions};
use rusqlite::Connection;
use serde_json::Value;
use std::collections::BTreeSet;
use tidemark_model::change;
use tidemark_model::mutation::{MutationState, Operation};
use tidemark_model::number::Millis;
use tidemark_model::view::{BulkResult, Happened, RefusalCode};

/// Moves the named changes to the trash; the records go back to what remains. Changes of other records that wait for one
/// of them need a person from now on: they refer to what is never made.
pub(crate) fn discard(
    tx: &Connection,
    ids: &[String],
    now: Millis,
) -> Result<(BulkResult, Moved), StoreError> {
    let mut bulk = Bulk::default();
    let mut gone = BTreeSet::new();
    for id in ids {
        match outbox::by_id(tx, id)? {
            // It went with one that was named before it.
            Some(mutation) if gone.contains(&mutation.seq) => bulk.done(mutation),
            Some(mutation) if may_go(tx, &mutation)? => {
                discard_one(tx, &mutation, now, &mut gone, &mut bulk.moved)?;
                bulk.done(mutation);
            }
            Some(_) | None => bulk.gone(),
        }
    }
    Ok(bulk.told())
}

/// Moves everything that waits to the trash; `expected` is the number that the person was shown.
pub(crate) fn clear(tx: &Connection, expected: i64, now: Millis) -> Result<(BulkResult, Moved), StoreError> {
    let ids = outbox::ids_in(tx, &[MutationState::Queued, MutationState::Parked, MutationState::Uncertain])?;
    if ids.len() as i64 != expected {
        return Err(refuse(
            RefusalCode::Moved,
            format!("{} changes wait now, not {expected}", ids.len()),
            "Look at the number again, then confirm it.",
        ));
    }
    discard(tx, &ids, now)
}

/// Whether a change can be discarded now: not on the wire, not ended, and no open conflict that decides about it.
pub(crate) fn may_go(tx: &Connection, mutation: &MutationRow) -> Result<bool, StoreError> {
    let waits =
        matches!(mutation.state, MutationState::Queued | MutationState::Uncertain | MutationState::Parked);
    Ok(waits && conflicts::open_of(tx, mutation.record_id)?.is_none())
}

/// A discarded change takes with it what was built on a record that is never made.
pub(crate) fn goes_with(mutation: &MutationRow, other: &MutationRow) -> bool {
    mutation.operation == Operation::Create && other.seq > mutation.seq
}

/// What a document refers to that was made here and is never made there: a record without any side and without a change
/// on its way.
pub(crate) fn refers_to_discarded(
    tx: &Connection,
    place: &Place,
    document: Option<&Value>,
) -> Result<bool, StoreError> {
    let Some(document) = document else { return Ok(false) };
    for (path, collection_id) in &place.references {
        let Some(rid) = document.pointer(path).and_then(Value::as_str) else { continue };
        let Some(parent) = records::by_rid(tx, *collection_id, rid)? else { continue };
        let nowhere = parent.base.document.is_none() && parent.local.is_none();
        if nowhere && !outbox::has_lane(tx, parent.id)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn discard_one(
    tx: &Connection,
    mutation: &MutationRow,
    now: Millis,
    gone: &mut BTreeSet<i64>,
    moved: &mut Moved,
) -> Result<(), StoreError> {
    // What was rolled back stands in no lane.
    let lane = match mutation.record_id {
        0 => vec![mutation.clone()],
        record => outbox::lane(tx, record)?,
    };
    let with_it = lane.iter().filter(|other| other.seq == mutation.seq || goes_with(mutation, other));
    for ended in with_it {
        let waiting = edges::waited_on_by(tx, ended.seq)?;
        outbox::end(tx, ended, Ended::Discarded, now)?;
        activity::of_change(tx, ended, &Happened::Discarded { operation: ended.operation }, now)?;
        gone::ask(tx, ended, now, moved)?;
        gone.insert(ended.seq);
        moved.changes.push(ended.id.clone());
        for seq in waiting {
            orphan(tx, seq, ended, now, moved)?;
        }
    }
    match records::get(tx, mutation.record_id)? {
        Some(record) => without(tx, &record, now),
        None => Ok(()),
    }
}

/// What waited for a discarded change needs a person: sent as it is, it would refer to what never came to be.
fn orphan(
    tx: &Connection,
    seq: i64,
    ended: &MutationRow,
    now: Millis,
    moved: &mut Moved,
) -> Result<(), StoreError> {
    let queued = |waiting: &MutationRow| waiting.state == MutationState::Queued;
    let Some(waiting) = outbox::by_seq(tx, seq)?.filter(queued) else { return Ok(()) };
    if rolls_back_with(tx, &waiting, ended)? {
        return Ok(());
    }
    let why = match ended.operation {
        Operation::Create => {
            let collection = collections::get(tx, ended.collection_id)?.map(|collection| collection.name);
            let collection = collection.unwrap_or_default();
            format!("{collection} '{}', which it refers to, was discarded before it was sent", ended.rid)
        }
        Operation::Update | Operation::Replace | Operation::Delete | Operation::Request => {
            format!("change {}, which it waits for, was discarded before it was sent", ended.seq)
        }
    };
    outbox::set_held(tx, seq, false)?;
    seal::park_unsendable(tx, &waiting, &why, now)?;
    moved.record(waiting.collection_id, &waiting.rid);
    moved.changes.push(waiting.id);
    Ok(())
}

/// Of a transaction that belongs together the others go back with the one that was discarded, whatever they waited for.
fn rolls_back_with(tx: &Connection, waiting: &MutationRow, ended: &MutationRow) -> Result<bool, StoreError> {
    match &waiting.transaction_id {
        Some(id) if ended.transaction_id.as_ref() == Some(id) => {
            Ok(transactions::get(tx, id)?.is_some_and(|row| row.strategy.locks() && !row.undoing))
        }
        Some(_) | None => Ok(false),
    }
}

/// The record without a change that was discarded: its base with what is left of its lane on top.
fn without(tx: &Connection, record: &RecordRow, now: Millis) -> Result<(), StoreError> {
    let rest = outbox::lane(tx, record.id)?;
    let mut local = record.base.document.clone();
    for pending in &rest {
        if pending.operation == Operation::Create && local.is_some() {
            // The deletion between them is gone: what made it again takes the place of what is there.
            outbox::set_changes(tx, pending.seq, Operation::Replace, &pending.changes)?;
        }
        local = on_top(local, pending).0;
    }
    let visible = local.is_some() || !rest.is_empty();
    let rules = collections::secrets(tx, record.collection_id)?;
    records::set_local(tx, record, local.as_ref(), visible, &rules, now)
}

/// The record's document as it is after a change that waits: its base with its lane up to there on top.
pub(crate) fn document_after(tx: &Connection, mutation: &MutationRow) -> Result<Option<Value>, StoreError> {
    let mut document = records::get(tx, mutation.record_id)?.and_then(|record| record.base.document);
    for pending in outbox::lane(tx, mutation.record_id)?.iter().filter(|other| other.seq <= mutation.seq) {
        document = on_top(document, pending).0;
    }
    Ok(document)
}

/// A document with a pending change on top, and whether all of the change applied.
pub(crate) fn on_top(document: Option<Value>, pending: &MutationRow) -> (Option<Value>, bool) {
    match (pending.operation, document) {
        (Operation::Delete, _) => (None, true),
        (Operation::Create | Operation::Replace, _) => {
            let made = change::apply(&serde_json::json!({}), &pending.changes).ok();
            let whole = made.is_some();
            (made, whole)
        }
        (Operation::Update, Some(before)) => match change::apply(&before, &pending.changes) {
            Ok(after) => (Some(after), true),
            // What named a place that the discarded change had made keeps as much as still applies.
            Err(_) => (Some(before), false),
        },
        (Operation::Update, None) => (None, false),
        (Operation::Request, document) => (document, true),
    }
}
