//! The first words with a server: does it answer, is the account accepted, what does it hold.

use super::Rest;
use super::place::Place;
use super::problem;
use crate::classify::{self, Asked};
use crate::http::{Answer, Call};
use crate::wire::{self, Members};
use serde_json::value::RawValue;
use std::sync::atomic::Ordering;
use tidemark_model::connector::{Contact, Discovered, Reference};
use tidemark_model::failure::{ErrorClass, Failure};
use tidemark_model::number::{Count, Millis};
use tidemark_model::settings::LinkSettings;

/// Longest key lifetime that is believed: 30 days.
const LONGEST_LIFETIME_S: i64 = 30 * 24 * 60 * 60;

/// Reads the server's description, then something that needs the account.
pub async fn check(rest: &Rest) -> Result<Contact, Failure> {
    let description = rest.http.send(Call::get("", rest.http.limits().description)).await?;
    let mut contact = Contact { principal: rest.http.user().map(str::to_owned), ..Contact::default() };
    match description.json().and_then(wire::members) {
        Some(members) if description.is_success() => describe(rest, &members, &mut contact),
        _ if description.is_success() || tells_nothing(&description) => {}
        _ => return Err(refused(&description)),
    }
    contact.backoff = description.backoff();
    if let Some(answer) = probe(rest).await? {
        contact.server_time = answer.server_time();
        contact.backoff = contact.backoff.max(answer.backoff());
        contact.round_trip = Millis(i64::try_from(answer.round_trip.as_millis()).unwrap_or(i64::MAX));
    }
    Ok(contact)
}

/// The collections on offer; those of the settings where the server lists none.
pub async fn discover(rest: &Rest) -> Result<Vec<Discovered>, Failure> {
    let answer = rest.http.send(Call::get(discovery(&rest.settings), rest.http.limits().description)).await?;
    if tells_nothing(&answer) && !rest.settings.collections.is_empty() {
        return Ok(rest.settings.collections.iter().map(from_settings).collect());
    }
    let items = listed(rest, &answer)?;
    let wrong = || classify::intercepted(&answer, Asked::Probe, "a collection in the list has no name");
    items.into_iter().map(|raw| collection(raw).ok_or_else(wrong)).collect()
}

fn discovery(settings: &LinkSettings) -> String {
    settings.discovery.clone().unwrap_or_else(|| "collections".into())
}

/// A server that has no such page, or keeps it to itself; whether the account is accepted is seen elsewhere.
fn tells_nothing(answer: &Answer) -> bool {
    matches!(answer.status, 403..=405 | 410 | 501)
}

/// A request that shows whether the account is accepted: the list of collections, else the first known collection. None
/// where it does, and the list's first record is too large for an answer.
async fn probe(rest: &Rest) -> Result<Option<Answer>, Failure> {
    let answer = rest.http.send(Call::get(discovery(&rest.settings), rest.http.limits().description)).await?;
    let answer = match rest.settings.collections.first() {
        Some(first) if tells_nothing(&answer) => {
            let place = rest
                .place(&first.name)
                .map_err(|error| Failure::new(ErrorClass::Permanent, error.to_string()))?;
            let target =
                format!("{}?{}", place.list(), wire::query(&[(&rest.settings.pull.limit_param, "1")]));
            match rest.http.send_bounded(Call::get(target, rest.http.limits().page)).await {
                Err(stop) if stop.is_good() => return Ok(None),
                answer => answer?,
            }
        }
        _ => answer,
    };
    listed(rest, &answer)?;
    Ok(Some(answer))
}

fn listed<'a>(rest: &Rest, answer: &'a Answer) -> Result<Vec<&'a RawValue>, Failure> {
    if !answer.is_success() {
        return Err(refused(answer));
    }
    let members = answer.json().and_then(wire::members);
    let items = members.as_ref().and_then(|members| members.get(rest.settings.pull.items.as_str()).copied());
    items.and_then(wire::rows).ok_or_else(|| {
        classify::intercepted(answer, Asked::Probe, "what answers at this address is not the expected server")
    })
}

fn refused(answer: &Answer) -> Failure {
    // Only the error's words are read here, which need no collection.
    let place = Place::of(&LinkSettings::default(), "any").ok();
    let problem = place.and_then(|place| problem::read(answer, Some(&place)));
    classify::refusal(answer, Asked::Probe, &problem::speaker(answer, problem.as_ref()))
}

fn describe(rest: &Rest, members: &Members<'_>, contact: &mut Contact) {
    contact.software = wire::text(members, "software");
    let packings =
        members.get("compress").and_then(|raw| serde_json::from_str::<Vec<String>>(raw.get()).ok());
    rest.http.server_takes(packings.unwrap_or_default().iter().map(String::as_str));
    let ttl = members.get("key_ttl_s").and_then(|raw| serde_json::from_str::<i64>(raw.get()).ok());
    if let Some(ttl) = ttl.filter(|ttl| *ttl >= 0) {
        let lifetime = Millis(ttl.min(LONGEST_LIFETIME_S) * 1000);
        rest.key_lifetime.store(lifetime.0, Ordering::Relaxed);
        contact.key_lifetime = Some(lifetime);
    }
}

fn collection(raw: &RawValue) -> Option<Discovered> {
    let members = wire::members(raw.get().as_bytes())?;
    let count = |name| Count::told(serde_json::from_str::<i64>(members.get(name).copied()?.get()).ok()?);
    let schema =
        members.get("schema").and_then(|raw| wire::value(raw).ok()).filter(|schema| schema.is_object());
    let references =
        members.get("references").and_then(|raw| serde_json::from_str::<Vec<Reference>>(raw.get()).ok());
    Some(Discovered {
        name: wire::text(&members, "name").filter(|name| wire::segment(name).is_ok())?,
        label: wire::text(&members, "label"),
        count: count("count"),
        bytes: count("bytes"),
        schema: schema.map(|schema| schema.to_string()),
        references: references.unwrap_or_default(),
    })
}

fn from_settings(collection: &tidemark_model::settings::CollectionSettings) -> Discovered {
    Discovered {
        name: collection.name.clone(),
        label: collection.label.clone(),
        schema: collection.schema.as_ref().map(ToString::to_string),
        references: collection.references.clone(),
        ..Discovered::default()
    }
}
