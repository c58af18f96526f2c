//! Rolling back what a failed transaction showed, and failing what stands behind it (row B2).

use crate::store::conflicts::{self, ConflictRecord};
use crate::store::outbox::{self, MutationRow};
use crate::store::records::{self, RecordRow};
use crate::store::transactions::{self, TransactionRecord};
use crate::store::verbs::reconcile::{Origin, reconcile, remote_of};
use crate::store::verbs::{Moved, gone, park};
use crate::store::{StoreError, activity, collections, places};
use rusqlite::Connection;
use serde_json::{Map, Value};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use tidemark_model::change;
use tidemark_model::document;
use tidemark_model::failure::{ErrorClass, Failure};
use tidemark_model::merge::merge;
use tidemark_model::mutation::{MutationState, Operation};
use tidemark_model::number::Millis;
use tidemark_model::view::{ChoiceAt, Decided, TransactionError};

/// Takes everything of `failed` that was not accepted out of its lanes, and with it every transaction behind it. All of
/// it waits, with its values, to be restored; what people see goes back to what remains.
pub(super) fn roll_back(
    tx: &Connection,
    failed: &TransactionRecord,
    error: &TransactionError,
    now: Millis,
    moved: &mut Moved,
) -> Result<(), StoreError> {
    let mut failing = VecDeque::from([(failed.clone(), error.clone())]);
    // By record: the transaction that its orphans come back with, which is the one that made it.
    let mut touched: BTreeMap<i64, String> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    // By record: the conflict that was open before anything of it went back.
    let mut ended: BTreeMap<i64, Option<ConflictRecord>> = BTreeMap::new();
    while let Some((row, error)) = failing.pop_front() {
        if !seen.insert(row.id.clone()) {
            continue;
        }
        transactions::set_error(tx, &row.id, Some(&error), row.undoing)?;
        for member in outbox::members(tx, &row.id, &MutationState::UNFINISHED)? {
            if member.record_id == 0 {
                continue;
            }
            let conflict = match ended.entry(member.record_id) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    let conflict = conflicts::open_of(tx, member.record_id)?;
                    if let Some(conflict) = &conflict {
                        end_conflict(tx, conflict, now, moved)?;
                    }
                    new.insert(conflict)
                }
            };
            keep_its_base(tx, &member, conflict.as_ref())?;
            take_out(tx, &member, &row.id, &error)?;
            park::rolled_back(tx, &member, &row.id, now)?;
            gone::ask(tx, &member, now, moved)?;
            moved.record(member.collection_id, &member.rid);
            moved.changes.push(member.id.clone());
            failing.extend(behind(tx, &member, &row.id)?);
            let with = touched.entry(member.record_id).or_insert_with(|| row.id.clone());
            if member.operation == Operation::Create {
                with.clone_from(&row.id);
            }
        }
    }
    for (record, transaction) in touched {
        let Some(record) = records::get(tx, record)? else { continue };
        show_what_remains(tx, &record, &transaction, now, moved)?;
        if let Some(conflict) = ended.remove(&record.id).flatten()
            && conflicts::open_of(tx, record.id)?.is_none()
        {
            ask_anew(tx, &conflict, now, moved)?;
        }
    }
    Ok(())
}

/// A conflict was about what went back; what remains of it is asked about anew.
fn end_conflict(
    tx: &Connection,
    conflict: &ConflictRecord,
    now: Millis,
    moved: &mut Moved,
) -> Result<(), StoreError> {
    conflicts::end_by_itself(tx, conflict.id, conflict.server.document.as_ref(), now)?;
    activity::conflict_ended(tx, conflict.link_id, conflict, Decided::Dropped, now)?;
    moved.settled.push(conflict.id);
    match outbox::lane(tx, conflict.record_id)?.first() {
        Some(head) if head.state == MutationState::Conflicted => {
            outbox::set_state(tx, head.seq, MutationState::Queued, None)
        }
        Some(_) | None => Ok(()),
    }
}

/// The server's side of an ended conflict is planned with what remains, which may clash with it too. What was chosen for
/// fields that still clash stays chosen.
fn ask_anew(
    tx: &Connection,
    ended: &ConflictRecord,
    now: Millis,
    moved: &mut Moved,
) -> Result<(), StoreError> {
    let places = places::all(tx)?;
    // A collection that is no longer kept has nothing to compare.
    let Some(place) = places.iter().find(|place| place.collection_id == ended.collection_id) else {
        return Ok(());
    };
    let origin = Origin { pull_ack_seq: None, generation: None, may_be_in: ended.may_be_in, now };
    reconcile(tx, place, &ended.rid, &remote_of(ended.server.clone()), &origin, moved)?;
    let Some(conflict) = conflicts::open_of(tx, ended.record_id)? else { return Ok(()) };
    let (Some(local), Some(server)) = (&conflict.local, &conflict.server.document) else { return Ok(()) };
    let merged = merge(conflict.base.as_ref(), local, server, &place.rules);
    let clashes = |choice: &&ChoiceAt| merged.clashes().any(|field| field.path == choice.path);
    let choices: Vec<ChoiceAt> = ended.choices.iter().filter(clashes).cloned().collect();
    conflicts::set_choices(tx, conflict.id, &choices, ended.later_until)
}

/// What it was made on is kept with it, so that a later restoring sees what a colleague changed meanwhile.
fn keep_its_base(
    tx: &Connection,
    member: &MutationRow,
    ended: Option<&ConflictRecord>,
) -> Result<(), StoreError> {
    let base = match (ended, records::get(tx, member.record_id)?) {
        (_, None) => return Ok(()),
        (Some(conflict), Some(_)) => conflict.base.clone(),
        (None, Some(record)) => record.base.document,
    };
    outbox::keep_undo(tx, member.seq, base.as_ref().map(document::to_text).as_deref())
}

fn take_out(
    tx: &Connection,
    member: &MutationRow,
    transaction: &str,
    error: &TransactionError,
) -> Result<(), StoreError> {
    outbox::roll_back(tx, member, transaction)?;
    if member.state == MutationState::Parked {
        // It is the one that was refused: the server's words stay.
        return Ok(());
    }
    let words = match error {
        TransactionError::Refused { words, .. } => {
            format!("not sent, because another change of its transaction was refused: {words}")
        }
        TransactionError::DependencyFailed { transaction } => {
            format!("not sent, because transaction {transaction}, which it stood behind, did not go through")
        }
        TransactionError::Discarded => "not sent, because its transaction was discarded".to_owned(),
    };
    outbox::set_failure(tx, member.seq, &Failure::new(ErrorClass::Permanent, words), false, 0)
}

/// The transactions that stand behind a member in its lane; they fail with it. Those that lock nothing stay.
fn behind(
    tx: &Connection,
    member: &MutationRow,
    failed: &str,
) -> Result<Vec<(TransactionRecord, TransactionError)>, StoreError> {
    let mut rows = Vec::new();
    for later in outbox::lane(tx, member.record_id)?.iter().filter(|later| later.seq > member.seq) {
        let Some(id) = later.transaction_id.as_deref().filter(|id| *id != failed) else { continue };
        let Some(row) = transactions::get(tx, id)? else { continue };
        if row.strategy.locks() && !row.undoing {
            rows.push((row, TransactionError::DependencyFailed { transaction: failed.to_owned() }));
        }
    }
    Ok(rows)
}

/// The base with what remains in the lane. What was edited on top of a record that only the transaction made goes back
/// with it, and comes back with it; what belongs to another transaction stays a part of that one.
fn show_what_remains(
    tx: &Connection,
    record: &RecordRow,
    transaction: &str,
    now: Millis,
    moved: &mut Moved,
) -> Result<(), StoreError> {
    let mut local = record.base.document.clone();
    let mut rest = outbox::lane(tx, record.id)?;
    for mutation in std::mem::take(&mut rest) {
        local = match (mutation.operation, local) {
            (Operation::Create | Operation::Replace, before) => {
                if mutation.operation == Operation::Create && before.is_some() {
                    // The deletion between them is gone: what made it again takes the place of what is there.
                    outbox::set_changes(tx, mutation.seq, Operation::Replace, &mutation.changes)?;
                }
                rest.push(mutation.clone());
                change::apply(&Value::Object(Map::new()), &mutation.changes).ok()
            }
            (Operation::Update | Operation::Delete | Operation::Request, None) => {
                let own = mutation.transaction_id.as_deref();
                if let Some(row) = own.map(|own| transactions::get(tx, own)).transpose()?.flatten()
                    && row.error.is_none()
                {
                    let error = TransactionError::DependencyFailed { transaction: transaction.to_owned() };
                    transactions::set_error(tx, &row.id, Some(&error), row.undoing)?;
                }
                outbox::roll_back(tx, &mutation, own.unwrap_or(transaction))?;
                let words = "not sent, because the change that made its record was rolled back";
                outbox::set_failure(tx, mutation.seq, &Failure::new(ErrorClass::Permanent, words), false, 0)?;
                park::rolled_back(tx, &mutation, own.unwrap_or(transaction), now)?;
                moved.changes.push(mutation.id);
                None
            }
            (Operation::Update, Some(before)) => {
                rest.push(mutation.clone());
                // What named a place that is gone keeps as much as still applies.
                Some(change::apply(&before, &mutation.changes).unwrap_or(before))
            }
            (Operation::Delete, Some(_)) => {
                rest.push(mutation);
                None
            }
            (Operation::Request, local) => local,
        };
    }
    if record.base.document.is_none() && rest.is_empty() {
        return records::remove(tx, record.id);
    }
    let visible = local.is_some() || !rest.is_empty();
    let rules = collections::secrets(tx, record.collection_id)?;
    records::set_local(tx, record, local.as_ref(), visible, &rules, now)
}
