//! The key order of a document that comes from where keys are sorted.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::document::canonical;

/// The same document with its keys as in `first`, then as in `then`, then what neither has.
///
/// An entry of a list that stands in one of the two lists stands here as it does there, literal by literal.
pub fn in_order_of(document: Value, first: Option<&Value>, then: Option<&Value>) -> Value {
    match document {
        Value::Object(map) => Value::Object(object(map, first, then)),
        Value::Array(entries) => Value::Array(list(entries, first, then)),
        other => other,
    }
}

fn object(mut map: Map<String, Value>, first: Option<&Value>, then: Option<&Value>) -> Map<String, Value> {
    let keys = [first, then].into_iter().flatten().filter_map(Value::as_object).flat_map(Map::keys);
    let mut ordered = Map::with_capacity(map.len());
    for key in keys {
        if let Some(value) = map.remove(key) {
            ordered.insert(key.clone(), value);
        }
    }
    ordered.extend(map);
    let child = |side: Option<&'_ Value>, key: &str| side.and_then(|side| side.get(key)).cloned();
    ordered
        .into_iter()
        .map(|(key, value)| {
            let value = match value {
                nested @ (Value::Object(_) | Value::Array(_)) => {
                    let (first, then) = (child(first, &key), child(then, &key));
                    in_order_of(nested, first.as_ref(), then.as_ref())
                }
                plain => plain,
            };
            (key, value)
        })
        .collect()
}

fn list(entries: Vec<Value>, first: Option<&Value>, then: Option<&Value>) -> Vec<Value> {
    let sides = [first, then].map(|side| side.and_then(Value::as_array).map_or(&[][..], Vec::as_slice));
    let mut known: HashMap<String, &Value> = HashMap::new();
    for entry in sides.into_iter().flatten().filter(|entry| entry.is_object() || entry.is_array()) {
        known.entry(canonical(entry)).or_insert(entry);
    }
    let ordered = entries.into_iter().enumerate().map(|(index, entry)| {
        if !entry.is_object() && !entry.is_array() {
            return entry;
        }
        match known.get(&canonical(&entry)) {
            Some(as_it_was) => (*as_it_was).clone(),
            None => in_order_of(entry, sides[0].get(index), sides[1].get(index)),
        }
    });
    ordered.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn keys_stand_as_the_server_has_them_then_as_mine_has_them_then_what_is_new() {
        let server = value(r#"{"z":1,"a":{"y":1,"b":2},"rows":[{"q":1,"a":2},{"q":3,"a":4}]}"#);
        let local = value(r#"{"m":5,"c":6,"z":1}"#);
        let answer =
            value(r#"{"a":{"b":9,"y":1},"c":6,"m":5,"new":0,"rows":[{"a":4,"q":3},{"a":2,"q":7}],"z":1}"#);
        let laid = in_order_of(answer, Some(&server), Some(&local));
        let expected =
            r#"{"z":1,"a":{"y":1,"b":9},"rows":[{"q":3,"a":4},{"q":7,"a":2}],"m":5,"c":6,"new":0}"#;
        assert_eq!(laid.to_string(), expected);
    }
}
