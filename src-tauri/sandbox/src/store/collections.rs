//! Which collections there are, and how they are described.

use super::StoreError;
use rusqlite::{Connection, OptionalExtension, params};

/// One collection with its sums.
#[derive(Debug, Clone, PartialEq)]
pub struct CollectionRow {
    /// The name in the path.
    pub name: String,
    /// What people call it.
    pub label: Option<String>,
    /// JSON Schema as text.
    pub schema: Option<String>,
    /// `[{path, collection}]` as text.
    pub refs: String,
    /// Records that are not deleted.
    pub count: i64,
    /// Bytes of their documents.
    pub bytes: i64,
}

/// Adds a collection, or describes it anew.
pub fn put(
    tx: &Connection,
    name: &str,
    label: Option<&str>,
    schema: Option<&str>,
    refs: &str,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO collections (name, label, schema, refs) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (name) DO UPDATE SET label = excluded.label, schema = excluded.schema, refs = excluded.refs",
    )?
    .execute(params![name, label, schema, refs])?;
    Ok(())
}

/// Whether there is one of this name.
pub fn exists(tx: &Connection, name: &str) -> Result<bool, StoreError> {
    tx.prepare_cached("SELECT 1 FROM collections WHERE name = ?1")?
        .query_row([name], |_| Ok(()))
        .optional()
        .map(|row| row.is_some())
}

/// All, in the order in which they were added.
pub fn list(tx: &Connection) -> Result<Vec<CollectionRow>, StoreError> {
    tx.prepare_cached(
        "SELECT c.name, c.label, c.schema, c.refs, COUNT(r.doc) AS count,
                COALESCE(SUM(OCTET_LENGTH(r.doc)), 0) AS bytes
         FROM collections c LEFT JOIN records r ON r.collection = c.name
         GROUP BY c.place ORDER BY c.place",
    )?
    .query_map([], |row| {
        Ok(CollectionRow {
            name: row.get("name")?,
            label: row.get("label")?,
            schema: row.get("schema")?,
            refs: row.get("refs")?,
            count: row.get("count")?,
            bytes: row.get("bytes")?,
        })
    })?
    .collect()
}
