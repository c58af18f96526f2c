//! Documents as a script's values, and a script's value as a document.

use rhai::{Dynamic, Map};
use serde_json::Value;
use tidemark_model::document::MAX_DEPTH;
use tidemark_model::hook::{HookError, HookLimit};
use tidemark_model::path;

use super::limits;
use super::number::{Number, literal};

/// Refuses a document that is too large to be worked on.
pub(super) fn in_bounds(document: &Value) -> Result<(), HookError> {
    let (text, entries) = (limits::RECORD_TEXT, limits::RECORD_ENTRIES);
    if entries_of(document) > entries || document.to_string().len() > text {
        return Err(HookError::OverLimit { limit: HookLimit::Size { text, entries }, at: None });
    }
    Ok(())
}

fn entries_of(value: &Value) -> usize {
    match value {
        Value::Object(map) => map.values().map(|value| 1 + entries_of(value)).sum(),
        Value::Array(entries) => entries.iter().map(|value| 1 + entries_of(value)).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// A document, or `()` where there is none.
pub(super) fn seen(document: Option<&Value>) -> Dynamic {
    match document {
        None | Some(Value::Null) => Dynamic::UNIT,
        Some(Value::Bool(yes)) => Dynamic::from(*yes),
        Some(Value::Number(number)) => Dynamic::from(Number::of(number.as_str())),
        Some(Value::String(text)) => text.as_str().into(),
        Some(Value::Array(entries)) => {
            Dynamic::from_array(entries.iter().map(|entry| seen(Some(entry))).collect())
        }
        Some(Value::Object(fields)) => {
            let fields = fields.iter().map(|(name, value)| (name.as_str().into(), seen(Some(value))));
            Dynamic::from_map(fields.collect::<Map>())
        }
    }
}

/// The document that a script's map is; `()` in it is null.
pub(super) fn document(map: &Map) -> Result<Value, HookError> {
    object(map, "", 1)
}

fn object(map: &Map, at: &str, level: usize) -> Result<Value, HookError> {
    let fields =
        map.iter().map(|(name, inner)| Ok((name.to_string(), value(inner, &path::child(at, name), level)?)));
    Ok(Value::Object(fields.collect::<Result<_, HookError>>()?))
}

fn value(found: &Dynamic, at: &str, level: usize) -> Result<Value, HookError> {
    if level >= MAX_DEPTH && (found.is_map() || found.is_array()) {
        return Err(HookError::OverLimit { limit: HookLimit::Levels(MAX_DEPTH), at: None });
    }
    if found.is_unit() {
        return Ok(Value::Null);
    }
    if let Some(literal) = literal(found) {
        return serde_json::from_str(&literal).map_err(|_| no_json(found, at));
    }
    if let Ok(map) = found.as_map_ref() {
        return object(&map, at, level + 1);
    }
    if let Ok(entries) = found.as_array_ref() {
        let entries = entries
            .iter()
            .enumerate()
            .map(|(index, entry)| value(entry, &path::child(at, &index.to_string()), level + 1));
        return Ok(Value::Array(entries.collect::<Result<_, _>>()?));
    }
    if let Ok(yes) = found.as_bool() {
        return Ok(Value::Bool(yes));
    }
    if let Ok(text) = found.as_immutable_string_ref() {
        return Ok(Value::from(text.as_str()));
    }
    if let Ok(letter) = found.as_char() {
        return Ok(Value::from(letter.to_string()));
    }
    Err(no_json(found, at))
}

fn no_json(found: &Dynamic, at: &str) -> HookError {
    HookError::WrongAnswer {
        found: format!("a document with a value of type {} at '{at}'", found.type_name()),
        expected: "a document holds texts, numbers, true, false, (), lists and object maps".into(),
    }
}
