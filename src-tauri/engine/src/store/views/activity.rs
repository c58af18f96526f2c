//! The activity in pages, newest first; a page looks at so many lines and no more, whatever it looks for.

use super::PAGE;
use crate::store::StoreError;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params};
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{ActivityFilter, ActivityKind, ActivityLine, ActivityPage, ActivityRun, Actor};
use tidemark_model::words;

/// The most lines that one page looks at.
pub(crate) const STRETCH: usize = 2_000;

/// A page of at most `limit` lines that are older than `after`.
pub(crate) fn list(
    tx: &Connection,
    filter: &ActivityFilter,
    after: Option<Count>,
    limit: usize,
) -> Result<ActivityPage, StoreError> {
    let limit = limit.clamp(1, PAGE);
    let links = links_named(tx, filter.link.as_deref())?;
    let (walk, wanted) = walked(filter, &links);
    let mut statement = tx.prepare_cached(&walk.sql())?;
    let mut rows = statement.query(params![wanted, after.map_or(i64::MAX, |after| after.0)])?;
    let mut page = ActivityPage::default();
    let (mut last, mut is_old) = (None, filter.since.is_some());
    while let Some(row) = rows.next()? {
        if page.lines.len() == limit || page.looked.0 == STRETCH as i64 {
            page.next = last;
            break;
        }
        page.looked.0 += 1;
        last = Some(Count(row.get("id")?));
        is_old &= filter.since.is_some_and(|since| row.get("at").is_ok_and(|at: i64| at < since.0));
        if shows(filter, &links, row)? {
            page.lines.push(line(row)?);
        }
    }
    if is_old {
        // A clock that was put back may leave an old time among younger lines, but not a whole stretch of them.
        page.next = None;
    }
    page.runs = runs(tx, &page.lines)?;
    Ok(page)
}

/// The links that had this name, the removed ones too; none where no link is asked for.
fn links_named(tx: &Connection, name: Option<&str>) -> Result<Option<Vec<i64>>, StoreError> {
    let Some(name) = name else { return Ok(None) };
    let mut statement = tx.prepare_cached("SELECT id FROM links WHERE name = ?1")?;
    let ids = statement.query_map([name], |row| row.get(0))?;
    Ok(Some(ids.collect::<Result<_, _>>()?))
}

/// What narrows the lines down the most, as the index that has it, and what it is compared with.
fn walked(filter: &ActivityFilter, links: &Option<Vec<i64>>) -> (Walk, Value) {
    match (&filter.record, filter.kind, links.as_deref()) {
        (Some(record), ..) => (Walk::Record, Value::Text(record.clone())),
        (None, Some(kind), _) => (Walk::Kind, Value::Text(kind.as_str().to_owned())),
        (None, None, Some([link])) => (Walk::Link, Value::Integer(*link)),
        (None, None, _) => (Walk::All, Value::Integer(1)),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Walk {
    Record,
    Kind,
    Link,
    All,
}

impl Walk {
    /// The lines of this walk from a place on; read row by row, so that nothing is read behind the last one that is taken.
    fn sql(self) -> String {
        let (index, condition) = match self {
            Self::Record => ("INDEXED BY activity_record", "a.rid = ?1"),
            Self::Kind => ("INDEXED BY activity_kind", "a.kind = ?1"),
            Self::Link => ("INDEXED BY activity_link", "a.link_id = ?1"),
            Self::All => ("", "?1"),
        };
        format!(
            "SELECT a.id, a.at, a.until, a.run, a.link_id, a.rid, a.change_id, a.request_id, a.kind, a.actor,
                    a.by_name, a.n, a.happened, l.name AS link, c.name AS collection
               FROM activity a {index} LEFT JOIN links l ON l.id = a.link_id
               LEFT JOIN collections c ON c.id = a.collection_id
              WHERE {condition} AND a.id < ?2 ORDER BY a.id DESC"
        )
    }
}

fn shows(filter: &ActivityFilter, links: &Option<Vec<i64>>, row: &Row<'_>) -> Result<bool, StoreError> {
    let kind = kind_of(row)?;
    let link: Option<i64> = row.get("link_id")?;
    let of_link = links.as_ref().is_none_or(|ids| link.is_some_and(|link| ids.contains(&link)));
    let of_kind = filter.kind.is_none_or(|wanted| wanted == kind);
    let hidden = filter.hide_received && kind == ActivityKind::Received;
    if !of_link || !of_kind || hidden {
        return Ok(false);
    }
    let at: i64 = row.get("at")?;
    let until: Option<i64> = row.get("until")?;
    if filter.since.is_some_and(|since| until.unwrap_or(at) < since.0) {
        return Ok(false);
    }
    match &filter.search {
        Some(text) => names(row, text),
        None => Ok(true),
    }
}

/// Whether the text stands in one of a line's ids.
fn names(row: &Row<'_>, text: &str) -> Result<bool, StoreError> {
    for column in ["rid", "change_id", "request_id"] {
        if row.get::<_, Option<String>>(column)?.is_some_and(|id| id.contains(text)) {
            return Ok(true);
        }
    }
    let happened: serde_json::Value = serde_json::from_str(&row.get::<_, String>("happened")?)?;
    let records = happened["records"].as_array().into_iter().flatten();
    let mut ids = records.chain([&happened["transaction"], &happened["into"]]);
    Ok(ids.any(|id| id.as_str().is_some_and(|id| id.contains(text))))
}

fn kind_of(row: &Row<'_>) -> Result<ActivityKind, StoreError> {
    let word: String = row.get("kind")?;
    ActivityKind::parse(&word).ok_or_else(|| StoreError::Corrupt(format!("activity.kind is '{word}'")))
}

fn line(row: &Row<'_>) -> Result<ActivityLine, StoreError> {
    let actor: String = row.get("actor")?;
    let line = ActivityLine {
        id: Count(row.get("id")?),
        at: Millis(row.get("at")?),
        until: row.get::<_, Option<i64>>("until")?.map(Millis),
        run: row.get::<_, Option<i64>>("run")?.map(Count),
        link: row.get("link")?,
        collection: row.get("collection")?,
        record: row.get("rid")?,
        change: row.get("change_id")?,
        request: row.get("request_id")?,
        kind: kind_of(row)?,
        actor: Actor::parse(&actor)
            .ok_or_else(|| StoreError::Corrupt(format!("activity.actor is '{actor}'")))?,
        by: row.get("by_name")?,
        count: Count(row.get("n")?),
        happened: serde_json::from_str(&row.get::<_, String>("happened")?)?,
        sentence: String::new(),
    };
    Ok(ActivityLine { sentence: words::lines::line(&line), ..line })
}

/// The runs that some lines belong to, the newest first.
fn runs(tx: &Connection, lines: &[ActivityLine]) -> Result<Vec<ActivityRun>, StoreError> {
    let mut wanted: Vec<i64> = lines.iter().filter_map(|line| line.run).map(|run| run.0).collect();
    wanted.sort_unstable_by(|one, other| other.cmp(one));
    wanted.dedup();
    let mut statement = tx.prepare_cached(
        "SELECT r.run, l.name, r.started_at, r.ended_at, r.sent, r.received, r.merged, r.conflicts, r.refused
           FROM activity_runs r JOIN links l ON l.id = r.link_id WHERE r.run = ?1",
    )?;
    let mut runs = Vec::with_capacity(wanted.len());
    for run in wanted {
        let mut found = statement.query([run])?;
        if let Some(row) = found.next()? {
            runs.push(ActivityRun {
                run: Count(row.get(0)?),
                link: row.get(1)?,
                started_at: Millis(row.get(2)?),
                ended_at: Millis(row.get(3)?),
                sent: Count(row.get(4)?),
                received: Count(row.get(5)?),
                merged: Count(row.get(6)?),
                conflicts: Count(row.get(7)?),
                refused: Count(row.get(8)?),
            });
        }
    }
    Ok(runs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::views::fixture::Fixture;

    // proves A12, A13
    #[test]
    fn every_walk_seeks_its_place_in_its_index_and_sorts_nothing() {
        let fixture = Fixture::new();
        for (walk, seeks) in [
            (Walk::Record, "SEARCH a USING INDEX activity_record (rid=? AND id<?)"),
            (Walk::Kind, "SEARCH a USING INDEX activity_kind (kind=? AND id<?)"),
            (Walk::Link, "SEARCH a USING INDEX activity_link (link_id=? AND id<?)"),
            (Walk::All, "SEARCH a USING INTEGER PRIMARY KEY (rowid<?)"),
        ] {
            let plan: Vec<String> = fixture.read(|tx| {
                let mut statement = tx.prepare(&format!("EXPLAIN QUERY PLAN {}", walk.sql()))?;
                let steps = statement.query_map(params![1, 1], |row| row.get("detail"))?;
                Ok(steps.collect::<Result<_, _>>()?)
            });
            assert_eq!(plan[0], seeks, "{plan:?}");
            let rest_is_by_key = plan[1..].iter().all(|step| step.contains("INTEGER PRIMARY KEY (rowid=?)"));
            assert!(rest_is_by_key, "{plan:?}");
        }
    }
}
