//! What a look at a record says about a change whose answer is not known.

use super::{Settled, confirm, evidence, moved_there};
use crate::store::outbox::{self, MutationRow};
use crate::store::places::Place;
use crate::store::verbs::Moved;
use crate::store::verbs::discard::on_top;
use crate::store::verbs::reconcile::{Origin, reconcile};
use crate::store::{StoreError, records};
use rusqlite::Connection;
use tidemark_model::connector::Remote;
use tidemark_model::failure::Failure;
use tidemark_model::mutation::MutationState;
use tidemark_model::number::Millis;
use tidemark_model::uncertain::Evidence;

/// Writes down what a look at the record said about a lost answer.
pub(crate) fn read_back(
    tx: &Connection,
    place: &Place,
    seq: i64,
    remote: &Remote,
    now: Millis,
    moved: &mut Moved,
) -> Result<Settled, StoreError> {
    let is_doubtful = |m: &MutationRow| match m.state {
        MutationState::Uncertain => true,
        MutationState::Queued => m.may_be_in,
        _ => false,
    };
    let Some(mutation) = outbox::by_seq(tx, seq)?.filter(is_doubtful) else {
        return Ok(Settled::Gone);
    };
    moved.changes.push(mutation.id.clone());
    moved.record(place.collection_id, &mutation.rid);
    match evidence(tx, &mutation, remote)? {
        Evidence::Applied => {
            confirm_seen(tx, place, &mutation, remote, now, moved)?;
            Ok(Settled::Confirmed)
        }
        Evidence::NotApplied => {
            outbox::unseal(tx, mutation.seq)?;
            outbox::clear_doubt(tx, mutation.seq)?;
            outbox::set_state(tx, mutation.seq, MutationState::Queued, None)?;
            Ok(Settled::Waits)
        }
        Evidence::Moved => moved_there(tx, place, &mutation, remote, true, now, moved),
    }
}

/// A success that a look at the record showed. What others did since is in it too: later edits were made without having seen
/// that, and are compared with it.
pub(crate) fn confirm_seen(
    tx: &Connection,
    place: &Place,
    mutation: &MutationRow,
    seen: &Remote,
    now: Millis,
    moved: &mut Moved,
) -> Result<(), StoreError> {
    let own = match (&mutation.sealed_doc, records::get(tx, mutation.record_id)?) {
        (_, None) => None,
        (Some(sent), Some(_)) => Some(records::serde_json_value(sent)?),
        (None, Some(record)) => on_top(record.base.document, mutation).0,
    };
    let behind = outbox::lane(tx, mutation.record_id)?.iter().any(|other| other.seq != mutation.seq);
    let (Some(mut document), Remote::Present { document: there, .. }, true) = (own, seen, behind) else {
        return confirm(tx, mutation, Some(seen), now);
    };
    // The server may have named it anew.
    if let (Some(own), Some(id)) = (document.get_mut(&place.id_field), there.get(&place.id_field)) {
        *own = id.clone();
    }
    let own = Remote::Present { document, version: None, at: None, by: None };
    confirm(tx, mutation, Some(&own), now)?;
    let origin = Origin { pull_ack_seq: None, generation: None, may_be_in: false, now };
    reconcile(tx, place, &mutation.rid, seen, &origin, moved)?;
    Ok(())
}

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
