//! A form from what records hold, where nobody wrote a schema.

use super::{Known, LONG_TEXT, MAX_DEPTH, MAX_FIELDS, settle, under};
use crate::path;
use crate::view::{FieldKind, Form, FormField};
use chrono::{DateTime, NaiveDate};
use serde_json::Value;
use std::collections::HashMap;

/// The form that some records' documents suggest, in the order in which fields are first met.
///
/// A field whose values are of different kinds is edited as JSON; `null` and absent fields say nothing.
pub fn infer<'a>(documents: impl IntoIterator<Item = &'a Value>, known: &Known<'_>) -> Form {
    let mut seen = Fields::default();
    for document in documents {
        if let Some(map) = document.as_object() {
            for (key, value) in map {
                seen.meet("", "", key, value, 0);
            }
        }
    }
    let mut form = Form { from_schema: false, fields: seen.into_fields() };
    settle(&mut form, known);
    form
}

/// Every field met so far, in the order of meeting.
#[derive(Default)]
struct Fields {
    places: HashMap<String, usize>,
    met: Vec<Met>,
}

struct Met {
    path: String,
    label: String,
    values: Values,
}

/// What was seen of a field's values.
#[derive(Default)]
struct Values {
    /// Some were objects, taken apart into fields of their own.
    objects: bool,
    lists: bool,
    flags: bool,
    integers: bool,
    decimals: bool,
    texts: bool,
    /// Of the texts that are not empty.
    filled: bool,
    not_dates: bool,
    not_instants: bool,
    long: bool,
}

impl Fields {
    fn meet(&mut self, parent: &str, parent_label: &str, key: &str, value: &Value, depth: usize) {
        let at = path::child(parent, key);
        let index = match self.places.get(&at) {
            Some(index) => *index,
            None if self.met.len() >= MAX_FIELDS => return,
            None => {
                self.places.insert(at.clone(), self.met.len());
                let label = under(parent_label, key);
                self.met.push(Met { path: at.clone(), label, values: Values::default() });
                self.met.len() - 1
            }
        };
        match value {
            Value::Object(map) if depth < MAX_DEPTH && !map.is_empty() => {
                self.met[index].values.objects = true;
                let label = self.met[index].label.clone();
                for (key, value) in map {
                    self.meet(&at, &label, key, value, depth + 1);
                }
            }
            value => self.met[index].values.see(value),
        }
    }

    fn into_fields(self) -> Vec<FormField> {
        // An object that is sometimes something else is edited whole; its own fields are then not shown.
        let whole: Vec<String> = self
            .met
            .iter()
            .filter(|met| met.values.objects && met.values.kind().is_some())
            .map(|met| met.path.clone())
            .collect();
        let inside = |at: &str| whole.iter().any(|above| at != above && path::within(at, above));
        self.met
            .into_iter()
            .filter(|met| !inside(&met.path))
            .filter_map(|met| {
                let kind = match (met.values.objects, met.values.kind()) {
                    // Its fields stand for it.
                    (true, None) => return None,
                    (true, Some(_)) => FieldKind::Json,
                    // Only null was seen: nobody knows what belongs there.
                    (false, None) => FieldKind::Json,
                    (false, Some(kind)) => kind,
                };
                Some(FormField {
                    path: met.path,
                    label: met.label,
                    kind,
                    required: false,
                    read_only: false,
                    secret: false,
                    choices: Vec::new(),
                    refers_to: None,
                })
            })
            .collect()
    }
}

impl Values {
    fn see(&mut self, value: &Value) {
        match value {
            Value::Null => {}
            Value::Bool(_) => self.flags = true,
            Value::Number(number) => {
                let literal = number.to_string();
                let whole = literal.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
                if whole {
                    self.integers = true;
                } else {
                    self.decimals = true;
                }
            }
            Value::String(text) => self.see_text(text),
            // An object that gets here is empty or nested too deep.
            Value::Array(_) | Value::Object(_) => self.lists = true,
        }
    }

    fn see_text(&mut self, text: &str) {
        self.texts = true;
        if text.is_empty() {
            return;
        }
        self.filled = true;
        self.not_dates |= NaiveDate::parse_from_str(text, "%Y-%m-%d").is_err() || text.len() != 10;
        self.not_instants |= DateTime::parse_from_rfc3339(text).is_err();
        self.long |= text.contains('\n') || text.chars().nth(LONG_TEXT).is_some();
    }

    /// The kind of what was seen beside objects and null; none where there was nothing else.
    fn kind(&self) -> Option<FieldKind> {
        let numbers = self.integers || self.decimals;
        let kinds = [self.lists, self.flags, numbers, self.texts].into_iter().filter(|seen| *seen).count();
        Some(match kinds {
            0 => return None,
            1 if self.lists => FieldKind::Json,
            1 if self.flags => FieldKind::Boolean,
            1 if self.decimals => FieldKind::Number,
            1 if self.integers => FieldKind::Integer,
            1 => self.text_kind(),
            _ => FieldKind::Json,
        })
    }

    fn text_kind(&self) -> FieldKind {
        match (self.filled, self.not_dates, self.not_instants, self.long) {
            (true, false, _, _) => FieldKind::Date,
            (true, true, false, _) => FieldKind::DateTime,
            (_, _, _, true) => FieldKind::LongText,
            (_, _, _, false) => FieldKind::Text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn inferred(documents: &[Value]) -> Vec<(String, FieldKind)> {
        let known = Known { id_field: "id", references: &[], server_set: &|_| false, secret_at: &|_| None };
        infer(documents, &known).fields.into_iter().map(|field| (field.path, field.kind)).collect()
    }

    fn kind_of(values: &[Value]) -> FieldKind {
        let documents: Vec<Value> = values.iter().map(|value| json!({"x": value})).collect();
        let fields = inferred(&documents);
        assert_eq!(fields.len(), 1, "{fields:?}");
        fields[0].1
    }

    #[test]
    fn values_tell_which_editor_fits() {
        let number = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(kind_of(&[json!(1), number("12345678901234567890"), Value::Null]), FieldKind::Integer);
        assert_eq!(kind_of(&[json!(1), number("1.0")]), FieldKind::Number, "one decimal makes it a decimal");
        assert_eq!(kind_of(&[number("1e3")]), FieldKind::Number);
        assert_eq!(kind_of(&[json!(true), json!(false)]), FieldKind::Boolean);
        assert_eq!(kind_of(&[json!("2026-11-17"), json!("")]), FieldKind::Date, "an empty text says nothing");
        assert_eq!(kind_of(&[json!("2026-11-17T10:00:00Z")]), FieldKind::DateTime);
        assert_eq!(kind_of(&[json!("2026-11-17"), json!("soon")]), FieldKind::Text);
        assert_eq!(kind_of(&[json!("2026-02-30")]), FieldKind::Text, "there is no such day");
        assert_eq!(
            kind_of(&[json!("2026-11-17 10:00:00")]),
            FieldKind::Text,
            "without a zone it is no instant"
        );
        assert_eq!(kind_of(&[json!("a"), json!("a\nb")]), FieldKind::LongText);
        assert_eq!(kind_of(&[json!("x".repeat(121))]), FieldKind::LongText);
        assert_eq!(kind_of(&[json!("x".repeat(120))]), FieldKind::Text);
        assert_eq!(kind_of(&[json!("")]), FieldKind::Text);
        assert_eq!(kind_of(&[json!(["a"])]), FieldKind::Json);
        assert_eq!(kind_of(&[Value::Null]), FieldKind::Json);
    }

    #[test]
    fn values_of_different_kinds_are_edited_as_json() {
        assert_eq!(kind_of(&[json!(1), json!("1")]), FieldKind::Json);
        assert_eq!(kind_of(&[json!(true), json!(1)]), FieldKind::Json);
        assert_eq!(kind_of(&[json!({"a": 1}), json!("none")]), FieldKind::Json);
        assert_eq!(kind_of(&[json!({}), json!({})]), FieldKind::Json);
    }

    #[test]
    fn fields_stand_in_the_order_in_which_they_are_first_met_and_objects_are_taken_apart() {
        let fields = inferred(&[
            json!({"id": "1", "address": {"city": "Rome"}, "b": 1}),
            json!({"id": "2", "a": null, "address": {"zip": "00100"}, "b": 2}),
        ]);
        let paths: Vec<_> = fields.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["/id", "/address/city", "/b", "/a", "/address/zip"]);
    }

    #[test]
    fn a_record_with_countless_fields_makes_a_form_that_ends() {
        let many: serde_json::Map<String, Value> =
            (0..10_000).map(|index| (format!("f{index}"), json!(1))).collect();
        assert_eq!(inferred(&[Value::Object(many)]).len(), MAX_FIELDS);
    }

    #[test]
    fn a_secret_is_one_field_whatever_it_is_made_of() {
        let secret_at = |path: &str| {
            let secrets = ["/pin", "/at/card"];
            secrets.into_iter().find(|at| path::within(path, at)).map(str::to_owned)
        };
        let known = Known { id_field: "id", references: &[], server_set: &|_| false, secret_at: &secret_at };
        let document = json!({"pin": 7, "at": {"card": {"number": "x", "until": {"year": 1}}, "open": true}});
        let form = infer([&document], &known);
        let fields: Vec<_> = form
            .fields
            .iter()
            .map(|field| (field.path.as_str(), field.label.as_str(), field.kind, field.secret))
            .collect();
        assert_eq!(
            fields,
            [
                ("/pin", "pin", FieldKind::Integer, true),
                ("/at/card", "at › card", FieldKind::Json, true),
                ("/at/open", "at › open", FieldKind::Boolean, false),
            ]
        );
    }
}
