//! Forms: which fields a collection's records have and which editor fits each, from a JSON Schema or from records.

mod infer;
mod schema;

pub use infer::infer;
pub use schema::{from_schema, label};

use crate::connector::Reference;
use crate::view::{FieldKind, Form};

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
}

/// What settings say about fields outweighs what a schema or records say.
fn settle(form: &mut Form, known: &Known<'_>) {
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

/// The label of a field under another's.
fn under(parent: &str, name: &str) -> String {
    if parent.is_empty() { name.to_owned() } else { format!("{parent}{UNDER}{name}") }
}
