//! A form from a JSON Schema: the schema's order, titles, types, formats and choices.

use super::{Known, MAX_DEPTH, UNDER, settle, under};
use crate::path;
use crate::view::{FieldKind, Form, FormField};
use serde_json::{Map, Value};

/// `$ref`s followed one after another at most; a circle of them ends.
const MAX_REFS: usize = 8;

/// The form that a JSON Schema describes; empty where the schema names no properties.
///
/// Objects are taken apart into their fields, lists are edited as JSON. What is not understood is edited as JSON too.
pub fn from_schema(schema: &Value, known: &Known<'_>) -> Form {
    let mut form = Form { from_schema: true, fields: Vec::new() };
    let walk = Walk { root: schema };
    walk.object(schema, Place { path: "", label: "", required: true, read_only: false, depth: 0 }, &mut form);
    settle(&mut form, known);
    form
}

/// The name for people of a field at a JSON Pointer: the titles on its way, else the keys.
///
/// Rows of lists go by their names as the merge gives them (`/lines/id:7/quantity`) or by their index.
pub fn label(schema: Option<&Value>, at: &str) -> String {
    let Some(keys) = path::keys(at) else { return at.to_owned() };
    let mut here = schema.map(|schema| (Walk { root: schema }, schema));
    let mut labels = Vec::with_capacity(keys.len());
    for key in keys {
        let found = here.and_then(|(walk, schema)| {
            let schema = walk.resolve(schema);
            let member = schema.get("properties").and_then(|properties| properties.get(&key));
            Some((walk, member.or_else(|| schema.get("items").filter(|_| member.is_none()))?))
        });
        let is_row = here.is_some_and(|(walk, schema)| walk.resolve(schema).get("items").is_some());
        let title = found.filter(|_| !is_row).and_then(|(walk, schema)| title(walk.resolve(schema)));
        labels.push(match title {
            Some(title) => title.to_owned(),
            None if is_row => row_name(&key).to_owned(),
            None => key,
        });
        here = found;
    }
    labels.join(UNDER)
}

/// The name of a row without the field that gives it: `id:7` is 7.
fn row_name(key: &str) -> &str {
    match key.split_once(':') {
        Some((_, name)) if !name.is_empty() => name,
        Some(_) | None => key,
    }
}

fn title(schema: &Value) -> Option<&str> {
    schema.get("title")?.as_str().map(str::trim).filter(|title| !title.is_empty())
}

#[derive(Clone, Copy)]
struct Walk<'a> {
    root: &'a Value,
}

#[derive(Clone, Copy)]
struct Place<'a> {
    path: &'a str,
    label: &'a str,
    required: bool,
    read_only: bool,
    depth: usize,
}

impl<'a> Walk<'a> {
    fn object(self, schema: &'a Value, place: Place<'_>, form: &mut Form) {
        let Some(properties) = self.resolve(schema).get("properties").and_then(Value::as_object) else {
            return;
        };
        let required = self.resolve(schema).get("required").and_then(Value::as_array);
        for (key, property) in properties {
            if form.fields.len() >= super::MAX_FIELDS {
                return;
            }
            let named = required.is_some_and(|keys| keys.iter().any(|name| name.as_str() == Some(key)));
            self.property(key, property, named, place, form);
        }
    }

    fn property(self, key: &str, schema: &'a Value, named: bool, parent: Place<'_>, form: &mut Form) {
        let schema = self.resolve(schema);
        let path = path::child(parent.path, key);
        let label = under(parent.label, title(schema).unwrap_or(key));
        let required = parent.required && named;
        let read_only =
            parent.read_only || schema.get("readOnly").and_then(Value::as_bool).unwrap_or_default();
        let has_fields =
            schema.get("properties").and_then(Value::as_object).is_some_and(|map| !map.is_empty());
        if has_fields && parent.depth < MAX_DEPTH {
            let place = Place { path: &path, label: &label, required, read_only, depth: parent.depth + 1 };
            return self.object(schema, place, form);
        }
        let choices: Vec<String> = match schema.get("enum").and_then(Value::as_array) {
            Some(values) => values.iter().map(Value::to_string).collect(),
            None => Vec::new(),
        };
        let kind = if choices.is_empty() { kind(schema) } else { FieldKind::Choice };
        form.fields.push(FormField {
            path,
            label,
            kind,
            required,
            read_only,
            secret: false,
            choices,
            refers_to: None,
        });
    }

    /// The schema behind references, and behind "this or null".
    fn resolve(self, schema: &'a Value) -> &'a Value {
        let mut here = schema;
        for _ in 0..MAX_REFS {
            let next = match here.get("$ref").and_then(Value::as_str) {
                Some(at) => at.strip_prefix('#').and_then(|at| self.root.pointer(at)),
                None => only_alternative(here),
            };
            let Some(next) = next else { return here };
            here = next;
        }
        here
    }
}

/// The one alternative beside null.
fn only_alternative(schema: &Value) -> Option<&Value> {
    let alternatives = schema.get("anyOf").or_else(|| schema.get("oneOf"))?.as_array()?;
    let is_null = |schema: &&Value| schema.get("type").and_then(Value::as_str) != Some("null");
    let mut others = alternatives.iter().filter(is_null);
    others.next().filter(|_| others.next().is_none())
}

fn kind(schema: &Value) -> FieldKind {
    let Some(schema) = schema.as_object() else { return FieldKind::Json };
    match only_type(schema) {
        Some("string") => text_kind(schema),
        Some("integer") => FieldKind::Integer,
        Some("number") => FieldKind::Number,
        Some("boolean") => FieldKind::Boolean,
        Some(_) | None => FieldKind::Json,
    }
}

/// The one type beside null.
fn only_type(schema: &Map<String, Value>) -> Option<&str> {
    match schema.get("type")? {
        Value::String(name) => Some(name),
        Value::Array(names) => {
            let mut names = names.iter().filter_map(Value::as_str).filter(|name| *name != "null");
            names.next().filter(|_| names.next().is_none())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

fn text_kind(schema: &Map<String, Value>) -> FieldKind {
    match schema.get("format").and_then(Value::as_str) {
        Some("date") => return FieldKind::Date,
        Some("date-time") => return FieldKind::DateTime,
        Some("multiline" | "textarea" | "markdown" | "html") => return FieldKind::LongText,
        Some(_) | None => {}
    }
    let room = schema.get("maxLength").and_then(Value::as_u64);
    if room.is_some_and(|room| room > 255) || schema.contains_key("contentMediaType") {
        return FieldKind::LongText;
    }
    FieldKind::Text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::Reference;
    use serde_json::json;

    fn form(schema: Value) -> Form {
        let references = [Reference { path: "/customer".into(), collection: "customers".into() }];
        let server_set = |path: &str| path == "/total";
        from_schema(
            &schema,
            &Known { id_field: "id", references: &references, server_set: &server_set, secret_at: &|_| None },
        )
    }

    fn kinds(form: &Form) -> Vec<(&str, FieldKind)> {
        form.fields.iter().map(|field| (field.path.as_str(), field.kind)).collect()
    }

    #[test]
    fn a_form_follows_the_schemas_order_titles_types_and_formats() {
        let form = form(json!({"type": "object", "required": ["title", "due"], "properties": {
            "id": {"type": "string"},
            "title": {"type": "string", "title": "Title", "maxLength": 140},
            "customer": {"type": "string", "title": "Customer"},
            "status": {"type": "string", "enum": ["new", "done"]},
            "due": {"type": "string", "format": "date"},
            "warranty": {"type": ["string", "null"], "format": "date-time"},
            "remarks": {"type": "string", "format": "multiline"},
            "count": {"type": "integer"}, "hours": {"type": "number"}, "signed": {"type": "boolean"},
            "lines": {"type": "array"}, "either": {"type": ["string", "number"]},
            "total": {"type": "number", "readOnly": false}, "stamp": {"type": "string", "readOnly": true},
        }}));
        use FieldKind::*;
        assert_eq!(
            kinds(&form),
            [
                ("/id", Text),
                ("/title", Text),
                ("/customer", Reference),
                ("/status", Choice),
                ("/due", Date),
                ("/warranty", DateTime),
                ("/remarks", LongText),
                ("/count", Integer),
                ("/hours", Number),
                ("/signed", Boolean),
                ("/lines", Json),
                ("/either", Json),
                ("/total", Number),
                ("/stamp", Text),
            ]
        );
        let by = |path: &str| form.fields.iter().find(|field| field.path == path).unwrap();
        assert_eq!(by("/title").label, "Title");
        assert_eq!(by("/due").label, "due", "a field without a title goes by its key");
        assert!(by("/title").required && !by("/status").required);
        assert_eq!(by("/status").choices, [r#""new""#, r#""done""#]);
        assert_eq!(by("/customer").refers_to.as_deref(), Some("customers"));
        for path in ["/id", "/total", "/stamp"] {
            assert!(by(path).read_only, "{path} is the server's or names the record");
        }
        assert!(form.from_schema);
    }

    #[test]
    fn objects_are_taken_apart_and_their_fields_named_on_their_way() {
        let form =
            form(json!({"required": ["address"], "$defs": {"place": {"title": "Place", "required": ["city"],
            "properties": {"city": {"type": "string", "title": "City"}, "zip": {"type": "string"}}}},
            "properties": {"address": {"$ref": "#/$defs/place"},
                           "note": {"anyOf": [{"type": "null"}, {"type": "string"}]}}}));
        let found: Vec<_> = form
            .fields
            .iter()
            .map(|field| (field.path.as_str(), field.label.as_str(), field.required))
            .collect();
        assert_eq!(
            found,
            [
                ("/address/city", "Place › City", true),
                ("/address/zip", "Place › zip", false),
                ("/note", "note", false)
            ]
        );
        assert_eq!(form.fields[2].kind, FieldKind::Text);
    }

    #[test]
    fn a_schema_that_refers_to_itself_or_is_none_ends() {
        let circle = json!({"properties": {"a": {"$ref": "#/properties/a"}, "b": {"$ref": "#"}}});
        let form = form(circle);
        assert!(form.fields.iter().all(|field| field.kind == FieldKind::Json), "{form:?}");
        assert!(form.fields.len() <= super::super::MAX_FIELDS);
        for odd in [json!(true), json!([]), json!({"properties": 5}), json!({"properties": {"a": 7}})] {
            assert!(self::form(odd).fields.len() <= 1, "an odd schema makes no form and no panic");
        }
    }

    #[test]
    fn a_field_of_a_row_is_labelled_by_its_list_its_row_and_its_title() {
        let schema = json!({"properties": {
            "lines": {"title": "Material", "items": {"properties": {"quantity": {"title": "Quantity"}}}},
            "tags": {"title": "Tags"}}});
        assert_eq!(label(Some(&schema), "/lines/id:7/quantity"), "Material › 7 › Quantity");
        assert_eq!(label(Some(&schema), "/tags"), "Tags");
        assert_eq!(label(Some(&schema), "/other"), "other");
        assert_eq!(label(None, "/a~1b/c"), "a/b › c");
    }
}
