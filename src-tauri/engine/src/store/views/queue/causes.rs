//! What needs a person, by cause: a bounded stretch of the queue at a time, and no body of a change is read for it.
//!
//! The words come from the attempts, whose rows are short; the index of states gives the numbers. Of a change's own row
//! only the first columns are read, which lie before its values.

use crate::store::{StoreError, links};
use rusqlite::{Connection, Row, params};
use std::collections::{BTreeMap, HashMap};
use tidemark_model::cause;
use tidemark_model::failure::ErrorClass;
use tidemark_model::mutation::MutationState;
use tidemark_model::number::Count;
use tidemark_model::view::{CauseChanges, CauseGroup, Causes};

/// How many changes one answer looks at.
pub(super) const STRETCH: usize = 20_000;
/// How many groups one answer holds.
const GROUPS: usize = 100;

/// The groups of the stretch after a number, oldest first.
pub(crate) fn causes(tx: &Connection, after: Count, total: i64) -> Result<Causes, StoreError> {
    let mut found: HashMap<String, Found> = HashMap::new();
    let next = walk(tx, after.0, |told| {
        let wording = cause::wording(&told.words, &told.rid);
        let key = cause::key(told.link, told.class, told.status, &wording);
        let group = found.entry(key).or_insert_with(|| Found { count: 0, first: told.clone(), wording });
        group.count += 1;
        if group.first.words != told.words {
            group.first.words.clone_from(&group.wording);
        }
        Ok(true)
    })?;
    let mut groups: Vec<(String, Found)> = found.into_iter().collect();
    groups.sort_by_key(|(_, group)| (-group.count, group.first.seq));
    let others = groups.iter().skip(GROUPS).map(|(_, group)| group.count).sum();
    groups.truncate(GROUPS);
    let names: BTreeMap<i64, String> = links::all(tx)?.into_iter().map(|link| (link.id, link.name)).collect();
    let groups = groups
        .into_iter()
        .map(|(key, group)| shown(tx, key, group, &names))
        .collect::<Result<Vec<_>, StoreError>>()?;
    Ok(Causes { groups, others: Count(others), total: Count(total), next })
}

/// The ids of a cause's changes after a number, at most `limit`.
pub(crate) fn changes_of(
    tx: &Connection,
    key: &str,
    after: Count,
    limit: usize,
) -> Result<CauseChanges, StoreError> {
    let mut ids = Vec::new();
    let next = walk(tx, after.0, |told| {
        let wording = cause::wording(&told.words, &told.rid);
        if cause::key(told.link, told.class, told.status, &wording) == key {
            ids.push(told.id);
        }
        Ok(ids.len() < limit)
    })?;
    Ok(CauseChanges { ids, next })
}

struct Found {
    count: i64,
    first: Told,
    wording: String,
}

/// What a parked change was told last.
#[derive(Clone)]
struct Told {
    seq: i64,
    id: String,
    link: i64,
    rid: String,
    class: Option<ErrorClass>,
    status: Option<u16>,
    words: String,
}

/// The statement of one stretch. Where the last attempt tells no failure, the change's own row does.
pub(super) const SQL: &str = "
    SELECT o.seq, o.id, o.link_id, o.rid,
           CASE WHEN a.class IS NULL THEN o.class ELSE a.class END AS class,
           CASE WHEN a.class IS NULL THEN o.status ELSE a.status END AS status,
           CASE WHEN a.class IS NULL THEN o.words ELSE a.words END AS words
      FROM outbox o INDEXED BY outbox_state
      LEFT JOIN attempts a ON a.seq = o.seq AND a.number = (SELECT max(number) FROM attempts WHERE seq = o.seq)
     WHERE o.state = ?1 AND o.seq > ?2 ORDER BY o.seq LIMIT ?3";

/// Tells each change of a stretch until told to stop; returns the number after which the next stretch begins.
fn walk(
    tx: &Connection,
    after: i64,
    mut tell: impl FnMut(Told) -> Result<bool, StoreError>,
) -> Result<Option<Count>, StoreError> {
    let mut statement = tx.prepare_cached(SQL)?;
    let mut rows = statement.query(params![MutationState::Parked.as_str(), after, STRETCH as i64])?;
    let mut walked = 0;
    while let Some(row) = rows.next()? {
        let told = Told::read(row)?;
        let seq = told.seq;
        walked += 1;
        if !tell(told)? || walked == STRETCH {
            return Ok(Some(Count(seq)));
        }
    }
    Ok(None)
}

impl Told {
    fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        let class: Option<String> = row.get("class")?;
        Ok(Self {
            seq: row.get("seq")?,
            id: row.get("id")?,
            link: row.get("link_id")?,
            rid: row.get("rid")?,
            class: class
                .map(|word| {
                    ErrorClass::parse(&word)
                        .ok_or_else(|| StoreError::Corrupt(format!("a change's class is '{word}'")))
                })
                .transpose()?,
            status: row.get("status")?,
            words: row.get::<_, Option<String>>("words")?.unwrap_or_default(),
        })
    }
}

fn shown(
    tx: &Connection,
    key: String,
    group: Found,
    names: &BTreeMap<i64, String>,
) -> Result<CauseGroup, StoreError> {
    let title: Option<String> = tx
        .prepare_cached(
            "SELECT r.title FROM outbox o LEFT JOIN records r ON r.id = o.record_id WHERE o.seq = ?1",
        )?
        .query_row([group.first.seq], |row| row.get(0))?;
    Ok(CauseGroup {
        key,
        link: names.get(&group.first.link).cloned().unwrap_or_default(),
        class: group.first.class.unwrap_or(ErrorClass::Permanent),
        status: group.first.status,
        words: group.first.words,
        count: Count(group.count),
        example: group.first.id,
        example_title: title.unwrap_or(group.first.rid),
    })
}
