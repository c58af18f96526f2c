//! What an answer does: acknowledge, conflict, wait, or park (`engine.md` 1, 3, 4, 7).

mod beginning;
mod look;
pub(crate) mod unread;

pub(crate) use beginning::{recover, take_over};
pub(crate) use look::{confirm_seen, postpone, read_back, refreshed};

use super::reconcile::{self, Became, Origin, reconcile, side_of};
use super::{Moved, park, rename};
use crate::store::outbox::{self, Ended, MutationRow};
use crate::store::places::Place;
use crate::store::records::{self, SideState};
use crate::store::{StoreError, activity, attempts, collections, daily, exchanges, hosts, meta};
use rusqlite::Connection;
use serde_json::Value;
use tidemark_model::backoff::{self, BackoffSettings};
use tidemark_model::change::{self, Change};
use tidemark_model::clock::Rng;
use tidemark_model::connector::{Outcome, Remote};
use tidemark_model::document::{self, same};
use tidemark_model::exchange::Exchange;
use tidemark_model::failure::{Effect, ErrorClass, Failure};
use tidemark_model::mutation::{MutationState, Operation};
use tidemark_model::number::Millis;
use tidemark_model::planted::{self, Bug};
use tidemark_model::uncertain::{Evidence, holds, is_named_here, judge};

/// What became of a mutation after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settled {
    Confirmed,
    Conflicted,
    Parked,
    /// It goes again by itself.
    Waits,
    /// It had ended or moved meanwhile.
    Gone,
}

/// An answer and what it is judged by.
pub(crate) struct Answer<'a> {
    pub(crate) seq: i64,
    pub(crate) attempt: i64,
    pub(crate) outcome: Outcome,
    /// What was seen of it on the wire.
    pub(crate) exchange: Option<Exchange>,
    /// A look at the record after an accepted resolution, or an answer that cannot be read.
    pub(crate) read_back: Option<Remote>,
    pub(crate) host: &'a str,
    pub(crate) backoff: &'a BackoffSettings,
    /// The server remembers keys: what it refuses under one it has not applied under it before.
    pub(crate) keys_honoured: bool,
    /// It is of an atomic request of which other changes were answered: its own key was never on the wire.
    pub(crate) in_part: bool,
    /// The host's breaker is not closed: nothing counts towards giving up.
    pub(crate) breaker_open: bool,
    pub(crate) now: Millis,
}

/// Writes an answer down.
pub(crate) fn answer(
    tx: &Connection,
    place: &Place,
    answer: &Answer<'_>,
    rng: &dyn Rng,
    moved: &mut Moved,
) -> Result<Settled, StoreError> {
    let Some(mut mutation) = answered(tx, answer)? else { return Ok(Settled::Gone) };
    moved.changes.push(mutation.id.clone());
    moved.record(place.collection_id, &mutation.rid);
    match &answer.outcome {
        Outcome::Accepted { remote, replayed } => {
            attempts::succeed(tx, mutation.seq, answer.attempt, accepted_words(*replayed), answer.now)?;
            let seen = answer.read_back.as_ref().or(remote.as_ref());
            let was = mutation.rid.clone();
            if let Some(doubtful) = rename::acknowledged(tx, place, &mutation, seen, answer.now, moved)? {
                return Ok(doubtful);
            }
            mutation = outbox::by_seq(tx, mutation.seq)?.unwrap_or(mutation);
            if let Some(missing) = stored_otherwise(&mutation, &place.id_field, answer.read_back.as_ref()) {
                return match &answer.read_back {
                    // Sent again it would be one more record: what is there and what was wanted are two sides now.
                    Some(there) if mutation.rid != was => {
                        moved_there(tx, place, &mutation, there, false, answer.now, moved)
                    }
                    _ => park_stored_otherwise(tx, place, &mutation, seen, missing, answer, moved),
                };
            }
            match &answer.read_back {
                Some(seen) => confirm_seen(tx, place, &mutation, seen, answer.now, moved)?,
                None => {
                    confirm(tx, &mutation, seen, answer.now)?;
                    // The first answer said again may be older than a comparison that did not see the record any more.
                    let is_old = *replayed || attempts::may_have_worked(tx, &mutation, answer.attempt)?;
                    if is_old && mutation.operation == Operation::Create {
                        records::set_aside(tx, mutation.record_id)?;
                    }
                }
            }
            Ok(Settled::Confirmed)
        }
        Outcome::Conflict { current, failure } => {
            attempts::fail(tx, mutation.seq, answer.attempt, failure, None, answer.now)?;
            let in_doubt = !answer.keys_honoured && attempts::may_have_worked(tx, &mutation, answer.attempt)?;
            match current {
                Some(current) => conflict(tx, place, &mutation, current, in_doubt, answer.now, moved),
                None if failure.class == ErrorClass::Permanent => {
                    unread::park_conflict(tx, &mutation, failure, in_doubt, answer.now)
                }
                // The pusher fetches the current state first; without it the change waits for the next try.
                None => later(tx, &mutation, failure, answer, rng),
            }
        }
        Outcome::Failed(failure) => match &answer.read_back {
            Some(seen) => unread::taken(tx, place, &mutation, failure, seen, answer.now, moved),
            None => {
                if answer.in_part && failure.effect == Effect::Unknown {
                    outbox::read_before_repeating(tx, mutation.seq)?;
                }
                fail(tx, &mutation, failure, answer, rng)
            }
        },
        Outcome::Done { .. } => {
            let failure = Failure::new(ErrorClass::Transient, "the connector took it for an opaque request");
            fail(tx, &mutation, &failure.uncertain(), answer, rng)
        }
        Outcome::NotDone => {
            let words = "not done, because another change of its group was not";
            let failure = Failure::new(ErrorClass::Transient, words);
            attempts::fail(tx, mutation.seq, answer.attempt, &failure, Some(answer.now), answer.now)?;
            outbox::unseal(tx, mutation.seq)?;
            Ok(Settled::Waits)
        }
    }
}

/// The change that an answer is for, whose try it is written down with. An answer to an earlier sealing says nothing about the bytes that are on the wire now.
pub(super) fn answered(tx: &Connection, answer: &Answer<'_>) -> Result<Option<MutationRow>, StoreError> {
    let is_answered = |m: &MutationRow| m.state == MutationState::Sealed && m.attempts == answer.attempt;
    let answered = outbox::by_seq(tx, answer.seq)?.filter(is_answered);
    if let (Some(mutation), Some(exchange)) = (&answered, &answer.exchange) {
        exchanges::keep(tx, mutation.seq, answer.attempt, exchange, &answer.outcome, answer.now)?;
    }
    Ok(answered)
}

/// How an accepted try is written down.
pub(super) fn accepted_words(replayed: bool) -> &'static str {
    if replayed { "accepted before, said again" } else { "accepted" }
}

fn evidence(tx: &Connection, mutation: &MutationRow, remote: &Remote) -> Result<Evidence, StoreError> {
    let sealed = match (&mutation.sealed_doc, mutation.operation) {
        (Some(text), _) => Some(records::serde_json_value(text)?),
        // In doubt without its bytes: it is its own whole document.
        (None, Operation::Create | Operation::Replace) => {
            change::apply(&Value::Object(serde_json::Map::new()), &mutation.changes).ok()
        }
        (None, Operation::Update | Operation::Delete | Operation::Request) => None,
    };
    let base_version = records::get(tx, mutation.record_id)?.and_then(|record| record.base.version);
    let evidence =
        judge(mutation.operation, &mutation.changes, sealed.as_ref(), base_version.as_deref(), remote);
    Ok(match (evidence, remote) {
        // Nobody else can have made a record of this id; what differs was done to it since, or by the server.
        (Evidence::Moved, Remote::Present { .. })
            if is_named_here(mutation.operation, &mutation.rid, &mutation.id) =>
        {
            Evidence::Applied
        }
        (evidence, _) => evidence,
    })
}

/// The server has another version. A change whose earlier answer was lost may be that very version.
fn conflict(
    tx: &Connection,
    place: &Place,
    mutation: &MutationRow,
    current: &Remote,
    in_doubt: bool,
    now: Millis,
    moved: &mut Moved,
) -> Result<Settled, StoreError> {
    match evidence(tx, mutation, current)? {
        Evidence::Applied if in_doubt || mutation.operation != Operation::Update => {
            confirm_seen(tx, place, mutation, current, now, moved)?;
            Ok(Settled::Confirmed)
        }
        Evidence::Applied | Evidence::NotApplied | Evidence::Moved => {
            moved_there(tx, place, mutation, current, in_doubt, now, moved)
        }
    }
}

fn moved_there(
    tx: &Connection,
    place: &Place,
    mutation: &MutationRow,
    current: &Remote,
    may_be_in: bool,
    now: Millis,
    moved: &mut Moved,
) -> Result<Settled, StoreError> {
    // Definitely not applied as it was: key and bytes go, and the plan decides.
    outbox::unseal(tx, mutation.seq)?;
    if may_be_in {
        outbox::set_may_be_in(tx, mutation.seq)?;
    }
    let origin = Origin { pull_ack_seq: None, generation: None, may_be_in, now };
    let became = reconcile(tx, place, &mutation.rid, current, &origin, moved)?;
    match became {
        Became::Conflicted => Ok(Settled::Conflicted),
        Became::Unchanged | Became::Changed | Became::Removed | Became::SetAside => {
            let ended = outbox::by_seq(tx, mutation.seq)?.is_none_or(|m| m.state.is_finished());
            if !ended && became == Became::Unchanged {
                // The server refuses a version that it shows as its own: asking again at once would never end.
                let wait = 1_000i64 << mutation.attempts.clamp(0, 8);
                outbox::set_state(tx, mutation.seq, MutationState::Queued, Some(now.plus(wait)))?;
            }
            Ok(if ended { Settled::Confirmed } else { Settled::Waits })
        }
    }
}

/// A definite success whose version is adopted (`engine.md` 3, 12).
pub(crate) fn confirm(
    tx: &Connection,
    mutation: &MutationRow,
    seen: Option<&Remote>,
    now: Millis,
) -> Result<(), StoreError> {
    outbox::end(tx, mutation, Ended::Confirmed, now)?;
    daily::confirmed(tx, mutation.link_id, now)?;
    meta::set(tx, "last_confirmed_at", &now.0.to_string())?;
    let record = records::get(tx, mutation.record_id)?;
    activity::confirmed(tx, mutation, record.as_ref(), now)?;
    // It left this computer with its link meanwhile: there is nothing to keep in step.
    let Some(record) = record else { return Ok(()) };
    if mutation.transaction_id.is_some() {
        // What a saga would take it back with.
        let before = record.base.document.as_ref().map(document::to_text);
        outbox::keep_undo(tx, mutation.seq, before.as_deref())?;
    }
    let mut rest = outbox::lane(tx, record.id)?;
    if planted::is(Bug::DropSuccessor) {
        rest.drain(..).try_for_each(|behind| outbox::end(tx, &behind, Ended::Confirmed, now))?;
    }
    let base = base_after(mutation, seen)?;
    // What the rest names may be gone in the server's answer: then what is here stays, and the rest leads to it.
    let local = pending_on(base.document.as_ref(), &rest).unwrap_or_else(|_| record.local.clone());
    if let (Some(document), Some(local)) = (&base.document, &local) {
        reconcile::rewrite_lane(tx, &rest, document, local)?;
    }
    let visible = local.is_some() || !rest.is_empty();
    let collection = collections::get(tx, record.collection_id)?;
    let rules = collection.as_ref().map(|found| found.settings.merge_rules()).unwrap_or_default();
    records::set_base(tx, &record, &base, local.as_ref(), visible, &rules)?;
    let ack_seq = meta::next(tx, "ack_seq")?;
    records::set_acked(tx, record.id, ack_seq)?;
    // A comparison of whole sets that runs meanwhile may list an older state: what was just acknowledged is there.
    if let Some(generation) = collection.and_then(|found| found.full_generation) {
        records::mark_seen(tx, record.id, generation)?;
    }
    Ok(())
}

/// The server's document with what is still pending on top; none where the last of it deletes.
pub(crate) fn pending_on(
    document: Option<&Value>,
    rest: &[MutationRow],
) -> Result<Option<Value>, change::ChangeError> {
    let empty = Value::Object(serde_json::Map::new());
    let mut local = document.cloned();
    for mutation in rest {
        local = match (mutation.operation, &local) {
            (Operation::Delete, _) => None,
            (Operation::Create | Operation::Replace, _) => Some(change::apply(&empty, &mutation.changes)?),
            (Operation::Update, Some(before)) => Some(change::apply(before, &mutation.changes)?),
            (Operation::Update | Operation::Request, _) => local,
        };
    }
    Ok(local)
}

/// The base after an acknowledgement: the server's answer; the document as sent only where it was sent whole under a
/// precondition; a version that is not known is fetched before the next write.
fn base_after(mutation: &MutationRow, seen: Option<&Remote>) -> Result<SideState, StoreError> {
    if mutation.operation == Operation::Delete {
        return Ok(SideState {
            document: None,
            version: seen.and_then(Remote::version).map(str::to_owned),
            at: None,
            by: None,
        });
    }
    if let Some(side) = seen.and_then(side_of).filter(|side| side.document.is_some()) {
        return Ok(side);
    }
    let document = mutation.sealed_doc.as_deref().map(records::serde_json_value).transpose()?;
    Ok(SideState { document, version: None, at: None, by: None })
}

/// How many of the fields that a resolution set read back as something else.
fn stored_otherwise(mutation: &MutationRow, id_field: &str, read_back: Option<&Remote>) -> Option<usize> {
    mutation.conflict_id?;
    match (mutation.operation, read_back?) {
        (Operation::Delete, Remote::Present { .. }) => Some(1),
        (Operation::Delete, Remote::Deleted { .. } | Remote::Missing) => None,
        (_, Remote::Deleted { .. } | Remote::Missing) => Some(1),
        (_, Remote::Present { document, .. }) => {
            let missing = mutation.changes.iter().map(|change| match change {
                // A record that was made again, whose name is the server's: what a server adds to it is no difference.
                Change::Set { path, set: Value::Object(fields) } if path.is_empty() => fields
                    .iter()
                    .filter(|(name, _)| *name != id_field)
                    .filter(|(name, value)| !document.get(*name).is_some_and(|there| same(there, value)))
                    .count(),
                change => usize::from(!holds(document, std::slice::from_ref(change))),
            });
            Some(missing.sum()).filter(|missing| *missing > 0)
        }
    }
}

fn park_stored_otherwise(
    tx: &Connection,
    place: &Place,
    mutation: &MutationRow,
    seen: Option<&Remote>,
    missing: usize,
    answer: &Answer<'_>,
    moved: &mut Moved,
) -> Result<Settled, StoreError> {
    let fields = if missing == 1 { "1 field".to_owned() } else { format!("{missing} fields") };
    let words = format!("The server stored something else in {fields}");
    let failure = Failure::new(ErrorClass::Permanent, words);
    outbox::unseal(tx, mutation.seq)?;
    outbox::set_failure(tx, mutation.seq, &failure, false, 0)?;
    park::park(tx, mutation.seq, answer.now)?;
    if let Some(remote) = seen {
        records::set_remote(tx, mutation.record_id, remote)?;
        records::set_aside(tx, mutation.record_id)?;
    }
    moved.record(place.collection_id, &mutation.rid);
    daily::refused(tx, mutation.link_id, answer.now)?;
    Ok(Settled::Parked)
}

pub(super) fn fail(
    tx: &Connection,
    mutation: &MutationRow,
    failure: &Failure,
    answer: &Answer<'_>,
    rng: &dyn Rng,
) -> Result<Settled, StoreError> {
    if failure.class == ErrorClass::Permanent {
        attempts::fail(tx, mutation.seq, answer.attempt, failure, None, answer.now)?;
        outbox::set_failure(tx, mutation.seq, failure, failure.counts, 0)?;
        if failure.effect == Effect::Unknown {
            unread::keep_in_doubt(tx, mutation)?;
        }
        park::park(tx, mutation.seq, answer.now)?;
        daily::refused(tx, mutation.link_id, answer.now)?;
        return Ok(Settled::Parked);
    }
    let away = planted::is(Bug::CountOffline) && failure.class == ErrorClass::Offline;
    let counts = away || failure.counts && !answer.breaker_open;
    if counts && backoff::gives_up(answer.backoff, (mutation.counted + 1).unsigned_abs() as u32) {
        attempts::fail(tx, mutation.seq, answer.attempt, failure, None, answer.now)?;
        outbox::set_failure(tx, mutation.seq, failure, true, 0)?;
        if failure.effect == Effect::Unknown {
            outbox::set_may_be_in(tx, mutation.seq)?;
        }
        park::park(tx, mutation.seq, answer.now)?;
        daily::refused(tx, mutation.link_id, answer.now)?;
        return Ok(Settled::Parked);
    }
    let mut retry_at = later_at(mutation, failure, answer, rng);
    if planted::is(Bug::ForgetWakeUp) {
        retry_at = answer.now.plus(backoff::MAX_FLOOR.0 - 60_000);
    }
    attempts::fail(tx, mutation.seq, answer.attempt, failure, Some(retry_at), answer.now)?;
    wait(tx, mutation, failure, counts, retry_at, answer)?;
    Ok(Settled::Waits)
}

fn later(
    tx: &Connection,
    mutation: &MutationRow,
    failure: &Failure,
    answer: &Answer<'_>,
    rng: &dyn Rng,
) -> Result<Settled, StoreError> {
    let retry_at = later_at(mutation, failure, answer, rng);
    wait(tx, mutation, failure, false, retry_at, answer)?;
    Ok(Settled::Waits)
}

fn later_at(mutation: &MutationRow, failure: &Failure, answer: &Answer<'_>, rng: &dyn Rng) -> Millis {
    // Exponent by all its tries, so that an outage is not hammered although it does not count.
    let n = u32::try_from((mutation.attempts - 1).max(0)).unwrap_or(u32::MAX);
    let formula = answer.now.plus(backoff::delay(answer.backoff, n, rng).0);
    let asked = failure.retry_after.map(|span| answer.now.plus(span.0.min(backoff::MAX_FLOOR.0)));
    asked.map_or(formula, |asked| asked.max(formula))
}

fn wait(
    tx: &Connection,
    mutation: &MutationRow,
    failure: &Failure,
    counts: bool,
    retry_at: Millis,
    answer: &Answer<'_>,
) -> Result<(), StoreError> {
    if let (ErrorClass::Throttled, Some(span)) = (failure.class, failure.retry_after) {
        let until = answer.now.plus(span.0.min(backoff::MAX_FLOOR.0));
        hosts::set_floor(tx, answer.host, until, answer.now)?;
    }
    let is_5xx = failure.status.is_some_and(|status| status >= 500);
    let same_5xx = match (is_5xx, mutation.status == failure.status) {
        (true, true) => mutation.same_5xx + 1,
        (true, false) => 1,
        (false, _) => 0,
    };
    // An earlier try under this key may have had an effect that this answer says nothing about.
    let certain = !mutation.may_be_in && !attempts::may_have_worked(tx, mutation, answer.attempt)?;
    match (failure.class, failure.effect) {
        // Never left this computer, or met a place that is not the server's: as if it had not been tried. Edits may
        // still join it, and it is sealed anew where the settings are put right.
        (ErrorClass::Offline | ErrorClass::Untrusted | ErrorClass::Intercepted, Effect::None) if certain => {
            outbox::unseal(tx, mutation.seq)?;
            outbox::set_state(tx, mutation.seq, MutationState::Queued, Some(retry_at))?;
        }
        // Refused, and the host says that it goes better in a while: a new key, or a server that remembers them would say
        // the same for ever.
        (ErrorClass::Transient, Effect::None)
            if failure.is_refusal() && (certain || answer.keys_honoured) =>
        {
            outbox::unseal(tx, mutation.seq)?;
            outbox::set_state(tx, mutation.seq, MutationState::Queued, Some(retry_at))?;
        }
        (_, Effect::None) if certain => {
            outbox::set_state(tx, mutation.seq, MutationState::Queued, Some(retry_at))?;
        }
        (_, Effect::None | Effect::Unknown) => {
            outbox::set_state(tx, mutation.seq, MutationState::Uncertain, Some(retry_at))?;
        }
    }
    outbox::set_failure(tx, mutation.seq, failure, counts, same_5xx)
}
