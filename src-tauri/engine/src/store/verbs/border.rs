//! Where a lane passes from one transaction, or from single edits, to another (row A3).

use super::discard::on_top;
use crate::store::outbox::MutationRow;
use serde_json::Value;

/// A lane's first change with those that belong together with it, and what others saved behind them.
pub(crate) fn split(lane: &[MutationRow]) -> (&[MutationRow], &[MutationRow]) {
    let of = |mutation: &MutationRow| (mutation.transaction_id.clone(), mutation.compensates.clone());
    let first = lane.first().map(of);
    lane.split_at(lane.iter().take_while(|mutation| Some(of(mutation)) == first).count())
}

/// A document with all of some changes on top.
pub(crate) fn with_all(base: Option<&Value>, changes: &[MutationRow]) -> Option<Value> {
    changes.iter().fold(base.cloned(), |document, mutation| on_top(document, mutation).0)
}
