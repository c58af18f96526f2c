//! The queue in the order of a column.
//!
//! The order of saving is the order of numbers, which an index gives. Any other is made by sorting, each page anew: no index
//! is kept for it, because every one would slow each saving, and more than [`SORTED`] changes are not sorted.

use super::counts::Tally;
use super::place::Places;
use super::sections::{self, Scoped, Section};
use super::{Scope, Start, row};
use crate::store::StoreError;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params, params_from_iter};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use tidemark_model::mutation::MutationState;
use tidemark_model::number::{Count, MAX_EXACT};
use tidemark_model::view::{ChangeRow, QueueColumn, QueueFilter, QueuePage, QueueSort};

/// The most changes that are sorted by what no index orders.
pub(super) const SORTED: i64 = 100_000;
/// Rises when a text of before can no longer be read.
const VERSION: u32 = 1;
/// The first characters of a text decide its place.
const TEXT: i64 = 200;

/// What a change is sorted by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Value {
    Number(i64),
    Text(String),
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Number(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

/// The change that a page ended with. It need not be there any more.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mark {
    version: u32,
    /// A place means nothing in another list.
    filter: QueueFilter,
    value: Value,
    seq: i64,
    found: i64,
}

impl Mark {
    /// None where it is no place of this list in this order.
    fn read(text: &str, filter: &QueueFilter) -> Option<Self> {
        let mark: Self = serde_json::from_str(text).ok()?;
        let sound = (0..=MAX_EXACT / 2).contains(&mark.found);
        (mark.version == VERSION && mark.filter == *filter && sound).then_some(mark)
    }
}

/// One page in the order of a column; none where too many changes match to be sorted by it, and where the page is to begin
/// after a place of the usual order.
pub(super) fn page(
    tx: &Connection,
    filter: &QueueFilter,
    sort: QueueSort,
    start: Start<'_>,
    limit: usize,
) -> Result<Option<QueuePage>, StoreError> {
    let (skip, mark) = match start {
        Start::At(offset) => (offset as i64, None),
        // What was sorted once goes on, whatever joined it meanwhile.
        Start::After(text) => match Mark::read(text, filter) {
            Some(mark) => (0, Some(mark)),
            None => return Ok(None),
        },
    };
    let Some(scope) = Scope::of(tx, filter)? else {
        return Ok(Some(QueuePage { rows: Vec::new(), total: Count(0), next: None, sorted: true }));
    };
    let tally = Tally::read(tx)?;
    let sections: Vec<Scoped<'_>> =
        sections::of_state(filter.state).into_iter().map(|section| section.within(&scope, &tally)).collect();
    let found = match &mark {
        Some(mark) => mark.found,
        None => sections.iter().map(|section| section.count(tx)).sum::<Result<_, _>>()?,
    };
    // One row more than is shown tells whether there is a next page.
    let upto = limit as i64 + 1;
    let mut keys = match walked(sort, filter) {
        Some(states) => {
            let walks: Vec<_> =
                states.iter().map(|state| Section::In(*state).within(&scope, &tally)).collect();
            let sql = walk_sql(&walks, sort, mark.as_ref().map(|mark| mark.seq), skip, upto);
            let mut statement = tx.prepare(&sql)?;
            let keys = statement.query_map(params_from_iter(&scope.search), |row| {
                let seq = row.get("seq")?;
                Ok((Value::Number(seq), seq))
            })?;
            keys.collect::<Result<Vec<_>, _>>()?
        }
        None if mark.is_none() && found > SORTED => return Ok(None),
        None => by_value(tx, &value_sql(&sections, sort, skip, upto), &scope, mark.as_ref())?,
    };
    let more = keys.len() > limit;
    keys.truncate(limit);
    let next = match keys.last().filter(|_| more) {
        Some((value, seq)) => {
            let mark =
                Mark { version: VERSION, filter: filter.clone(), value: value.clone(), seq: *seq, found };
            Some(serde_json::to_string(&mark).map_err(|error| StoreError::Corrupt(error.to_string()))?)
        }
        None => None,
    };
    let seqs: Vec<i64> = keys.iter().map(|(_, seq)| *seq).collect();
    Ok(Some(QueuePage { rows: rows(tx, &seqs)?, total: Count(found), next, sorted: true }))
}

/// The states whose index gives the order; none where it must be sorted for.
fn walked(sort: QueueSort, filter: &QueueFilter) -> Option<Vec<MutationState>> {
    if sort.by != QueueColumn::Saved {
        return None;
    }
    if filter.state.is_none() {
        return Some(MutationState::UNFINISHED.to_vec());
    }
    let mut states = Vec::new();
    for section in sections::of_state(filter.state) {
        match section {
            Section::In(state) => states.push(state),
            Section::Ended(of) => states.extend_from_slice(of),
            Section::Ready | Section::Apart(_) => return None,
        }
    }
    Some(states)
}

/// The states' walks, merged; none is sorted. The only parameter is the search's pattern.
pub(super) fn walk_sql(
    walks: &[Scoped<'_>],
    sort: QueueSort,
    after: Option<i64>,
    skip: i64,
    limit: i64,
) -> String {
    let (order, beyond) = order(sort);
    let beyond = after.map(|seq| format!(" AND seq {beyond} {seq}")).unwrap_or_default();
    let selects: Vec<String> =
        walks.iter().flat_map(|walk| walk.selects()).map(|select| select + beyond.as_str()).collect();
    format!("{} ORDER BY seq {order} LIMIT {limit} OFFSET {skip}", selects.join(" UNION ALL "))
}

/// The word of an order, and what comes after a place in it.
fn order(sort: QueueSort) -> (&'static str, &'static str) {
    match sort.descending {
        true => ("DESC", "<"),
        false => ("ASC", ">"),
    }
}

/// The sections' walks, sorted. Its parameters are the search's pattern, the place's value and number, and [`TEXT`].
fn value_sql(sections: &[Scoped<'_>], sort: QueueSort, skip: i64, limit: i64) -> String {
    let walks: Vec<String> = sections
        .iter()
        .enumerate()
        .flat_map(|(rank, section)| section.selects().into_iter().map(move |select| (rank, select)))
        .map(|(rank, select)| format!("SELECT {rank} AS rank, seq FROM ({select})"))
        .collect();
    let walks = match walks.is_empty() {
        true => "SELECT 0 AS rank, 0 AS seq WHERE 0".to_owned(),
        false => walks.join(" UNION ALL "),
    };
    let outbox = "JOIN outbox o ON o.seq = k.seq";
    let (value, joined) = match sort.by {
        QueueColumn::State => ("k.rank", String::new()),
        QueueColumn::Record => (
            "substr(lower(coalesce(r.title, (SELECT title FROM records WHERE collection_id = o.collection_id \
             AND rid = o.rid), o.rid)), 1, ?4)",
            format!("{outbox} LEFT JOIN records r ON r.id = o.record_id"),
        ),
        QueueColumn::What => ("o.operation", outbox.to_owned()),
        QueueColumn::Link => ("lower(l.name)", format!("{outbox} JOIN links l ON l.id = o.link_id")),
        QueueColumn::Saved => ("k.seq", String::new()),
        QueueColumn::Size => ("octet_length(o.changes)", outbox.to_owned()),
        QueueColumn::Tries => ("o.attempts", outbox.to_owned()),
    };
    let (order, beyond) = order(sort);
    format!(
        "SELECT value, seq FROM (SELECT {value} AS value, k.seq AS seq FROM ({walks}) k {joined})
          WHERE ?1 IS ?1 AND ?4 IS ?4 AND (?3 IS NULL OR (value, seq) {beyond} (?2, ?3))
          ORDER BY value {order}, seq {order} LIMIT {limit} OFFSET {skip}"
    )
}

fn by_value(
    tx: &Connection,
    sql: &str,
    scope: &Scope,
    mark: Option<&Mark>,
) -> Result<Vec<(Value, i64)>, StoreError> {
    let mut statement = tx.prepare(sql)?;
    let (value, seq) = (mark.map(|mark| &mark.value), mark.map(|mark| mark.seq));
    let keys = statement.query_map(params![scope.search, value, seq, TEXT], |row| {
        let value = match row.get_ref("value")? {
            ValueRef::Integer(number) => Value::Number(number),
            text => Value::Text(text.as_str()?.to_owned()),
        };
        Ok((value, row.get("seq")?))
    })?;
    Ok(keys.collect::<Result<_, _>>()?)
}

/// Rows in the order given. Places are counted along the line, which is another order.
fn rows(tx: &Connection, seqs: &[i64]) -> Result<Vec<ChangeRow>, StoreError> {
    let paused = row::engine_paused(tx)?;
    let mut statement = tx.prepare_cached("SELECT priority FROM outbox WHERE seq = ?1")?;
    let mut line = Vec::with_capacity(seqs.len());
    for seq in seqs {
        let priority: i64 = statement.query_row([seq], |row| row.get(0))?;
        line.push((-priority, *seq));
    }
    line.sort_unstable();
    let mut places = Places::default();
    let mut read = HashMap::with_capacity(line.len());
    for (_, seq) in line {
        read.extend(row::read(tx, seq, paused, &mut places)?.map(|row| (seq, row)));
    }
    Ok(seqs.iter().filter_map(|seq| read.remove(seq)).collect())
}
