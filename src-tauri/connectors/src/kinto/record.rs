//! Kinto's records: `last_modified` is the version, `deleted` marks a tombstone.

use super::Kinto;
use super::refusal::{self, Meaning, Refusal};
use crate::classify::{self, Asked, Unshown};
use crate::http::{Answer, Call, Stop};
use crate::wire::{self, Members};
use serde_json::value::RawValue;
use tidemark_model::connector::{Remote, SealError};
use tidemark_model::document;
use tidemark_model::failure::{ErrorClass, Failure};
use tidemark_model::number::Millis;

/// The field that holds the version.
pub const VERSION: &str = "last_modified";

/// One record, or its tombstone.
pub async fn fetch(kinto: &Kinto, collection: &str, id: &str) -> Result<Remote, Failure> {
    let refused = |error: SealError| Failure::new(ErrorClass::Permanent, error.to_string());
    let place = kinto.place(collection).map_err(refused)?;
    let target = place.record(id).map_err(refused)?;
    let answer = kinto.http.send_bounded(Call::get(target, kinto.http.limits().document)).await;
    let answer = answer.map_err(Stop::about_one)?;
    if answer.is_success() {
        return stored(&answer, id).map_err(|why| classify::unshown(&answer, Asked::Reading, &why));
    }
    let refusal = Refusal::read(&answer);
    if refusal.as_ref().map(Refusal::meaning) == Some(Meaning::NoRecord) {
        return tombstone(kinto, &place.records(), id).await;
    }
    Err(refusal::failure(&answer, Asked::Reading, refusal.as_ref()))
}

/// A record that is not there was deleted or never was: only the list knows, and it proves that the collection is.
async fn tombstone(kinto: &Kinto, list: &str, id: &str) -> Result<Remote, Failure> {
    // The quotes keep an id of digits from being compared as a number.
    let query = wire::query(&[("_since", "0"), ("id", &format!("\"{id}\""))]);
    let answer = kinto.http.send(Call::get(format!("{list}?{query}"), kinto.http.limits().document)).await?;
    if !answer.is_success() {
        return Err(refusal::failure(&answer, Asked::Reading, Refusal::read(&answer).as_ref()));
    }
    let wrong = || classify::intercepted(&answer, Asked::Reading, "the list is not in Kinto's shape");
    let members = answer.json().and_then(wire::members).ok_or_else(wrong)?;
    let rows = members.get("data").copied().and_then(wire::rows).ok_or_else(wrong)?;
    let found = rows.into_iter().filter_map(|raw| read(raw).ok()).find(|read| read.id == id);
    Ok(found.map_or(Remote::Missing, |read| read.remote))
}

/// The record in a good answer; an error says what is wrong with its shape or its document.
pub fn stored(answer: &Answer, id: &str) -> Result<Remote, Unshown> {
    let (text, broken) = wire::repaired(answer.json().ok_or("the answer is no JSON object")?);
    let members = wire::members(text.as_bytes()).ok_or("the answer is no JSON object")?;
    let raw = members.get("data").ok_or("the answer has no 'data'")?;
    let read = if broken { Err("it is not valid UTF-8".to_owned()) } else { read(raw) };
    let read = read.map_err(|what| match names(raw, id) {
        true => Unshown::Unreadable(what),
        false => Unshown::Strange(what),
    })?;
    if read.id != id {
        return Err("the answer is about another record".into());
    }
    Ok(read.remote)
}

/// Whether a record that cannot be read whole is one of Kinto's with this id.
fn names(raw: &RawValue, id: &str) -> bool {
    wire::members(raw.get().as_bytes()).is_some_and(|members| {
        modified(&members).is_some() && wire::text(&members, "id").as_deref() == Some(id)
    })
}

/// A record as a row or an answer shows it.
pub struct Read {
    /// Its id.
    pub id: String,
    /// What it is.
    pub remote: Remote,
}

/// Reads a record; an error says why it cannot be.
pub fn read(raw: &RawValue) -> Result<Read, String> {
    let members = wire::members(raw.get().as_bytes()).ok_or("the row is no object")?;
    let id = wire::text(&members, "id").filter(|id| !id.is_empty()).ok_or("the row has no id")?;
    let modified = modified(&members).ok_or("the row has no last_modified")?;
    let (version, at) = (Some(modified.to_string()), Some(Millis(0).plus(modified)));
    if is_tombstone(&members) {
        return Ok(Read { id, remote: Remote::Deleted { version, at, by: None } });
    }
    let mut document = document::parse(raw.get().as_bytes()).map_err(|error| error.to_string())?;
    if let serde_json::Value::Object(fields) = &mut document {
        fields.shift_remove(VERSION);
    }
    Ok(Read { id, remote: Remote::Present { document, version, at, by: None } })
}

/// A row's version even where the rest cannot be read, so that the cursor passes it.
pub fn modified_of(raw: &RawValue) -> Option<i64> {
    modified(&wire::members(raw.get().as_bytes())?)
}

fn modified(members: &Members<'_>) -> Option<i64> {
    let modified: i64 = serde_json::from_str(members.get(VERSION)?.get()).ok()?;
    (modified >= 0).then_some(modified)
}

/// A record may have a field `deleted` of its own; a tombstone has nothing beside it.
fn is_tombstone(members: &Members<'_>) -> bool {
    wire::flag(members, "deleted")
        && members.keys().all(|key| matches!(key.as_str(), "id" | "deleted" | "last_modified"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Read, String> {
        read(&RawValue::from_string(text.to_owned()).unwrap())
    }

    #[test]
    fn the_version_is_taken_out_of_the_document() {
        let record =
            read_text(r#"{"title":"three","n":1.10,"id":"id-3","last_modified":1795242795792}"#).unwrap();
        assert_eq!(record.remote.version(), Some("1795242795792"));
        assert_eq!(
            record.remote.document().unwrap().to_string(),
            r#"{"title":"three","n":1.10,"id":"id-3"}"#
        );
    }

    #[test]
    fn a_record_with_a_field_called_deleted_is_no_tombstone() {
        let kept = read_text(r#"{"id":"a","last_modified":1,"deleted":true,"title":"x"}"#).unwrap();
        assert!(matches!(kept.remote, Remote::Present { .. }));
        let gone = read_text(r#"{"id":"a","last_modified":1,"deleted":true}"#).unwrap();
        assert!(matches!(gone.remote, Remote::Deleted { .. }));
    }

    #[test]
    fn a_row_without_id_or_version_says_so() {
        for text in
            [r#"[]"#, r#"{"id":1,"last_modified":1}"#, r#"{"id":"a"}"#, r#"{"id":"a","last_modified":-1}"#]
        {
            assert!(read_text(text).is_err(), "{text}");
        }
    }
}
