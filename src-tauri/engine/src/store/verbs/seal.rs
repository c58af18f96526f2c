//! Fixing bytes and key before anything is sent (`engine.md` 3, 4).

use super::{doubt, parents, park, request};
use crate::store::outbox::{self, Ended, From, MutationRow, Seal};
use crate::store::places::{Place, refuse};
use crate::store::{StoreError, activity, attempts, meta, records, transactions};
use rusqlite::Connection;
use serde_json::Value;
use std::collections::BTreeSet;
use tidemark_model::change;
use tidemark_model::connector::{Capabilities, Connector, Intent, SealError, Sealed};
use tidemark_model::document::{self, same};
use tidemark_model::failure::{ErrorClass, Failure};
use tidemark_model::mutation::{MutationState, Operation};
use tidemark_model::number::Millis;
use tidemark_model::planted::{self, Bug};
use tidemark_model::view::{Happened, RefusalCode};

/// What is to be done on the wire next for one lane.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Dispatch {
    /// Send it.
    Send(Box<Outgoing>),
    /// Send all of them in one request that the server applies whole or not at all.
    SendTogether(Vec<Outgoing>),
    /// Its answer was lost and may not be asked for by repeating: read the record back first.
    ReadBack(Waiting),
    /// The server's version of the record is not known: fetch it before the write.
    Refresh(Waiting),
}

/// A sealed mutation with what its answer will be judged by.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outgoing {
    pub(crate) seq: i64,
    pub(crate) collection_id: i64,
    pub(crate) attempt: i64,
    /// It was sealed for the first time just now; unsent, it can be taken back whole.
    pub(crate) fresh: bool,
    /// It settles a conflict: its effect is read back.
    pub(crate) settles_conflict: bool,
    pub(crate) sealed: Sealed,
}

/// A mutation that waits for a look at its record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Waiting {
    pub(crate) seq: i64,
    pub(crate) collection_id: i64,
    pub(crate) collection: String,
    pub(crate) rid: String,
}

/// What sealing needs to know.
pub(crate) struct Sealing<'a> {
    pub(crate) link_id: i64,
    pub(crate) principal: &'a str,
    pub(crate) places: &'a [Place],
    pub(crate) connector: &'a dyn Connector,
    pub(crate) capabilities: &'a Capabilities,
    pub(crate) key_lifetime: Millis,
    pub(crate) sender_epoch: i64,
    pub(crate) from: From,
    /// At most so many.
    pub(crate) limit: usize,
    /// Makes the keys.
    pub(crate) fresh_key: &'a dyn Fn() -> String,
    /// Lanes that are on the wire for a look already.
    pub(crate) busy: &'a [i64],
    pub(crate) now: Millis,
}

/// Seals the next mutations that are ready; changes that no wire form exists for are parked with the reason.
pub(crate) fn next(tx: &Connection, sealing: &Sealing<'_>) -> Result<Vec<Dispatch>, StoreError> {
    check_sender(tx, sealing.sender_epoch)?;
    outbox::promote_due(tx, sealing.link_id, sealing.now)?;
    let ready = outbox::ready(tx, sealing.link_id, sealing.principal, sealing.from, sealing.limit)?;
    let had_ready = !ready.is_empty();
    let mut dispatches = Vec::with_capacity(ready.len());
    let mut together: BTreeSet<&str> = BTreeSet::new();
    let mut moved_on = true;
    for mutation in &ready {
        if sealing.busy.contains(&mutation.seq) {
            continue;
        }
        match &mutation.transaction_id {
            Some(id) if transactions::is_atomic(tx, id)? => {
                if together.insert(id) {
                    match dispatch_together(tx, sealing, id)? {
                        Some(some) => dispatches.extend(some),
                        None => moved_on = false,
                    }
                }
            }
            Some(_) | None => dispatches.extend(dispatch(tx, sealing, mutation)?),
        }
    }
    if had_ready && moved_on && dispatches.is_empty() && sealing.busy.is_empty() {
        // All of them ended or were parked without being sent: what stood behind them is ready now.
        return next(tx, sealing);
    }
    Ok(dispatches)
}

/// The sender's epoch is checked inside the sealing transaction: another process may have taken over.
pub(crate) fn check_sender(tx: &Connection, epoch: i64) -> Result<(), StoreError> {
    if meta::number(tx, "sender_epoch")? == epoch {
        return Ok(());
    }
    Err(refuse(
        RefusalCode::NotNow,
        "another Tidemark process has taken over sending",
        "This one goes on saving; nothing is lost.",
    ))
}

/// Seals what is left of an atomic transaction in one go; nothing of it is sent while one of its changes needs a look at
/// its record first. None where one of them may not be sent now.
fn dispatch_together(
    tx: &Connection,
    sealing: &Sealing<'_>,
    transaction: &str,
) -> Result<Option<Vec<Dispatch>>, StoreError> {
    let members = outbox::members(
        tx,
        transaction,
        &[MutationState::Queued, MutationState::Sealed, MutationState::Uncertain, MutationState::Conflicted],
    )?;
    if !members.iter().all(|member| outbox::is_ready(member) && !sealing.busy.contains(&member.seq)) {
        return Ok(None);
    }
    tx.prepare_cached("SAVEPOINT together")?.execute([])?;
    let mut sealed = Vec::with_capacity(members.len());
    let mut others = Vec::new();
    for member in &members {
        match dispatch(tx, sealing, member)? {
            Some(Dispatch::Send(outgoing)) => sealed.push(*outgoing),
            Some(_) | None => others.push(member),
        }
    }
    if others.is_empty() {
        tx.prepare_cached("RELEASE together")?.execute([])?;
        return Ok(Some(match sealed.len() {
            0 | 1 => sealed.pop().map(|one| Dispatch::Send(Box::new(one))).into_iter().collect(),
            _ => vec![Dispatch::SendTogether(sealed)],
        }));
    }
    tx.prepare_cached("ROLLBACK TO together")?.execute([])?;
    tx.prepare_cached("RELEASE together")?.execute([])?;
    // Those that need a look get it, those that cannot be sent are parked or end; the others wait for that.
    let mut looks = Vec::new();
    for member in others {
        looks.extend(dispatch(tx, sealing, member)?);
    }
    Ok(Some(looks))
}

fn dispatch(
    tx: &Connection,
    sealing: &Sealing<'_>,
    mutation: &MutationRow,
) -> Result<Option<Dispatch>, StoreError> {
    if mutation.operation == Operation::Request {
        return request::dispatch(tx, sealing, mutation);
    }
    let Some(place) = sealing.places.iter().find(|place| place.collection_id == mutation.collection_id)
    else {
        return Ok(None);
    };
    let waiting = || Waiting {
        seq: mutation.seq,
        collection_id: place.collection_id,
        collection: place.collection.clone(),
        rid: mutation.rid.clone(),
    };
    match (&mutation.key, &mutation.wire) {
        (Some(key), Some(wire)) => {
            if mutation.state == MutationState::Uncertain && !may_replay(sealing, mutation) {
                if doubt::is_beyond_reading(mutation, sealing.capabilities) {
                    doubt::park_lost(tx, mutation, sealing.now)?;
                    return Ok(None);
                }
                return Ok(Some(Dispatch::ReadBack(waiting())));
            }
            outbox::seal_again(tx, mutation.seq, sealing.sender_epoch)?;
            let attempt = mutation.attempts + 1;
            attempts::begin(tx, mutation.seq, attempt, key, sealing.now)?;
            let sealed = sealed(place, mutation, key, wire.clone());
            Ok(Some(outgoing(mutation, attempt, false, sealed)))
        }
        // There is nothing to ask the server for: a person is asked, and shown what would be sent.
        _ if mutation.may_be_in && doubt::is_beyond_reading(mutation, sealing.capabilities) => {
            match seal_first(tx, sealing, place, mutation, waiting())? {
                Some(Dispatch::Send(outgoing)) => {
                    doubt::park_unread(tx, mutation, outgoing.attempt, sealing.now)?;
                    Ok(None)
                }
                other => Ok(other),
            }
        }
        // An old copy was put back, or an answer got lost: it may be there already (`engine.md` 2).
        _ if mutation.may_be_in => Ok(Some(Dispatch::ReadBack(waiting()))),
        _ => seal_first(tx, sealing, place, mutation, waiting()),
    }
}

/// The same bytes may be repeated while the server remembers their key (`engine.md` 4, step 1); and two equal 5xx
/// answers under one key are perhaps one stored answer, so that the third look is at the record.
pub(super) fn may_replay(sealing: &Sealing<'_>, mutation: &MutationRow) -> bool {
    let age = mutation.sealed_at.map_or(i64::MAX, |at| sealing.now.0 - at.0);
    sealing.capabilities.honours_keys && age < sealing.key_lifetime.0 && mutation.same_5xx < 3
}

fn seal_first(
    tx: &Connection,
    sealing: &Sealing<'_>,
    place: &Place,
    mutation: &MutationRow,
    waiting: Waiting,
) -> Result<Option<Dispatch>, StoreError> {
    let Some(record) = records::get(tx, mutation.record_id)? else {
        // It should not be; one change without its record must not hold up all others.
        park_unsendable(tx, mutation, "the record of this change is gone from this computer", sealing.now)?;
        return Ok(None);
    };
    if record.version_unknown && sealing.capabilities.preconditions {
        return Ok(Some(Dispatch::Refresh(waiting)));
    }
    let document = match target(mutation, record.base.document.as_ref()) {
        Ok(document) => document,
        Err(why) => {
            park_unsendable(tx, mutation, &why, sealing.now)?;
            return Ok(None);
        }
    };
    if parents::must_wait(tx, place, mutation, document.as_ref(), sealing.now)? {
        return Ok(None);
    }
    let makes_no_difference = match (mutation.operation, &record.base.document, &document) {
        (Operation::Update | Operation::Replace, Some(base), Some(document)) => same(base, document),
        _ => false,
    };
    if makes_no_difference && mutation.conflict_id.is_none() {
        // A write without a change would only make everybody fetch the record again.
        outbox::end(tx, mutation, Ended::Cancelled, sealing.now)?;
        let happened = Happened::NotNeeded { operation: mutation.operation };
        activity::of_change(tx, mutation, &happened, sealing.now)?;
        return Ok(None);
    }
    let intent = Intent {
        collection: &place.collection,
        record: &record.rid,
        operation: mutation.operation,
        base: record.base.document.as_ref(),
        base_version: record.base.version.as_deref(),
        document: document.as_ref(),
        changes: &mutation.changes,
        request: None,
    };
    let wire = match sealing.connector.seal(&intent) {
        Ok(wire) => wire,
        Err(SealError::NoVersion) => return Ok(Some(Dispatch::Refresh(waiting))),
        Err(
            error @ (SealError::BadId { .. }
            | SealError::NoCollection(_)
            | SealError::Outside(_)
            | SealError::NotOffered(_)),
        ) => {
            park_unsendable(tx, mutation, &error.to_string(), sealing.now)?;
            return Ok(None);
        }
    };
    let hash = document::sha256_hex(wire.body.as_deref().unwrap_or_default().as_bytes());
    let text = document.as_ref().map(document::to_text);
    let key = match planted::is(Bug::ReuseKey) {
        true => format!("00000000-0000-7000-8000-{:012}", mutation.record_id),
        false => (sealing.fresh_key)(),
    };
    let seal = Seal {
        key: &key,
        wire: &wire,
        body_hash: &hash,
        document: text.as_deref(),
        sender_epoch: sealing.sender_epoch,
        now: sealing.now,
    };
    outbox::seal(tx, mutation.seq, &seal)?;
    let attempt = mutation.attempts + 1;
    attempts::begin(tx, mutation.seq, attempt, &key, sealing.now)?;
    Ok(Some(outgoing(mutation, attempt, true, sealed(place, mutation, &key, wire))))
}

/// The whole document as it should be afterwards.
fn target(mutation: &MutationRow, base: Option<&Value>) -> Result<Option<Value>, String> {
    let empty = Value::Object(serde_json::Map::new());
    match mutation.operation {
        Operation::Delete | Operation::Request => Ok(None),
        Operation::Create | Operation::Replace => {
            change::apply(&empty, &mutation.changes).map(Some).map_err(|error| error.to_string())
        }
        Operation::Update => {
            let base = base.ok_or("the version that this change was made on is missing")?;
            change::apply(base, &mutation.changes).map(Some).map_err(|error| error.to_string())
        }
    }
}

/// Parks a change that is not sent as it is, with the reason.
pub(crate) fn park_unsendable(
    tx: &Connection,
    mutation: &MutationRow,
    why: &str,
    now: Millis,
) -> Result<(), StoreError> {
    park_unsent(tx, mutation, &Failure::new(ErrorClass::Permanent, why), now)
}

/// Parks a change that was not sent this time; the reason stands among its tries.
pub(crate) fn park_unsent(
    tx: &Connection,
    mutation: &MutationRow,
    failure: &Failure,
    now: Millis,
) -> Result<(), StoreError> {
    let attempt = mutation.attempts + 1;
    attempts::begin(tx, mutation.seq, attempt, "", now)?;
    attempts::fail(tx, mutation.seq, attempt, failure, None, now)?;
    outbox::count_attempt(tx, mutation.seq)?;
    outbox::set_failure(tx, mutation.seq, failure, false, 0)?;
    park::park(tx, mutation.seq, now)
}

fn sealed(
    place: &Place,
    mutation: &MutationRow,
    key: &str,
    wire: tidemark_model::connector::WireForm,
) -> Sealed {
    Sealed {
        mutation: mutation.id.clone(),
        key: key.to_owned(),
        collection: place.collection.clone(),
        record: mutation.rid.clone(),
        operation: mutation.operation,
        wire,
    }
}

pub(super) fn outgoing(mutation: &MutationRow, attempt: i64, fresh: bool, sealed: Sealed) -> Dispatch {
    Dispatch::Send(Box::new(Outgoing {
        seq: mutation.seq,
        collection_id: mutation.collection_id,
        attempt,
        fresh,
        settles_conflict: mutation.conflict_id.is_some(),
        sealed,
    }))
}

/// Sealed and not sent, because of a pause, a sign-out or an outage: as if it had not been.
pub(crate) fn take_back(tx: &Connection, items: &[(i64, i64, bool)]) -> Result<(), StoreError> {
    for (seq, attempt, fresh) in items {
        attempts::take_back(tx, *seq, *attempt)?;
        outbox::take_back(tx, *seq, *attempt, *fresh)?;
    }
    Ok(())
}
