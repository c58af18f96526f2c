//! Whole documents under a precondition, one request each.

use super::place::Place;
use super::record::{self, VERSION};
use super::refusal::{self, Meaning, Refusal};
use super::{Kinto, greet};
use crate::classify::{self, Asked, Unshown};
use crate::http::{Answer, Call, Watch};
use crate::opaque;
use crate::sending::{self, Sent};
use crate::wire;
use serde_json::{Map, Value};
use tidemark_model::connector::{Intent, Outcome, PushAnswer, Remote, SealError, Sealed, WireForm};
use tidemark_model::failure::{Effect, ErrorClass, Failure};
use tidemark_model::mutation::Operation;

/// What is sent for an intent; pure.
pub fn seal(place: &Place, intent: &Intent<'_>) -> Result<WireForm, SealError> {
    let target = place.record(intent.record)?;
    let guard = match (intent.operation, intent.base_version) {
        (Operation::Request, _) => return Err(SealError::NotOffered("opaque requests".into())),
        (Operation::Create, _) | (Operation::Replace, None) => ("If-None-Match".to_owned(), "*".to_owned()),
        (Operation::Update | Operation::Replace | Operation::Delete, Some(version)) => {
            ("If-Match".to_owned(), wire::tag(version))
        }
        (Operation::Update | Operation::Delete, None) => return Err(SealError::NoVersion),
    };
    let deletes = intent.operation == Operation::Delete;
    Ok(WireForm {
        method: if deletes { "DELETE" } else { "PUT" }.to_owned(),
        target,
        headers: vec![guard],
        body: (!deletes).then(|| body(intent)),
        whole: !deletes,
    })
}

fn body(intent: &Intent<'_>) -> String {
    let mut document = intent.document.cloned().unwrap_or_else(|| Value::Object(Map::new()));
    if let Value::Object(fields) = &mut document {
        fields.shift_remove(VERSION);
        if !fields.contains_key("id") {
            fields.shift_insert(0, "id".into(), intent.record.into());
        }
    }
    Value::Object(Map::from_iter([("data".to_owned(), document)])).to_string()
}

/// One request per item, several at a time.
pub async fn push(kinto: &Kinto, items: &[Sealed]) -> PushAnswer {
    sending::all(items.iter().map(|item| one(kinto, item)).collect()).await
}

async fn one(kinto: &Kinto, item: &Sealed) -> Sent {
    let watch = Watch::new();
    timeless(kinto, item, &watch).await.watched(&watch)
}

async fn timeless(kinto: &Kinto, item: &Sealed, watch: &Watch) -> Sent {
    let call = match Call::sealed(&item.wire, kinto.http.limits().document) {
        Ok(call) => call.watched(watch),
        Err(failure) => return Sent::failed(failure),
    };
    match kinto.http.send_bounded(call).await {
        Ok(answer) if item.operation == Operation::Request => {
            Sent::answered(of_request(kinto, &answer).await, &answer)
        }
        Err(stop) if item.operation == Operation::Request => Sent::unheard(opaque::stopped(stop)),
        Ok(answer) => Sent::answered(outcome(item, &answer), &answer),
        Err(stop) => Sent::stopped(stop),
    }
}

/// An opaque request: nothing of its answer is about a record.
async fn of_request(kinto: &Kinto, answer: &Answer) -> Outcome {
    if answer.is_success() {
        return opaque::taken(answer, false);
    }
    let refusal = Refusal::read(answer);
    let failure = refusal::failure(answer, Asked::Writing, refusal.as_ref());
    match refusal {
        // A 412 that is not in Kinto's shape was somebody else's.
        None if failure.class == ErrorClass::Conflict => {
            Outcome::Failed(classify::intercepted(answer, Asked::Writing, &answer.status_words()))
        }
        // An address that Kinto does not know, in its own words.
        Some(_) if failure.class == ErrorClass::Intercepted => Outcome::Failed(opaque::permanent(failure)),
        None if opaque::is_about_its_address(&failure) && greet::check(kinto).await.is_ok() => {
            Outcome::Failed(opaque::permanent(failure))
        }
        Some(_) | None => opaque::refused(failure),
    }
}

fn outcome(item: &Sealed, answer: &Answer) -> Outcome {
    if answer.is_success() {
        return match accepted(item, answer) {
            Ok(remote) => Outcome::Accepted { remote: Some(remote), replayed: false },
            Err(why) => Outcome::Failed(classify::unshown(answer, Asked::Writing, &why)),
        };
    }
    let refusal = Refusal::read(answer);
    let failure = refusal::failure(answer, Asked::Writing, refusal.as_ref());
    match refusal.as_ref().map(|refusal| (refusal.meaning(), refusal)) {
        Some((Meaning::Modified, refusal)) => Outcome::Conflict { current: existing(item, refusal), failure },
        // What a delete wanted; who did it first makes no difference.
        Some((Meaning::NoRecord, _)) if item.operation == Operation::Delete => {
            let remote = Remote::Deleted { version: None, at: None, by: None };
            Outcome::Accepted { remote: Some(remote), replayed: false }
        }
        Some((Meaning::NoRecord, _)) => Outcome::Conflict {
            current: Some(Remote::Missing),
            failure: Failure { class: ErrorClass::Conflict, effect: Effect::None, counts: false, ..failure },
        },
        // A 412 that is not in Kinto's shape was somebody else's.
        None if failure.class == ErrorClass::Conflict => {
            Outcome::Failed(classify::intercepted(answer, Asked::Writing, &answer.status_words()))
        }
        Some((
            Meaning::NoCollection | Meaning::NoAddress | Meaning::Repeat | Meaning::Ended | Meaning::AsStatus,
            _,
        ))
        | None => Outcome::Failed(failure),
    }
}

fn existing(item: &Sealed, refusal: &Refusal<'_>) -> Option<Remote> {
    let read = record::read(refusal.existing()?).ok()?;
    (read.id == item.record).then_some(read.remote)
}

/// What a good answer shows; an error where it is no acknowledgement in Kinto's shape, or one that cannot be read.
fn accepted(item: &Sealed, answer: &Answer) -> Result<Remote, Unshown> {
    let remote = record::stored(answer, &item.record)?;
    let deleted = matches!(remote, Remote::Deleted { .. });
    if deleted != (item.operation == Operation::Delete) {
        return Err("the answer shows the record in another state than the one that was sent".into());
    }
    Ok(remote)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_version_goes_into_the_precondition_and_never_into_the_body() {
        let document: Value =
            serde_json::from_str(r#"{"n":1.10,"last_modified":5,"big":12345678901234567890}"#).unwrap();
        let intent = Intent {
            collection: "tasks",
            record: "a",
            operation: Operation::Update,
            base: None,
            base_version: Some("1795242795792"),
            document: Some(&document),
            changes: &[],
            request: None,
        };
        let form = seal(&Place::of("default", "tasks").unwrap(), &intent).unwrap();
        assert_eq!(form.target, "buckets/default/collections/tasks/records/a");
        assert_eq!(form.headers, [("If-Match".to_owned(), "\"1795242795792\"".to_owned())]);
        let body = r#"{"data":{"id":"a","n":1.10,"big":12345678901234567890}}"#;
        assert_eq!(form.body.as_deref(), Some(body));
    }

    #[test]
    fn a_replace_is_guarded_by_the_version_it_replaces_or_by_absence() {
        let document = json!({"id": "a"});
        let mut intent = Intent {
            collection: "tasks",
            record: "a",
            operation: Operation::Replace,
            base: None,
            base_version: None,
            document: Some(&document),
            changes: &[],
            request: None,
        };
        let place = Place::of("default", "tasks").unwrap();
        assert_eq!(seal(&place, &intent).unwrap().headers[0].0, "If-None-Match");
        intent.base_version = Some("7");
        assert_eq!(seal(&place, &intent).unwrap().headers[0].0, "If-Match");
    }
}
