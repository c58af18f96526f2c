//! Documents of any form, and edits of them.

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Map, Value, json};

fn scalar() -> impl Strategy<Value = Value> {
    const LITERALS: &[&str] =
        &["0", "1", "1.0", "1.00", "10e-1", "2", "12345678901234567890", "1e999999999", "-0.0"];
    prop_oneof![
        2 => prop::sample::select(LITERALS).prop_map(|text| serde_json::from_str(text).unwrap()),
        1 => prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::Bool)],
        2 => "[ab é/~]{0,3}".prop_map(Value::String),
        1 => prop::collection::vec("[abc]{0,1}", 1..7).prop_map(|lines| Value::String(lines.join("\n"))),
        1 => prop::sample::select(&["2026-11-19T09:12:00Z", "2026-11-19T10:12:00+01:00", "Jose\u{301}", "José"][..]).prop_map(Value::from),
    ]
}

/// Rows whose key is there, missing or repeated.
fn row() -> impl Strategy<Value = Value> {
    (prop::option::weighted(0.9, 0..6u8), prop::collection::btree_map("[xyz]", scalar(), 0..3)).prop_map(
        |(id, fields)| {
            let mut row: Map<String, Value> = id.map(|id| ("id".to_owned(), json!(id))).into_iter().collect();
            row.extend(fields);
            Value::Object(row)
        },
    )
}

pub fn json_value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            2 => prop::collection::btree_map("[a-d/~*]{0,2}", inner.clone(), 0..4).prop_map(|map| Value::Object(map.into_iter().collect())),
            2 => prop::collection::vec(row(), 0..5).prop_map(Value::Array),
            1 => prop::collection::vec(inner, 0..4).prop_map(Value::Array),
        ]
    })
}

fn document() -> impl Strategy<Value = Value> {
    prop::collection::btree_map("[a-e]", json_value(), 0..5)
        .prop_map(|map| Value::Object(map.into_iter().collect()))
}

/// One step away from a document: a value somewhere in it set, removed or moved.
#[derive(Clone, Debug)]
struct Edit {
    steps: Vec<Index>,
    what: u8,
    value: Value,
}

fn edit() -> impl Strategy<Value = Edit> {
    (prop::collection::vec(any::<Index>(), 1..5), 0..4u8, json_value())
        .prop_map(|(steps, what, value)| Edit { steps, what, value })
}

fn apply(document: &mut Value, edit: &Edit) {
    go(document, &edit.steps, edit);
}

fn go(at: &mut Value, steps: &[Index], edit: &Edit) {
    match (at, steps) {
        (Value::Object(map), [step, rest @ ..]) if !map.is_empty() => {
            let key = map.keys().nth(step.index(map.len())).unwrap().clone();
            match (rest, edit.what) {
                ([], 0) => drop(map.shift_remove(&key)),
                ([], 1) => drop(map.insert(format!("{key}n"), edit.value.clone())),
                ([], _) => drop(map.insert(key, edit.value.clone())),
                (rest, _) => go(&mut map[&key], rest, edit),
            }
        }
        (Value::Array(items), [step, rest @ ..]) if !items.is_empty() => {
            let place = step.index(items.len());
            match (rest, edit.what) {
                ([], 0) => drop(items.remove(place)),
                ([], 1) => items.insert(place, json!({"id": items.len() + 20, "x": 1})),
                ([], 2) => items.rotate_left(place),
                ([], _) => items[place] = edit.value.clone(),
                (rest, _) => go(&mut items[place], rest, edit),
            }
        }
        (at, _) => *at = edit.value.clone(),
    }
}

/// A base and two documents that started from it.
pub fn triple() -> impl Strategy<Value = (Value, Value, Value)> {
    let edits = || prop::collection::vec(edit(), 0..5);
    prop_oneof![
        4 => (document(), edits(), edits()).prop_map(|(base, mine, theirs)| {
            let edited = |edits: &[Edit]| {
                let mut document = base.clone();
                edits.iter().for_each(|edit| apply(&mut document, edit));
                // A record is an object; an edit may have emptied it, not replaced it.
                if document.is_object() { document } else { json!({}) }
            };
            let (local, remote) = (edited(&mine), edited(&theirs));
            (base, local, remote)
        }),
        1 => (document(), document(), document()),
    ]
}
