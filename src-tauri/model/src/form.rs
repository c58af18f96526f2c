//! Forms: which fields a collection's records have and which editor fits each, from a JSON Schema or from records.

mod infer;
mod schema;

pub use infer::infer;
pub use schema::{from_schema, label};

use crate::connector::Reference;
use crate::view::{FieldKind, Form};
use std::collections::BTreeSet;

/// Texts longer than this, or with a line break, are edited as long text.
const LONG_TEXT: usize = 120;
/// Objects nested deeper than this are edited as JSON.
const MAX_DEPTH: usize = 3;
/// The most fields of a form; what a hostile schema or record has beyond is edited as JSON.
const MAX_FIELDS: usize = 500;
/// Stands between the names of nested fields.
const UNDER: &str = " › ";

/// What is known of a collection's fields beside its schema.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// The field that holds the id; it is never edited.
    pub id_field: &'a str,
    /// Fields that refer to other collections.
    pub references: &'a [Reference],
    /// Whether the server computes the field at a path.
    pub server_set: &'a dyn Fn(&str) -> bool,
    /// Where the secret begins that a field is, or lies in.
    pub secret_at: &'a dyn Fn(&str) -> Option<String>,
}

/// What settings say about fields outweighs what a schema or records say.
fn settle(form: &mut Form, known: &Known<'_>) {
    veil(form, known);
    form.fields.truncate(MAX_FIELDS);
    let id = crate::path::child("", known.id_field);
    for field in &mut form.fields {
        field.read_only |= field.path == id || (known.server_set)(&field.path);
        if let Some(reference) = known.references.iter().find(|reference| reference.path == field.path) {
            field.kind = FieldKind::Reference;
            field.refers_to = Some(reference.collection.clone());
        }
    }
}

/// A secret is one field, whatever it is made of.
fn veil(form: &mut Form, known: &Known<'_>) {
    let mut secrets = BTreeSet::new();
    form.fields.retain_mut(|field| {
        let Some(at) = (known.secret_at)(&field.path) else { return true };
        field.secret = true;
        if at != field.path {
            let steps = |path: &str| path.matches('/').count();
            for _ in steps(&at)..steps(&field.path) {
                let label = field.label.rsplit_once(UNDER).map(|(above, _)| above.to_owned());
                field.label = label.unwrap_or_else(|| std::mem::take(&mut field.label));
            }
            (field.kind, field.required) = (FieldKind::Json, false);
            (field.choices, field.refers_to) = (Vec::new(), None);
            field.path.clone_from(&at);
        }
        secrets.insert(at)
    });
}

/// The label of a field under another's.
fn under(parent: &str, name: &str) -> String {
    if parent.is_empty() { name.to_owned() } else { format!("{parent}{UNDER}{name}") }
}
