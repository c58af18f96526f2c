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
pub(super) const STRETCH: usize = 5_000;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::views::fixture::{Fixture, Row as Change};

    fn parked(rid: &str) -> Change {
        Change { state: "parked", rid: rid.into(), ..Change::default() }
    }

    fn attempt(fixture: &Fixture, seq: i64, number: i64, class: &str, status: i64, words: &str) {
        let words = words.replace('\'', "''");
        fixture.sql(&format!(
            "INSERT INTO attempts (seq, number, key, started_at, ended_at, status, class, words)
             VALUES ({seq}, {number}, 'k', 1, 2, {status}, {class}, '{words}')"
        ));
    }

    fn groups(fixture: &Fixture) -> Vec<(i64, Option<u16>, String)> {
        let causes = fixture.read(|tx| super::super::causes(tx, Count(0)));
        causes.groups.into_iter().map(|group| (group.count.0, group.status, group.words)).collect()
    }

    #[test]
    fn changes_are_grouped_by_what_they_were_told_last() {
        let fixture = Fixture::new();
        for (rid, words) in [("IT-7", "Item IT-7 is locked"), ("IT-8", "Item IT-8 is locked")] {
            let seq = fixture.change(parked(rid));
            attempt(&fixture, seq, 1, "'transient'", 500, "something else before");
            attempt(&fixture, seq, 2, "'permanent'", 422, words);
        }
        let same = fixture.change(parked("IT-9"));
        attempt(&fixture, same, 1, "'permanent'", 417, "It's required");
        let elsewhere = fixture.change(Change { collection: 3, ..parked("IT-9") });
        attempt(&fixture, elsewhere, 1, "'permanent'", 417, "It's required");
        // Accepted and stored otherwise: the attempt went well, and the change's own row says what is wrong.
        let own = fixture.change(Change { class: Some("permanent"), ..parked("IT-10") });
        attempt(&fixture, own, 1, "NULL", 200, "accepted");
        fixture.change(Change { state: "queued", ..parked("IT-11") });
        assert_eq!(
            groups(&fixture),
            [
                (2, Some(422), "Item … is locked".to_owned()),
                (1, Some(417), "It's required".to_owned()),
                (1, Some(417), "It's required".to_owned()),
                (1, None, "its words".to_owned()),
            ],
            "each server's refusals are its own"
        );
        let causes = fixture.read(|tx| super::super::causes(tx, Count(0)));
        let of = |key: &str| fixture.read(|tx| changes_of(tx, key, Count(0), 1_000)).ids.len();
        assert_eq!(causes.groups.iter().map(|group| of(&group.key)).collect::<Vec<_>>(), [2, 1, 1, 1]);
        assert_eq!((causes.groups[1].link.as_str(), causes.groups[2].link.as_str()), ("erp", "kinto"));
        assert_eq!((causes.total, causes.next), (Count(5), None));
    }

    #[test]
    fn an_answer_is_bounded_and_the_next_one_goes_on() {
        let fixture = Fixture::new();
        let many = STRETCH as i64 + 5;
        fixture.sql(&format!(
            "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < {many})
             INSERT INTO outbox (id, link_id, collection_id, rid, principal, operation, changes, state, head, class,
                                 words, created_at)
             SELECT 'c' || i, 1, 1, 'r' || i, 'anna', 'update', '[]', 'parked', 1, 'permanent', 'no ' ||
                    char(97 + i % 150) || char(97 + i % 7), 1 FROM n"
        ));
        let first = fixture.read(|tx| super::super::causes(tx, Count(0)));
        let told = |causes: &Causes| causes.groups.iter().map(|g| g.count.0).sum::<i64>() + causes.others.0;
        assert_eq!((first.groups.len(), told(&first), first.total.0), (GROUPS, STRETCH as i64, many));
        assert!(first.others.0 > 0, "groups that found no room are counted");
        let rest = fixture.read(|tx| super::super::causes(tx, first.next.unwrap()));
        assert_eq!((told(&rest), rest.next), (5, None));
        let key = first.groups[0].key.clone();
        let some = fixture.read(|tx| changes_of(tx, &key, Count(0), 3));
        let more = fixture.read(|tx| changes_of(tx, &key, some.next.unwrap(), 3));
        assert!(some.ids.len() == 3 && more.ids.len() == 3 && some.ids[2] != more.ids[0]);
    }

    #[test]
    fn no_body_is_read_and_nothing_is_sorted() {
        let fixture = Fixture::new();
        let plan: Vec<String> = fixture.read(|tx| {
            let mut statement = tx.prepare(&format!("EXPLAIN QUERY PLAN {SQL}"))?;
            let rows = statement.query_map(params!["parked", 0, 10], |row| row.get::<_, String>(3))?;
            Ok(rows.collect::<Result<_, _>>()?)
        });
        assert_eq!(plan[0], "SEARCH o USING INDEX outbox_state (state=? AND seq>?)", "{plan:?}");
        assert!(plan.iter().all(|step| !step.contains("SCAN") && !step.contains("TEMP")), "{plan:?}");
        // What is read of each row lies before its values, so that pages of large ones are not touched.
        let columns: Vec<String> = fixture.read(|tx| {
            let mut statement = tx.prepare("SELECT name FROM pragma_table_info('outbox') ORDER BY cid")?;
            let rows = statement.query_map([], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        });
        let place = |name: &str| columns.iter().position(|column| column == name).unwrap();
        assert!(
            ["seq", "id", "link_id", "record_id", "rid"].iter().all(|name| place(name) < place("changes"))
        );
    }
}
