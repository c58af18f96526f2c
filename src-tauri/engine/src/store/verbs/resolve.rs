//! Ending a conflict by a person's or a rule's decision (rows D7, D9; `engine.md` 10).

mod behind;
pub(crate) mod masked;
mod undo;

pub(crate) use undo::undo;

use super::border::{end_in_order, split};
use super::{Moved, parents};
use crate::store::conflicts::{self, ConflictRecord, DecidedBy, Ending};
use crate::store::outbox::{self, Ended, Membership, MutationRow, NewMutation};
use crate::store::places::{Place, refuse};
use crate::store::records::{self, RecordRow};
use crate::store::{StoreError, activity, counters, edges};
use behind::InPlace;
use rusqlite::Connection;
use serde_json::Value;
use std::collections::BTreeMap;
use tidemark_model::change::{self, Change};
use tidemark_model::document::{self, same};
use tidemark_model::merge::{self, Choice, ResolveError, Veil};
use tidemark_model::mutation::{MutationState, Operation};
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{ChoiceAt, Decided, FieldChoice, RefusalCode, Resolution, Resolved};

/// A decision with what the caller makes for it.
#[derive(Clone, Debug)]
pub struct Decision {
    /// What is decided.
    pub resolution: Resolution,
    /// Who decides.
    pub by: DecidedBy,
    /// The id of the change that will carry it.
    pub mutation_id: String,
    /// Whose change that is; none for whoever is signed in.
    pub principal: Option<String>,
    /// How long it is held for undo, in milliseconds; 0 sends at once.
    pub hold: Millis,
    /// Now.
    pub now: Millis,
}

impl Decision {
    fn ending<'a>(&'a self, result: Option<&'a Value>, mutation_id: Option<&'a str>) -> Ending<'a> {
        Ending { resolution: &self.resolution, by: self.by, result, mutation_id }
    }
}

/// Ends a conflict, or keeps its choices for later; `fresh_id` names what has to be saved anew behind the resolution.
pub(crate) fn resolve(
    tx: &Connection,
    place: &Place,
    conflict: &ConflictRecord,
    decision: &Decision,
    fresh_id: &dyn Fn() -> String,
) -> Result<(Resolved, Moved), StoreError> {
    if !conflict.open {
        return Err(refuse(
            RefusalCode::NotNow,
            format!("conflict {} is settled already", conflict.id),
            "Look at the record; it may have come back as a new conflict.",
        ));
    }
    let decision =
        &Decision { resolution: masked::meant(place, conflict, &decision.resolution)?, ..decision.clone() };
    if let Resolution::Skip { choices, until } = &decision.resolution {
        check_choices(place, conflict, choices)?;
        conflicts::set_choices(tx, conflict.id, choices, *until)?;
        let kept = Resolved { conflict: Count(conflict.id), change: None, sends_at: None, result: None };
        return Ok((kept, Moved::default()));
    }
    if let (DecidedBy::Person, Resolution::Manual { choices, .. }) = (decision.by, &decision.resolution) {
        conflicts::set_choices(tx, conflict.id, choices, None)?;
    }
    let decision =
        &Decision { resolution: completed(place, conflict, &decision.resolution), ..decision.clone() };
    let record = records::get(tx, conflict.record_id)?
        .ok_or_else(|| StoreError::Corrupt(format!("conflict {} has no record", conflict.id)))?;
    let lane = outbox::lane(tx, record.id)?;
    let result = result_of(place, conflict, &decision.resolution)?;
    let at = At { place, conflict, record: &record, lane: &lane, now: decision.now };
    if carrier(conflict, result.as_ref()).is_none() {
        return take_server(tx, &at, decision, result.as_ref());
    }
    let (own, behind) = split(&lane);
    let own_result = match behind {
        [] => result.clone(),
        _ => behind::own_result(place, conflict, &decision.resolution, own, result.as_ref())?,
    };
    match carrier(conflict, own_result.as_ref()) {
        None => let_go(tx, &at, decision, own_result.as_ref(), result.as_ref()),
        Some((operation, changes)) => {
            let own = Own { operation, changes: &changes, document: own_result.as_ref() };
            send(tx, &at, decision, &own, result.as_ref(), fresh_id)
        }
    }
}

struct At<'a> {
    place: &'a Place,
    conflict: &'a ConflictRecord,
    record: &'a RecordRow,
    lane: &'a [MutationRow],
    now: Millis,
}

/// What a resolution sends, and the document that it leads to.
struct Own<'a> {
    operation: Operation,
    changes: &'a [Change],
    document: Option<&'a Value>,
}

/// A person's choices with what rules decided of the other fields.
fn completed(place: &Place, conflict: &ConflictRecord, resolution: &Resolution) -> Resolution {
    let (Resolution::Manual { choices, document: None }, Some(local), Some(server)) =
        (resolution, &conflict.local, &conflict.server.document)
    else {
        return resolution.clone();
    };
    let merged = merge::merge(conflict.base.as_ref(), local, server, &place.rules);
    let open = |path: &str| {
        merged.clashes().any(|field| field.path == path) && choices.iter().all(|choice| choice.path != path)
    };
    let ruled = conflict.ruled.iter().filter(|ruled| open(&ruled.path));
    let ruled = ruled.map(|ruled| ChoiceAt { path: ruled.path.clone(), choice: ruled.choice.clone() });
    Resolution::Manual { choices: choices.iter().cloned().chain(ruled).collect(), document: None }
}

/// The document that the decision leads to; none where the record is to be gone.
pub(crate) fn result_of(
    place: &Place,
    conflict: &ConflictRecord,
    resolution: &Resolution,
) -> Result<Option<Value>, StoreError> {
    match resolution {
        Resolution::ServerWins {} => Ok(conflict.server.document.clone()),
        Resolution::LocalWins {} => match (&conflict.local, &conflict.server.document) {
            (Some(local), Some(server)) => {
                let merged = merge::merge(conflict.base.as_ref(), local, server, &place.rules);
                let mine: BTreeMap<String, Choice> =
                    merged.clashes().map(|field| (field.path.clone(), Choice::Mine)).collect();
                merge::resolve(conflict.base.as_ref(), local, server, &place.rules, &mine)
                    .map(Some)
                    .map_err(|error| not_resolved(conflict, &error))
            }
            (local, _) => Ok(local.clone()),
        },
        Resolution::Manual { document: Some(text), choices } if choices.is_empty() => {
            let document = document::typed(text.as_bytes())
                .map_err(|error| invalid(format!("the merged document cannot be used: {error}")))?;
            let (wanted, found) = (Some(conflict.rid.as_str()), id_of(&document, &place.id_field));
            if found.is_some() && found.as_deref() != wanted {
                return Err(invalid(format!("the merged document has another '{}'", place.id_field)));
            }
            Ok(Some(document))
        }
        Resolution::Manual { document: Some(_), .. } => {
            Err(invalid("a merged document and choices by field were both given".into()))
        }
        Resolution::Manual { document: None, choices } => {
            match (&conflict.local, &conflict.server.document) {
                (Some(local), Some(server)) => {
                    let choices = parse_choices(choices)?;
                    merge::resolve(conflict.base.as_ref(), local, server, &place.rules, &choices)
                        .map(Some)
                        .map_err(|error| not_resolved(conflict, &error))
                }
                _ => Err(invalid(
                    "one side deleted this record: there are no fields to choose; keep mine or the server's"
                        .into(),
                )),
            }
        }
        Resolution::Skip { .. } => Ok(None),
    }
}

/// What has to be sent so that the server holds the result; none where it does already.
fn carrier(conflict: &ConflictRecord, result: Option<&Value>) -> Option<(Operation, Vec<Change>)> {
    match (&conflict.server.document, result) {
        (Some(server), Some(result)) if same(server, result) => None,
        (Some(server), Some(result)) => Some((Operation::Update, change::diff(server, result))),
        (Some(_), None) => Some((Operation::Delete, Vec::new())),
        (None, Some(result)) => Some((Operation::Create, vec![Change::set("", result.clone())])),
        (None, None) => None,
    }
}

fn take_server(
    tx: &Connection,
    at: &At<'_>,
    decision: &Decision,
    result: Option<&Value>,
) -> Result<(Resolved, Moved), StoreError> {
    for mutation in at.lane {
        end_in_order(tx, mutation, Ended::Superseded, at.now)?;
    }
    without_sending(tx, at, decision, result, result.is_some())
}

/// The server holds already what was decided about; only what another transaction saved behind it is still to be sent.
fn let_go(
    tx: &Connection,
    at: &At<'_>,
    decision: &Decision,
    own_result: Option<&Value>,
    result: Option<&Value>,
) -> Result<(Resolved, Moved), StoreError> {
    let (own, behind) = split(at.lane);
    let (behind, against) = behind::against(behind, own_result, result);
    for mutation in own.iter().chain(against) {
        end_in_order(tx, mutation, Ended::Superseded, at.now)?;
    }
    behind::lead_to(tx, behind, own_result, result)?;
    without_sending(tx, at, decision, result, true)
}

fn without_sending(
    tx: &Connection,
    at: &At<'_>,
    decision: &Decision,
    result: Option<&Value>,
    visible: bool,
) -> Result<(Resolved, Moved), StoreError> {
    let mut moved = moved_of(at);
    records::set_base(tx, at.record, &at.conflict.server, result, visible, &at.place.rules)?;
    conflicts::resolve(tx, at.conflict.id, &decision.ending(result, None), at.now)?;
    tell(at, tx, decision)?;
    moved.settled.push(at.conflict.id);
    Ok((resolved(at, None, None, result), moved))
}

fn send(
    tx: &Connection,
    at: &At<'_>,
    decision: &Decision,
    own: &Own<'_>,
    result: Option<&Value>,
    fresh_id: &dyn Fn() -> String,
) -> Result<(Resolved, Moved), StoreError> {
    let sends_at = (decision.hold.0 > 0).then(|| decision.now.plus(decision.hold.0));
    let mut moved = moved_of(at);
    moved.changes.push(decision.mutation_id.clone());
    let (taken_in, behind) = split(at.lane);
    counters::saved(tx, at.place.link_id, at.place.collection_id)?;
    let seq = outbox::insert(
        tx,
        &NewMutation {
            id: &decision.mutation_id,
            link_id: at.place.link_id,
            collection_id: at.place.collection_id,
            record_id: at.record.id,
            rid: &at.record.rid,
            principal: decision.principal.as_deref().unwrap_or(&at.place.principal),
            operation: own.operation,
            changes: own.changes,
            metadata: None,
            priority: at.place.priority,
            state: MutationState::Queued,
            head: false,
            undo_until: sends_at,
            into_id: None,
            conflict_id: Some(at.conflict.id),
            member: membership(taken_in),
            now: decision.now,
        },
    )?;
    let (behind, mut against) = behind::against(behind, own.document, result);
    if sends_at.is_none() {
        for mutation in std::mem::take(&mut against) {
            end_in_order(tx, mutation, Ended::Superseded, at.now)?;
        }
    }
    let first = InPlace { id: &decision.mutation_id, seq, document: own.document };
    moved.changes.extend(behind::take_places(tx, at, taken_in, (behind, against), &first, result, fresh_id)?);
    parents::attach(tx, at.place, seq, own.document)?;
    // On top of the version that was looked at: it is the base from now on.
    records::set_base(tx, at.record, &at.conflict.server, result, true, &at.place.rules)?;
    if decision.by == DecidedBy::Person {
        // What a rule takes was changed when it was changed.
        records::touch_local(tx, at.record.id, decision.now)?;
    }
    let id = Some(decision.mutation_id.as_str());
    conflicts::resolve(tx, at.conflict.id, &decision.ending(result, id), decision.now)?;
    tell(at, tx, decision)?;
    moved.settled.push(at.conflict.id);
    Ok((resolved(at, id, sends_at, result), moved))
}

/// Says in the activity how it was decided.
fn tell(at: &At<'_>, tx: &Connection, decision: &Decision) -> Result<(), StoreError> {
    let decided = match (decision.by, &decision.resolution) {
        (DecidedBy::Rule, _) => Decided::ByRule,
        (DecidedBy::Hook, _) => Decided::ByHook,
        (DecidedBy::Person, Resolution::LocalWins {}) => Decided::Mine,
        (DecidedBy::Person, Resolution::ServerWins {}) => Decided::Server,
        (DecidedBy::Person, Resolution::Manual { .. } | Resolution::Skip { .. }) => Decided::Chosen,
    };
    activity::conflict_ended(tx, at.place.link_id, at.conflict, decided, at.now)
}

/// What takes changes in takes over their place in a transaction.
fn membership(lane: &[MutationRow]) -> Option<Membership<'_>> {
    let member = lane.iter().find(|mutation| mutation.transaction_id.is_some())?;
    Some(Membership {
        transaction: member.transaction_id.as_deref()?,
        gated: member.gated,
        compensates: member.compensates.as_deref(),
    })
}

/// One change takes the place of several of a lane: it waits for what any of it waited for, and those that waited for any of
/// it wait for this one. Where both would wait for each other it goes first.
fn take_in(tx: &Connection, lane: &[MutationRow], id: &str, seq: i64, now: Millis) -> Result<(), StoreError> {
    for mutation in lane {
        edges::hand_over(tx, mutation.seq, seq)?;
    }
    // From its end, so that the one at the front lets the new one come to the front.
    for mutation in lane.iter().rev() {
        for parent in edges::waits_for(tx, mutation.seq)? {
            if !edges::leads_to(tx, parent, seq)? {
                edges::add(tx, seq, parent)?;
            }
        }
        outbox::end(tx, mutation, Ended::Combined(id), now)?;
    }
    Ok(())
}

fn moved_of(at: &At<'_>) -> Moved {
    let mut moved = Moved::default();
    moved.record(at.place.collection_id, &at.record.rid);
    moved.changes.extend(at.lane.iter().map(|mutation| mutation.id.clone()));
    moved
}

fn resolved(at: &At<'_>, change: Option<&str>, sends_at: Option<Millis>, result: Option<&Value>) -> Resolved {
    Resolved {
        conflict: Count(at.conflict.id),
        change: change.map(str::to_owned),
        sends_at,
        result: result.map(|result| Veil::new(&at.place.rules).text(result, "")),
    }
}

fn check_choices(place: &Place, conflict: &ConflictRecord, choices: &[ChoiceAt]) -> Result<(), StoreError> {
    let parsed = parse_choices(choices)?;
    let (Some(local), Some(server)) = (&conflict.local, &conflict.server.document) else { return Ok(()) };
    let merged = merge::merge(conflict.base.as_ref(), local, server, &place.rules);
    match parsed.keys().find(|path| !merged.fields.iter().any(|field| field.path == **path)) {
        Some(unknown) => Err(invalid(format!("'{unknown}' is no field of conflict {}", conflict.id))),
        None => Ok(()),
    }
}

pub(crate) fn parse_choices(choices: &[ChoiceAt]) -> Result<BTreeMap<String, Choice>, StoreError> {
    let parse = |at: &ChoiceAt| {
        let choice = match &at.choice {
            FieldChoice::Mine => Choice::Mine,
            FieldChoice::Server => Choice::Server,
            FieldChoice::Base => Choice::Base,
            FieldChoice::Json(text) => {
                Choice::Value(document::typed_value(text.as_bytes()).map_err(|error| {
                    invalid(format!("the value for '{}' cannot be used: {error}", at.path))
                })?)
            }
        };
        Ok((at.path.clone(), choice))
    };
    choices.iter().map(parse).collect()
}

fn not_resolved(conflict: &ConflictRecord, error: &ResolveError) -> StoreError {
    invalid(format!("conflict {}: {error}", conflict.id))
}

fn invalid(message: String) -> StoreError {
    refuse(RefusalCode::Invalid, message, "Look at the conflict's fields and choose again.")
}

fn id_of(document: &Value, field: &str) -> Option<String> {
    match document.get(field)? {
        Value::String(id) => Some(id.clone()),
        other => Some(other.to_string()),
    }
}
