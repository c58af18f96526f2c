//! After every commit's work: each transaction whose members moved is looked at, before the commit.

use super::{roll_back, undo};
use crate::store::StoreError;
use crate::store::outbox;
use crate::store::transactions::{self, TransactionRecord};
use crate::store::verbs::Moved;
use rusqlite::Connection;
use tidemark_model::mutation::MutationState;
use tidemark_model::number::{Count, Millis};
use tidemark_model::transaction::{Facts, Tally, TransactionState, Verdict, judge};
use tidemark_model::view::TransactionError;

/// Brings all transactions whose members moved to where they stand now.
pub(crate) fn settle_stale(
    tx: &Connection,
    now: Millis,
    fresh_id: &dyn Fn() -> String,
) -> Result<Moved, StoreError> {
    let mut moved = Moved::default();
    while let Some(id) = transactions::take_stale(tx)? {
        settle(tx, &id, false, now, fresh_id, &mut moved)?;
    }
    Ok(moved)
}

/// A pull has shown what these brought about, or it took too long.
pub(crate) fn seen(
    tx: &Connection,
    ids: &[String],
    now: Millis,
    fresh_id: &dyn Fn() -> String,
) -> Result<Moved, StoreError> {
    let mut moved = Moved::default();
    for id in ids {
        settle(tx, id, true, now, fresh_id, &mut moved)?;
    }
    Ok(moved)
}

fn settle(
    tx: &Connection,
    id: &str,
    seen: bool,
    now: Millis,
    fresh_id: &dyn Fn() -> String,
    moved: &mut Moved,
) -> Result<(), StoreError> {
    let Some(row) = transactions::get(tx, id)? else { return Ok(()) };
    let (members, undoing) = transactions::tally(tx, id)?;
    // Restored, and what came back needs no sending (a record made and deleted again): it has nothing left to fail with.
    let came_to_nothing =
        row.state == TransactionState::Failed && row.error.is_none() && members.rolled_back == 0;
    if row.state.is_ended() && !came_to_nothing && members.unfinished() + undoing.unfinished() == 0 {
        // It ended; what a person does with what was rolled back changes nothing about that.
        return Ok(());
    }
    let behind = if row.strategy.locks() { gate(tx, &row, &members)? } else { None };
    let verdict = judge(&Facts {
        strategy: row.strategy,
        members,
        undoing: row.undoing.then_some(undoing),
        behind: behind.is_some(),
        await_sync: row.await_sync,
        seen,
    });
    match verdict {
        Verdict::Stands(state) => stand(tx, &row, (state, &members), behind.as_deref(), now, moved),
        Verdict::RollBack => {
            let error = refused(tx, &row)?;
            roll_back::roll_back(tx, &row, &error, now, moved)
        }
        Verdict::Undo => {
            let error = refused(tx, &row)?;
            roll_back::roll_back(tx, &row, &error, now, moved)?;
            undo::take_back(tx, &row, &error, now, fresh_id, moved)
        }
    }
}

/// Lets the members go when all are first in their lanes and no record of theirs waits to be seen in a pull; else says
/// behind which transaction they stand.
fn gate(tx: &Connection, row: &TransactionRecord, members: &Tally) -> Result<Option<String>, StoreError> {
    if members.waiting == 0 {
        return Ok(None);
    }
    let behind = transactions::nearest_ahead(tx, &row.id)?;
    if behind.is_none() && transactions::is_first_everywhere(tx, &row.id)? {
        transactions::open_gate(tx, &row.id)?;
    }
    Ok(behind)
}

fn stand(
    tx: &Connection,
    row: &TransactionRecord,
    (state, members): (TransactionState, &Tally),
    behind: Option<&str>,
    now: Millis,
    moved: &mut Moved,
) -> Result<(), StoreError> {
    let mut row = row.clone();
    if state == TransactionState::Failed && row.error.is_none() {
        let error = refused(tx, &row)?;
        transactions::set_error(tx, &row.id, Some(&error), row.undoing)?;
        row.error = Some(error);
    }
    let put_right = state != TransactionState::Failed && members.rolled_back == 0;
    if put_right && row.error.is_some() && !row.undoing {
        // A refused change went through after all.
        transactions::set_error(tx, &row.id, None, false)?;
        row.error = None;
    }
    let behind = behind.filter(|_| state == TransactionState::Queued);
    let Some(change) = transactions::stand(tx, &row, state, behind, now)? else { return Ok(()) };
    moved.transactions.push(change);
    transactions::followers_are_stale(tx, &row.id)
}

/// Which of its changes was refused, in the server's words.
fn refused(tx: &Connection, row: &TransactionRecord) -> Result<TransactionError, StoreError> {
    if let Some(error) = &row.error {
        return Ok(error.clone());
    }
    let parked = outbox::members(tx, &row.id, &[MutationState::Parked])?;
    Ok(match parked.into_iter().next() {
        Some(member) => TransactionError::Refused {
            change: member.id,
            words: member.words.unwrap_or_else(|| "it was refused".to_owned()),
            kept: Count(0),
        },
        None => TransactionError::Discarded,
    })
}
