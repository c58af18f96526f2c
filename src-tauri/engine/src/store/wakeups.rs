//! The invariant of waking up: every change that is not finished has a stored wake-up time, or a named event that is
//! looked at anew at start (`engine.md` 1).

use super::{StoreError, meta};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};

/// Unfinished changes that nothing would ever wake, each in words; always none. What counts as a cause is derived from
/// the columns that sending goes by, never from a second flag.
pub(crate) fn missing(tx: &Connection) -> Result<Vec<String>, StoreError> {
    let epoch = meta::number(tx, "sender_epoch")?;
    let mut statement = tx.prepare_cached(
        "SELECT o.rid || ' at ' || o.seq || ' (' || o.state || ')' FROM outbox o JOIN links l ON l.id = o.link_id
          WHERE o.state IN ('queued', 'sealed', 'uncertain', 'conflicted', 'parked') AND l.removed_at IS NULL
            AND NOT CASE o.state
                -- A person decides.
                WHEN 'parked' THEN 1
                WHEN 'conflicted' THEN EXISTS
                    (SELECT 1 FROM conflicts c WHERE c.record_id = o.record_id AND c.state = 'open')
                -- Its answer, or the next run, which finds it without one.
                WHEN 'sealed' THEN o.sender_epoch = ?1
                ELSE CASE
                    WHEN o.held = 'person' THEN 1
                    -- The end of the time for undo.
                    WHEN o.held = 'undo' THEN o.due_at > 0
                    -- The end of what it waits for, or its transaction's turn.
                    WHEN o.blockers > 0 THEN o.gated = 1 OR EXISTS (SELECT 1 FROM edges e
                        JOIN outbox w ON w.seq = e.waits_for WHERE e.seq = o.seq
                         AND w.state IN ('queued', 'sealed', 'uncertain', 'conflicted', 'parked'))
                    -- The end of the one before it in its lane.
                    WHEN o.head = 0 THEN EXISTS (SELECT 1 FROM outbox b WHERE b.record_id = o.record_id
                         AND b.seq < o.seq AND b.state IN ('queued', 'sealed', 'uncertain', 'conflicted', 'parked'))
                    -- In its link's line, now or from its stored time on.
                    ELSE 1 END
                END",
    )?;
    let found = statement.query_map([epoch], |row| row.get(0))?;
    let mut missing: Vec<String> = found.collect::<Result<_, _>>()?;
    missing.extend(circles(tx)?);
    Ok(missing)
}

/// A change as far as waiting goes.
struct Waiting {
    seq: i64,
    record: Option<i64>,
    transaction: Option<String>,
    /// All of its transaction has to be first everywhere.
    gated: bool,
    /// It goes in one request with the others of its transaction.
    together: bool,
    /// A person, an answer or a time lets it go, whatever is ahead of it.
    goes_on: bool,
    words: String,
}

/// Changes that wait for each other: each has something to wait for, and none of it ever ends.
fn circles(tx: &Connection) -> Result<Vec<String>, StoreError> {
    // Lanes alone lead to older changes only.
    let across = "SELECT 1 FROM edges UNION ALL SELECT 1 FROM transactions WHERE ended_at IS NULL LIMIT 1";
    if !tx.prepare_cached(across)?.exists([])? {
        return Ok(Vec::new());
    }
    let waiting = waiting(tx)?;
    let mut ahead = ahead_of_each(tx, &waiting)?;
    let mut goes: Vec<i64> = waiting.iter().filter(|row| row.goes_on).map(|row| row.seq).collect();
    goes.extend(ahead.iter().filter(|(_, ahead)| ahead.is_empty()).map(|(seq, _)| *seq));
    let mut behind: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for (seq, ahead) in &ahead {
        ahead.iter().for_each(|other| behind.entry(*other).or_default().push(*seq));
    }
    while let Some(seq) = goes.pop() {
        if ahead.remove(&seq).is_none() {
            continue;
        }
        for later in behind.get(&seq).into_iter().flatten() {
            if let Some(left) = ahead.get_mut(later) {
                left.remove(&seq);
                if left.is_empty() {
                    goes.push(*later);
                }
            }
        }
    }
    let stuck = waiting.iter().filter(|row| ahead.contains_key(&row.seq));
    Ok(stuck.map(|row| format!("{}, which waits in a circle", row.words)).collect())
}

fn waiting(tx: &Connection) -> Result<Vec<Waiting>, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT o.seq, o.record_id, o.transaction_id, o.gated, coalesce(t.strategy = 'atomic', 0) AS together,
                o.state NOT IN ('queued', 'uncertain') OR o.held IS NOT NULL AS goes_on,
                o.rid || ' at ' || o.seq || ' (' || o.state || ')' AS words
           FROM outbox o JOIN links l ON l.id = o.link_id LEFT JOIN transactions t ON t.id = o.transaction_id
          WHERE o.state IN ('queued', 'sealed', 'uncertain', 'conflicted', 'parked') AND l.removed_at IS NULL
          ORDER BY o.seq",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(Waiting {
            seq: row.get("seq")?,
            record: row.get("record_id")?,
            transaction: row.get("transaction_id")?,
            gated: row.get("gated")?,
            together: row.get("together")?,
            goes_on: row.get("goes_on")?,
            words: row.get("words")?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What each waits for: its edges, the one before it in its lane, and what the others of its transaction wait for where all
/// of them have to be first, or go in one request.
fn ahead_of_each(tx: &Connection, waiting: &[Waiting]) -> Result<BTreeMap<i64, BTreeSet<i64>>, StoreError> {
    let mut edges: BTreeMap<i64, BTreeSet<i64>> =
        waiting.iter().map(|row| (row.seq, BTreeSet::new())).collect();
    let mut statement = tx.prepare_cached("SELECT seq, waits_for FROM edges")?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
    for row in rows {
        let (seq, waits_for) = row?;
        if edges.contains_key(&waits_for)
            && let Some(edges) = edges.get_mut(&seq)
        {
            edges.insert(waits_for);
        }
    }
    let (mut last, mut before) = (BTreeMap::new(), BTreeMap::new());
    let mut members: BTreeMap<&str, Vec<&Waiting>> = BTreeMap::new();
    for row in waiting {
        if let Some(ahead) = row.record.and_then(|record| last.insert(record, row.seq)) {
            before.insert(row.seq, ahead);
        }
        if let Some(transaction) = &row.transaction {
            members.entry(transaction).or_default().push(row);
        }
    }
    let mut ahead = edges.clone();
    for row in waiting {
        let own = row.transaction.as_deref().and_then(|id| members.get(id)).map_or(&[][..], Vec::as_slice);
        let mut of_row: BTreeSet<i64> = edges[&row.seq].iter().chain(before.get(&row.seq)).copied().collect();
        for other in own.iter().filter(|_| row.gated || row.together) {
            of_row.extend(before.get(&other.seq));
            if row.together {
                of_row.extend(&edges[&other.seq]);
            }
        }
        if row.gated || row.together {
            // Those that wait together do not wait for each other by that.
            let kept = |seq: &i64| {
                !own.iter().any(|other| other.seq == *seq)
                    || (!row.together && (edges[&row.seq].contains(seq) || before.get(&row.seq) == Some(seq)))
            };
            of_row.retain(kept);
        }
        ahead.insert(row.seq, of_row);
    }
    Ok(ahead)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(rows: &str) -> Connection {
        let mut tx = Connection::open_in_memory().unwrap();
        crate::store::migrations::migrate(&mut tx).unwrap();
        tx.execute_batch(
            "INSERT INTO links (id, name, kind, url, principal, scope_id, settings, created_at)
                 VALUES (1, 'office', 'rest', 'https://x', 'ann', 's', '{}', 1);
             INSERT INTO collections (id, link_id, name, label, settings) VALUES (1, 1, 'tasks', 'Tasks', '{}');",
        )
        .unwrap();
        tx.execute_batch(rows).unwrap();
        tx
    }

    fn row(seq: i64, record: i64, rest: &str) -> String {
        format!(
            "INSERT INTO outbox (seq, id, link_id, collection_id, record_id, rid, principal, operation, changes, created_at,
                                 state, head, {}) VALUES ({seq}, 'm{seq}', 1, 1, {record}, 'r{record}', 'ann', 'update',
                                 '[]', 1, 'queued', {});",
            rest.split_once('=').unwrap().0,
            rest.split_once('=').unwrap().1,
        )
    }

    #[test]
    fn a_change_without_a_cause_to_wake_is_found_and_one_with_a_cause_is_not() {
        let sound = [
            row(1, 1, "due_at=1, 0"),
            row(2, 1, "due_at=0, 0"),
            row(3, 2, "due_at=1, 9000"),
            row(4, 3, "held=1, 'person'"),
            row(5, 4, "held, due_at=1, 'undo', 9000"),
            row(6, 5, "blockers=1, 1"),
            "INSERT INTO edges VALUES (6, 1);".to_owned(),
        ];
        assert_eq!(missing(&database(&sound.concat())).unwrap(), Vec::<String>::new());
        let broken = [row(1, 1, "due_at=0, 0"), row(2, 2, "held=1, 'undo'"), row(3, 3, "blockers=1, 1")];
        let found = missing(&database(&broken.concat())).unwrap();
        assert_eq!(found, ["r1 at 1 (queued)", "r2 at 2 (queued)", "r3 at 3 (queued)"]);
    }

    /// Sets members of a transaction of a strategy.
    fn transaction(strategy: &str, seqs: &str, gated: i64) -> String {
        format!(
            "INSERT INTO transactions (id, link_id, strategy, state, created_at, updated_at)
                 VALUES ('t{seqs}', 1, '{strategy}', 'pending', 1, 1);
             UPDATE outbox SET transaction_id = 't{seqs}', gated = {gated}, blockers = blockers + {gated}
              WHERE seq IN ({seqs});"
        )
    }

    fn edge(seq: i64, waits_for: i64) -> String {
        format!(
            "INSERT INTO edges VALUES ({seq}, {waits_for}); UPDATE outbox SET blockers = blockers + 1 WHERE seq = {seq};"
        )
    }

    fn stuck(rows: &[String]) -> Vec<i64> {
        let found = circles(&database(&rows.concat())).unwrap();
        found.iter().map(|words| words.split(' ').nth(2).unwrap().parse().unwrap()).collect()
    }

    #[test]
    fn changes_that_wait_for_each_other_are_found_over_edges_lanes_gates_and_requests_in_one() {
        let five = || -> Vec<String> {
            // Two of one record, and three of their own.
            let rows = [(1, 1, 1), (2, 1, 0), (3, 2, 1), (4, 3, 1), (5, 4, 1)];
            rows.map(|(seq, record, head)| row(seq, record, &format!("due_at={head}, 0"))).into()
        };
        let with = |more: Vec<String>| stuck(&[five(), more].concat());
        assert_eq!(with(vec![edge(3, 2), edge(4, 3), edge(5, 1)]), [] as [i64; 0], "a chain is no circle");
        assert_eq!(with(vec![edge(1, 3), edge(3, 2)]), [1, 2, 3], "over a lane");
        assert_eq!(with(vec![edge(3, 4), edge(4, 3), edge(5, 4)]), [3, 4, 5], "with what waits behind it");
        let person = "UPDATE outbox SET state = 'parked' WHERE seq = 4;".to_owned();
        assert_eq!(with(vec![edge(3, 4), edge(4, 3), person]), [] as [i64; 0], "a person ends it");
        // The gate of 2 and 3 is open once 1 is done; 1 waits for 3.
        let gated = transaction("ordered", "2,3", 1);
        assert_eq!(with(vec![gated.clone(), edge(3, 2)]), [] as [i64; 0], "in order, behind another");
        assert_eq!(with(vec![gated, edge(1, 3)]), [1, 2, 3], "over a gate");
        let together = transaction("atomic", "3,4", 0);
        assert_eq!(with(vec![together.clone(), edge(4, 3)]), [] as [i64; 0], "in one request");
        assert_eq!(with(vec![together, edge(3, 5), edge(5, 4)]), [3, 4, 5], "over what goes in one request");
    }
}
