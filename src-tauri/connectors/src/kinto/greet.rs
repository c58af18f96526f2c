//! The first words with a Kinto: what it is, who we are there, what the bucket holds.

use super::Kinto;
use super::place::{self, Place};
use super::pull;
use super::refusal::{self, Refusal};
use crate::classify::{self, Asked};
use crate::http::{Answer, Call};
use crate::wire;
use futures_util::StreamExt as _;
use serde_json::value::RawValue;
use tidemark_model::connector::{Contact, Discovered};
use tidemark_model::failure::{ErrorClass, Failure};
use tidemark_model::number::Millis;
use url::Url;

/// The most pages of collections that are read; a bucket with more is used by naming collections.
const MOST_PAGES: usize = 50;
/// How many collections are counted at a time.
const COUNTED_AT_ONCE: usize = 4;

/// Reads the server's description, then something that needs the account.
pub async fn check(kinto: &Kinto) -> Result<Contact, Failure> {
    let description = kinto.http.send(Call::get("", kinto.http.limits().description)).await?;
    let mut contact = describe(kinto, &description)?;
    let answer = probe(kinto).await?;
    contact.server_time = answer.server_time();
    contact.backoff = description.backoff().max(answer.backoff());
    contact.round_trip = Millis(i64::try_from(answer.round_trip.as_millis()).unwrap_or(i64::MAX));
    Ok(contact)
}

/// The bucket's collections with their number of records.
pub async fn discover(kinto: &Kinto) -> Result<Vec<Discovered>, Failure> {
    let found = collections(kinto).await?;
    let counted = futures_util::stream::iter(found).map(|discovered| count(kinto, discovered));
    Ok(counted.buffered(COUNTED_AT_ONCE).collect().await)
}

fn describe(kinto: &Kinto, answer: &Answer) -> Result<Contact, Failure> {
    if !answer.is_success() {
        return Err(refused(answer));
    }
    let members = answer.json().and_then(wire::members).unwrap_or_default();
    let text = |name| wire::text(&members, name);
    let (Some(project), Some(_)) = (text("project_name"), text("http_api_version")) else {
        return Err(classify::intercepted(answer, Asked::Probe, "what answers at this address is no Kinto"));
    };
    let user = members.get("user").and_then(|raw| wire::members(raw.get().as_bytes()));
    let principal = user.and_then(|user| wire::text(&user, "id"));
    // The description is given to everybody; it only leaves out who we are when it does not believe us.
    if kinto.http.signed_in() && principal.is_none() {
        let words = "the server does not accept this user and password";
        return Err(Failure::new(ErrorClass::Auth, words).with_status(answer.status));
    }
    let software = format!("{project} {}", text("project_version").unwrap_or_default()).trim_end().to_owned();
    Ok(Contact { software: Some(software), principal, ..Contact::default() })
}

/// Reads what the link needs: a chosen collection, since the bucket's own list may be closed to this account.
async fn probe(kinto: &Kinto) -> Result<Answer, Failure> {
    let target = match kinto.settings.collections.first() {
        Some(first) => Place::of(&kinto.bucket, &first.name)
            .map_err(|error| Failure::new(ErrorClass::Permanent, error.to_string()))?
            .records(),
        None => place::collections(&kinto.bucket),
    };
    // Whole, one record alone could be too large for an answer.
    let target = format!("{target}?_limit=1&_fields=id");
    let answer = kinto.http.send(Call::get(target, kinto.http.limits().document)).await?;
    rows(&answer)?;
    Ok(answer)
}

async fn collections(kinto: &Kinto) -> Result<Vec<Discovered>, Failure> {
    let list = place::collections(&kinto.bucket);
    let mut found = Vec::new();
    let mut token: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let mut pairs = vec![("_sort", "id"), ("_limit", "100")];
        pairs.extend(token.as_deref().map(|token| ("_token", token)));
        let target = format!("{list}?{}", wire::query(&pairs));
        let answer = kinto.http.send(Call::get(target, kinto.http.limits().description)).await?;
        found.extend(rows(&answer)?.into_iter().filter_map(collection));
        token = next_token(kinto.http.base(), &answer);
        if token.is_none() {
            break;
        }
    }
    Ok(found)
}

fn next_token(base: &Url, answer: &Answer) -> Option<String> {
    pull::token_of(&base.join(answer.header("next-page")?).ok()?)
}

fn rows(answer: &Answer) -> Result<Vec<&RawValue>, Failure> {
    if !answer.is_success() {
        return Err(refused(answer));
    }
    let members = answer.json().and_then(wire::members);
    let rows = members.as_ref().and_then(|members| members.get("data").copied()).and_then(wire::rows);
    rows.ok_or_else(|| classify::intercepted(answer, Asked::Probe, "the list is not in Kinto's shape"))
}

fn refused(answer: &Answer) -> Failure {
    refusal::failure(answer, Asked::Probe, Refusal::read(answer).as_ref())
}

/// A collection whose name Kinto itself would not take is none.
fn collection(raw: &RawValue) -> Option<Discovered> {
    let members = wire::members(raw.get().as_bytes())?;
    let name = wire::text(&members, "id").filter(|name| place::check_id(name).is_ok())?;
    let schema =
        members.get("schema").and_then(|raw| wire::value(raw).ok()).filter(|schema| schema.is_object());
    Some(Discovered { name, schema: schema.map(|schema| schema.to_string()), ..Discovered::default() })
}

async fn count(kinto: &Kinto, discovered: Discovered) -> Discovered {
    let count = match Place::of(&kinto.bucket, &discovered.name) {
        Ok(place) => pull::total(kinto, &place).await,
        Err(_) => None,
    };
    Discovered { count, ..discovered }
}
