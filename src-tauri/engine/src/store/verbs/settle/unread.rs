//! Changes whose answer, or whose record on the server, is there and cannot be read (`engine.md` 4).

use super::{Settled, confirm_seen, evidence, moved_there};
use crate::store::outbox::{self, MutationRow};
use crate::store::places::Place;
use crate::store::verbs::{Moved, park, seal};
use crate::store::{StoreError, attempts, daily};
use rusqlite::Connection;
use tidemark_model::connector::Remote;
use tidemark_model::failure::{Effect, Failure};
use tidemark_model::mutation::{MutationState, Operation};
use tidemark_model::number::Millis;
use tidemark_model::uncertain::Evidence;

/// Nobody knows what became of a change that is parked: its bytes and its key stay for a person's word.
pub(super) fn keep_in_doubt(tx: &Connection, mutation: &MutationRow) -> Result<(), StoreError> {
    outbox::set_may_be_in(tx, mutation.seq)?;
    // A new record may have no name to be asked for by, and a request none at all; under its key it is made once at most.
    if !matches!(mutation.operation, Operation::Create | Operation::Request) {
        outbox::read_before_repeating(tx, mutation.seq)?;
    }
    Ok(())
}

/// A look at a record was answered, but what it would show cannot be had, now or later: a person decides.
pub(crate) fn looked_at(
    tx: &Connection,
    place: &Place,
    seq: i64,
    failure: &Failure,
    now: Millis,
    moved: &mut Moved,
) -> Result<Settled, StoreError> {
    let looked_for = |m: &MutationRow| matches!(m.state, MutationState::Queued | MutationState::Uncertain);
    let Some(mutation) = outbox::by_seq(tx, seq)?.filter(looked_for) else {
        return Ok(Settled::Gone);
    };
    moved.changes.push(mutation.id.clone());
    moved.record(place.collection_id, &mutation.rid);
    if mutation.state == MutationState::Uncertain {
        outbox::set_may_be_in(tx, mutation.seq)?;
    }
    seal::park_unsent(tx, &mutation, failure, now)?;
    daily::refused(tx, mutation.link_id, now)?;
    Ok(Settled::Parked)
}

/// The server said yes in an answer that cannot be read; the record as it is now says what became of the change.
pub(super) fn taken(
    tx: &Connection,
    place: &Place,
    mutation: &MutationRow,
    failure: &Failure,
    seen: &Remote,
    now: Millis,
    moved: &mut Moved,
) -> Result<Settled, StoreError> {
    let attempt = mutation.attempts;
    match evidence(tx, mutation, seen)? {
        Evidence::Applied => {
            let words = format!("accepted, as the record shows: {}", failure.words);
            attempts::succeed(tx, mutation.seq, attempt, &words, now)?;
            confirm_seen(tx, place, mutation, seen, now, moved)?;
            Ok(Settled::Confirmed)
        }
        Evidence::NotApplied => {
            // Sent again it would be answered in the same way.
            let words = "the server said yes, and shows the record as it was before";
            let failure = Failure { effect: Effect::None, words: words.to_owned(), ..failure.clone() };
            attempts::fail(tx, mutation.seq, attempt, &failure, None, now)?;
            outbox::unseal(tx, mutation.seq)?;
            outbox::set_failure(tx, mutation.seq, &failure, false, 0)?;
            park::park(tx, mutation.seq, now)?;
            daily::refused(tx, mutation.link_id, now)?;
            Ok(Settled::Parked)
        }
        Evidence::Moved => {
            attempts::fail(tx, mutation.seq, attempt, failure, None, now)?;
            moved_there(tx, place, mutation, seen, true, now, moved)
        }
    }
}

/// The server has another version, which cannot be read: a person decides.
pub(super) fn park_conflict(
    tx: &Connection,
    mutation: &MutationRow,
    failure: &Failure,
    in_doubt: bool,
    now: Millis,
) -> Result<Settled, StoreError> {
    outbox::unseal(tx, mutation.seq)?;
    if in_doubt {
        outbox::set_may_be_in(tx, mutation.seq)?;
    }
    outbox::set_failure(tx, mutation.seq, failure, false, 0)?;
    park::park(tx, mutation.seq, now)?;
    daily::refused(tx, mutation.link_id, now)?;
    Ok(Settled::Parked)
}
