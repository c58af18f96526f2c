//! A collection's form: from its schema, else from what some of its records hold.

use crate::store::collections::CollectionRow;
use crate::store::{StoreError, records};
use rusqlite::Connection;
use serde_json::Value;
use tidemark_model::form::{self, Known};
use tidemark_model::merge::Veil;
use tidemark_model::view::Form;

/// Records that an inferred form is made from.
const SAMPLE: usize = 200;
/// Their text is read up to so many bytes.
const SAMPLE_BYTES: usize = 4 * 1024 * 1024;

/// The form of a collection; empty where there is no such link or collection, or nothing is known of its fields.
pub(crate) fn form(tx: &Connection, link: &str, collection: &str) -> Result<Form, StoreError> {
    match super::find(tx, link, collection)? {
        Some(collection) => of_collection(tx, &collection),
        None => Ok(Form::default()),
    }
}

/// The document's field that holds the id.
pub(super) fn id_field(collection: &CollectionRow) -> &str {
    collection.settings.id_field.as_deref().unwrap_or("id")
}

pub(super) fn of_collection(tx: &Connection, collection: &CollectionRow) -> Result<Form, StoreError> {
    let rules = &collection.settings.merge;
    let server_set = |path: &str| rules.server_set.contains(path);
    let veil = Veil::new(rules);
    let known = Known {
        id_field: id_field(collection),
        references: &collection.settings.references,
        server_set: &server_set,
        secret_at: &|path| veil.secret_at(path),
    };
    if let Some(schema) = &collection.settings.schema {
        let form = form::from_schema(schema, &known);
        if !form.fields.is_empty() {
            return Ok(form);
        }
    }
    Ok(form::infer(&sample(tx, collection.id)?, &known))
}

/// The first records' documents, bounded in number and size.
fn sample(tx: &Connection, collection_id: i64) -> Result<Vec<Value>, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT coalesce(local, base) FROM records INDEXED BY records_listed
          WHERE collection_id = ?1 AND visible = 1 ORDER BY rid LIMIT ?2",
    )?;
    let mut rows = statement.query((collection_id, SAMPLE as i64))?;
    let (mut documents, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let Some(text) = row.get::<_, Option<String>>(0)? else { continue };
        bytes += text.len();
        documents.push(records::serde_json_value(&text)?);
        if bytes > SAMPLE_BYTES {
            break;
        }
    }
    Ok(documents)
}
