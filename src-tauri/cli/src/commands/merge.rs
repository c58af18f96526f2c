//! `merge`: three JSON files in, {merged, clashes, taken} out.

use crate::exit::Exit;
use crate::fault::Fault;
use crate::grammar::MergeArguments;
use crate::input;
use crate::out::Out;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::path::Path;
use tidemark_model::document::{self, DocumentError};
use tidemark_model::merge::{FieldDifference, Merge, MergeRules, merge};

pub fn perform(arguments: &MergeArguments, out: &Out) -> Result<Exit, Fault> {
    let base = input::value(&arguments.base)?;
    let base = match base {
        Value::Null => None,
        other => Some(checked(&arguments.base, other)?),
    };
    let local = checked(&arguments.local, input::value(&arguments.local)?)?;
    let remote = checked(&arguments.remote, input::value(&arguments.remote)?)?;
    let merged = merge(base.as_ref(), &local, &remote, &rules(arguments.rules.as_deref())?);
    let shown = shown(&merged);
    out.say(&shown, || serde_json::to_string_pretty(&shown).unwrap_or_else(|_| shown.to_string()));
    Ok(if merged.is_clean() { Exit::Done } else { Exit::Person })
}

fn checked(path: &Path, value: Value) -> Result<Value, Fault> {
    let wrong = |error: DocumentError| Fault::Document { path: path.to_owned(), error };
    document::check_object(&value).map_err(wrong)?;
    Ok(value)
}

fn rules(path: Option<&Path>) -> Result<MergeRules, Fault> {
    let Some(path) = path else { return Ok(MergeRules::default()) };
    let why = |error: serde_json::Error| Fault::Content { path: path.to_owned(), why: error.to_string() };
    serde_json::from_str(&input::text(path)?).map_err(why)
}

/// The merge with values as they are, not as text; a value that is not there has no key.
fn shown(merge: &Merge) -> Value {
    let clashes: Vec<Value> = merge.clashes().map(clash).collect();
    let results: HashMap<&str, Option<&Value>> =
        merge.fields.iter().map(|field| (field.path.as_str(), field.result.as_ref())).collect();
    let taken: Vec<Value> = merge
        .taken()
        .map(|taken| {
            let mut shown = Map::from_iter([
                ("path".to_owned(), json!(taken.path)),
                ("from".to_owned(), json!(taken.from)),
            ]);
            put(&mut shown, "result", results.get(taken.path).copied().flatten());
            Value::Object(shown)
        })
        .collect();
    json!({"merged": merge.merged, "clashes": clashes, "taken": taken})
}

fn clash(field: &FieldDifference) -> Value {
    let mut shown =
        Map::from_iter([("path".to_owned(), json!(field.path)), ("class".to_owned(), json!(field.class))]);
    put(&mut shown, "base", field.base.as_ref());
    put(&mut shown, "local", field.local.as_ref());
    put(&mut shown, "remote", field.remote.as_ref());
    put(&mut shown, "offer", field.offer.as_ref());
    if let Some(note) = field.note {
        shown.insert("note".to_owned(), json!(note));
    }
    if let Some(group) = &field.group {
        shown.insert("group".to_owned(), json!(group));
    }
    Value::Object(shown)
}

fn put(shown: &mut Map<String, Value>, key: &str, value: Option<&Value>) {
    if let Some(value) = value {
        shown.insert(key.to_owned(), value.clone());
    }
}
