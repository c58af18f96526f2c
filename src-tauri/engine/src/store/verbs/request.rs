//! Opaque requests: saved, sealed and answered like a change of which nobody knows what it is about (row A1).

use super::seal::{self, Dispatch, Sealing};
use super::settle::{self, Answer, Settled};
use super::{Moved, doubt, edit, parents, rename, waits};
use crate::store::links::LinkRow;
use crate::store::outbox::{self, MutationRow, NewMutation, Seal};
use crate::store::places::refuse;
use crate::store::{StoreError, attempts, counters, edges};
use rusqlite::Connection;
use serde_json::Value;
use tidemark_model::clock::Rng;
use tidemark_model::connector::{Intent, Outcome, SealError, Sealed};
use tidemark_model::document;
use tidemark_model::failure::{ErrorClass, Failure};
use tidemark_model::mutation::{MutationState, Operation};
use tidemark_model::number::{Count, Millis};
use tidemark_model::request::{Method, Request};
use tidemark_model::temporary;
use tidemark_model::view::{RefusalCode, Saved};

/// So long after its sealing a PUT or DELETE is repeated without a key, in milliseconds: what twice is once for the server
/// may undo by then what others did since.
const REPEATED_FOR: i64 = 15 * 60 * 1000;

/// A request to be saved; ids and time are made outside.
#[derive(Clone, Debug)]
pub(crate) struct NewOpaque {
    pub(crate) request: Request,
    pub(crate) id: String,
    pub(crate) metadata: Option<String>,
    pub(crate) priority: u8,
    pub(crate) depends_on: Vec<String>,
    pub(crate) now: Millis,
}

/// Saves a request at the end of the queue, as a lane of its own.
pub(crate) fn save(tx: &Connection, link: &LinkRow, new: &NewOpaque) -> Result<(Saved, Moved), StoreError> {
    edit::check_metadata(new.metadata.as_deref())?;
    let mut waits_for = waits::named(tx, link.id, &new.depends_on)?;
    let mut request = new.request.clone();
    for id in temporary::ids_in_changes(&request.to_changes()) {
        if let Some(name) = rename::named(tx, link.id, id)? {
            request = request.renamed(id, &name).unwrap_or(request);
        }
    }
    let changes = request.to_changes();
    for unsent in parents::of_ids(tx, link.id, &changes)? {
        if !waits_for.contains(&unsent) {
            waits_for.push(unsent);
        }
    }
    counters::saved(tx, link.id, 0)?;
    let name = request.name();
    let seq = outbox::insert(
        tx,
        &NewMutation {
            id: &new.id,
            link_id: link.id,
            collection_id: 0,
            record_id: 0,
            rid: &name,
            principal: &link.principal,
            operation: Operation::Request,
            changes: &changes,
            metadata: new.metadata.as_deref(),
            priority: new.priority,
            state: MutationState::Queued,
            head: true,
            undo_until: None,
            into_id: None,
            conflict_id: None,
            member: None,
            now: new.now,
        },
    )?;
    for before in waits_for {
        edges::add(tx, seq, before)?;
    }
    let moved = Moved { changes: vec![new.id.clone()], ..Moved::default() };
    let saved = Saved { change: Some(new.id.clone()), record: name, revision: Count(0), combined_into: None };
    Ok((saved, moved))
}

/// The request that a change of the trash was, to be saved again.
pub(crate) fn again(mutation: &MutationRow, id: &str, now: Millis) -> Result<NewOpaque, StoreError> {
    Ok(NewOpaque {
        request: kept(mutation)?,
        id: id.to_owned(),
        metadata: mutation.metadata.clone(),
        priority: mutation.priority,
        depends_on: Vec::new(),
        now,
    })
}

/// The request that a change keeps.
pub(crate) fn kept(mutation: &MutationRow) -> Result<Request, StoreError> {
    Request::of_changes(&mutation.changes)
        .ok_or_else(|| StoreError::Corrupt(format!("change {} keeps no request", mutation.seq)))
}

/// The server has named a record: a request that waits for it holds that id from now on.
pub(crate) fn map(tx: &Connection, mutation: &MutationRow, old: &str, id: &Value) -> Result<(), StoreError> {
    if let Some(named) = kept(mutation)?.renamed(old, id) {
        outbox::set_changes(tx, mutation.seq, Operation::Request, &named.to_changes())?;
        outbox::rename_request(tx, mutation.seq, &named.name())?;
    }
    Ok(())
}

/// Seals a request, or the same bytes once more where that is safe. Where it is not, a person is asked: nothing can be read
/// back to find out.
pub(crate) fn dispatch(
    tx: &Connection,
    sealing: &Sealing<'_>,
    mutation: &MutationRow,
) -> Result<Option<Dispatch>, StoreError> {
    let (Some(key), Some(wire)) = (&mutation.key, &mutation.wire) else {
        return seal_first(tx, sealing, mutation);
    };
    if mutation.state == MutationState::Uncertain && !may_repeat(sealing, mutation, &wire.method) {
        doubt::park_lost(tx, mutation, sealing.now)?;
        return Ok(None);
    }
    outbox::seal_again(tx, mutation.seq, sealing.sender_epoch)?;
    let attempt = mutation.attempts + 1;
    attempts::begin(tx, mutation.seq, attempt, key, sealing.now)?;
    Ok(Some(seal::outgoing(mutation, attempt, false, sealed(mutation, key, wire.clone()))))
}

fn may_repeat(sealing: &Sealing<'_>, mutation: &MutationRow, method: &str) -> bool {
    let idempotent = Method::parse(method).is_some_and(Method::is_idempotent);
    let age = mutation.sealed_at.map_or(i64::MAX, |at| sealing.now.0 - at.0);
    seal::may_replay(sealing, mutation)
        || (!sealing.capabilities.honours_keys && idempotent && age < REPEATED_FOR)
}

fn seal_first(
    tx: &Connection,
    sealing: &Sealing<'_>,
    mutation: &MutationRow,
) -> Result<Option<Dispatch>, StoreError> {
    if must_wait(tx, mutation, sealing.now)? {
        return Ok(None);
    }
    let request = kept(mutation)?;
    let wire = match sealing.connector.seal(&Intent::of_request(&mutation.rid, &request)) {
        Ok(wire) => wire,
        Err(error) => {
            seal::park_unsendable(tx, mutation, &error.to_string(), sealing.now)?;
            return Ok(None);
        }
    };
    // A person who sends it after an old copy was put back has answered whether it is there.
    outbox::clear_doubt(tx, mutation.seq)?;
    let hash = document::sha256_hex(wire.body.as_deref().unwrap_or_default().as_bytes());
    let key = (sealing.fresh_key)();
    let seal = Seal {
        key: &key,
        wire: &wire,
        body_hash: &hash,
        document: None,
        sender_epoch: sealing.sender_epoch,
        now: sealing.now,
    };
    outbox::seal(tx, mutation.seq, &seal)?;
    let attempt = mutation.attempts + 1;
    attempts::begin(tx, mutation.seq, attempt, &key, sealing.now)?;
    Ok(Some(seal::outgoing(mutation, attempt, true, sealed(mutation, &key, wire))))
}

/// The last look before it is sealed: an id that the server has not made yet is never sent.
fn must_wait(tx: &Connection, mutation: &MutationRow, now: Millis) -> Result<bool, StoreError> {
    let ids = temporary::ids_in_changes(&mutation.changes);
    let Some(id) = ids.first() else { return Ok(false) };
    let mut waits = false;
    for unsent in parents::of_ids(tx, mutation.link_id, &mutation.changes)? {
        if !edges::leads_to(tx, unsent, mutation.seq)? {
            edges::add(tx, mutation.seq, unsent)?;
            waits = true;
        }
    }
    if waits {
        return Ok(true);
    }
    if let Some(name) = rename::named(tx, mutation.link_id, id)? {
        map(tx, mutation, id, &name)?;
        return Ok(true);
    }
    let why = format!(
        "it holds '{id}', which the server cannot be told of: this connection made no such record there"
    );
    seal::park_unsendable(tx, mutation, &why, now)?;
    Ok(true)
}

fn sealed(mutation: &MutationRow, key: &str, wire: tidemark_model::connector::WireForm) -> Sealed {
    Sealed {
        mutation: mutation.id.clone(),
        key: key.to_owned(),
        collection: String::new(),
        record: mutation.rid.clone(),
        operation: mutation.operation,
        wire,
    }
}

/// Writes the answer to a request down.
pub(crate) fn answer(
    tx: &Connection,
    answer: &Answer<'_>,
    rng: &dyn Rng,
    moved: &mut Moved,
) -> Result<Settled, StoreError> {
    let Some(mutation) = settle::answered(tx, answer)? else { return Ok(Settled::Gone) };
    moved.changes.push(mutation.id.clone());
    let failure = match &answer.outcome {
        Outcome::Done { status, excerpt, replayed } => {
            let said = (*status, excerpt.as_deref());
            return confirm(tx, &mutation, answer, said, settle::accepted_words(*replayed));
        }
        Outcome::Failed(failure) => failure.clone(),
        // No connector says these of a request.
        Outcome::Conflict { failure, .. } => Failure { class: ErrorClass::Permanent, ..failure.clone() },
        Outcome::Accepted { .. } | Outcome::NotDone => {
            Failure::new(ErrorClass::Transient, "the connector took it for a record's change").uncertain()
        }
    };
    if is_gone_already(tx, &mutation, &failure, answer.attempt)? {
        let said = (failure.status.unwrap_or(404), failure.excerpt.as_deref());
        return confirm(tx, &mutation, answer, said, "gone already, by an earlier try");
    }
    settle::fail(tx, &mutation, &failure, answer, rng)
}

fn confirm(
    tx: &Connection,
    mutation: &MutationRow,
    answer: &Answer<'_>,
    said: (u16, Option<&str>),
    words: &str,
) -> Result<Settled, StoreError> {
    attempts::done(tx, mutation.seq, answer.attempt, said, words, answer.now)?;
    settle::confirm(tx, mutation, None, answer.now)?;
    Ok(Settled::Confirmed)
}

/// A DELETE whose earlier answer was lost finds nothing: that is what it wanted (`engine.md` 4).
fn is_gone_already(
    tx: &Connection,
    mutation: &MutationRow,
    failure: &Failure,
    attempt: i64,
) -> Result<bool, StoreError> {
    let deletes = mutation.wire.as_ref().is_some_and(|wire| wire.method == Method::Delete.as_str());
    let gone = failure.class == ErrorClass::Permanent && matches!(failure.status, Some(404 | 410));
    Ok(deletes && gone && attempts::may_have_worked(tx, mutation, attempt)?)
}

/// A person says that a request which may have been sent was done; nobody else can tell.
pub(crate) fn was_done(tx: &Connection, mutation: &MutationRow, now: Millis) -> Result<Moved, StoreError> {
    settle::confirm(tx, mutation, None, now)?;
    Ok(Moved { changes: vec![mutation.id.clone()], ..Moved::default() })
}

/// Why no record can be offered or named for a request.
pub(crate) fn makes_no_record(id: &str) -> StoreError {
    refuse(
        RefusalCode::Invalid,
        format!("the change '{id}' is a request, of which Tidemark does not know what it makes"),
        "Look at the server; then say that it was done, or send it again.",
    )
}

/// Sealing met a rule of the connector.
pub(crate) fn unsendable(error: &SealError) -> StoreError {
    refuse(
        RefusalCode::Invalid,
        error.to_string(),
        "Give a path under the connection's address, like invoices/12/submit.",
    )
}
