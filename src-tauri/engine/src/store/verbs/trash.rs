//! Putting back what was discarded: a new change of the same values on today's record (row A8).

use super::edit::{self, Edit, EditKind};
use super::retention::trash_ends;
use super::{Moved, queue::Bulk, request};
use crate::store::outbox::{self, MutationRow};
use crate::store::places::{self, Place};
use crate::store::records;
use crate::store::{StoreError, activity, links};
use rusqlite::Connection;
use serde_json::Value;
use tidemark_model::change::{self, Change};
use tidemark_model::mutation::{MutationState, Operation};
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{Happened, NotRestored, RestoreResult};

/// How many reasons an answer names.
const REASONS: usize = 20;
/// Why nothing of it can be put back.
const TOO_LATE: &str = "its 30 days in the trash are over";
const NO_LINK: &str = "its connection was removed";
const OTHER_ACCOUNT: &str = "it was made by another account";

/// A change to be put back, and the id of the new one.
#[derive(Clone, Debug)]
pub(crate) struct PutBack {
    pub(crate) id: String,
    pub(crate) new_id: String,
}

/// Puts changes back, the oldest first, so that a record is made before it is changed. What cannot be put back stays in
/// the trash, with the reason.
pub(crate) fn restore(
    tx: &Connection,
    wanted: &[PutBack],
    now: Millis,
) -> Result<(RestoreResult, Moved), StoreError> {
    let mut result = RestoreResult::default();
    let mut bulk = Bulk::default();
    let places = places::all(tx)?;
    let mut found = Vec::new();
    for one in wanted {
        match outbox::by_id(tx, &one.id)? {
            Some(mutation) if mutation.state == MutationState::Discarded => found.push((mutation, one)),
            Some(_) | None => result.already_gone.0 += 1,
        }
    }
    found.sort_by_key(|(mutation, _)| mutation.seq);
    // One that was named twice is put back once.
    found.dedup_by_key(|(mutation, _)| mutation.seq);
    for (mutation, one) in found {
        match restore_one(tx, &places, &mutation, &one.new_id, now)? {
            Ok((new_id, moved)) => {
                outbox::put_back(tx, mutation.seq, &new_id, now)?;
                let happened = Happened::PutBack { operation: mutation.operation, into: new_id };
                activity::of_change(tx, &mutation, &happened, now)?;
                bulk.moved.records.extend(moved.records);
                bulk.moved.changes.extend(moved.changes);
                bulk.moved.conflicts.extend(moved.conflicts);
                bulk.done(mutation);
            }
            Err(why) => {
                result.refused.0 += 1;
                if result.reasons.len() < REASONS {
                    result.reasons.push(NotRestored { id: mutation.id, number: Count(mutation.seq), why });
                }
            }
        }
    }
    let (done, moved) = bulk.told();
    result.done = done.done;
    Ok((result, moved))
}

/// The new change's id, or why there can be none.
type Restored = Result<(String, Moved), String>;

fn restore_one(
    tx: &Connection,
    places: &[Place],
    mutation: &MutationRow,
    new_id: &str,
    now: Millis,
) -> Result<Restored, StoreError> {
    if mutation.operation == Operation::Request {
        return restore_request(tx, mutation, new_id, now);
    }
    let place = match place_of(tx, places, mutation, now)? {
        Ok(place) => place,
        Err(why) => return Ok(Err(why)),
    };
    let kind = match kind_of(tx, place, mutation)? {
        Ok(kind) => kind,
        Err(why) => return Ok(Err(why)),
    };
    let edit = Edit {
        kind,
        mutation_id: new_id.to_owned(),
        metadata: mutation.metadata.clone(),
        priority: Some(mutation.priority),
        member: None,
        depends_on: Vec::new(),
        now,
    };
    // An edit is refused before anything of it is written.
    match edit::save(tx, place, &edit) {
        Ok((saved, moved)) => Ok(match saved.change {
            Some(id) => Ok((id, moved)),
            None => Err(format!("'{}' already has these values", mutation.rid)),
        }),
        Err(StoreError::Refused(refusal)) => Ok(Err(refusal.message)),
        Err(error) => Err(error),
    }
}

/// A request is saved anew as it was; what it waited for is over by now, or was for a person to say again.
fn restore_request(
    tx: &Connection,
    mutation: &MutationRow,
    new_id: &str,
    now: Millis,
) -> Result<Restored, StoreError> {
    if mutation.ended_at.is_some_and(|at| trash_ends(at) <= now) {
        return Ok(Err(TOO_LATE.to_owned()));
    }
    let Some(link) = links::get(tx, mutation.link_id)? else { return Ok(Err(NO_LINK.to_owned())) };
    if outbox::principal(tx, mutation.seq)?.as_deref() != Some(link.principal.as_str()) {
        return Ok(Err(OTHER_ACCOUNT.to_owned()));
    }
    let (_, moved) = request::save(tx, &link, &request::again(mutation, new_id, now)?)?;
    Ok(Ok((new_id.to_owned(), moved)))
}

/// The place that a change was made in, while it can still be sent from there.
fn place_of<'a>(
    tx: &Connection,
    places: &'a [Place],
    mutation: &MutationRow,
    now: Millis,
) -> Result<Result<&'a Place, String>, StoreError> {
    if mutation.ended_at.is_some_and(|at| trash_ends(at) <= now) {
        return Ok(Err(TOO_LATE.to_owned()));
    }
    if !links::is_there(tx, mutation.link_id)? {
        return Ok(Err(NO_LINK.to_owned()));
    }
    let Some(place) = places.iter().find(|place| place.collection_id == mutation.collection_id) else {
        return Ok(Err("its collection is no longer kept here".to_owned()));
    };
    if outbox::principal(tx, mutation.seq)?.as_deref() != Some(place.principal.as_str()) {
        return Ok(Err(OTHER_ACCOUNT.to_owned()));
    }
    Ok(Ok(place))
}

/// What the change is as a new edit of today's record.
fn kind_of(
    tx: &Connection,
    place: &Place,
    mutation: &MutationRow,
) -> Result<Result<EditKind, String>, StoreError> {
    let rid = mutation.rid.clone();
    let record = records::by_rid(tx, place.collection_id, &rid)?;
    let here = record.as_ref().and_then(|record| record.local.as_ref());
    let absent = || format!("{} has no record '{rid}' here; what made it comes first", place.collection);
    Ok(match (mutation.operation, here) {
        (Operation::Create, Some(_)) => Err(format!("{} has a record '{rid}' by now", place.collection)),
        (Operation::Create | Operation::Replace, None) => {
            whole(mutation).map(|document| EditKind::Create { document, fresh_id: rid.clone() })
        }
        (Operation::Replace, Some(_)) => whole(mutation)
            .map(|document| EditKind::Update { rid: rid.clone(), changes: vec![Change::set("", document)] }),
        (Operation::Update, Some(_)) => {
            Ok(EditKind::Update { rid: rid.clone(), changes: mutation.changes.clone() })
        }
        (Operation::Delete, Some(_)) => Ok(EditKind::Delete { rid: rid.clone() }),
        (Operation::Update | Operation::Delete, None) => Err(absent()),
        (Operation::Request, _) => {
            // Put back on its own, above: it is no edit of a record.
            Err("it is about no record".to_owned())
        }
    })
}

/// The document that a change makes.
fn whole(mutation: &MutationRow) -> Result<Value, String> {
    let empty = Value::Object(serde_json::Map::new());
    change::apply(&empty, &mutation.changes).map_err(|error| error.to_string())
}
