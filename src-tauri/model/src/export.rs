//! Changes given away: as JSON, and as commands for a shell. Neither holds secrets.

mod curl;
mod secrets;

pub use curl::curl;
pub use secrets::is_secret;

use crate::document;
use crate::merge::MASK;
use crate::number::Millis;
use crate::view::ChangeDetail;
use serde_json::{Value, json};

/// Changes with their values, attempts and requests as one JSON object; values under names that mean secrets are masked.
pub fn to_json(changes: &[ChangeDetail], at: Millis) -> Result<String, serde_json::Error> {
    let changes: Vec<Value> = changes.iter().map(one).collect::<Result<_, _>>()?;
    let whole = json!({"tidemark": "changes", "version": 1, "exportedAt": at, "changes": changes});
    serde_json::to_string_pretty(&whole)
}

/// The requests of changes as commands for a shell; a change that was never sent has none.
pub fn to_curl(changes: &[ChangeDetail]) -> String {
    let commands: Vec<String> = changes
        .iter()
        .map(|change| match &change.request {
            Some(request) => curl(request),
            None => format!("# change {}: its request is made when it is sent\n", change.row.number.0),
        })
        .collect();
    commands.join("\n")
}

fn one(change: &ChangeDetail) -> Result<Value, serde_json::Error> {
    let mut shown = serde_json::to_value(change)?;
    for field in shown["changes"].as_array_mut().into_iter().flatten() {
        let secret = field["path"].as_str().is_some_and(secrets::is_secret_path);
        for side in ["before", "after"] {
            field[side] = match field[side].as_str() {
                None => Value::Null,
                Some(_) if secret => MASK.into(),
                Some(text) => value(text),
            };
        }
    }
    for attempt in shown["attempts"].as_array_mut().into_iter().flatten() {
        // A cut answer is no JSON and stays a text; what was cut off it was bounded and cleaned where it came in.
        if let Some(Ok(said)) = attempt["excerpt"].as_str().map(|text| document::parse_value(text.as_bytes()))
        {
            attempt["excerpt"] = document::to_text(&secrets::masked(said)).into();
        }
    }
    if let Some(text) = shown["metadata"].as_str() {
        shown["metadata"] = value(text);
    }
    if let Some(request) = shown.get_mut("request").and_then(Value::as_object_mut) {
        if let Some(text) = request.get("body").and_then(Value::as_str) {
            let body = value(text);
            request.insert("body".to_owned(), body);
        }
        if let Some(text) = request.get("url").and_then(Value::as_str) {
            let url = secrets::url(text, MASK);
            request.insert("url".to_owned(), url.into());
        }
    }
    Ok(shown)
}

/// A JSON text as the value that it is, secrets masked; another text as it stands.
fn value(text: &str) -> Value {
    document::parse_value(text.as_bytes()).map_or_else(|_| text.into(), secrets::masked)
}
