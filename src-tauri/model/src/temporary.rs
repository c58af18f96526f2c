//! Ids of records that only the server can name, until it has: recognisable wherever they stand (`engine.md` 5).

use crate::change::Change;
use crate::path;
use serde_json::{Map, Value};

/// What every temporary id begins with; a UUIDv7 follows.
pub const PREFIX: &str = "tidemark-new-";
/// The length of a UUID's text.
const UUID: usize = 36;

/// The temporary id of a new record, from a UUIDv7.
pub fn make(uuid: &str) -> String {
    format!("{PREFIX}{uuid}")
}

/// Whether a text is a temporary id and nothing else.
pub fn is(text: &str) -> bool {
    at_start(text).is_some_and(|id| id.len() == text.len())
}

/// The temporary ids that stand anywhere in a value: as a text, inside one, or as a key; once each, in order.
pub fn ids_in(value: &Value) -> Vec<&str> {
    let mut ids = Vec::new();
    collect(value, &mut ids);
    ids
}

/// The same for changes, whose paths may name some too.
pub fn ids_in_changes(changes: &[Change]) -> Vec<&str> {
    let mut ids = Vec::new();
    for change in changes {
        collect_text(change.path(), &mut ids);
        if let Change::Set { set, .. } = change {
            collect(set, &mut ids);
        }
    }
    ids
}

/// The value with a temporary id replaced by the server's wherever it stands; `None` where it does not.
///
/// A text that is the id becomes the server's own value, so that a number stays a number; inside longer texts and in
/// keys its text stands.
pub fn replaced(value: &Value, old: &str, new: &Value) -> Option<Value> {
    let mut value = value.clone();
    replace(&mut value, old, new).then_some(value)
}

/// The same for changes, whose paths may name it too.
pub fn replaced_in(changes: &[Change], old: &str, new: &Value) -> Option<Vec<Change>> {
    let mut found = false;
    let mut result = changes.to_vec();
    let in_path = path::child("", &text_of(new))[1..].to_owned();
    for change in &mut result {
        let path = match change {
            Change::Set { path, set } => {
                found |= replace(set, old, new);
                path
            }
            Change::Remove { path, .. } => path,
        };
        if path.contains(old) {
            *path = path.replace(old, &in_path);
            found = true;
        }
    }
    found.then_some(result)
}

/// An id as text: a text itself, or a number's literal.
pub fn text_of(id: &Value) -> String {
    match id {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn replace(value: &mut Value, old: &str, new: &Value) -> bool {
    match value {
        Value::String(text) if text == old => {
            *value = new.clone();
            true
        }
        Value::String(text) if text.contains(old) => {
            *text = text.replace(old, &text_of(new));
            true
        }
        // Folded with `|`, which goes on where `any` would stop at the first.
        Value::Array(items) => items.iter_mut().fold(false, |found, item| found | replace(item, old, new)),
        Value::Object(fields) => {
            let found = fields.values_mut().fold(false, |found, field| found | replace(field, old, new));
            if !fields.keys().any(|key| key.contains(old)) {
                return found;
            }
            let renamed = std::mem::take(fields).into_iter();
            *fields = renamed
                .map(|(key, field)| (key.replace(old, &text_of(new)), field))
                .collect::<Map<String, Value>>();
            true
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn collect<'a>(value: &'a Value, ids: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => collect_text(text, ids),
        Value::Array(items) => items.iter().for_each(|item| collect(item, ids)),
        Value::Object(fields) => {
            for (key, field) in fields {
                collect_text(key, ids);
                collect(field, ids);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn collect_text<'a>(text: &'a str, ids: &mut Vec<&'a str>) {
    for (start, _) in text.match_indices(PREFIX) {
        if let Some(id) = at_start(&text[start..])
            && !ids.contains(&id)
        {
            ids.push(id);
        }
    }
}

/// The temporary id at the start of a text.
fn at_start(text: &str) -> Option<&str> {
    let uuid = text.strip_prefix(PREFIX)?.get(..UUID)?;
    // The hyphenated form alone: a shorter spelling is not one that was made here.
    let parsed = uuid::Uuid::try_parse(uuid).ok()?;
    (parsed.get_version_num() == 7).then(|| &text[..PREFIX.len() + UUID])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ONE: &str = "tidemark-new-017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
    const TWO: &str = "tidemark-new-017f22e2-79b0-7cc3-98c4-dc0c0c073990";

    #[test]
    fn only_its_own_form_is_a_temporary_id() {
        assert!(is(&make("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")));
        for other in [
            "",
            "tidemark-new-",
            "tidemark-new-17",
            "017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
            "tidemark-new-a6e9f5a0-0000-4000-8000-000000000000",
            "tidemark-new-017f22e279b07cc398c4dc0c0c07398f",
            &format!("{ONE}x"),
            "tidemark-new-017f22e2-79b0-7cc3-98c4-dc0c0c07398é",
        ] {
            assert!(!is(other), "{other}");
        }
    }

    #[test]
    fn it_is_found_wherever_it_stands() {
        let value = json!({"a": [ONE, 1], "see": format!("as in {TWO}, and {ONE}"), "by": {TWO: null}});
        assert_eq!(ids_in(&value), [ONE, TWO]);
        assert_eq!(ids_in(&json!({"a": "tidemark-new-soon"})), Vec::<&str>::new());
    }

    #[test]
    fn the_servers_id_takes_its_place_and_a_number_stays_one() {
        let value = json!({"a": [ONE, TWO], "see": format!("<{ONE}>"), "by": {ONE: {"x": ONE}}, "z": 1});
        let after = json!({"a": [17, TWO], "see": "<17>", "by": {"17": {"x": 17}}, "z": 1});
        assert_eq!(replaced(&value, ONE, &json!(17)), Some(after));
        assert_eq!(replaced(&json!({"a": TWO}), ONE, &json!("s1")), None);
    }

    #[test]
    fn paths_name_the_servers_id_too() {
        let changes = [Change::set(format!("/by/{ONE}/x"), json!(ONE)), Change::remove("/z")];
        let after = [Change::set("/by/a~1b/x", json!("a/b")), Change::remove("/z")];
        assert_eq!(ids_in_changes(&changes), [ONE]);
        assert_eq!(replaced_in(&changes, ONE, &json!("a/b")), Some(after.to_vec()));
        assert_eq!(replaced_in(&changes[1..], ONE, &json!("a/b")), None);
    }
}
