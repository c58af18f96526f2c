//! Several changes that the server applies whole or not at all: `POST /batch?atomic=1` of the contract.

use super::Rest;
use super::push::{KEY_HEADER, REPLAYED_HEADER, outcome};
use crate::classify::{self, Asked, Speaker};
use crate::http::{Answer, Call, Watch};
use crate::wire;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use tidemark_model::connector::{Outcome, PushAnswer, Sealed};
use tidemark_model::failure::{ErrorClass, Failure};
use tidemark_model::mutation::Operation;

/// The status of an item that was not done because another was refused.
const NOT_DONE: u16 = 424;

/// One request for all items, under the first one's key; the same items always make the same bytes.
pub async fn push(rest: &Rest, items: &[Sealed]) -> PushAnswer {
    let all = |failure: &Failure| items.iter().map(|_| Outcome::Failed(failure.clone())).collect();
    let watch = Watch::new();
    let told = |outcomes, answer: Option<&Answer>| PushAnswer {
        outcomes,
        page: None,
        server_time: answer.and_then(Answer::server_time),
        backoff: answer.and_then(Answer::backoff),
        exchange: watch.read(),
    };
    let (body, target) = match (body(rest, items), target(rest)) {
        (Ok(body), Some(target)) => (body, target),
        (Err(why), _) => return told(all(&Failure::new(ErrorClass::Permanent, why)), None),
        (_, None) => {
            let why = "this connection's settings name no atomic batch";
            return told(all(&Failure::new(ErrorClass::Permanent, why)), None);
        }
    };
    // It shows all the records.
    let mut call = Call::new(Method::POST, target, rest.http.limits().page).watched(&watch);
    call.headers.push((CONTENT_TYPE, "application/json".into()));
    if let (true, Some(first)) = (rest.settings.write.keys.honoured, items.first()) {
        call.headers.push((KEY_HEADER, first.key.clone()));
    }
    call.body = Some(&body);
    match rest.http.send_bounded(call).await {
        Err(stop) => told(all(&stop.about_one()), None),
        Ok(answer) if !answer.is_success() => {
            let speaker = match answer.json().and_then(wire::members) {
                Some(members) => Speaker::Server(wire::text(&members, "detail")),
                None if answer.body.is_empty() => Speaker::Silence,
                None => Speaker::Stranger,
            };
            told(all(&classify::refusal(&answer, Asked::Writing, &speaker)), Some(&answer))
        }
        Ok(answer) => match parts(&answer, items.len()) {
            None => {
                let what = "the answer is no list of as many outcomes as there were changes";
                told(all(&classify::intercepted(&answer, Asked::Writing, what)), Some(&answer))
            }
            Some(parts) => {
                let mut outcomes = Vec::with_capacity(items.len());
                for (item, part) in items.iter().zip(&parts) {
                    outcomes.push(of_part(rest, item, part).await);
                }
                told(outcomes, Some(&answer))
            }
        },
    }
}

async fn of_part(rest: &Rest, item: &Sealed, part: &Answer) -> Outcome {
    match (part.status, rest.place(&item.collection)) {
        (NOT_DONE, _) => Outcome::NotDone,
        (_, Ok(place)) => outcome(rest, &place, item, part).await,
        (_, Err(error)) => Outcome::Failed(Failure::new(ErrorClass::Permanent, error.to_string())),
    }
}

fn target(rest: &Rest) -> Option<String> {
    let batch = rest.settings.write.batch.as_ref().filter(|batch| batch.atomic)?;
    Some(format!("{}?atomic=1", batch.path))
}

/// `{items: [{method, collection, id?, if_match?, if_none_match?, content_type?, body?}]}`.
fn body(rest: &Rest, items: &[Sealed]) -> Result<String, String> {
    let client_ids = rest.settings.write.client_ids;
    let items = items.iter().map(|item| row(item, client_ids)).collect::<Result<Vec<_>, _>>()?;
    let mut whole = Map::new();
    whole.insert("items".to_owned(), Value::Array(items));
    Ok(Value::Object(whole).to_string())
}

fn row(item: &Sealed, client_ids: bool) -> Result<Value, String> {
    let mut row = Map::new();
    row.insert("method".to_owned(), item.wire.method.as_str().into());
    row.insert("collection".to_owned(), item.collection.as_str().into());
    if client_ids || item.operation != Operation::Create {
        // A record that the server is to name has none yet.
        row.insert("id".to_owned(), item.record.as_str().into());
    }
    for (name, value) in &item.wire.headers {
        let member = match name.to_ascii_lowercase().as_str() {
            "if-match" => "if_match",
            "if-none-match" => "if_none_match",
            "content-type" => "content_type",
            _ => return Err(format!("the header {name} cannot stand in a batch")),
        };
        row.insert(member.to_owned(), value.as_str().into());
    }
    if let Some(body) = &item.wire.body {
        let body = tidemark_model::document::parse_value(body.as_bytes());
        row.insert("body".to_owned(), body.map_err(|error| error.to_string())?);
    }
    Ok(Value::Object(row))
}

/// Each item's part as an answer of its own; `None` where the answer is in another shape.
fn parts(answer: &Answer, count: usize) -> Option<Vec<Answer>> {
    let (text, broken) = wire::repaired(answer.json()?);
    let members = wire::members(text.as_bytes())?;
    let rows: Vec<&RawValue> = wire::rows(members.get("items")?)?;
    if rows.len() != count {
        return None;
    }
    rows.into_iter().map(|row| part(answer, row, broken)).collect()
}

fn part(answer: &Answer, row: &RawValue, broken: bool) -> Option<Answer> {
    let members = wire::members(row.get().as_bytes())?;
    let status: u16 = serde_json::from_str(members.get("status")?.get()).ok()?;
    let (kind, body) = match (members.get("doc"), members.get("problem")) {
        (Some(doc), None) => ("application/json", doc.get()),
        (_, Some(problem)) => ("application/problem+json", problem.get()),
        (None, None) => return None,
    };
    let version =
        wire::text(&members, "version").and_then(|version| HeaderValue::from_str(&wire::tag(&version)).ok());
    let replayed = wire::flag(&members, "replayed") || answer.header(REPLAYED_HEADER) == Some("true");
    let body = match broken {
        // What was put in for broken bytes is taken out again: it is as unreadable as it came.
        true => body.split('\u{FFFD}').map(str::as_bytes).collect::<Vec<_>>().join(&0xFF),
        false => body.as_bytes().to_vec(),
    };
    Some(answer.part(status, HeaderValue::from_static(kind), version, replayed, body))
}
