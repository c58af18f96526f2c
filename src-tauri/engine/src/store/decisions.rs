//! Ended conflicts and automatic merges as they are kept, newest first (row D9).

use super::conflicts::DecidedBy;
use super::{StoreError, records};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::Value;
use tidemark_model::merge::Past;
use tidemark_model::number::Millis;
use tidemark_model::view::{DecisionBy, DecisionId};

/// One of them with its sides.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Kept {
    pub(crate) id: DecisionId,
    pub(crate) by: DecisionBy,
    pub(crate) at: Millis,
    pub(crate) collection_id: i64,
    pub(crate) record_id: i64,
    pub(crate) rid: String,
    /// The record's title by then; an automatic merge keeps none.
    pub(crate) title: Option<String>,
    base: Option<Value>,
    local: Option<Value>,
    server: Option<Value>,
    pub(crate) result: Option<Value>,
    /// The change that carries what was decided.
    pub(crate) mutation_id: Option<String>,
    /// The change that put it back.
    pub(crate) put_back: Option<String>,
}

impl Kept {
    pub(crate) fn past(&self) -> Past<'_> {
        Past {
            base: self.base.as_ref(),
            local: self.local.as_ref(),
            server: self.server.as_ref(),
            result: self.result.as_ref(),
        }
    }

    fn read(id: DecisionId, row: &Row<'_>) -> Result<Self, StoreError> {
        let parse = |column: &str| -> Result<Option<Value>, StoreError> {
            let text: Option<String> = row.get(column)?;
            text.map(|text| records::serde_json_value(&text)).transpose()
        };
        let by: Option<String> = row.get("decided_by")?;
        let by = match by.as_deref() {
            None => DecisionBy::Itself,
            Some("merge") => DecisionBy::Merge,
            Some(word) => match DecidedBy::parse(word) {
                Some(DecidedBy::Person) => DecisionBy::Person,
                Some(DecidedBy::Rule) => DecisionBy::Rule,
                Some(DecidedBy::Hook) => DecisionBy::Hook,
                None => return Err(StoreError::Corrupt(format!("conflicts.decided_by is '{word}'"))),
            },
        };
        Ok(Self {
            id,
            by,
            at: Millis(row.get("ended_at")?),
            collection_id: row.get("collection_id")?,
            record_id: row.get("record_id")?,
            rid: row.get("rid")?,
            title: row.get("title")?,
            base: parse("base")?,
            local: parse("local")?,
            server: parse("server")?,
            result: parse("result")?,
            mutation_id: row.get("mutation_id")?,
            put_back: row.get("put_back")?,
        })
    }
}

pub(crate) fn get(tx: &Connection, id: DecisionId) -> Result<Option<Kept>, StoreError> {
    let (sql, number) = match id {
        DecisionId::Conflict(number) => (
            "SELECT resolved_at AS ended_at, decided_by, collection_id, record_id, rid, title, base, local, server,
                    result, mutation_id, put_back
               FROM conflicts WHERE id = ?1 AND state = 'resolved'",
            number,
        ),
        DecisionId::Merge(number) => (
            "SELECT at AS ended_at, 'merge' AS decided_by, collection_id, record_id, rid, NULL AS title, base, local,
                    server, merged AS result, NULL AS mutation_id, put_back
               FROM merges WHERE id = ?1",
            number,
        ),
    };
    let mut statement = tx.prepare_cached(sql)?;
    let mut rows = statement.query([number])?;
    rows.next()?.map(|row| Kept::read(id, row)).transpose()
}

/// One page of their ids, newest first.
pub(crate) fn page(tx: &Connection, offset: usize, limit: usize) -> Result<Vec<DecisionId>, StoreError> {
    // Each half comes sorted from its index, so that only what is asked for is read.
    let mut statement = tx.prepare_cached(
        "SELECT at, id, 1 AS is_merge FROM merges
          UNION ALL
         SELECT resolved_at, id, 0 FROM conflicts INDEXED BY conflicts_resolved WHERE state = 'resolved'
          ORDER BY 1 DESC, 2 DESC LIMIT ?1 OFFSET ?2",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let offset = i64::try_from(offset).unwrap_or(i64::MAX);
    let ids = statement.query_map(params![limit, offset], |row| {
        let number = row.get(1)?;
        Ok(if row.get(2)? { DecisionId::Merge(number) } else { DecisionId::Conflict(number) })
    })?;
    Ok(ids.collect::<Result<_, _>>()?)
}

/// How many there are.
pub(crate) fn count(tx: &Connection) -> Result<i64, StoreError> {
    Ok(tx
        .prepare_cached(
            "SELECT (SELECT count(*) FROM merges)
                  + (SELECT count(*) FROM conflicts INDEXED BY conflicts_resolved WHERE state = 'resolved')",
        )?
        .query_row([], |row| row.get(0))?)
}

/// The change that puts it back.
pub(crate) fn set_put_back(tx: &Connection, id: DecisionId, change: &str) -> Result<(), StoreError> {
    let (sql, number) = match id {
        DecisionId::Conflict(number) => ("UPDATE conflicts SET put_back = ?2 WHERE id = ?1", number),
        DecisionId::Merge(number) => ("UPDATE merges SET put_back = ?2 WHERE id = ?1", number),
    };
    tx.prepare_cached(sql)?.execute(params![number, change])?;
    Ok(())
}

/// Whether the change that put something back came to nothing: it was discarded, or edited away before it was sent.
pub(crate) fn came_to_nothing(tx: &Connection, change: &str) -> Result<bool, StoreError> {
    let state: Option<String> = tx
        .prepare_cached("SELECT state FROM outbox WHERE id = ?1")?
        .query_row([change], |row| row.get(0))
        .optional()?;
    Ok(matches!(state.as_deref(), Some("discarded" | "cancelled")))
}
