//! A record in answers and rows: its id, version, document, and whether it is a tombstone.

use super::Rest;
use super::place::Place;
use super::problem::{self, Kind};
use crate::classify::{self, Asked, Unshown};
use crate::http::{Answer, Call, Stop};
use crate::wire::{self, Members};
use serde_json::Value;
use serde_json::value::RawValue;
use tidemark_model::connector::{Remote, Row, SealError, Version};
use tidemark_model::document::{self, DocumentError};
use tidemark_model::failure::{ErrorClass, Failure};
use tidemark_model::number::Millis;
use tidemark_model::settings::VersionPlace;

/// One record, or what became of it.
pub async fn fetch(rest: &Rest, collection: &str, id: &str) -> Result<Remote, Failure> {
    let refused = |error: SealError| Failure::new(ErrorClass::Permanent, error.to_string());
    let place = rest.place(collection).map_err(refused)?;
    let target = place.record(id).map_err(refused)?;
    let answer = rest.http.send_bounded(Call::get(target, rest.http.limits().document)).await;
    let answer = answer.map_err(Stop::about_one)?;
    if answer.is_success() {
        return stored(&answer, &place, id).map_err(|why| classify::unshown(&answer, Asked::Reading, &why));
    }
    let problem = problem::read(&answer, Some(&place));
    match problem.as_ref().map(|problem| problem.kind) {
        Some(Kind::Gone) if answer.status == 410 => {
            if rest.many_are_gone() {
                prove_collection(rest, &place).await?;
            }
            Ok(problem.and_then(|problem| problem.current).unwrap_or(Remote::Deleted {
                version: None,
                at: None,
                by: None,
            }))
        }
        Some(Kind::NotFound) if answer.status == 404 => {
            prove_collection(rest, &place).await?;
            Ok(Remote::Missing)
        }
        _ => Err(classify::refusal(&answer, Asked::Reading, &problem::speaker(&answer, problem.as_ref()))),
    }
}

/// Asks for the collection itself before a "not found" is believed to speak of one record: with a wrong path
/// everything would be missing.
pub async fn prove_collection(rest: &Rest, place: &Place) -> Result<(), Failure> {
    let target = format!("{}?{}", place.list(), wire::query(&[(&rest.settings.pull.limit_param, "1")]));
    let answer = rest.http.send_bounded(Call::get(target, rest.http.limits().page)).await;
    let answer = answer.map_err(Stop::about_one)?;
    let is_list = answer
        .json()
        .and_then(wire::members)
        .and_then(|members| members.get(rest.settings.pull.items.as_str()).copied().and_then(wire::rows))
        .is_some();
    if answer.is_success() && is_list {
        return Ok(());
    }
    let problem = problem::read(&answer, Some(place));
    let failure = classify::refusal(&answer, Asked::Reading, &problem::speaker(&answer, problem.as_ref()));
    // The collection itself is not there: nothing can be said about its records.
    let lost = failure.class == ErrorClass::Permanent;
    Err(if lost { Failure { class: ErrorClass::Intercepted, counts: false, ..failure } } else { failure })
}

/// The record in a good answer; an error says what is wrong with its shape or its document.
pub fn stored(answer: &Answer, place: &Place, id: &str) -> Result<Remote, Unshown> {
    let body = answer.json().ok_or("the answer is no JSON")?;
    let document = document::parse(body).map_err(|error| match names(body, place, id) {
        true => Unshown::Unreadable(error.to_string()),
        false => Unshown::Strange(error.to_string()),
    })?;
    let echoed = document.get(&place.id_field).and_then(wire::scalar);
    if echoed.as_deref() != Some(id) {
        let field = &place.id_field;
        let what = format!("the answer is not about the record asked for ('{field}' differs)");
        return Err(Unshown::Strange(what));
    }
    Ok(present(document, answer, place))
}

/// Whether a document that cannot be read whole is an object with this id.
fn names(body: &[u8], place: &Place, id: &str) -> bool {
    named_in(body, place).as_deref() == Some(id)
}

/// The id in an object of which the rest need not be readable.
pub fn named_in(body: &[u8], place: &Place) -> Option<String> {
    let (text, _) = wire::repaired(body);
    let members = wire::members(text.as_bytes());
    let named = members.and_then(|members| wire::value(members.get(place.id_field.as_str())?).ok());
    named.as_ref().and_then(wire::scalar)
}

/// A document with the version that came with it.
pub fn present(document: Value, answer: &Answer, place: &Place) -> Remote {
    let (document, own_version) = without_version(document, place);
    let version = match place.version {
        VersionPlace::Etag => answer.etag(),
        VersionPlace::Field(_) => own_version,
    };
    Remote::Present { document, version, at: answer.last_modified(), by: None }
}

/// A pulled row: a record or a tombstone, else set aside with its reason.
pub fn pulled(raw: &RawValue, place: &Place) -> Row {
    match try_row(raw, place) {
        Ok((id, remote)) => Row::Record { id, remote },
        Err(reason) => wire::unreadable(raw, row_id(place), reason),
    }
}

/// The member of a row that holds its record's id: the contract's rows are envelopes; a version inside the document means
/// that rows are documents.
pub fn row_id(place: &Place) -> &str {
    match place.version {
        VersionPlace::Etag => "id",
        VersionPlace::Field(_) => &place.id_field,
    }
}

/// The same row where only a readable one is of use.
pub fn row(raw: &RawValue, place: &Place) -> Option<(String, Remote)> {
    try_row(raw, place).ok()
}

fn try_row(raw: &RawValue, place: &Place) -> Result<(String, Remote), String> {
    let members = wire::members(raw.get().as_bytes()).ok_or("the row is no object")?;
    match place.version {
        VersionPlace::Etag => envelope(&members, place),
        VersionPlace::Field(_) => bare(raw, &members, place),
    }
}

fn envelope(members: &Members<'_>, place: &Place) -> Result<(String, Remote), String> {
    let id = id_of(members, "id")?;
    let version =
        members.get("version").and_then(|raw| wire::value(raw).ok()).as_ref().and_then(wire::scalar);
    let (at, by) = (changed_at(members), wire::text(members, "modified_by"));
    if wire::flag(members, &place.deleted_field) {
        return Ok((id, Remote::Deleted { version, at, by }));
    }
    let version = Some(version.ok_or("the row has no version")?);
    let raw = members.get("doc").ok_or("the row has no document")?;
    let document = document::parse(raw.get().as_bytes()).map_err(|error: DocumentError| error.to_string())?;
    if document.get(&place.id_field).and_then(wire::scalar).as_deref() != Some(&id) {
        return Err(format!("the document's '{}' is not the row's id", place.id_field));
    }
    Ok((id, Remote::Present { document, version, at, by }))
}

fn bare(raw: &RawValue, members: &Members<'_>, place: &Place) -> Result<(String, Remote), String> {
    let id = id_of(members, &place.id_field)?;
    let (at, by) = (changed_at(members), wire::text(members, "modified_by"));
    let document = document::parse(raw.get().as_bytes()).map_err(|error| error.to_string())?;
    let (document, version) = without_version(document, place);
    if wire::flag(members, &place.deleted_field) {
        return Ok((id, Remote::Deleted { version, at, by }));
    }
    if version.is_none() {
        return Err("the row has no version".into());
    }
    Ok((id, Remote::Present { document, version, at, by }))
}

fn id_of(members: &Members<'_>, field: &str) -> Result<String, String> {
    let raw = members.get(field).ok_or_else(|| format!("the row has no '{field}'"))?;
    let value = wire::value(raw).map_err(|error| error.to_string())?;
    wire::scalar(&value).ok_or_else(|| format!("the row's '{field}' is no id"))
}

/// The server keeps the version field; people edit documents without it.
fn without_version(mut document: Value, place: &Place) -> (Value, Option<Version>) {
    let VersionPlace::Field(field) = &place.version else { return (document, None) };
    let version = match &mut document {
        Value::Object(map) => map.shift_remove(field).as_ref().and_then(version_text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
    };
    (document, version)
}

/// A field's version as text, from which the same JSON comes back: a text that looks like a number keeps its quotes.
fn version_text(value: &Value) -> Option<Version> {
    match value {
        Value::String(text) if serde_json::from_str::<serde_json::Number>(text).is_ok() => {
            Some(value.to_string())
        }
        Value::String(text) if text.starts_with('"') => Some(value.to_string()),
        other => wire::scalar(other),
    }
}

/// The JSON of a version made by [`version_text`].
pub fn version_value(version: &str) -> Value {
    if let Ok(number) = serde_json::from_str::<serde_json::Number>(version) {
        return Value::Number(number);
    }
    match serde_json::from_str::<String>(version) {
        Ok(text) => Value::String(text),
        Err(_) => Value::String(version.to_owned()),
    }
}

/// `modified_at` as an RFC 3339 instant or as milliseconds; a time without a zone is no instant.
pub fn changed_at(members: &Members<'_>) -> Option<Millis> {
    let raw = members.get("modified_at")?.get();
    if let Ok(ms) = serde_json::from_str::<i64>(raw) {
        return Some(Millis(0).plus(ms));
    }
    let text: String = serde_json::from_str(raw).ok()?;
    let instant = chrono::DateTime::parse_from_rfc3339(&text).ok()?;
    Some(Millis(0).plus(instant.timestamp_millis()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidemark_model::settings::LinkSettings;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    fn contract() -> Place {
        Place::of(&LinkSettings::default(), "tasks").unwrap()
    }

    #[test]
    fn a_row_of_the_contract_is_a_record_or_a_tombstone() {
        let row = raw(
            r#"{"id":"a","version":"7-x","doc":{"id":"a","n":1.10},"modified_at":"2026-11-21T11:35:51.500Z","modified_by":"bea"}"#,
        );
        let Row::Record { id, remote: Remote::Present { document, version, at, by } } =
            pulled(&row, &contract())
        else {
            panic!("the row was not read");
        };
        assert_eq!((id.as_str(), version.as_deref(), by.as_deref()), ("a", Some("7-x"), Some("bea")));
        assert_eq!(
            (document.to_string().as_str(), at),
            (r#"{"id":"a","n":1.10}"#, Some(Millis(1_795_260_951_500)))
        );
        let row = raw(r#"{"id":"a","version":"8","deleted":true}"#);
        assert!(matches!(
            pulled(&row, &contract()),
            Row::Record { remote: Remote::Deleted { version: Some(version), .. }, .. } if version == "8"
        ));
    }

    #[test]
    fn a_row_that_cannot_be_read_is_set_aside_whole_with_its_reason() {
        for (text, reason) in [
            (r#"[1]"#, "no object"),
            (r#"{"version":"1","doc":{}}"#, "no 'id'"),
            (r#"{"id":"","version":"1","doc":{}}"#, "no id"),
            (r#"{"id":"a","doc":{"id":"a"}}"#, "no version"),
            (r#"{"id":"a","version":"1"}"#, "no document"),
            (r#"{"id":"a","version":"1","doc":{"id":"b"}}"#, "not the row's id"),
            (r#"{"id":"a","version":"1","doc":{"id":"a","x":"\ud800"}}"#, "not JSON"),
        ] {
            let Row::Unreadable { id: known, raw: kept, bytes, reason: said } =
                pulled(&raw(text), &contract())
            else {
                panic!("{text} was taken");
            };
            assert!(said.contains(reason), "{text}: {said}");
            assert_eq!((kept.as_str(), bytes), (text, text.len()));
            assert_eq!(known.as_deref(), text.contains(r#""id":"a","#).then_some("a"), "{text}");
        }
    }

    #[test]
    fn a_version_inside_the_document_is_taken_out_and_comes_back_as_it_was() {
        let settings = LinkSettings::parse(
            r#"{"collections":[{"name":"t","id_field":"key","version":{"field":"rev"}}]}"#,
        );
        let place = Place::of(&settings.unwrap(), "t").unwrap();
        let (id, remote) = row(&raw(r#"{"key":5,"rev":3,"a":1}"#), &place).unwrap();
        assert_eq!((id.as_str(), remote.version()), ("5", Some("3")));
        assert_eq!(remote.document().unwrap().to_string(), r#"{"key":5,"a":1}"#);
        for version in
            [serde_json::json!(3), "3".into(), "abc".into(), "\"q\"".into(), serde_json::json!(1.50)]
        {
            assert_eq!(version_value(&version_text(&version).unwrap()), version);
        }
    }
}
