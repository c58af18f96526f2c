//! Where a lane passes from one transaction, or from single edits, to another (row A3).

use super::discard::on_top;
use crate::store::outbox::{self, Ended, MutationRow};
use crate::store::{StoreError, edges};
use rusqlite::Connection;
use serde_json::Value;
use tidemark_model::connector::Remote;
use tidemark_model::number::Millis;
use tidemark_model::plan::{Facts, Plan, plan};
use tidemark_model::view::ConflictType;

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

/// Where both sides agree only in the end, because another transaction takes back what the first changes bring about, these
/// are not done: the other may fail yet. What ends where they agree is the second part.
pub(crate) fn agreed<'a>(
    decision: Plan,
    facts: &Facts<'_>,
    lane: &'a [MutationRow],
) -> (Plan, &'a [MutationRow]) {
    let (own, behind) = split(lane);
    if decision != Plan::Agreed || behind.is_empty() {
        return (decision, lane);
    }
    let local = with_all(facts.base, own);
    match plan(&Facts { local: local.as_ref(), ..*facts }) {
        Plan::Known => (Plan::Known, lane),
        Plan::Agreed => (Plan::Agreed, own),
        _ => (Plan::Agreed, lane),
    }
}

/// What of a lane the server has already, though others stand behind it that it has not.
pub(crate) fn in_already<'a>(
    decision: &Plan,
    facts: &Facts<'_>,
    lane: &'a [MutationRow],
) -> &'a [MutationRow] {
    if !matches!(decision, Plan::Rebase { .. }) {
        return &[];
    }
    let is_in = |first: &&[MutationRow]| {
        let local = with_all(facts.base, first);
        plan(&Facts { local: local.as_ref(), ..*facts }) == Plan::Agreed
    };
    (1..lane.len()).rev().map(|end| &lane[..end]).find(is_in).unwrap_or_default()
}

/// Where a record is gone on both sides only because a transaction behind the first changes deletes it: these would stand in a
/// conflict without that one, which may fail yet.
pub(crate) fn is_deleted_behind(decision: &Plan, facts: &Facts<'_>, lane: &[MutationRow]) -> bool {
    let (own, behind) = split(lane);
    if *decision != Plan::Agreed || facts.local.is_some() || behind.is_empty() {
        return false;
    }
    let local = with_all(facts.base, own);
    matches!(plan(&Facts { local: local.as_ref(), ..*facts }), Plan::Conflict { .. })
        && matches!(facts.remote, Remote::Deleted { .. } | Remote::Missing)
}

/// Where both sides merge by themselves only because a later change takes back here what an earlier one does to a field that
/// the server's side has changed too: sent, the earlier one would go over that unseen, and the later one may fail yet.
pub(crate) fn is_taken_back_behind(decision: &Plan, facts: &Facts<'_>, lane: &[MutationRow]) -> bool {
    if !matches!(decision, Plan::Rebase { .. }) {
        return false;
    }
    let mut local = facts.base.cloned();
    lane.iter().any(|mutation| {
        local = on_top(local.take(), mutation).0;
        let decision = plan(&Facts { local: local.as_ref(), ..*facts });
        matches!(decision, Plan::Conflict { kind: ConflictType::BothUpdated, .. })
    })
}

/// Ends a change that is not sent. What waited for it waits for what it waited for itself: the order of its transaction
/// stays.
pub(crate) fn end_in_order(
    tx: &Connection,
    mutation: &MutationRow,
    how: Ended<'_>,
    now: Millis,
) -> Result<(), StoreError> {
    for ahead in edges::waits_for(tx, mutation.seq)? {
        for waiting in edges::waited_on_by(tx, mutation.seq)? {
            edges::add(tx, waiting, ahead)?;
        }
    }
    outbox::end(tx, mutation, how, now)
}
