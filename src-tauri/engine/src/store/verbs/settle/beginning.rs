//! What a run and a sender find that were not the first: changes whose answer got lost with those before them.

use crate::store::{StoreError, activity, meta, outbox};
use rusqlite::Connection;
use tidemark_model::planted::{self, Bug};

/// Before a run: nothing of the link is on the wire, so what is still sealed lost its answer with a run that was cut
/// off. Returns how many.
pub(crate) fn recover(tx: &Connection, link_id: i64) -> Result<usize, StoreError> {
    activity::begin_run(tx, link_id)?;
    outbox::sealed_of_link_become_uncertain(tx, link_id)
}

/// After a crash or a takeover: what was sealed is uncertain, and a new epoch of sending begins.
pub(crate) fn take_over(tx: &Connection) -> Result<i64, StoreError> {
    outbox::sealed_become_uncertain(tx)?;
    activity::end_all_runs(tx)?;
    if planted::is(Bug::ForgetBackoff) {
        tx.execute(
            "UPDATE outbox SET due_at = 0 WHERE state IN ('queued', 'uncertain') AND held IS NULL",
            [],
        )?;
    }
    meta::next(tx, "sender_epoch")
}
