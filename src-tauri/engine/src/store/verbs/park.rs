//! Parking: a change goes no further without a person, and the activity says so in the same transaction.

use crate::store::outbox::{self, MutationRow};
use crate::store::{StoreError, activity};
use rusqlite::Connection;
use tidemark_model::failure::ErrorClass;
use tidemark_model::mutation::MutationState;
use tidemark_model::number::Millis;
use tidemark_model::view::Happened;

/// Parks a change whose failure is written down already.
pub(crate) fn park(tx: &Connection, seq: i64, now: Millis) -> Result<(), StoreError> {
    outbox::set_state(tx, seq, MutationState::Parked, None)?;
    let Some(parked) = outbox::by_seq(tx, seq)? else { return Ok(()) };
    let happened = Happened::NeedsYou {
        operation: parked.operation,
        class: parked.class.unwrap_or(ErrorClass::Permanent),
        status: parked.status,
        may_be_in: parked.may_be_in,
    };
    activity::of_change(tx, &parked, &happened, now)
}

/// Says that a change was taken back with its transaction.
pub(crate) fn rolled_back(
    tx: &Connection,
    member: &MutationRow,
    transaction: &str,
    now: Millis,
) -> Result<(), StoreError> {
    let happened = Happened::RolledBack { operation: member.operation, transaction: transaction.to_owned() };
    activity::of_change(tx, member, &happened, now)
}
