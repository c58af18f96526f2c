//! What a caller says that a change waits for (`engine.md` 5).

use crate::store::outbox::{self, MutationRow};
use crate::store::places::{Place, refuse};
use crate::store::records::RecordRow;
use crate::store::{StoreError, collections, edges};
use rusqlite::Connection;
use serde_json::Value;
use tidemark_model::change;
use tidemark_model::mutation::{MutationState, Operation};
use tidemark_model::temporary;
use tidemark_model::view::RefusalCode;

/// The most changes that one may be told to wait for.
const MOST: usize = 1_000;
/// How many changes are looked at in search of a circle.
const FAR: usize = 1_000;

/// The places in the queue of the changes that are named. One that was taken in is what took it in; one that has ended need
/// not be waited for.
///
/// Errors: an id that no change has, or that a change of another link has.
pub(crate) fn named(tx: &Connection, link_id: i64, ids: &[String]) -> Result<Vec<i64>, StoreError> {
    if ids.len() > MOST {
        return Err(refuse(
            RefusalCode::Invalid,
            format!("{} changes are named to wait for; at most {MOST} are taken", ids.len()),
            "Name those that are nearest; they wait for the others.",
        ));
    }
    let mut seqs = Vec::new();
    for id in ids {
        let found = outbox::by_id(tx, id)?.ok_or_else(|| {
            refuse(
                RefusalCode::NotFound,
                format!("there is no change '{id}' to wait for"),
                "Look at the queue; a change that ended long ago is no longer known.",
            )
        })?;
        if found.link_id != link_id {
            return Err(refuse(
                RefusalCode::Invalid,
                format!("the change '{id}' belongs to another connection"),
                "A change waits for changes of its own connection only.",
            ));
        }
        let now = what_took_in(tx, found)?;
        if !now.state.is_finished() && !seqs.contains(&now.seq) {
            seqs.push(now.seq);
        }
    }
    Ok(seqs)
}

fn what_took_in(tx: &Connection, mut mutation: MutationRow) -> Result<MutationRow, StoreError> {
    while mutation.state == MutationState::Combined
        && let Some(into) = &mutation.into_id
        && let Some(next) = outbox::by_id(tx, into)?
    {
        mutation = next;
    }
    Ok(mutation)
}

/// Refuses a new record that one of the changes which it is to wait for refers to: neither could be sent first.
pub(crate) fn refuse_circle(
    tx: &Connection,
    place: &Place,
    record: &RecordRow,
    named: &[i64],
) -> Result<(), StoreError> {
    if named.is_empty() {
        return Ok(());
    }
    let ahead = edges::ahead(tx, named, FAR)?;
    for at in 0..ahead.len() {
        let Some(mutation) = outbox::by_seq(tx, ahead[at].0)? else { continue };
        if refers_to(tx, &mutation, place, &record.rid)? {
            return Err(circle(tx, &ahead, at, &format!("{} '{}'", place.collection, record.rid)));
        }
    }
    Ok(())
}

/// Refuses an edit that would become part of a change which one of those that it is to wait for waits for.
pub(crate) fn refuse_circle_through(
    tx: &Connection,
    tail: &MutationRow,
    named: &[i64],
) -> Result<(), StoreError> {
    let ahead = edges::ahead(tx, named, FAR)?;
    match ahead.iter().position(|(seq, via)| *seq == tail.seq && via.is_some()) {
        Some(at) => Err(circle(tx, &ahead, at, "this one")),
        None => Ok(()),
    }
}

/// Refuses that something comes back at a place that is behind what waits for it: a later change of its record was told to
/// wait for that.
pub(crate) fn refuse_circle_behind(tx: &Connection, seq: i64) -> Result<(), StoreError> {
    let waiting = edges::waited_on_by(tx, seq)?;
    if waiting.is_empty() {
        return Ok(());
    }
    let ahead = edges::ahead(tx, &[seq], FAR)?;
    let Some(at) = ahead.iter().position(|(other, via)| waiting.contains(other) && via.is_some()) else {
        return Ok(());
    };
    let way = way_to(tx, &ahead, at)?;
    Err(refuse(
        RefusalCode::NotNow,
        format!("it would wait for what waits for it: {}", way[1..].join(" → ")),
        "Discard one of these, then restore the transaction.",
    ))
}

/// The ids of the changes on the way to one of those that are ahead.
fn way_to(tx: &Connection, ahead: &[(i64, Option<usize>)], at: usize) -> Result<Vec<String>, StoreError> {
    let mut way = Vec::new();
    let mut step = Some(at);
    while let Some(at) = step {
        way.push(ahead[at].0);
        step = ahead[at].1;
    }
    way.iter().rev().map(|seq| outbox::id_of(tx, *seq)).collect()
}

/// The way from a change over what is ahead of it back to itself, in ids.
fn circle(tx: &Connection, ahead: &[(i64, Option<usize>)], at: usize, own: &str) -> StoreError {
    match way_to(tx, ahead, at) {
        Ok(ids) => refuse(
            RefusalCode::Invalid,
            format!("these changes would wait for each other: {own} → {} → {own}", ids.join(" → ")),
            "Leave one of them out of what it waits for.",
        ),
        Err(error) => error,
    }
}

/// Whether a change holds the id of a record where it refers to records of that collection.
fn refers_to(tx: &Connection, mutation: &MutationRow, place: &Place, rid: &str) -> Result<bool, StoreError> {
    let empty = Value::Object(serde_json::Map::new());
    let sent = match mutation.operation {
        Operation::Delete => return Ok(false),
        Operation::Request => return Ok(temporary::ids_in_changes(&mutation.changes).contains(&rid)),
        Operation::Create | Operation::Replace => change::apply(&empty, &mutation.changes).ok(),
        Operation::Update => super::discard::document_after(tx, mutation)?,
    };
    let Some(sent) = sent else { return Ok(false) };
    if temporary::ids_in(&sent).contains(&rid) {
        return Ok(true);
    }
    let Some(collection) = collections::get(tx, mutation.collection_id)? else { return Ok(false) };
    let mut references = collection.settings.references.iter();
    Ok(references.any(|reference| {
        reference.collection == place.collection
            && sent.pointer(&reference.path).and_then(Value::as_str) == Some(rid)
    }))
}
