//! How a mutation moves from state to state, and how it ends.

use super::MutationRow;
use crate::store::{StoreError, edges};
use rusqlite::{Connection, params};
use tidemark_model::change::Change;
use tidemark_model::failure::Failure;
use tidemark_model::mutation::{MutationState, Operation};
use tidemark_model::number::Millis;

/// Moves an unfinished mutation to another unfinished state, to be looked at again at `due_at`.
pub(crate) fn set_state(
    tx: &Connection,
    seq: i64,
    state: MutationState,
    due_at: Option<Millis>,
) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE outbox SET state = ?2, due_at = ?3 WHERE seq = ?1")?.execute(params![
        seq,
        state.as_str(),
        due_at.map_or(0, |at| at.0)
    ])?;
    Ok(())
}

/// Stands in an open conflict until a person or a rule decides.
pub(crate) fn set_conflicted(tx: &Connection, seq: i64) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE outbox SET state = 'conflicted', due_at = 0, held = NULL WHERE seq = ?1")?
        .execute([seq])?;
    Ok(())
}

/// What the last answer was.
pub(crate) fn set_failure(
    tx: &Connection,
    seq: i64,
    failure: &Failure,
    counted: bool,
    same_5xx: i64,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE outbox SET class = ?2, status = ?3, words = ?4, counted = counted + ?5, same_5xx = ?6 WHERE seq = ?1",
    )?
    .execute(params![seq, failure.class.as_str(), failure.status, failure.words, counted, same_5xx])?;
    Ok(())
}

pub(crate) fn set_changes(
    tx: &Connection,
    seq: i64,
    operation: Operation,
    changes: &[Change],
) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE outbox SET operation = ?2, changes = ?3 WHERE seq = ?1")?.execute(params![
        seq,
        operation.as_str(),
        serde_json::to_string(changes)?
    ])?;
    Ok(())
}

/// How a mutation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended<'a> {
    /// The server accepted it.
    Confirmed,
    /// A decision for the server's version.
    Superseded,
    /// Taken in by another.
    Combined(&'a str),
    /// Undone before sending.
    Cancelled,
    /// In the trash.
    Discarded,
}

/// Ends a mutation: the next of its lane comes to the front, and what waited for it is released.
pub(crate) fn end(
    tx: &Connection,
    mutation: &MutationRow,
    how: Ended<'_>,
    now: Millis,
) -> Result<(), StoreError> {
    let (state, into) = match how {
        Ended::Confirmed => (MutationState::Confirmed, None),
        Ended::Superseded => (MutationState::Superseded, None),
        Ended::Combined(into) => (MutationState::Combined, Some(into)),
        Ended::Cancelled => (MutationState::Cancelled, None),
        Ended::Discarded => (MutationState::Discarded, None),
    };
    tx.prepare_cached(
        "UPDATE outbox SET state = ?2, into_id = coalesce(?3, into_id), ended_at = ?4, head = 0, due_at = 0,
                held = NULL, gated = 0 WHERE seq = ?1",
    )?
    .execute(params![mutation.seq, state.as_str(), into, now.0])?;
    edges::drop_of(tx, mutation.seq)?;
    edges::release(tx, mutation.seq)?;
    next_is_head(tx, mutation.record_id)
}

/// What a decision took in and gave back stands at its own place again, as one that was never taken in.
pub(crate) fn put_in_line_again(
    tx: &Connection,
    seq: i64,
    state: MutationState,
    gated: bool,
    held: bool,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE outbox SET state = ?2, into_id = NULL, ended_at = NULL, gated = ?3, blockers = ?3,
                held = CASE WHEN ?4 THEN 'person' END
          WHERE seq = ?1 AND state = 'combined'",
    )?
    .execute(params![seq, state.as_str(), gated, held])?;
    Ok(())
}

/// A saga took it back, and another change does it again: the next time it is that one which is restored.
pub(crate) fn is_done_again_by(tx: &Connection, seq: i64, id: &str) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE outbox SET into_id = ?2 WHERE seq = ?1")?.execute(params![seq, id])?;
    Ok(())
}

/// It is a change of its own from now on.
pub(crate) fn leave_transaction(tx: &Connection, seq: i64) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE outbox SET transaction_id = NULL, compensates = NULL WHERE seq = ?1")?
        .execute([seq])?;
    Ok(())
}

/// The first of a lane is its head. Asked of the rows: what was read before others of the lane ended may have come to the
/// front meanwhile.
pub(crate) fn next_is_head(tx: &Connection, record_id: i64) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE outbox SET head = 1 WHERE seq = (SELECT min(seq) FROM outbox WHERE record_id = ?1
            AND state IN ('queued', 'sealed', 'uncertain', 'conflicted', 'parked'))",
    )?
    .execute([record_id])?;
    Ok(())
}

/// Takes a member of a failed transaction out of its lane: it waits for a person, who may restore it with its values and what
/// it was told to wait for.
pub(crate) fn roll_back(tx: &Connection, member: &MutationRow, transaction: &str) -> Result<(), StoreError> {
    super::unseal(tx, member.seq)?;
    tx.prepare_cached(
        "UPDATE outbox SET state = 'parked', record_id = NULL, transaction_id = ?2, head = 0, due_at = 0, held = NULL
          WHERE seq = ?1",
    )?
    .execute(params![member.seq, transaction])?;
    edges::drop_own(tx, member.seq, transaction)?;
    next_is_head(tx, member.record_id)
}

/// What an accepted member of a saga is taken back with.
pub(crate) fn keep_undo(tx: &Connection, seq: i64, before: Option<&str>) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE outbox SET undo_doc = ?2 WHERE seq = ?1")?.execute(params![seq, before])?;
    Ok(())
}

/// After a crash or a takeover nobody knows what became of what was sealed (`engine.md` 4).
pub(crate) fn sealed_become_uncertain(tx: &Connection) -> Result<usize, StoreError> {
    Ok(tx
        .prepare_cached("UPDATE outbox SET state = 'uncertain', due_at = 0 WHERE state = 'sealed'")?
        .execute([])?)
}

/// The same for one link, whose last run was cut off.
pub(crate) fn sealed_of_link_become_uncertain(tx: &Connection, link_id: i64) -> Result<usize, StoreError> {
    Ok(tx
        .prepare_cached(
            "UPDATE outbox SET state = 'uncertain', due_at = 0 WHERE state = 'sealed' AND link_id = ?1",
        )?
        .execute([link_id])?)
}

pub(crate) fn set_held(tx: &Connection, seq: i64, held: bool) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE outbox SET held = CASE WHEN ?2 THEN 'person' END, due_at = 0
          WHERE seq = ?1 AND state IN ('queued', 'uncertain')",
    )?
    .execute(params![seq, held])?;
    Ok(())
}

/// Marks a sealed change as held, or no longer: it is held if it comes back unsent or unanswered.
pub(crate) fn hold_sealed(tx: &Connection, seq: i64, held: bool) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE outbox SET held = CASE WHEN ?2 THEN 'person' END WHERE seq = ?1 AND state = 'sealed'",
    )?
    .execute(params![seq, held])?;
    Ok(())
}

pub(crate) fn set_may_be_in(tx: &Connection, seq: i64) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE outbox SET may_be_in = 1 WHERE seq = ?1")?.execute([seq])?;
    Ok(())
}

/// A refused change that was corrected: it waits again, without the bytes that were refused.
pub(crate) fn repair(tx: &Connection, seq: i64) -> Result<(), StoreError> {
    super::unseal(tx, seq)?;
    retry(tx, seq)
}

/// A person sends it again: counts start over and it is due. What was refused in so many words is sealed anew.
pub(crate) fn retry(tx: &Connection, seq: i64) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE outbox SET key = NULL, wire = NULL, body_hash = NULL, sealed_doc = NULL, sealed_at = NULL,
                dispatched = 0 WHERE seq = ?1 AND state = 'parked' AND may_be_in = 0",
    )?
    .execute([seq])?;
    tx.prepare_cached(
        "UPDATE outbox SET due_at = 0, held = NULL, counted = 0, same_5xx = 0,
                state = CASE WHEN state = 'parked' THEN CASE WHEN may_be_in = 1 AND key IS NOT NULL THEN 'uncertain'
                             ELSE 'queued' END ELSE state END
          WHERE seq = ?1 AND state IN ('queued', 'uncertain', 'parked')",
    )?
    .execute([seq])?;
    Ok(())
}

/// Every wake-up of a link that an outage set comes forward: the server answers again. Waits that the server itself
/// asked for, and undo windows, stay.
pub(crate) fn bring_forward(tx: &Connection, link_id: i64) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE outbox SET due_at = 0 WHERE link_id = ?1 AND due_at > 0 AND held IS NULL
            AND state IN ('queued', 'uncertain') AND class IN ('offline', 'transient', 'intercepted', 'auth')
            AND (status IS NULL OR status IN (401, 403, 502, 503, 504))",
    )?
    .execute([link_id])?;
    Ok(())
}

/// The clock was put back: what waits for a time after now waits for the same span as before.
pub(crate) fn bring_back(tx: &Connection, link_id: i64, by: i64, now: Millis) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE outbox SET due_at = max(1, due_at - ?2) WHERE link_id = ?1 AND due_at > 0 AND due_at > ?3
            AND state IN ('queued', 'uncertain')",
    )?
    .execute(params![link_id, by, now.0])?;
    Ok(())
}

/// Removes rows that ended before `before`, oldest first, at most `limit`; the trash has a span of its own. What ended since
/// the oldest decision that may still be taken back stays: that would put it in line again. So does what was taken in, for as
/// long as what took it in waits: it leads there, and a deletion may be rolled back yet.
pub(crate) fn purge(
    tx: &Connection,
    before: Millis,
    trash_before: Millis,
    limit: usize,
) -> Result<usize, StoreError> {
    Ok(tx
        .prepare_cached(
            "DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox INDEXED BY outbox_ended
                WHERE ended_at IS NOT NULL AND ended_at < max(?1, ?2)
                  AND ended_at < (SELECT coalesce(min(created_at), ?4) FROM outbox INDEXED BY outbox_due
                                   WHERE due_at > 0 AND state IN ('queued', 'uncertain') AND held = 'undo')
                  AND ended_at < CASE WHEN state = 'discarded' THEN ?2 ELSE ?1 END
                  AND (transaction_id IS NULL
                       OR transaction_id IN (SELECT id FROM transactions WHERE ended_at IS NOT NULL))
                  AND (into_id IS NULL OR NOT EXISTS (
                       SELECT 1 FROM outbox taker WHERE taker.id = outbox.into_id AND taker.ended_at IS NULL))
                ORDER BY ended_at LIMIT ?3)",
        )?
        .execute(params![before.0, trash_before.0, limit as i64, i64::MAX])?)
}

/// A change of the trash that was put back as another.
pub(crate) fn put_back(tx: &Connection, seq: i64, as_id: &str, now: Millis) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE outbox SET state = 'combined', into_id = ?2, ended_at = ?3 WHERE seq = ?1 AND state = 'discarded'",
    )?
    .execute(params![seq, as_id, now.0])?;
    Ok(())
}

/// How urgent a change is that waits or needs a person; the order of its record stays.
pub(crate) fn set_priority(tx: &Connection, seq: i64, priority: u8) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE outbox SET priority = ?2 WHERE seq = ?1 AND state IN ('queued', 'parked')")?
        .execute(params![seq, priority])?;
    Ok(())
}
