//! What holds of anything that is believed of a server, and of anything that is said against it.

use crate::words::SECRET;
use serde_json::Value;
use std::cell::Cell;
use tidemark_model::backoff::MAX_FLOOR;
use tidemark_model::connector::{Contact, Discovered, Outcome, Page, PullFailure, PushAnswer, Remote, Row};
use tidemark_model::document;
use tidemark_model::exchange::{BODY_BYTES, Exchange};
use tidemark_model::failure::Failure;
use tidemark_model::number::{Count, MAX_EXACT, Millis};

/// A failure says what is wrong within its bounds, and gives no secret away.
pub fn failure(failure: &Failure) {
    assert!(!failure.words.trim().is_empty(), "it says nothing: {failure:?}");
    assert!(failure.words.chars().count() <= 501, "it says too much");
    let excerpt = failure.excerpt.as_deref().unwrap_or_default();
    assert!(excerpt.len() <= 2_048, "it keeps too much");
    for said in [&failure.words, excerpt] {
        no_secret(said);
    }
    wait(failure.retry_after);
}

thread_local! {
    /// A half of the secret stands in the input by itself, so that it may be repeated: nobody knows it for one.
    static HALF: Cell<bool> = const { Cell::new(false) };
}

/// What follows is held against this input.
pub fn given(input: &[u8]) {
    let without = String::from_utf8_lossy(input).replace(SECRET, "");
    HALF.set(halves().iter().any(|half| without.contains(half)));
}

fn halves() -> [&'static str; 2] {
    SECRET.split_at(SECRET.len() / 2).into()
}

/// Nothing of the account's secret, not even half of it.
pub fn no_secret(said: &str) {
    let half = halves().into_iter().find(|half| said.contains(half));
    assert!(!said.contains(SECRET) && (half.is_none() || HALF.get()), "a secret is given away: {said}");
}

pub fn pull_failure(why: &PullFailure) {
    match why {
        PullFailure::Failed(why) | PullFailure::NoCollection(why) => failure(why),
        PullFailure::CheckpointExpired | PullFailure::EpochChanged => {}
    }
}

fn wait(wait: Option<Millis>) {
    assert!(wait.is_none_or(|wait| (0..=MAX_FLOOR.0).contains(&wait.0)), "{wait:?} is no wait");
}

fn exact(number: i64) {
    assert!((-MAX_EXACT..=MAX_EXACT).contains(&number), "the window cannot be told {number}");
}

fn counted(count: Option<Count>) {
    if let Some(count) = count {
        assert!(count.0 >= 0, "{count:?} is no count");
        exact(count.0);
    }
}

/// A document that was taken in is one, and comes back from its own text.
pub fn taken(value: &Value) {
    assert_eq!(document::check(value), Ok(()), "it is no document");
    let text = document::to_text(value);
    let again = document::parse(text.as_bytes()).expect("it comes back from its own text");
    assert_eq!(document::to_text(&again), text, "it comes back as it was");
}

pub fn remote(remote: &Remote) {
    if let Some(document) = remote.document() {
        taken(document);
    }
    if let Some(at) = remote.at() {
        exact(at.0);
    }
}

pub fn row(row: &Row) {
    match row {
        Row::Record { id, remote: shown } => {
            assert!(!id.is_empty() && *shown != Remote::Missing, "{row:?}");
            remote(shown);
        }
        Row::Unreadable { id, raw, bytes, reason } => {
            assert!(id.as_deref() != Some("") && raw.len() <= 64 * 1024 && raw.len() <= *bytes);
            assert!(!reason.is_empty() && reason.len() <= 2_000, "{reason}");
        }
    }
}

pub fn page(page: &Page) {
    page.rows.iter().for_each(row);
    counted(page.total);
    wait(page.backoff);
    if let Some(at) = page.read_to {
        exact(at.0);
    }
}

pub fn contact(contact: &Contact) {
    for at in [contact.server_time, contact.key_lifetime, contact.backoff, Some(contact.round_trip)]
        .into_iter()
        .flatten()
    {
        exact(at.0);
    }
    wait(contact.backoff);
}

pub fn discovered(found: &[Discovered]) {
    for collection in found {
        assert!(!collection.name.is_empty());
        counted(collection.count);
        counted(collection.bytes);
        let text = serde_json::to_string(collection).expect("the window can be told of it");
        assert_eq!(serde_json::from_str::<Discovered>(&text).ok().as_ref(), Some(collection));
    }
}

/// What is kept word for word stays within its bounds and gives no secret away.
fn exchange(seen: &Exchange) {
    for lines in [&seen.sent, &seen.answered] {
        assert!(
            lines.len() <= 60 && lines.iter().all(|line| line.chars().count() <= 501),
            "it keeps too much"
        );
    }
    let body = seen.body.iter();
    assert!(body.clone().all(|body| body.len() <= BODY_BYTES), "it keeps too much");
    assert!(seen.request_id.iter().all(|id| id.chars().count() <= 201), "it keeps too much");
    let all = seen.sent.iter().chain(&seen.answered).chain(body).chain(&seen.request_id);
    all.for_each(|said| no_secret(said));
}

/// As many outcomes as changes, and nothing is taken for an acknowledgement that shows another record.
pub fn pushed(answer: &PushAnswer, ids: &[&str], named_here: bool) {
    assert_eq!(answer.outcomes.len(), ids.len());
    wait(answer.backoff);
    answer.exchange.iter().for_each(exchange);
    for (outcome, id) in answer.outcomes.iter().zip(ids) {
        match outcome {
            Outcome::Accepted { remote: shown, .. } => {
                let shown = shown.iter().inspect(|shown| remote(shown));
                let named = shown.filter_map(Remote::document).filter_map(|document| document.get("id"));
                for named in named.filter(|_| named_here) {
                    let named = named.as_str().map_or_else(|| named.to_string(), str::to_owned);
                    assert_eq!(named, *id, "another record's answer is taken for this one's");
                }
            }
            Outcome::Conflict { current, failure: why } => {
                current.iter().for_each(remote);
                failure(why);
            }
            Outcome::Failed(why) => failure(why),
            Outcome::Done { excerpt, .. } => {
                let excerpt = excerpt.as_deref().unwrap_or_default();
                assert!(excerpt.len() <= 2_048);
                no_secret(excerpt);
            }
            Outcome::NotDone => {}
        }
    }
}
