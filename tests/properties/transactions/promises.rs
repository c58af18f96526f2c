//! What is promised of transactions whatever was refused and when.

use super::desk::{Desk, holds, is_taken};
use super::kept;
use super::reference::{Act, Entry, Reference};
use serde_json::Value;
use std::collections::BTreeMap;
use tidemark_model::mutation::MutationState;
use tidemark_model::transaction::{Strategy, TransactionState};
use tidemark_model::view::{
    ChangeRow, ChangeState, TransactionDetail, TransactionError, TransactionRow, WaitReason,
};
use tidemark_tests::direct::Taken;

/// Whether a saga has begun to take something back: one of its records has more changes than it has members there.
pub fn took_back(detail: &TransactionDetail, taken: &[Taken], reference: &Reference) -> bool {
    detail.row.strategy == Strategy::Saga
        && detail.row.state == TransactionState::Failed
        && reference.members(&detail.row.id).iter().any(|entry| is_taken(entry, detail, taken))
}

/// A transaction fails because the server refused a record of it, a person threw a part away, or one ahead of it failed.
pub fn has_a_reason(desk: &Desk, row: &TransactionRow, after: &str) {
    let records = |id: &str| -> Vec<String> {
        desk.detail(id).changes.into_iter().map(|change| change.record).collect()
    };
    match &row.error {
        Some(TransactionError::Refused { change, .. }) => {
            let record = desk.record_of(change);
            assert!(
                desk.refused.contains(&record) || desk.thinned.contains(&row.id),
                "{record} was never refused: {row:?} after {after}"
            );
        }
        Some(TransactionError::DependencyFailed { transaction }) => {
            let ahead = desk.detail(transaction);
            let failed = ahead.history.iter().any(|step| step.to == TransactionState::Failed);
            assert!(failed, "the one ahead never failed: {row:?} after {after}");
            let mine = records(&row.id);
            let shared = ahead.changes.iter().any(|change| mine.contains(&change.record));
            assert!(shared, "they share no record: {row:?} after {after}");
        }
        Some(TransactionError::Discarded) => {
            assert!(desk.thinned.contains(&row.id), "nothing of it was discarded: {row:?} after {after}");
        }
        None => panic!("it says no reason: {row:?} after {after}"),
    }
}

/// Every transaction behind one that lost its changes fails with it.
pub fn took_along(desk: &Desk, failed: &[String], rows: &[TransactionRow], after: &str) {
    for id in failed {
        for behind in desk.reference.behind(id) {
            let Some(row) = rows.iter().find(|row| row.id == behind) else { continue };
            let ended = matches!(row.state, TransactionState::Failed | TransactionState::Completed);
            assert!(ended || !row.strategy.locks(), "{row:?} stood behind {id}, which failed, after {after}");
        }
    }
}

/// After every step.
pub fn hold_always(desk: &Desk, rows: &[TransactionRow], taken: &[Taken], after: &str) {
    for row in rows {
        let detail = desk.detail(&row.id);
        is_a_legal_path(&detail, after);
        let members = desk.reference.members(&row.id);
        // What a person decided for the server's side is no part of it any more.
        let decided = |entry: &Entry| {
            let of = |change: &&ChangeRow| change.record == entry.record;
            detail.changes.iter().filter(of).any(|change| change.mutation_state == MutationState::Superseded)
        };
        let members = members.into_iter().filter(|entry| !decided(entry));
        let flags: Vec<bool> = members.map(|entry| came_in(desk, entry, &detail, taken)).collect();
        if desk.thinned.contains(&row.id) {
            continue;
        }
        if row.strategy == Strategy::Atomic {
            let alike = flags.iter().all(|flag| *flag == flags[0]);
            assert!(alike, "all or none: {flags:?} of {detail:#?} after {after}\n{taken:#?}");
        }
        if row.strategy.in_order() {
            let prefix = flags.windows(2).all(|pair| pair[0] || !pair[1]);
            assert!(prefix, "one after the other: {flags:?} of {detail:#?} after {after}");
        }
        if row.state == TransactionState::Completed {
            assert!(flags.iter().all(|flag| *flag), "done, and {flags:?}: {detail:#?} after {after}");
            // Not even what would take a part of it back.
            let left = detail.changes.iter().find(|change| !change.mutation_state.is_finished());
            assert_eq!(left, None, "done, and something of it is not: {detail:#?} after {after}");
        }
    }
}

/// Whether a member was taken, by itself or with what was edited on top and came back with it.
fn came_in(desk: &Desk, member: &Entry, detail: &TransactionDetail, taken: &[Taken]) -> bool {
    let joined = desk
        .reference
        .entries
        .iter()
        .filter(|entry| entry.record == member.record && entry.transaction == member.transaction);
    joined.into_iter().any(|entry| is_taken(entry, detail, taken))
}

fn is_a_legal_path(detail: &TransactionDetail, after: &str) {
    use TransactionState::{Completed, Pending, PersistedAwaitingSync, Persisting, Queued};
    let mut stood = None;
    for step in &detail.history {
        let legal = step.from == stood
            && match (step.from, step.to) {
                (None, to) => to == Pending,
                (Some(Completed), _) => false,
                (Some(PersistedAwaitingSync), to) => to == Completed,
                (Some(Persisting), Queued) => false,
                (Some(from), to) => from != to || to == Queued,
            };
        assert!(legal, "no legal path after {after}: {:#?}", detail.history);
        stood = Some(step.to);
    }
    assert_eq!(stood, Some(detail.row.state), "its history ends where it stands, after {after}");
}

/// When faults have stopped and nothing moves any more.
pub fn hold_at_rest(desk: &Desk, there: &BTreeMap<String, Value>) {
    let rows = desk.rows();
    let queue = desk.queue();
    for row in &rows {
        let detail = desk.detail(&row.id);
        assert!(is_explained(row, &rows, &queue), "{detail:#?} waits for nothing:\n{queue:#?}");
        if row.strategy == Strategy::Saga && row.state == TransactionState::Failed {
            left_nothing_untold(desk, &detail, there);
        }
    }
    kept::nothing_typed_is_lost(desk);
}

/// It has ended, or something in one of its lanes needs a person, or one that is explained is ahead.
fn is_explained(row: &TransactionRow, rows: &[TransactionRow], queue: &[ChangeRow]) -> bool {
    if row.state.is_ended() {
        return true;
    }
    let mine = || queue.iter().filter(|change| change.transaction.as_ref() == Some(&row.id));
    let blocks = |change: &ChangeRow| {
        let in_lane = !matches!(change.reason, Some(WaitReason::RolledBack { .. }));
        change.state == ChangeState::NeedsYou && in_lane
    };
    let needs_you = queue.iter().filter(|change| blocks(change));
    let stopped: Vec<&str> = needs_you.map(|change| change.record.as_str()).collect();
    if mine().any(|change| stopped.contains(&change.record.as_str())) {
        return true;
    }
    // One that locks nothing is behind nobody; its changes wait in their lanes all the same.
    let earlier = |change: &ChangeRow| {
        let ahead = |other: &ChangeRow| other.record == change.record && other.number.0 < change.number.0;
        queue.iter().any(|other| ahead(other) && !matches!(other.reason, Some(WaitReason::RolledBack { .. })))
    };
    if !row.strategy.locks() && mine().any(earlier) {
        return true;
    }
    let ahead = row.queued_behind.as_ref().and_then(|id| rows.iter().find(|other| other.id == *id));
    ahead.is_some_and(|ahead| !ahead.state.is_ended() && is_explained(ahead, rows, queue))
}

/// What a failed saga brought about was taken back, is told as kept, or needs a person.
fn left_nothing_untold(desk: &Desk, detail: &TransactionDetail, there: &BTreeMap<String, Value>) {
    let row = &detail.row;
    if desk.thinned.contains(&row.id) {
        return;
    }
    let left = |entry: &&&Entry| entry.act != Act::Delete && holds(there.get(&entry.record), entry);
    let members = desk.reference.members(&row.id);
    let left = members.iter().filter(left).count();
    let told = match &row.error {
        Some(TransactionError::Refused { kept, .. }) => usize::try_from(kept.0).unwrap(),
        _ => 0,
    };
    let waits = detail.changes.iter().filter(|change| change.mutation_state == MutationState::Parked);
    let own = waits.filter(|change| !matches!(change.reason, Some(WaitReason::RolledBack { .. }))).count();
    let single = members.len() == 1;
    assert!(single || left <= told + own, "{left} of it are there, {told} are told: {detail:#?}");
}
