//! Sends sealed mutations and reads each answer in the contract's shape of it.

use super::Rest;
use super::greet;
use super::naming;
use super::place::Place;
use super::problem::{self, Kind, Problem};
use super::record;
use crate::classify::{self, Asked, Unshown};
use crate::http::{Answer, Call, Stop, Watch};
use crate::opaque;
use crate::sending::{self, Sent};
use crate::wire;
use reqwest::header::HeaderName;
use tidemark_model::connector::{Outcome, PushAnswer, Remote, Sealed};
use tidemark_model::failure::{Effect, ErrorClass, Failure};
use tidemark_model::mutation::Operation;
use tidemark_model::planted::{self, Bug};
use tidemark_model::settings::Precondition;

pub const KEY_HEADER: HeaderName = HeaderName::from_static("idempotency-key");
pub const REPLAYED_HEADER: &str = "idempotency-replayed";
/// A record of which nothing but its end is known.
const DELETED: Remote = Remote::Deleted { version: None, at: None, by: None };

/// One request per item, several at a time.
pub async fn push(rest: &Rest, items: &[Sealed]) -> PushAnswer {
    sending::all(items.iter().map(|item| one(rest, item)).collect()).await
}

async fn one(rest: &Rest, item: &Sealed) -> Sent {
    let watch = Watch::new();
    let sent = match item.operation {
        Operation::Request => request(rest, item, &watch).await,
        _ => change(rest, item, &watch).await,
    };
    sent.watched(&watch)
}

async fn change(rest: &Rest, item: &Sealed, watch: &Watch) -> Sent {
    let place = match rest.place(&item.collection) {
        Ok(place) => place,
        Err(error) => return Sent::failed(Failure::new(ErrorClass::Permanent, error.to_string())),
    };
    match send(rest, item, watch).await {
        Ok(answer) => Sent::answered(outcome(rest, &place, item, &answer).await, &answer),
        Err(stop) => Sent::stopped(stop),
    }
}

async fn send(rest: &Rest, item: &Sealed, watch: &Watch) -> Result<Answer, Stop> {
    let mut call = Call::sealed(&item.wire, rest.http.limits().document)?.watched(watch);
    if rest.settings.write.keys.honoured {
        call.headers.push((KEY_HEADER, item.key.clone()));
    }
    rest.http.send_bounded(call).await
}

/// An opaque request: nothing of its answer is about a record.
async fn request(rest: &Rest, item: &Sealed, watch: &Watch) -> Sent {
    let answer = match send(rest, item, watch).await {
        Ok(answer) => answer,
        Err(stop) => return Sent::unheard(opaque::stopped(stop)),
    };
    if answer.is_success() {
        let replayed = answer.header(REPLAYED_HEADER) == Some("true");
        return Sent::answered(opaque::taken(&answer, replayed), &answer);
    }
    let problem = problem::read(&answer, None);
    let failure = classify::refusal(&answer, Asked::Writing, &problem::speaker(&answer, problem.as_ref()));
    let outcome = match problem.map(|problem| problem.kind) {
        Some(Kind::KeyInUse) => Outcome::Failed(still_running(&answer, failure)),
        _ if opaque::is_about_its_address(&failure) && greet::check(rest).await.is_ok() => {
            Outcome::Failed(opaque::permanent(failure))
        }
        _ => opaque::refused(failure),
    };
    Sent::answered(outcome, &answer)
}

fn still_running(answer: &Answer, failure: Failure) -> Failure {
    Failure {
        class: ErrorClass::Transient,
        effect: Effect::Unknown,
        counts: false,
        retry_after: answer.retry_after(),
        ..failure
    }
}

/// What an answer means for its change.
pub async fn outcome(rest: &Rest, place: &Place, item: &Sealed, answer: &Answer) -> Outcome {
    if answer.is_success() {
        let replayed = answer.header(REPLAYED_HEADER) == Some("true");
        return match accepted(rest, place, item, answer) {
            Ok(remote) => Outcome::Accepted { remote, replayed },
            Err(_) if planted::is(Bug::TrustAnyAnswer) => Outcome::Accepted { remote: None, replayed },
            Err(why) => Outcome::Failed(classify::unshown(answer, Asked::Writing, &why)),
        };
    }
    let problem = problem::read(answer, Some(place));
    let failure = classify::refusal(answer, Asked::Writing, &problem::speaker(answer, problem.as_ref()));
    match meaning(rest, item, answer.status, problem.as_ref()) {
        Meaning::AsClassified => Outcome::Failed(failure),
        Meaning::StillRunning => Outcome::Failed(still_running(answer, failure)),
        Meaning::Conflict => conflict(problem.and_then(|problem| problem.current), failure),
        Meaning::Gone if rest.many_are_gone() => match record::prove_collection(rest, place).await {
            Ok(()) => gone(item, problem.and_then(|problem| problem.current).or(Some(DELETED)), failure),
            Err(lost) => Outcome::Failed(lost),
        },
        Meaning::Gone => {
            let current = problem.and_then(|problem| problem.current);
            gone(item, current.or(Some(DELETED)), failure)
        }
        Meaning::Missing => match record::prove_collection(rest, place).await {
            Ok(()) => gone(item, Some(Remote::Missing), failure),
            // The change was refused in so many words; that the collection is lost says nothing else.
            Err(lost) => Outcome::Failed(lost),
        },
        // A create has no record to miss: it is the collection that is asked for.
        Meaning::NoPlace => match record::prove_collection(rest, place).await {
            Ok(()) => Outcome::Failed(failure),
            Err(lost) => Outcome::Failed(lost),
        },
    }
}

/// What a refusal means for this mutation.
enum Meaning {
    AsClassified,
    StillRunning,
    Conflict,
    Gone,
    Missing,
    NoPlace,
}

fn meaning(rest: &Rest, item: &Sealed, status: u16, problem: Option<&Problem>) -> Meaning {
    let makes = item.operation == Operation::Create;
    match (status, problem.map(|problem| problem.kind)) {
        (412 | 428, _) => Meaning::Conflict,
        (_, Some(Kind::VersionConflict)) => Meaning::Conflict,
        (409, Some(Kind::KeyInUse)) => Meaning::StillRunning,
        // Without a type of its own a 409 is a conflict only where the request could have met one.
        // A record without a name can meet no other: it is the content that was refused.
        (409, Some(Kind::Other)) if makes && !rest.settings.write.client_ids => Meaning::AsClassified,
        (409, Some(Kind::Other)) if makes || rest.settings.write.precondition != Precondition::None => {
            Meaning::Conflict
        }
        (410, Some(Kind::Gone)) if !makes => Meaning::Gone,
        (404, Some(Kind::NotFound)) if makes => Meaning::NoPlace,
        (404, Some(Kind::NotFound)) => Meaning::Missing,
        _ => Meaning::AsClassified,
    }
}

fn conflict(current: Option<Remote>, failure: Failure) -> Outcome {
    let failure = Failure { class: ErrorClass::Conflict, effect: Effect::None, counts: false, ..failure };
    Outcome::Conflict { current, failure }
}

/// A record that is no longer there: what a delete wanted, and a conflict for everything else.
fn gone(item: &Sealed, current: Option<Remote>, failure: Failure) -> Outcome {
    if item.operation == Operation::Delete {
        let remote = match current {
            Some(Remote::Missing) | None => Remote::Deleted { version: None, at: None, by: None },
            Some(known) => known,
        };
        return Outcome::Accepted { remote: Some(remote), replayed: false };
    }
    conflict(current, failure)
}

/// What a good answer shows; an error where it is no acknowledgement in the contract's shape, or one that cannot be read.
fn accepted(rest: &Rest, place: &Place, item: &Sealed, answer: &Answer) -> Result<Option<Remote>, Unshown> {
    let silent = matches!(answer.status, 204 | 205) && answer.body.is_empty();
    if item.operation == Operation::Create && !rest.settings.write.client_ids {
        return Ok(Some(naming::named(place, item, answer)?));
    }
    match item.operation {
        Operation::Delete if silent => Ok(Some(Remote::Deleted { version: None, at: None, by: None })),
        Operation::Delete => Ok(Some(tombstone(place, item, answer)?)),
        Operation::Create | Operation::Update | Operation::Replace | Operation::Request if silent => Ok(None),
        Operation::Create | Operation::Update | Operation::Replace | Operation::Request => {
            record::stored(answer, place, &item.record).map(Some)
        }
    }
}

/// The tombstone, or the record as it was deleted; either way it names the record.
fn tombstone(place: &Place, item: &Sealed, answer: &Answer) -> Result<Remote, String> {
    // Of what was deleted nothing but its id is needed.
    let (text, _) = wire::repaired(answer.json().unwrap_or_default());
    let members = wire::members(text.as_bytes()).ok_or("the answer is no JSON object")?;
    let named = [place.id_field.as_str(), "id"].into_iter().find_map(|field| {
        let value = wire::value(members.get(field)?).ok()?;
        wire::scalar(&value)
    });
    if named.as_deref() != Some(item.record.as_str()) {
        return Err("the answer is not about the record that was deleted".into());
    }
    let version = wire::text(&members, "version").or_else(|| answer.etag());
    Ok(Remote::Deleted { version, at: record::changed_at(&members), by: wire::text(&members, "modified_by") })
}
