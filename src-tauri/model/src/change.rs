//! What an edit does to a document: an ordered list of paths with new values or removals.

use crate::path;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One step of an edit. Setting `null` is not removing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Change {
    /// The value at `path` becomes `set`; the empty path is the whole document.
    Set {
        /// JSON Pointer.
        path: String,
        /// The new value, its literal kept.
        set: Value,
    },
    /// What is at `path` goes.
    Remove {
        /// JSON Pointer.
        path: String,
        /// Always true; it tells a removal from a setting to null.
        remove: True,
    },
}

/// The literal `true`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "bool", into = "bool")]
pub struct True;

impl TryFrom<bool> for True {
    type Error = &'static str;
    fn try_from(value: bool) -> Result<Self, Self::Error> {
        if value { Ok(Self) } else { Err("`remove` is true or absent") }
    }
}

impl From<True> for bool {
    fn from(_: True) -> Self {
        true
    }
}

/// Why a list of changes cannot be applied to a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// Not a JSON Pointer.
    #[error("'{path}' is no field path; it starts with '/' and names one key after each '/'")]
    NotAPath {
        /// The text.
        path: String,
    },
    /// Something on the way to the field is no object and no row of a list.
    #[error("'{path}' cannot be set: '{at}' holds no fields")]
    NoRoom {
        /// The path asked for.
        path: String,
        /// Where the way ended.
        at: String,
    },
    /// The whole document would become something that is no object.
    #[error("a record is a JSON object and cannot be replaced by another kind of value")]
    NotAnObject,
}

impl Change {
    /// A setting of `path`.
    pub fn set(path: impl Into<String>, value: Value) -> Self {
        Self::Set { path: path.into(), set: value }
    }

    /// A removal of `path`.
    pub fn remove(path: impl Into<String>) -> Self {
        Self::Remove { path: path.into(), remove: True }
    }

    /// Where it acts.
    pub fn path(&self) -> &str {
        match self {
            Self::Set { path, .. } | Self::Remove { path, .. } => path,
        }
    }
}

/// Applies changes in order; on an error the document is left as it was.
pub fn apply(document: &Value, changes: &[Change]) -> Result<Value, ChangeError> {
    let mut result = document.clone();
    for change in changes {
        apply_one(&mut result, change)?;
    }
    Ok(result)
}

/// The changes that turn `from` into `to`: objects field by field, every other value whole.
pub fn diff(from: &Value, to: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    diff_into("", from, to, &mut changes);
    changes
}

/// The paths that changes touch, once each, in order.
pub fn paths(changes: &[Change]) -> Vec<&str> {
    let mut seen = Vec::new();
    for change in changes {
        if !seen.contains(&change.path()) {
            seen.push(change.path());
        }
    }
    seen
}

fn diff_into(at: &str, from: &Value, to: &Value, changes: &mut Vec<Change>) {
    match (from, to) {
        (Value::Object(before), Value::Object(after)) => {
            for key in before.keys().filter(|key| !after.contains_key(*key)) {
                changes.push(Change::remove(path::child(at, key)));
            }
            for (key, value) in after {
                let here = path::child(at, key);
                match before.get(key) {
                    Some(old) => diff_into(&here, old, value, changes),
                    None => changes.push(Change::set(here, value.clone())),
                }
            }
        }
        _ if from == to => {}
        _ => changes.push(Change::set(at, to.clone())),
    }
}

fn apply_one(document: &mut Value, change: &Change) -> Result<(), ChangeError> {
    let not_a_path = || ChangeError::NotAPath { path: change.path().to_owned() };
    let mut keys = path::keys(change.path()).ok_or_else(not_a_path)?;
    let Some(last) = keys.pop() else {
        return replace_whole(document, change);
    };
    let mut parent = document;
    let mut at = String::new();
    for key in &keys {
        let next = path::child(&at, key);
        let no_room = ChangeError::NoRoom { path: change.path().to_owned(), at: at.clone() };
        parent = match parent {
            // A field under an object that is not there yet makes the object; removing under it is nothing.
            Value::Object(map) => {
                if !map.contains_key(key) {
                    if matches!(change, Change::Remove { .. }) {
                        return Ok(());
                    }
                    map.insert(key.clone(), Value::Object(Map::new()));
                }
                map.get_mut(key).ok_or(no_room)?
            }
            Value::Array(items) => row(items, key).ok_or(no_room)?,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return Err(no_room),
        };
        at = next;
    }
    set_child(parent, &last, change).ok_or(ChangeError::NoRoom { path: change.path().to_owned(), at })
}

fn replace_whole(document: &mut Value, change: &Change) -> Result<(), ChangeError> {
    match change {
        Change::Set { set: set @ Value::Object(_), .. } => {
            *document = set.clone();
            Ok(())
        }
        Change::Set { .. } | Change::Remove { .. } => Err(ChangeError::NotAnObject),
    }
}

fn set_child(parent: &mut Value, key: &str, change: &Change) -> Option<()> {
    match (parent, change) {
        (Value::Object(map), Change::Set { set, .. }) => {
            map.insert(key.to_owned(), set.clone());
        }
        (Value::Object(map), Change::Remove { .. }) => {
            map.shift_remove(key);
        }
        (Value::Array(items), Change::Set { set, .. }) if key == "-" => items.push(set.clone()),
        (Value::Array(items), Change::Set { set, .. }) => *row(items, key)? = set.clone(),
        (Value::Array(items), Change::Remove { .. }) => {
            let index: usize = key.parse().ok()?;
            if index >= items.len() {
                return None;
            }
            items.remove(index);
        }
        (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_), _) => return None,
    }
    Some(())
}

fn row<'a>(items: &'a mut [Value], key: &str) -> Option<&'a mut Value> {
    let index: usize = key.parse().ok()?;
    items.get_mut(index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn setting_null_keeps_the_field_and_removing_takes_it_away() {
        let before = json!({"a": 1, "b": 2});
        let after = apply(&before, &[Change::set("/a", Value::Null), Change::remove("/b")]).unwrap();
        assert_eq!(after, json!({"a": null}));
    }

    #[test]
    fn a_change_that_finds_no_room_says_where_the_way_ended() {
        let error = apply(&json!({"a": {"b": 1}}), &[Change::set("/a/b/c", json!(2))]).unwrap_err();
        assert_eq!(error, ChangeError::NoRoom { path: "/a/b/c".into(), at: "/a/b".into() });
        assert!(apply(&json!({}), &[Change::set("a", json!(2))]).is_err());
        assert_eq!(apply(&json!({}), &[Change::set("", json!([]))]), Err(ChangeError::NotAnObject));
    }

    #[test]
    fn changes_travel_as_set_or_remove_and_nothing_else() {
        let text = r#"[{"path":"/a","set":1.10},{"path":"/b","remove":true}]"#;
        let changes: Vec<Change> = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&changes).unwrap(), text);
        assert!(serde_json::from_str::<Change>(r#"{"path":"/b","remove":false}"#).is_err());
    }

    pub(crate) fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i32>().prop_map(|n| json!(n)),
            "[a-c/~é ]{0,4}".prop_map(Value::String),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                prop::collection::vec(("[a-d/~]{0,2}", inner), 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    fn any_document() -> impl Strategy<Value = Value> {
        prop::collection::vec(("[a-d/~]{0,2}", any_json()), 0..5)
            .prop_map(|fields| Value::Object(fields.into_iter().collect()))
    }

    proptest! {
        #[test]
        fn applying_a_difference_gives_the_other_document(from in any_document(), to in any_document()) {
            let after = apply(&from, &diff(&from, &to)).unwrap();
            prop_assert_eq!(crate::document::canonical(&after), crate::document::canonical(&to));
        }
    }
}
