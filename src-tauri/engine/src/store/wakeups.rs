//! The invariant of waking up: every change that is not finished has a stored wake-up time, or a named event that is
//! looked at anew at start (`engine.md` 1).

use super::{StoreError, meta};
use rusqlite::Connection;

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
    Ok(found.collect::<Result<_, _>>()?)
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
}
