//! A refused change and what was saved behind it become one again (`engine.md` 3): it was definitely not applied.

use crate::store::outbox::{self, Ended, MutationRow};
use crate::store::{StoreError, edges};
use rusqlite::Connection;
use tidemark_model::coalesce::{Coalesced, Tail, coalesce};
use tidemark_model::mutation::MutationState;
use tidemark_model::number::Millis;

/// The lane of a record that is being edited: where its first change was refused, the later ones are taken into it, so
/// that the edit puts all of it right and it goes as one. Otherwise the edit would join the last, behind a change that is
/// refused for the very field. Nothing is folded that another record's change waits for.
pub(crate) fn refused(
    tx: &Connection,
    lane: Vec<MutationRow>,
    now: Millis,
) -> Result<Vec<MutationRow>, StoreError> {
    let [first, rest @ ..] = lane.as_slice() else { return Ok(lane) };
    let refused = first.state == MutationState::Parked && !first.may_be_in && is_single(tx, first)?;
    if !refused || rest.is_empty() {
        return Ok(lane);
    }
    let mut whole = first.clone();
    for later in rest {
        let untouched = later.state == MutationState::Queued && !later.dispatched && later.held.is_none();
        if !untouched || !is_single(tx, later)? || edges::is_waited_for(tx, later.seq)? {
            break;
        }
        let waits_for = edges::waits_for(tx, later.seq)?;
        let mut ahead = false;
        for parent in &waits_for {
            ahead |= edges::leads_to(tx, *parent, whole.seq)?;
        }
        let tail = Tail {
            operation: whole.operation,
            changes: &whole.changes,
            open: true,
            depended_on: edges::is_waited_for(tx, whole.seq)?,
            newer_refers_ahead: ahead,
        };
        let Coalesced::Into { operation, changes } = coalesce(&tail, later.operation, &later.changes) else {
            break;
        };
        outbox::set_changes(tx, whole.seq, operation, &changes)?;
        outbox::end(tx, later, Ended::Combined(&whole.id), now)?;
        for parent in waits_for {
            edges::add(tx, whole.seq, parent)?;
        }
        (whole.operation, whole.changes) = (operation, changes);
    }
    outbox::lane(tx, first.record_id)
}

/// Neither the result of a conflict nor a member of a transaction.
fn is_single(tx: &Connection, mutation: &MutationRow) -> Result<bool, StoreError> {
    Ok(mutation.conflict_id.is_none() && !outbox::is_member(tx, mutation.seq)?)
}
