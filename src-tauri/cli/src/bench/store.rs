//! The floors that speak SQL: the same rows, columns, indexes and triggers, written without an engine.

use super::ground::{LINK, tidemark_database};
use crate::fault::Fault;
use rusqlite::{Connection, params};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::path::Path;
use std::time::{Duration, Instant};

/// Rows in one transaction of a bulk load.
const BULK: usize = 5_000;

/// What an edit leaves behind, made ready before the clock starts.
pub struct EditRows {
    pub rid: String,
    pub title: String,
    pub local: String,
    pub changes: String,
    pub mutation: String,
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Unexpected(format!("the floor's database: {error}"))
    }
}

fn open(folder: &Path) -> Result<Connection, Fault> {
    let connection = Connection::open(folder.join(tidemark_database()))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cache_size", -32 * 1024)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

/// One transaction for each edit: the record, the counter of saved changes, the mutation.
pub fn accept(folder: &Path, edits: &[EditRows]) -> Result<Duration, Fault> {
    let mut connection = open(folder)?;
    let (link, collection, principal) = place(&connection)?;
    let started = Instant::now();
    for (number, edit) in edits.iter().enumerate() {
        let now = 1_781_500_000_000_i64 + number as i64;
        let tx = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let record: i64 = tx
            .prepare_cached("SELECT id FROM records WHERE collection_id = ?1 AND rid = ?2")?
            .query_row(params![collection, edit.rid], |row| row.get(0))?;
        tx.prepare_cached(
            "UPDATE records SET local = ?2, local_rev = local_rev + 1, local_at = ?3, title = ?4 WHERE id = ?1",
        )?
        .execute(params![record, edit.local, now, edit.title])?;
        tx.prepare_cached(
            "INSERT INTO counters (link_id, collection_id, state, n) VALUES (?1, ?2, 'saved', 1)
             ON CONFLICT DO UPDATE SET n = n + 1",
        )?
        .execute(params![link, collection])?;
        tx.prepare_cached(
            "INSERT INTO outbox (id, link_id, collection_id, record_id, rid, principal, operation, changes, metadata,
                                 priority, state, head, due_at, held, into_id, conflict_id, created_at, ended_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'update', ?7, NULL, 5, 'queued', 1, 0, NULL, NULL, NULL, ?8, NULL)",
        )?
        .execute(params![edit.mutation, link, collection, record, edit.rid, principal, edit.changes, now])?;
        tx.commit()?;
    }
    Ok(started.elapsed())
}

/// What edits left behind, without ids and times: both sides must have written the same.
pub fn left_behind(folder: &Path) -> Result<Vec<String>, Fault> {
    let connection = open(folder)?;
    let mut lines = Vec::new();
    for sql in [
        "SELECT concat_ws('|', rid, title, local, base, local_rev, visible) FROM records ORDER BY rid",
        "SELECT concat_ws('|', rid, principal, operation, changes, priority, state, head, blockers, due_at)
           FROM outbox ORDER BY rid",
        "SELECT concat_ws('|', link_id, collection_id, state, n) FROM counters ORDER BY state",
        "SELECT concat_ws('|', name, record_count) FROM collections",
    ] {
        let mut statement = connection.prepare(sql)?;
        for line in statement.query_map([], |row| row.get::<_, String>(0))? {
            lines.push(line?);
        }
    }
    Ok(lines)
}

/// For information: one bare row in each transaction.
pub fn bare_rows(folder: &Path, edits: &[EditRows]) -> Result<Duration, Fault> {
    let mut connection = open(folder)?;
    connection.execute_batch("CREATE TABLE bare (id TEXT PRIMARY KEY, document TEXT NOT NULL) STRICT")?;
    let started = Instant::now();
    for edit in edits {
        let tx = connection.transaction()?;
        tx.prepare_cached("INSERT INTO bare (id, document) VALUES (?1, ?2)")?
            .execute(params![edit.mutation, edit.local])?;
        tx.commit()?;
    }
    Ok(started.elapsed())
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    items: Vec<Item<'a>>,
}

#[derive(Deserialize)]
struct Item<'a> {
    id: String,
    version: String,
    modified_by: String,
    #[serde(borrow)]
    doc: &'a RawValue,
}

#[derive(Deserialize)]
struct Titled {
    title: String,
}

/// Parses the pages and writes their rows in bulk.
pub fn pull(folder: &Path, pages: &[String]) -> Result<Duration, Fault> {
    let mut connection = open(folder)?;
    let (_, collection, _) = place(&connection)?;
    let started = Instant::now();
    let broken = |error: serde_json::Error| Fault::Unexpected(error.to_string());
    let mut tx = connection.transaction()?;
    let mut written = 0;
    for page in pages {
        let page: Page<'_> = serde_json::from_str(page).map_err(broken)?;
        for item in page.items {
            let titled: Titled = serde_json::from_str(item.doc.get()).map_err(broken)?;
            tx.prepare_cached(
                "INSERT INTO records (collection_id, rid, title, base, base_version, base_at, base_by, local, visible)
                 VALUES (?1, ?2, ?3, ?4, ?5, 1781510400000, ?6, ?4, 1)
                 ON CONFLICT (collection_id, rid) DO UPDATE SET base = ?4, base_version = ?5, local = ?4",
            )?
            .execute(params![collection, item.id, titled.title, item.doc.get(), item.version, item.modified_by])?;
            written += 1;
            if written % BULK == 0 {
                tx.commit()?;
                tx = connection.transaction()?;
            }
        }
    }
    tx.commit()?;
    Ok(started.elapsed())
}

/// The link, its only collection, and whose changes they are.
fn place(connection: &Connection) -> Result<(i64, i64, String), Fault> {
    Ok(connection.query_row(
        "SELECT l.id, c.id, l.principal FROM links l JOIN collections c ON c.link_id = l.id WHERE l.name = ?1",
        [LINK],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?)
}
