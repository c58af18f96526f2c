//! Standard output and standard error: words for people, or one JSON object per line.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line speaks on its standard streams"
)]

use crate::exit::Exit;
use crate::fault::Fault;
use crate::words;
use serde::Serialize;
use serde_json::{Value, json};
use std::io::Write as _;
use tidemark_model::document;

/// Where a command speaks.
#[derive(Clone, Copy, Debug)]
pub struct Out {
    json: bool,
}

impl Out {
    /// Words, or JSON lines only.
    pub fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether programs are listening.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Says one thing: as a JSON line, or in words.
    pub fn say(&self, value: &impl Serialize, words: impl FnOnce() -> String) {
        let line = match self.json {
            true => match serde_json::to_string(value) {
                Ok(line) => line,
                // Only a counter beyond 2^53 could do this; it must not pass for an answer.
                Err(error) => return self.note(&format!("an answer could not be written: {error}")),
            },
            false => words(),
        };
        // A reader that has gone away is no fault of ours.
        let _ = writeln!(std::io::stdout(), "{line}");
    }

    /// The same for a view that holds documents and values as JSON text: programs get them as they are.
    pub fn show(&self, view: &impl Serialize, words: impl FnOnce() -> String) {
        match (self.json, serde_json::to_value(view)) {
            (true, Ok(value)) => self.say(&unfold(value), words),
            (true, Err(error)) => self.note(&format!("an answer could not be written: {error}")),
            (false, _) => self.say(&(), words),
        }
    }

    /// Tells rows: each by itself as `show` does, or for people as a table, with a sentence where there are none.
    pub fn list<T: Serialize>(
        &self,
        rows: &[T],
        none: &str,
        heads: &[&str],
        cells: impl Fn(&T) -> Vec<String>,
    ) {
        match (self.json, rows.is_empty()) {
            (true, _) => rows.iter().for_each(|row| self.show(row, String::new)),
            (false, true) => self.say(&(), || none.to_owned()),
            (false, false) => {
                let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
                self.say(&(), || words::table(heads, &rows));
            }
        }
    }

    /// Gives a text away as it is, for a file; programs that read lines get one JSON line.
    pub fn give(&self, text: &str, is_json: bool) {
        let line = match (self.json, serde_json::from_str::<Value>(text)) {
            (true, Ok(value)) if is_json => value.to_string(),
            (true, _) => json!({ "text": text }).to_string(),
            (false, _) => text.trim_end_matches('\n').to_owned(),
        };
        let _ = writeln!(std::io::stdout(), "{line}");
    }

    /// Something beside the answer.
    pub fn note(&self, words: &str) {
        let line = match self.json {
            true => json!({ "note": words }).to_string(),
            false => words.to_owned(),
        };
        let _ = writeln!(std::io::stderr(), "{line}");
    }

    /// Tells what went wrong, and how the run ends.
    pub fn fault(&self, fault: &Fault) -> Exit {
        let message = fault.to_string();
        let line = match self.json {
            true => json!({"code": fault.code(), "message": message, "hint": fault.hint()}).to_string(),
            false => match fault.hint() {
                hint if hint.is_empty() => format!("error: {message}"),
                hint => format!("error: {message}\n  {hint}"),
            },
        };
        let _ = writeln!(std::io::stderr(), "{line}");
        fault.exit()
    }
}

/// Keys of the views under which JSON text stands.
const TEXTS: [&str; 12] = [
    "document",
    "base",
    "local",
    "server",
    "result",
    "becomes",
    "value",
    "before",
    "after",
    "base_data",
    "local_data",
    "server_data",
];

/// Puts values in the place of their JSON text. The views' own keys are walked; documents are still text then, so that
/// no key inside a document is taken for one.
fn unfold(view: Value) -> Value {
    match view {
        Value::Object(members) => {
            // A conflict's own row names the server's host under the word that its fields have for a value.
            let is_row = members.contains_key("resource_id");
            let is_text = |key: &str| TEXTS.contains(&key) && !(is_row && key == "server");
            Value::Object(
                members
                    .into_iter()
                    .map(|(key, value)| {
                        let value = match value {
                            Value::String(text) if is_text(&key) => {
                                document::parse_value(text.as_bytes()).unwrap_or(Value::String(text))
                            }
                            other => unfold(other),
                        };
                        (key, value)
                    })
                    .collect(),
            )
        }
        Value::Array(rows) => Value::Array(rows.into_iter().map(unfold).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => view,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_come_as_json_with_their_literals_and_only_once() {
        let view = json!({"document": "{\"n\":1.10,\"document\":\"{}\"}", "label": "{}", "rows": [{"after": "12345678901234567890"}]});
        let shown = unfold(view).to_string();
        assert_eq!(
            shown,
            r#"{"document":{"n":1.10,"document":"{}"},"label":"{}","rows":[{"after":12345678901234567890}]}"#
        );
    }
}
