//! What people do to waiting changes: send again, hold, discard, clean (rows A8, A12).

use super::Moved;
use crate::store::outbox::{self, Ended, MutationRow};
use crate::store::places::refuse;
use crate::store::records;
use crate::store::{StoreError, attempts, conflicts, daily};
use rusqlite::Connection;
use tidemark_model::change;
use tidemark_model::mutation::{MutationState, Operation};
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{BulkResult, RefusalCode};

/// How long the trash stays.
const KEEP_TRASH: i64 = 30 * DAY;
/// How long answers' excerpts stay.
const KEEP_EXCERPTS: i64 = 14 * DAY;
/// How long decisions and automatic merges stay, with their sides.
const KEEP_DECISIONS: i64 = 30 * DAY;
/// How long daily figures stay.
const KEEP_FIGURES: i64 = 400 * DAY;
const DAY: i64 = 24 * 60 * 60 * 1000;

/// Sends the named changes again now.
pub(crate) fn retry(tx: &Connection, ids: &[String]) -> Result<(BulkResult, Moved), StoreError> {
    each(tx, ids, |tx, mutation| {
        let may = matches!(
            mutation.state,
            MutationState::Queued | MutationState::Uncertain | MutationState::Parked
        );
        if may {
            outbox::retry(tx, mutation.seq)?;
        }
        Ok(may)
    })
}

/// Sends every parked change again.
pub(crate) fn reprocess_failed(tx: &Connection) -> Result<(BulkResult, Moved), StoreError> {
    retry(tx, &outbox::ids_in(tx, &[MutationState::Parked])?)
}

/// Holds the named changes, or lets them go.
pub(crate) fn hold(tx: &Connection, ids: &[String], held: bool) -> Result<(BulkResult, Moved), StoreError> {
    each(tx, ids, |tx, mutation| {
        let may = mutation.state == MutationState::Queued && mutation.held.as_deref() != Some("undo");
        if may {
            outbox::set_held(tx, mutation.seq, held)?;
        }
        Ok(may)
    })
}

/// Moves the named changes to the trash; the records go back to what remains.
pub(crate) fn discard(
    tx: &Connection,
    ids: &[String],
    now: Millis,
) -> Result<(BulkResult, Moved), StoreError> {
    each(tx, ids, |tx, mutation| discard_one(tx, mutation, now))
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

/// Removes ended rows older than their span (row A12); what waits, failed or is in conflict is never touched.
pub(crate) fn clear_old(tx: &Connection, now: Millis, keep_days: i64) -> Result<Count, StoreError> {
    attempts::forget_excerpts(tx, now.plus(-KEEP_EXCERPTS))?;
    conflicts::purge(tx, now.plus(-KEEP_DECISIONS))?;
    daily::purge(tx, now.plus(-KEEP_FIGURES))?;
    let removed = outbox::purge(tx, now.plus(-keep_days.saturating_mul(DAY)), now.plus(-KEEP_TRASH))?;
    Ok(Count::of(removed))
}

fn each(
    tx: &Connection,
    ids: &[String],
    act: impl Fn(&Connection, &MutationRow) -> Result<bool, StoreError>,
) -> Result<(BulkResult, Moved), StoreError> {
    let mut result = BulkResult::default();
    let mut moved = Moved::default();
    for id in ids {
        match outbox::by_id(tx, id)? {
            Some(mutation) if act(tx, &mutation)? => {
                result.done.0 += 1;
                moved.record(mutation.collection_id, &mutation.rid);
                moved.changes.push(mutation.id);
            }
            Some(_) | None => result.already_gone.0 += 1,
        }
    }
    Ok((result, moved))
}

fn discard_one(tx: &Connection, mutation: &MutationRow, now: Millis) -> Result<bool, StoreError> {
    let waits =
        matches!(mutation.state, MutationState::Queued | MutationState::Uncertain | MutationState::Parked);
    if !waits {
        return Ok(false);
    }
    if conflicts::open_of(tx, mutation.record_id)?.is_some() {
        // The conflict holds what was edited since and decides about all of it.
        return Ok(false);
    }
    let lane = outbox::lane(tx, mutation.record_id)?;
    // What was built on a record that is never made cannot be sent either.
    let with_it: Vec<&MutationRow> = match mutation.operation {
        Operation::Create => lane.iter().filter(|other| other.seq >= mutation.seq).collect(),
        Operation::Update | Operation::Replace | Operation::Delete | Operation::Request => vec![mutation],
    };
    for gone in &with_it {
        outbox::end(tx, gone, Ended::Discarded, now)?;
    }
    let Some(record) = records::get(tx, mutation.record_id)? else { return Ok(true) };
    if let (Operation::Delete, Some(_), Some(next)) =
        (mutation.operation, &record.base.document, outbox::lane(tx, record.id)?.first())
        && next.operation == Operation::Create
    {
        // The record was never deleted there: what made it again now takes its place.
        outbox::set_changes(tx, next.seq, Operation::Replace, &next.changes)?;
    }
    let rest = outbox::lane(tx, record.id)?;
    let mut local = record.base.document.clone();
    for pending in &rest {
        local = match (pending.operation, &local) {
            (Operation::Delete, _) => None,
            (Operation::Create | Operation::Replace, _) => {
                change::apply(&serde_json::json!({}), &pending.changes).ok()
            }
            (Operation::Update, Some(before)) => {
                // What named a place that the discarded change had made keeps as much as still applies.
                Some(change::apply(before, &pending.changes).unwrap_or_else(|_| before.clone()))
            }
            (Operation::Update | Operation::Request, _) => local,
        };
    }
    let visible = local.is_some() || !rest.is_empty();
    records::set_local(tx, &record, local.as_ref(), visible, now)?;
    Ok(true)
}
