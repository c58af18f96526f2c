//! What another transaction saved behind the change that a decision is about is no part of it: it keeps its place and its
//! transaction (rows A3, B2).

use super::{At, not_resolved, parse_choices, take_in};
use crate::store::conflicts::ConflictRecord;
use crate::store::outbox::{self, Membership, MutationRow, NewMutation};
use crate::store::places::Place;
use crate::store::verbs::border::with_all;
use crate::store::verbs::discard::on_top;
use crate::store::verbs::reconcile::rewrite_lane;
use crate::store::{StoreError, counters};
use rusqlite::Connection;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use tidemark_model::change::Change;
use tidemark_model::merge::{self, Choice};
use tidemark_model::mutation::{MutationState, Operation};
use tidemark_model::path;
use tidemark_model::view::Resolution;

/// What the decision leads to without what stands behind: theirs and the own changes, each field as it was decided.
pub(super) fn own_result(
    place: &Place,
    conflict: &ConflictRecord,
    resolution: &Resolution,
    own: &[MutationRow],
    result: Option<&Value>,
) -> Result<Option<Value>, StoreError> {
    let choices = match resolution {
        // Nobody can tell whose a typed document is.
        Resolution::Manual { document: Some(_), .. } => return Ok(result.cloned()),
        Resolution::Manual { choices, .. } => parse_choices(choices)?,
        Resolution::LocalWins {} | Resolution::ServerWins {} | Resolution::Skip { .. } => BTreeMap::new(),
    };
    let mine = with_all(conflict.base.as_ref(), own);
    let (Some(mine), Some(server)) = (&mine, &conflict.server.document) else { return Ok(mine) };
    let merged = merge::merge(conflict.base.as_ref(), mine, server, &place.rules);
    let mut decided: BTreeMap<String, Choice> =
        merged.clashes().map(|field| (field.path.clone(), Choice::Mine)).collect();
    let known = |path: &String| merged.fields.iter().any(|field| field.path == *path);
    decided.extend(choices.into_iter().filter(|(path, _)| known(path)));
    merge::resolve(conflict.base.as_ref(), mine, server, &place.rules, &decided)
        .map(Some)
        .map_err(|error| not_resolved(conflict, &error))
}

/// What stays behind, and what ends with the decision: a deletion of what was decided to be there, with what follows it.
pub(super) fn against<'a>(
    behind: &'a [MutationRow],
    first: Option<&Value>,
    result: Option<&Value>,
) -> (&'a [MutationRow], &'a [MutationRow]) {
    let deletes = result.is_some() && with_all(first, behind).is_none();
    let last = behind.iter().rposition(|mutation| mutation.operation == Operation::Delete);
    behind.split_at(last.filter(|_| deletes).unwrap_or(behind.len()))
}

/// The change that takes the place of what it is about, with what it leads to.
pub(super) struct InPlace<'a> {
    pub(super) id: &'a str,
    pub(super) seq: i64,
    pub(super) document: Option<&'a Value>,
}

/// Puts what stands behind `own` behind the change that takes its place, each as a new change of the same values; the
/// whole lane leads to `result`. What was decided `against` keeps its place without doing anything, as long as the decision
/// may be taken back: its transaction goes no further meanwhile.
pub(super) fn take_places(
    tx: &Connection,
    at: &At<'_>,
    own: &[MutationRow],
    (behind, against): (&[MutationRow], &[MutationRow]),
    first: &InPlace<'_>,
    result: Option<&Value>,
    fresh_id: &dyn Fn() -> String,
) -> Result<Vec<String>, StoreError> {
    let nothing = |mutation: &MutationRow| MutationRow {
        operation: Operation::Update,
        changes: Vec::new(),
        conflict_id: None,
        ..mutation.clone()
    };
    let stays: Vec<MutationRow> = behind.iter().cloned().chain(against.iter().map(nothing)).collect();
    let mut again = Vec::with_capacity(stays.len());
    for mutation in &stays {
        let id = fresh_id();
        let seq = save_again(tx, at, mutation, &id)?;
        again.push((id, seq));
    }
    // From its end, so that the one at the front lets the new one come to the front.
    for (mutation, (id, seq)) in stays.iter().zip(&again).rev() {
        take_in(tx, std::slice::from_ref(mutation), id, *seq, at.now)?;
    }
    take_in(tx, own, first.id, first.seq, at.now)?;
    let rows = again.iter().take(behind.len()).filter_map(|(_, seq)| outbox::by_seq(tx, *seq).transpose());
    lead_to(tx, &rows.collect::<Result<Vec<_>, _>>()?, first.document, result)?;
    Ok(again.into_iter().map(|(id, _)| id).collect())
}

/// Makes what stands behind lead from `first` to what was decided. What makes the record again behind a deletion that the
/// decision ends takes the place of what is there; and of a field that stays as it is after the first nothing is changed in
/// between, which would go over the server's unseen and be taken back behind it.
pub(super) fn lead_to(
    tx: &Connection,
    behind: &[MutationRow],
    first: Option<&Value>,
    result: Option<&Value>,
) -> Result<(), StoreError> {
    let Some(result) = result else { return Ok(()) };
    let mut behind = behind.to_vec();
    let mut document = first.cloned();
    for mutation in &mut behind {
        if mutation.operation == Operation::Create && document.is_some() {
            mutation.operation = Operation::Replace;
            outbox::set_changes(tx, mutation.seq, mutation.operation, &mutation.changes)?;
        }
        if let (Operation::Update, Some(first)) = (mutation.operation, first) {
            let leads_on =
                |change: &Change| path::get(first, change.path()) != path::get(result, change.path());
            let (kept, dropped): (Vec<_>, Vec<_>) = mutation.changes.drain(..).partition(leads_on);
            mutation.changes = kept;
            if !dropped.is_empty() {
                outbox::set_changes(tx, mutation.seq, mutation.operation, &mutation.changes)?;
            }
        }
        document = on_top(document, mutation).0;
    }
    rewrite_lane(tx, &behind, first.unwrap_or(&Value::Object(Map::new())), result)
}

fn save_again(tx: &Connection, at: &At<'_>, mutation: &MutationRow, id: &str) -> Result<i64, StoreError> {
    counters::saved(tx, at.place.link_id, at.place.collection_id)?;
    let principal = outbox::principal(tx, mutation.seq)?;
    let member = mutation.transaction_id.as_deref().map(|transaction| Membership {
        transaction,
        gated: mutation.gated,
        compensates: mutation.compensates.as_deref(),
    });
    let seq = outbox::insert(
        tx,
        &NewMutation {
            id,
            link_id: mutation.link_id,
            collection_id: mutation.collection_id,
            record_id: mutation.record_id,
            rid: &mutation.rid,
            principal: principal.as_deref().unwrap_or(&at.place.principal),
            operation: mutation.operation,
            changes: &mutation.changes,
            metadata: mutation.metadata.as_deref(),
            priority: mutation.priority,
            state: MutationState::Queued,
            head: false,
            undo_until: None,
            into_id: None,
            conflict_id: mutation.conflict_id,
            member,
            now: mutation.created_at,
        },
    )?;
    if mutation.held.is_some() {
        outbox::set_held(tx, seq, true)?;
    }
    Ok(seq)
}
