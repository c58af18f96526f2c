//! Records that only the server can name: sent without an id, named by the answer.

use super::place::Place;
use super::record;
use crate::http::Answer;
use crate::wire;
use serde_json::{Map, Value};
use tidemark_model::connector::{Intent, Remote, Sealed, WireForm};
use tidemark_model::document;

/// A new record without the id that was given to it here.
pub fn create(place: &Place, intent: &Intent<'_>) -> WireForm {
    let mut document = intent.document.cloned().unwrap_or_else(|| Value::Object(Map::new()));
    if let Value::Object(fields) = &mut document {
        fields.shift_remove(&place.id_field);
    }
    WireForm {
        method: "POST".into(),
        target: place.collection().to_owned(),
        headers: Vec::new(),
        body: Some(document.to_string()),
        whole: false,
    }
}

/// The record under its new id: the stored document, or where the answer says that it lies, or the name alone of a
/// document that cannot be read. In the latter cases the version is not known, and the record is fetched before its next
/// change.
pub fn named(place: &Place, item: &Sealed, answer: &Answer) -> Result<Remote, String> {
    let stored = answer.json().and_then(|body| document::parse(body).ok());
    if let Some(stored) = stored.filter(|stored| stored.get(&place.id_field).and_then(wire::scalar).is_some())
    {
        return Ok(record::present(stored, answer, place));
    }
    let id = answer.json().and_then(|body| record::named_in(body, place));
    let id = id.or_else(|| last_segment(place, answer.header("location")?));
    let id = id.ok_or("the answer does not say under which id the record is there")?;
    let sent = item.wire.body.as_deref().and_then(|body| document::parse(body.as_bytes()).ok());
    let Some(Value::Object(mut fields)) = sent else { return Err("what was sent is no document".into()) };
    fields.shift_insert(0, place.id_field.clone(), Value::String(id));
    Ok(Remote::Present { document: Value::Object(fields), version: None, at: None, by: None })
}

/// The id at the end of an address that lies in the collection.
fn last_segment(place: &Place, location: &str) -> Option<String> {
    let path = location.split(['?', '#']).next()?.trim_end_matches('/');
    let (under, segment) = path.rsplit_once('/')?;
    let own = place.collection().trim_start_matches('/');
    let lies_in = under.strip_suffix(own).is_some_and(|before| before.is_empty() || before.ends_with('/'));
    // An answer that leads elsewhere (a job, a page for people) names no record.
    (lies_in && !segment.is_empty()).then(|| percent_decoded(segment)).flatten()
}

fn percent_decoded(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let (high, low) = (digit(rest.next())?, digit(rest.next())?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tidemark_model::mutation::Operation;
    use tidemark_model::settings::LinkSettings;

    fn place() -> Place {
        Place::of(&LinkSettings::default(), "tasks").unwrap()
    }

    #[test]
    fn a_new_record_leaves_without_the_id_it_has_here() {
        let document = json!({"id": "tidemark-new-1", "title": "x", "n": 1});
        let intent = Intent {
            collection: "tasks",
            record: "tidemark-new-1",
            operation: Operation::Create,
            base: None,
            base_version: None,
            document: Some(&document),
            changes: &[],
            request: None,
        };
        let form = create(&place(), &intent);
        assert_eq!((form.method.as_str(), form.target.as_str(), form.headers.len()), ("POST", "c/tasks", 0));
        assert_eq!(form.body.as_deref(), Some(r#"{"title":"x","n":1}"#));
    }

    #[test]
    fn an_address_names_a_record_only_where_it_lies_in_the_collection() {
        let id = |location: &str| last_segment(&place(), location);
        assert_eq!(id("http://h/v1/c/tasks/17").as_deref(), Some("17"));
        assert_eq!(id("/v1/c/tasks/a%2Fb/").as_deref(), Some("a/b"));
        assert_eq!(id("c/tasks/17?x=1").as_deref(), Some("17"));
        for other in
            ["/v1/jobs/17", "/v1/c/tasks/", "/v1/c/tasks", "17", "", "/v1/xc/tasks/17", "/c/tasks/%f"]
        {
            assert_eq!(id(other), None, "{other}");
        }
    }
}
