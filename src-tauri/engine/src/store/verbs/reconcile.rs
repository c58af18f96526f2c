//! Carrying out a plan for one record (`engine.md` 8, 10).

use super::{MetConflict, Moved};
use super::{border, gone};
use crate::store::activity::{self, Met, NewLine};
use crate::store::conflicts::{self, ConflictRecord, Merged, Sides};
use crate::store::outbox::{self, Ended, MutationRow};
use crate::store::places::Place;
use crate::store::records::{self, RecordRow, SideState};
use crate::store::{StoreError, edges, transactions};
use rusqlite::Connection;
use serde_json::Value;
use tidemark_model::change::{self, Change};
use tidemark_model::coalesce::union;
use tidemark_model::connector::Remote;
use tidemark_model::document::same;
use tidemark_model::merge::{Merge, merge};
use tidemark_model::mutation::MutationState;
use tidemark_model::number::{Count, Millis};
use tidemark_model::path;
use tidemark_model::plan::{Facts, Plan, plan};
use tidemark_model::planted::{self, Bug};
use tidemark_model::view::{ChoiceAt, ConflictType, Decided, Happened};

/// Where a server state came from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    /// The acknowledgement sequence before a pull's request; none for an answer to our own write or a fetch by id.
    pub(crate) pull_ack_seq: Option<i64>,
    /// The running whole comparison.
    pub(crate) generation: Option<i64>,
    /// An answer of ours was lost: what came may already hold our change.
    pub(crate) may_be_in: bool,
    /// Now.
    pub(crate) now: Millis,
}

/// What became of the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Became {
    Unchanged,
    Changed,
    Removed,
    SetAside,
    Conflicted,
}

/// Plans and applies what the server says about one record.
pub(crate) fn reconcile(
    tx: &Connection,
    place: &Place,
    rid: &str,
    remote: &Remote,
    origin: &Origin,
    moved: &mut Moved,
) -> Result<Became, StoreError> {
    let Some(record) = records::by_rid(tx, place.collection_id, rid)? else {
        if let Some(side) = side_of(remote).filter(|side| side.document.is_some()) {
            records::adopt(
                tx,
                place.collection_id,
                rid,
                &side,
                &place.rules,
                origin.generation.unwrap_or(0),
            )?;
            moved.record(place.collection_id, rid);
            return Ok(Became::Changed);
        }
        return Ok(Became::Unchanged);
    };
    if let Some(generation) = origin.generation {
        records::mark_seen(tx, record.id, generation)?;
    }
    let lane = outbox::lane(tx, record.id)?;
    let conflict = if lane.is_empty() { None } else { conflicts::open_of(tx, record.id)? };
    if conflict.is_none() && is_told(&record, &lane, remote) {
        return Ok(Became::Unchanged);
    }
    let in_flight = lane.iter().any(|m| matches!(m.state, MutationState::Sealed | MutationState::Uncertain))
        || origin.pull_ack_seq.is_some_and(|seq| record.acked_at_seq > seq)
        || (origin.pull_ack_seq.is_some() && is_locked(tx, &record, &lane)?);
    let in_flight = in_flight && !planted::is(Bug::PlanDuringAnswer);
    if planted::is(Bug::KeepDeleted) && matches!(remote, Remote::Deleted { .. }) && lane.is_empty() {
        return Ok(Became::Unchanged);
    }
    let facts = Facts {
        base: conflict.as_ref().map_or(record.base.document.as_ref(), |conflict| conflict.base.as_ref()),
        base_version: record.base.version.as_deref(),
        local: conflict.as_ref().map_or(record.local.as_ref(), |conflict| conflict.local.as_ref()),
        pending: !lane.is_empty(),
        in_flight,
        conflict: conflict.as_ref().map(|conflict| conflict.server.version.as_deref()),
        remote,
        rules: &place.rules,
        strategy: place.strategy,
    };
    let planned = plan(&facts);
    if border::is_deleted_behind(&planned, &facts, &lane) {
        gone::take_in(tx, place, &record, &lane, remote, origin.now, moved)?;
        let at = At { place, record: &record, lane: &lane, done: &[], conflict: conflict.as_ref(), origin };
        settle_conflict(tx, &at, None, moved)?;
        return Ok(Became::Changed);
    }
    let (decision, done) = border::agreed(planned, &facts, &lane);
    let in_already = border::in_already(&decision, &facts, &lane);
    let waiting = &lane[in_already.len()..];
    // Also what is parked: once the base has moved, no look at the record could tell whether it is in.
    let doubtful = waiting
        .iter()
        .any(|m| matches!(m.state, MutationState::Queued | MutationState::Parked) && m.may_be_in);
    let origin = &Origin { may_be_in: origin.may_be_in || doubtful, ..*origin };
    let asks = origin.may_be_in || border::is_taken_back_behind(&decision, &facts, &lane);
    let decision = if asks { asked(decision, &facts) } else { decision };
    let head = lane.first().filter(|head| head.state == MutationState::Queued && origin.may_be_in);
    match (&decision, &record.local, remote, head) {
        (Plan::Known, None, Remote::Deleted { .. }, Some(_)) => {
            gone::take_in(tx, place, &record, &lane, remote, origin.now, moved)?;
            return Ok(Became::Changed);
        }
        // It is done when its turn comes.
        (Plan::Agreed, None, _, Some(head)) if gone::waits(head) => return Ok(Became::Unchanged),
        _ => {}
    }
    let (lane, done) = match decision {
        Plan::Rebase { .. } => (waiting, in_already),
        _ => (&lane[..], done),
    };
    let at = At { place, record: &record, lane, done, conflict: conflict.as_ref(), origin };
    apply(tx, &at, remote, decision, moved)
}

/// What is pulled for a record of a transaction that has begun is planned when that ends.
fn is_locked(tx: &Connection, record: &RecordRow, lane: &[MutationRow]) -> Result<bool, StoreError> {
    Ok(lane.iter().any(|mutation| mutation.transaction_id.is_some())
        && transactions::is_locked(tx, record.id)?)
}

/// What merges by itself is decided by a person. After a lost answer what the server has may be ours and a colleague's on top,
/// and putting ours on it once more could take the colleague's back (`engine.md` 4).
fn asked(decision: Plan, facts: &Facts<'_>) -> Plan {
    match (decision, facts.local, facts.remote) {
        (Plan::Rebase { .. }, Some(local), Remote::Present { document, .. }) => Plan::Conflict {
            kind: ConflictType::BothUpdated,
            merge: Some(merge(facts.base, local, document, facts.rules)),
        },
        (Plan::Known, Some(_), Remote::Deleted { .. }) => {
            Plan::Conflict { kind: ConflictType::UpdatedHereDeletedThere, merge: None }
        }
        (decision, _, _) => decision,
    }
}

/// A resolution that the server stored otherwise needs a person, who was told of this very version; sent again it meets
/// the version and the conflict opens.
fn is_told(record: &RecordRow, lane: &[MutationRow], remote: &Remote) -> bool {
    let parked =
        lane.first().is_some_and(|head| head.state == MutationState::Parked && head.conflict_id.is_some());
    parked && remote.version().is_some() && record.remote_version.as_deref() == remote.version()
}

struct At<'a> {
    place: &'a Place,
    record: &'a RecordRow,
    lane: &'a [MutationRow],
    /// What ends because the server has it.
    done: &'a [MutationRow],
    conflict: Option<&'a ConflictRecord>,
    origin: &'a Origin,
}

fn apply(
    tx: &Connection,
    at: &At<'_>,
    remote: &Remote,
    decision: Plan,
    moved: &mut Moved,
) -> Result<Became, StoreError> {
    let record = at.record;
    let changed = |moved: &mut Moved| moved.record(at.place.collection_id, &record.rid);
    match decision {
        Plan::Known => Ok(Became::Unchanged),
        Plan::SetAside => {
            records::set_remote(tx, record.id, remote)?;
            records::set_aside(tx, record.id)?;
            Ok(Became::SetAside)
        }
        Plan::Adopt => {
            let side = side_of(remote).unwrap_or_default();
            records::set_base(tx, record, &side, side.document.as_ref(), true, &at.place.rules)?;
            changed(moved);
            Ok(Became::Changed)
        }
        Plan::Remove => {
            let side = side_of(remote).unwrap_or_default();
            records::set_base(tx, record, &side, None, false, &at.place.rules)?;
            changed(moved);
            Ok(Became::Removed)
        }
        Plan::Agreed => {
            let side = side_of(remote).unwrap_or_default();
            end_done(tx, at, moved)?;
            let document = side.document.clone();
            records::set_base(tx, record, &side, document.as_ref(), document.is_some(), &at.place.rules)?;
            settle_conflict(tx, at, document.as_ref(), moved)?;
            changed(moved);
            Ok(Became::Changed)
        }
        Plan::Rebase { merged, combined } => {
            rebase(tx, at, remote, &merged, combined, moved)?;
            changed(moved);
            Ok(Became::Changed)
        }
        Plan::Conflict { kind, merge } => {
            open_conflict(tx, at, remote, kind, merge.as_ref(), moved)?;
            changed(moved);
            Ok(Became::Conflicted)
        }
    }
}

/// The base moves to the server's version; what is pending goes on top of it and leads to `merged`.
fn rebase(
    tx: &Connection,
    at: &At<'_>,
    remote: &Remote,
    merged: &Value,
    combined: bool,
    moved: &mut Moved,
) -> Result<(), StoreError> {
    let side = side_of(remote).unwrap_or_default();
    let local = (!merged.is_null()).then_some(merged);
    if let (true, Some(base), Some(mine), Some(server)) =
        (combined, &at.record.base.document, &at.record.local, &side.document)
    {
        let sides = Merged {
            base,
            local: mine,
            server,
            server_version: side.version.as_deref(),
            merged,
            now: at.origin.now,
        };
        conflicts::log_merge(tx, (at.place.collection_id, at.record.id), &at.record.rid, &sides)?;
        let place = (at.place.link_id, at.place.collection_id);
        let line = NewLine::of_record(&Happened::Merged {}, place, &at.record.rid, at.origin.now);
        let change = at.lane.first().map(|head| head.id.as_str());
        activity::write(tx, &NewLine { change, ..line })?;
    }
    end_done(tx, at, moved)?;
    if let (Some(base), Some(local)) = (&side.document, local) {
        rewrite_lane(tx, at.lane, base, local)?;
    }
    for mutation in at.lane {
        if matches!(mutation.state, MutationState::Queued | MutationState::Conflicted) {
            outbox::unseal(tx, mutation.seq)?;
            outbox::set_state(tx, mutation.seq, MutationState::Queued, mutation.due_at)?;
        }
        if mutation.state == MutationState::Parked && !mutation.may_be_in {
            // Its bytes were made on the older base; sent again they would take a colleague's change back.
            outbox::unseal(tx, mutation.seq)?;
            outbox::set_state(tx, mutation.seq, MutationState::Parked, None)?;
        }
        moved.changes.push(mutation.id.clone());
    }
    records::set_base(tx, at.record, &side, local, true, &at.place.rules)?;
    settle_conflict(tx, at, local, moved)
}

/// Makes the pending changes lead from `base` to `local`: each as far as it still applies, the last with the rest.
pub(crate) fn rewrite_lane(
    tx: &Connection,
    lane: &[MutationRow],
    base: &Value,
    local: &Value,
) -> Result<(), StoreError> {
    let mut document = base.clone();
    let mut kept: Vec<Vec<Change>> = Vec::new();
    for mutation in lane {
        match change::apply(&document, &mutation.changes) {
            Ok(after) => {
                document = after;
                kept.push(mutation.changes.clone());
            }
            // What it named is gone in the new base; the difference below carries what remains of it.
            Err(_) => kept.push(Vec::new()),
        }
    }
    if let (false, Some(last)) = (same(&document, local), kept.last_mut()) {
        *last = union(last, &change::diff(&document, local));
    }
    for (mutation, changes) in lane.iter().zip(&kept) {
        if *changes != mutation.changes {
            outbox::set_changes(tx, mutation.seq, mutation.operation, changes)?;
        }
    }
    Ok(())
}

fn open_conflict(
    tx: &Connection,
    at: &At<'_>,
    remote: &Remote,
    kind: ConflictType,
    merge: Option<&Merge>,
    moved: &mut Moved,
) -> Result<(), StoreError> {
    let server = side_of(remote).unwrap_or_default();
    let settling = at.lane.first().and_then(|head| head.conflict_id);
    let earlier = match (at.conflict, settling) {
        (Some(conflict), _) => Some(conflict.clone()),
        // The server moved while a resolution was on its way: the conflict comes back with its choices.
        (None, Some(id)) => {
            conflicts::reopen(tx, id)?;
            conflicts::get(tx, id)?.map(|conflict| ConflictRecord {
                base: at.record.base.document.clone(),
                local: at.record.local.clone(),
                ..conflict
            })
        }
        (None, None) => None,
    };
    let base = earlier.as_ref().map_or(at.record.base.document.as_ref(), |c| c.base.as_ref());
    let local = earlier.as_ref().map_or(at.record.local.as_ref(), |c| c.local.as_ref());
    let known = |choice: &&ChoiceAt| {
        merge.is_some_and(|merge| merge.fields.iter().any(|field| field.path == choice.path))
    };
    let choices: Vec<ChoiceAt> = earlier.iter().flat_map(|c| &c.choices).filter(known).cloned().collect();
    let sides = Sides {
        kind,
        title: &at.record.title,
        base,
        base_at: at.record.base.at,
        local,
        local_at: at.record.local_at,
        server: &server,
        may_be_in: at.origin.may_be_in,
        to_choose: merge.map_or(1, |merge| merge.clashes().count() as i64),
        merged: merge.map_or(0, |merge| merge.taken().count() as i64),
        shape: merge.map_or_else(Vec::new, Merge::shape),
        choices: &choices,
        now: at.origin.now,
    };
    let id = match &earlier {
        Some(conflict) => {
            conflicts::refresh(tx, conflict.id, &sides)?;
            conflict.id
        }
        None => {
            let keys = (at.place.link_id, at.place.collection_id, at.record.id);
            conflicts::insert(tx, keys, &at.record.rid, &sides)?
        }
    };
    activity::conflict_met(
        tx,
        &Met {
            place: (at.place.link_id, at.place.collection_id),
            rid: &at.record.rid,
            change: at.lane.first().map(|head| head.id.as_str()),
            by: server.by.as_deref(),
            happened: Happened::ConflictMet { conflict: Count(id), kind, again: earlier.is_some() },
            now: at.origin.now,
        },
    )?;
    hold_lane(tx, at.lane, moved)?;
    records::ask_about(tx, at.record.id, remote)?;
    if let Some(merge) = merge {
        // The clashing paths show Mine, all others the merge.
        records::show(tx, at.record, &merge.merged, &at.place.rules)?;
    }
    moved.conflicts.push(MetConflict {
        id: Count(id),
        collection_id: at.place.collection_id,
        rid: at.record.rid.clone(),
        title: at.record.title.clone(),
        refreshed: earlier.is_some(),
    });
    Ok(())
}

/// Only the record's own lane waits: its first change stands in the conflict.
fn hold_lane(tx: &Connection, lane: &[MutationRow], moved: &mut Moved) -> Result<(), StoreError> {
    if let Some(head) = lane.first() {
        outbox::unseal(tx, head.seq)?;
        outbox::set_conflicted(tx, head.seq)?;
        moved.changes.push(head.id.clone());
    }
    Ok(())
}

/// A local edit made while the conflict is open joins it; choices for what it touched start over.
pub(crate) fn join_conflict(
    tx: &Connection,
    place: &Place,
    conflict: &ConflictRecord,
    changes: &[Change],
    deleted: bool,
    shown: Option<&Value>,
    now: Millis,
) -> Result<(), StoreError> {
    let local = match (&conflict.local, deleted) {
        (_, true) => None,
        // The edit was made on what is shown, which holds the server's other fields too; where it names a place that
        // mine alone does not have, what is shown is mine from now on.
        (Some(local), false) => change::apply(local, changes).ok().or_else(|| shown.cloned()),
        // It was deleted here and is made again, or was shown because of a decision that was taken back since.
        (None, false) => match changes.first() {
            Some(Change::Set { path, set }) if path.is_empty() => Some(set.clone()),
            _ => shown.cloned(),
        },
    };
    let merged = match (&local, &conflict.server.document) {
        (Some(local), Some(server)) => Some(merge(conflict.base.as_ref(), local, server, &place.rules)),
        _ => None,
    };
    let kind = match (&local, &conflict.server.document, &conflict.base) {
        (None, _, _) => ConflictType::DeletedHereUpdatedThere,
        (Some(_), None, _) => ConflictType::UpdatedHereDeletedThere,
        (Some(_), Some(_), None) => ConflictType::CreatedOnBoth,
        (Some(_), Some(_), Some(_)) => ConflictType::BothUpdated,
    };
    let touched = |choice: &&ChoiceAt| {
        !changes.iter().any(|change| {
            path::within(&choice.path, change.path()) || path::within(change.path(), &choice.path)
        })
    };
    let choices: Vec<ChoiceAt> = conflict.choices.iter().filter(touched).cloned().collect();
    let sides = Sides {
        kind,
        title: &conflict.title,
        base: conflict.base.as_ref(),
        base_at: conflict.base_at,
        local: local.as_ref(),
        local_at: Some(now),
        server: &conflict.server,
        may_be_in: conflict.may_be_in,
        to_choose: merged.as_ref().map_or(1, |merge| merge.clashes().count() as i64),
        merged: merged.as_ref().map_or(0, |merge| merge.taken().count() as i64),
        shape: merged.as_ref().map_or_else(Vec::new, Merge::shape),
        choices: &choices,
        now,
    };
    conflicts::refresh(tx, conflict.id, &sides)
}

fn settle_conflict(
    tx: &Connection,
    at: &At<'_>,
    result: Option<&Value>,
    moved: &mut Moved,
) -> Result<(), StoreError> {
    if let Some(conflict) = at.conflict {
        conflicts::end_by_itself(tx, conflict.id, result, at.origin.now)?;
        activity::conflict_ended(tx, at.place.link_id, conflict, Decided::ByItself, at.origin.now)?;
        moved.settled.push(conflict.id);
    }
    Ok(())
}

fn end_done(tx: &Connection, at: &At<'_>, moved: &mut Moved) -> Result<(), StoreError> {
    for mutation in at.done {
        // Children that waited for this record may go: the server has it.
        edges::release(tx, mutation.seq)?;
        outbox::end(tx, mutation, Ended::Superseded, at.origin.now)?;
        let happened = Happened::AlreadyThere { operation: mutation.operation };
        activity::of_change(tx, mutation, &happened, at.origin.now)?;
        moved.changes.push(mutation.id.clone());
    }
    Ok(())
}

/// A server state as a side; none where the server knows nothing.
pub(crate) fn side_of(remote: &Remote) -> Option<SideState> {
    match remote {
        Remote::Present { document, version, at, by } => Some(SideState {
            document: Some(document.clone()),
            version: version.clone(),
            at: *at,
            by: by.clone(),
        }),
        Remote::Deleted { version, at, by } => {
            Some(SideState { document: None, version: version.clone(), at: *at, by: by.clone() })
        }
        Remote::Missing => None,
    }
}

/// A side as the server would tell it.
pub(crate) fn remote_of(side: SideState) -> Remote {
    let SideState { document, version, at, by } = side;
    match document {
        Some(document) => Remote::Present { document, version, at, by },
        None => Remote::Deleted { version, at, by },
    }
}
