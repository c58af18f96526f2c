//! Taking a resolution back while it is held for that (row D9).

use super::behind::{self, InPlace};
use super::{At, membership};
use crate::store::conflicts::{self, ConflictRecord};
use crate::store::outbox::{self, MutationRow, NewMutation};
use crate::store::places::{Place, refuse};
use crate::store::records::{self, SideState};
use crate::store::verbs::border::{split, with_all};
use crate::store::verbs::{Moved, parents, reconcile};
use crate::store::{StoreError, counters};
use rusqlite::Connection;
use tidemark_model::change::{self, Change};
use tidemark_model::coalesce::{Coalesced, Tail, coalesce};
use tidemark_model::merge;
use tidemark_model::mutation::{MutationState, Operation};
use tidemark_model::number::Millis;
use tidemark_model::view::RefusalCode;

/// Takes a held resolution back: the conflict is open again with its choices, and mine is as it was.
pub(crate) fn undo(
    tx: &Connection,
    place: &Place,
    conflict: &ConflictRecord,
    fresh_id: &dyn Fn() -> String,
    now: Millis,
) -> Result<Moved, StoreError> {
    let carrying = match &conflict.mutation_id {
        Some(id) => outbox::by_id(tx, id)?,
        None => None,
    };
    let held = carrying
        .filter(|m| m.state == MutationState::Queued && !m.dispatched && m.held.as_deref() == Some("undo"));
    let (Some(held), false) = (held, conflict.open) else {
        return Err(refuse(
            RefusalCode::NotNow,
            format!("the resolution of conflict {} is not held any more", conflict.id),
            "Edit the record instead; its history shows what was decided.",
        ));
    };
    let record = records::get(tx, conflict.record_id)?
        .ok_or_else(|| StoreError::Corrupt(format!("conflict {} has no record", conflict.id)))?;
    let lane = outbox::lane(tx, record.id)?;
    conflicts::reopen(tx, conflict.id)?;
    let reopened = |tx: &Connection| {
        conflicts::get(tx, conflict.id)?.ok_or_else(|| StoreError::Corrupt("a conflict vanished".into()))
    };
    let mut lane_before = Vec::new();
    let mut saved = Vec::new();
    for mutation in lane {
        let Before { taken, since, again } = before(tx, mutation, &held)?;
        // What was edited during the window joins the conflict as any later edit does.
        for later in &since {
            let deleted = later.operation == Operation::Delete;
            reconcile::join_conflict(
                tx,
                place,
                &reopened(tx)?,
                &later.changes,
                deleted,
                record.local.as_ref(),
                now,
            )?;
        }
        // The resolution leads from the server's side, not from the base: what it took in is on top of the base.
        saved.push(taken.into_iter().chain(since).collect::<Vec<_>>());
        lane_before.push(again);
    }
    let lane = lane_before;
    let conflict = &reopened(tx)?;
    let (own, behind) = split(&lane);
    let mine = match behind {
        [] => conflict.local.clone(),
        _ => with_all(conflict.base.as_ref(), &saved[..own.len()].concat()),
    };
    let (operation, changes) = match (&conflict.base, &mine) {
        (_, None) => (Operation::Delete, Vec::new()),
        (None, Some(local)) => (Operation::Create, vec![Change::set("", local.clone())]),
        (Some(base), Some(local)) => (Operation::Update, change::diff(base, local)),
    };
    counters::saved(tx, place.link_id, place.collection_id)?;
    let mutation_id = fresh_id();
    let seq = outbox::insert(
        tx,
        &NewMutation {
            id: &mutation_id,
            link_id: place.link_id,
            collection_id: place.collection_id,
            record_id: record.id,
            rid: &record.rid,
            principal: &place.principal,
            operation,
            changes: &changes,
            metadata: None,
            priority: place.priority,
            state: MutationState::Conflicted,
            head: false,
            undo_until: None,
            into_id: None,
            conflict_id: None,
            member: membership(own),
            now,
        },
    )?;
    let at = At { place, conflict, record: &record, lane: &lane, now };
    let first = InPlace { id: &mutation_id, seq, document: mine.as_ref() };
    let again = behind::take_places(tx, &at, (own, behind), &first, conflict.local.as_ref(), fresh_id)?;
    parents::attach(tx, place, seq, mine.as_ref())?;
    let base = SideState { document: conflict.base.clone(), version: None, at: conflict.base_at, by: None };
    let shown = match (&conflict.local, &conflict.server.document) {
        (Some(local), Some(server)) => {
            Some(merge::merge(conflict.base.as_ref(), local, server, &place.rules).merged)
        }
        (local, _) => local.clone(),
    };
    records::set_base(tx, &record, &base, shown.as_ref(), true)?;
    let mut moved = Moved::default();
    moved.record(place.collection_id, &record.rid);
    moved.changes.extend([held.id, mutation_id]);
    moved.changes.extend(again);
    Ok(moved)
}

/// What one of the lane stood for before the decision, and what was saved during the window.
struct Before {
    taken: Vec<MutationRow>,
    since: Vec<MutationRow>,
    /// The same without what the decision made of its changes.
    again: MutationRow,
}

fn before(tx: &Connection, mutation: MutationRow, held: &MutationRow) -> Result<Before, StoreError> {
    let (taken, since): (Vec<_>, Vec<_>) =
        outbox::combined_into(tx, &mutation.id, held)?.into_iter().partition(|one| one.seq < held.seq);
    if mutation.id == held.id {
        return Ok(Before { taken, since, again: mutation });
    }
    let Some(mut whole) = taken.first().cloned() else {
        // It was saved during the window, with all that joined it.
        return Ok(Before { taken, since: vec![mutation.clone()], again: mutation });
    };
    for later in &since {
        let tail = Tail {
            operation: whole.operation,
            changes: &whole.changes,
            open: true,
            depended_on: false,
            newer_refers_ahead: false,
        };
        if let Coalesced::Into { operation, changes } = coalesce(&tail, later.operation, &later.changes) {
            (whole.operation, whole.changes) = (operation, changes);
        }
    }
    let again = MutationRow { operation: whole.operation, changes: whole.changes, ..mutation };
    Ok(Before { taken, since, again })
}
