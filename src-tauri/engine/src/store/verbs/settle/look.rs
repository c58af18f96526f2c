//! A look at a record that tells a version alone, or did not come about.

use crate::store::StoreError;
use crate::store::outbox;
use crate::store::places::Place;
use crate::store::verbs::Moved;
use crate::store::verbs::reconcile::{Origin, reconcile};
use rusqlite::Connection;
use tidemark_model::connector::Remote;
use tidemark_model::failure::Failure;
use tidemark_model::mutation::MutationState;
use tidemark_model::number::Millis;

/// Writes down the version of a record that had none, so that its next change can be sealed.
pub(crate) fn refreshed(
    tx: &Connection,
    place: &Place,
    rid: &str,
    remote: &Remote,
    now: Millis,
    moved: &mut Moved,
) -> Result<(), StoreError> {
    let origin = Origin { pull_ack_seq: None, generation: None, may_be_in: false, now };
    reconcile(tx, place, rid, remote, &origin, moved)?;
    Ok(())
}

/// A look at a record did not come about: it is tried again later.
pub(crate) fn postpone(
    tx: &Connection,
    seq: i64,
    failure: &Failure,
    retry_at: Millis,
) -> Result<(), StoreError> {
    let Some(mutation) = outbox::by_seq(tx, seq)? else { return Ok(()) };
    if matches!(mutation.state, MutationState::Queued | MutationState::Uncertain) {
        outbox::set_state(tx, seq, mutation.state, Some(retry_at))?;
        outbox::set_failure(tx, seq, failure, false, mutation.same_5xx)?;
    }
    Ok(())
}
