//! A record that is deleted there by now, and is deleted here by a later transaction, which may fail yet (rows A4, C4). What
//! stands before the deletion is a new record that may have reached the server, or an update: sent, it would bring back what
//! somebody deleted. So the deletion takes it in, and only where it is not done after all is a person asked about that.

use super::border::{end_in_order, with_all};
use super::reconcile::side_of;
use super::{MetConflict, Moved};
use crate::store::activity::{self, Met};
use crate::store::conflicts::{self, Sides};
use crate::store::outbox::{self, Ended, MutationRow};
use crate::store::places::Place;
use crate::store::records::{self, RecordRow, SideState};
use crate::store::{StoreError, collections, transactions};
use rusqlite::Connection;
use tidemark_model::connector::Remote;
use tidemark_model::document;
use tidemark_model::mutation::{MutationState, Operation};
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{ConflictType, Happened};

/// Whether this is such a deletion: it is looked for on the server before it is sent, and found done.
pub(crate) fn waits(mutation: &MutationRow) -> bool {
    mutation.operation == Operation::Delete && mutation.may_be_in && mutation.state == MutationState::Queued
}

/// The deletion at the end of `lane` takes in what is before it; nothing where the record is not deleted here.
pub(crate) fn take_in(
    tx: &Connection,
    place: &Place,
    record: &RecordRow,
    lane: &[MutationRow],
    remote: &Remote,
    now: Millis,
    moved: &mut Moved,
) -> Result<(), StoreError> {
    let Some(last) = lane.iter().rposition(|mutation| mutation.operation == Operation::Delete) else {
        return Ok(());
    };
    let (before, deletion) = (&lane[..last], &lane[last]);
    if let (Some(first), Some(base)) = (before.first(), &record.base.document) {
        // What an update was made on leaves the record here.
        outbox::keep_undo(tx, first.seq, Some(&document::to_text(base)))?;
    }
    // From its end, so that the one at the front lets the deletion come to the front.
    for mutation in before.iter().rev() {
        outbox::set_may_be_in(tx, mutation.seq)?;
        end_in_order(tx, mutation, Ended::Combined(&deletion.id), now)?;
    }
    outbox::set_may_be_in(tx, deletion.seq)?;
    records::set_base(tx, record, &side_of(remote).unwrap_or_default(), None, true, &place.rules)?;
    moved.record(place.collection_id, &record.rid);
    moved.changes.extend(lane.iter().map(|mutation| mutation.id.clone()));
    Ok(())
}

/// The deletion is not done after all: what it took in stands in a conflict.
pub(crate) fn ask(
    tx: &Connection,
    deletion: &MutationRow,
    now: Millis,
    moved: &mut Moved,
) -> Result<(), StoreError> {
    if deletion.operation != Operation::Delete || !deletion.may_be_in {
        return Ok(());
    }
    let taken = outbox::in_doubt_of(tx, deletion)?;
    let record = records::get(tx, deletion.record_id)?;
    let (Some(record), false) = (record, taken.is_empty()) else { return Ok(()) };
    outbox::clear_doubt(tx, deletion.seq)?;
    for (index, mutation) in taken.iter().enumerate() {
        if is_over(tx, mutation)? {
            outbox::leave_transaction(tx, mutation.seq)?;
        }
        let state = if index == 0 { MutationState::Conflicted } else { MutationState::Queued };
        outbox::put_in_line_again(tx, mutation.seq, state, false, false)?;
        outbox::clear_doubt(tx, mutation.seq)?;
        moved.changes.push(mutation.id.clone());
    }
    outbox::next_is_head(tx, record.id)?;
    let base = taken[0].undo_doc.as_deref().map(records::serde_json_value).transpose()?;
    let mine = with_all(base.as_ref(), &taken);
    let sides = Sides {
        kind: ConflictType::UpdatedHereDeletedThere,
        title: &record.title,
        base: base.as_ref(),
        base_at: None,
        local: mine.as_ref(),
        local_at: record.local_at,
        server: &record.base,
        // A new record only was taken in because it may be there.
        may_be_in: base.is_none(),
        to_choose: 1,
        merged: 0,
        shape: Vec::new(),
        choices: &[],
        now,
    };
    let keys = (deletion.link_id, record.collection_id, record.id);
    let id = conflicts::insert(tx, keys, &record.rid, &sides)?;
    activity::conflict_met(
        tx,
        &Met {
            place: (deletion.link_id, record.collection_id),
            rid: &record.rid,
            change: taken.first().map(|mutation| mutation.id.as_str()),
            by: record.base.by.as_deref(),
            happened: Happened::ConflictMet {
                conflict: Count(id),
                kind: ConflictType::UpdatedHereDeletedThere,
                again: false,
            },
            now,
        },
    )?;
    let rules = collections::secrets(tx, record.collection_id)?;
    match base {
        None => records::set_local(tx, &record, mine.as_ref(), true, &rules, now)?,
        Some(_) => {
            let before = SideState { document: base, ..SideState::default() };
            records::set_base(tx, &record, &before, mine.as_ref(), true, &rules)?;
            let SideState { version, at, by, .. } = record.base.clone();
            records::set_remote(tx, record.id, &Remote::Deleted { version, at, by })?;
        }
    }
    moved.record(record.collection_id, &record.rid);
    moved.conflicts.push(MetConflict {
        id: Count(id),
        collection_id: record.collection_id,
        rid: record.rid,
        title: record.title,
        refreshed: false,
    });
    Ok(())
}

/// Its transaction has ended or failed meanwhile: what comes back is a change of its own.
fn is_over(tx: &Connection, mutation: &MutationRow) -> Result<bool, StoreError> {
    let Some(id) = &mutation.transaction_id else { return Ok(false) };
    Ok(transactions::get(tx, id)?.is_none_or(|row| row.state.is_ended() || row.error.is_some()))
}
