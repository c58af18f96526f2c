//! What waits for what between lanes.

use super::StoreError;
use rusqlite::{Connection, params};

/// `seq` waits for `waits_for`; nothing happens where that stands already.
pub(crate) fn add(tx: &Connection, seq: i64, waits_for: i64) -> Result<(), StoreError> {
    let added = tx
        .prepare_cached("INSERT OR IGNORE INTO edges (seq, waits_for) VALUES (?1, ?2)")?
        .execute(params![seq, waits_for])?;
    if added > 0 {
        tx.prepare_cached("UPDATE outbox SET blockers = blockers + 1 WHERE seq = ?1")?.execute([seq])?;
    }
    Ok(())
}

/// Whether anything waits for `seq`.
pub(crate) fn is_waited_for(tx: &Connection, seq: i64) -> Result<bool, StoreError> {
    Ok(tx.prepare_cached("SELECT 1 FROM edges WHERE waits_for = ?1 LIMIT 1")?.exists([seq])?)
}

/// `seq` is done: what waited for it is one blocker nearer.
pub(crate) fn release(tx: &Connection, seq: i64) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE outbox SET blockers = blockers - 1 WHERE seq IN (SELECT seq FROM edges WHERE waits_for = ?1)",
    )?
    .execute([seq])?;
    tx.prepare_cached("DELETE FROM edges WHERE waits_for = ?1")?.execute([seq])?;
    Ok(())
}

/// `seq` no longer waits for anything.
pub(crate) fn drop_of(tx: &Connection, seq: i64) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM edges WHERE seq = ?1")?.execute([seq])?;
    tx.prepare_cached("UPDATE outbox SET blockers = gated WHERE seq = ?1")?.execute([seq])?;
    Ok(())
}

/// `seq` waits for nothing of its own transaction any more; what else it was told to wait for stays.
pub(crate) fn drop_own(tx: &Connection, seq: i64, transaction: &str) -> Result<(), StoreError> {
    tx.prepare_cached(
        "DELETE FROM edges WHERE seq = ?1 AND waits_for IN (SELECT seq FROM outbox WHERE transaction_id = ?2)",
    )?
    .execute(params![seq, transaction])?;
    tx.prepare_cached(
        "UPDATE outbox SET gated = 0, blockers = (SELECT count(*) FROM edges WHERE seq = ?1) WHERE seq = ?1",
    )?
    .execute([seq])?;
    Ok(())
}

/// Members of a transaction that go in one request do not wait for each other.
pub(crate) fn drop_within(tx: &Connection, transaction: &str) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE outbox SET blockers = blockers - (
             SELECT count(*) FROM edges e JOIN outbox o ON o.seq = e.waits_for
              WHERE e.seq = outbox.seq AND o.transaction_id = ?1)
          WHERE transaction_id = ?1",
    )?
    .execute([transaction])?;
    tx.prepare_cached(
        "DELETE FROM edges WHERE seq IN (SELECT seq FROM outbox WHERE transaction_id = ?1)
            AND waits_for IN (SELECT seq FROM outbox WHERE transaction_id = ?1)",
    )?
    .execute([transaction])?;
    Ok(())
}

/// What waited for `from` waits for `to`, which takes its place.
pub(crate) fn hand_over(tx: &Connection, from: i64, to: i64) -> Result<(), StoreError> {
    for waiting in waited_on_by(tx, from)? {
        hand_over_one(tx, waiting, from, to)?;
    }
    Ok(())
}

/// `seq` waited for `from` and waits for `to` instead.
pub(crate) fn hand_over_one(tx: &Connection, seq: i64, from: i64, to: i64) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM edges WHERE seq = ?1 AND waits_for = ?2")?.execute([seq, from])?;
    tx.prepare_cached("UPDATE outbox SET blockers = blockers - 1 WHERE seq = ?1")?.execute([seq])?;
    add(tx, seq, to)
}

/// What `seq` waits for, oldest first.
pub(crate) fn waits_for(tx: &Connection, seq: i64) -> Result<Vec<i64>, StoreError> {
    let mut statement = tx.prepare_cached("SELECT waits_for FROM edges WHERE seq = ?1 ORDER BY waits_for")?;
    let seqs = statement.query_map([seq], |row| row.get(0))?;
    Ok(seqs.collect::<Result<_, _>>()?)
}

/// What waits for `seq`, oldest first.
pub(crate) fn waited_on_by(tx: &Connection, seq: i64) -> Result<Vec<i64>, StoreError> {
    let mut statement = tx.prepare_cached("SELECT seq FROM edges WHERE waits_for = ?1 ORDER BY seq")?;
    let seqs = statement.query_map([seq], |row| row.get(0))?;
    Ok(seqs.collect::<Result<_, _>>()?)
}

/// What is ahead of some changes, step by step, at most `far` of it: each with the place in this list of the one that it is
/// ahead of; the changes themselves come first.
pub(crate) fn ahead(
    tx: &Connection,
    seqs: &[i64],
    far: usize,
) -> Result<Vec<(i64, Option<usize>)>, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT waits_for AS seq FROM edges WHERE seq = ?1
         UNION SELECT p.seq FROM outbox m JOIN outbox p ON p.record_id = m.record_id AND p.seq < m.seq
            AND p.state IN ('queued', 'sealed', 'uncertain', 'conflicted', 'parked') WHERE m.seq = ?1
         UNION SELECT s.seq FROM outbox m JOIN transactions t ON t.id = m.transaction_id AND t.strategy = 'atomic'
            JOIN outbox s ON s.transaction_id = m.transaction_id
             AND s.state IN ('queued', 'sealed', 'uncertain', 'conflicted', 'parked') WHERE m.seq = ?1
         UNION SELECT p.seq FROM outbox m JOIN outbox s ON s.transaction_id = m.transaction_id
            JOIN outbox p ON p.record_id = s.record_id AND p.seq < s.seq
             AND p.state IN ('queued', 'sealed', 'uncertain', 'conflicted', 'parked')
            WHERE m.seq = ?1 AND m.gated = 1
         ORDER BY seq",
    )?;
    let mut found: Vec<(i64, Option<usize>)> = seqs.iter().map(|seq| (*seq, None)).collect();
    let mut at = 0;
    while at < found.len() && found.len() < far {
        let next: Vec<i64> =
            statement.query_map([found[at].0], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for seq in next {
            if !found.iter().any(|(other, _)| *other == seq) {
                found.push((seq, Some(at)));
            }
        }
        at += 1;
    }
    Ok(found)
}

/// Whether `seq` waits, however far, for `other`: over edges, over what is before it in its lane, over what goes
/// in one request with it, and, where its transaction has to come first everywhere, over what is before that.
pub(crate) fn leads_to(tx: &Connection, seq: i64, other: i64) -> Result<bool, StoreError> {
    Ok(tx
        .prepare_cached(
            "WITH RECURSIVE ahead (seq) AS (
                 SELECT ?1
                 UNION SELECT e.waits_for FROM ahead JOIN edges e ON e.seq = ahead.seq
                 UNION SELECT p.seq FROM ahead JOIN outbox m ON m.seq = ahead.seq
                     JOIN outbox p ON p.record_id = m.record_id AND p.seq < m.seq
                      AND p.state IN ('queued', 'sealed', 'uncertain', 'conflicted', 'parked')
                 UNION SELECT s.seq FROM ahead JOIN outbox m ON m.seq = ahead.seq
                     JOIN transactions t ON t.id = m.transaction_id AND t.strategy = 'atomic'
                     JOIN outbox s ON s.transaction_id = m.transaction_id
                      AND s.state IN ('queued', 'sealed', 'uncertain', 'conflicted', 'parked')
                 UNION SELECT p.seq FROM ahead JOIN outbox m ON m.seq = ahead.seq AND m.gated = 1
                     JOIN outbox s ON s.transaction_id = m.transaction_id
                     JOIN outbox p ON p.record_id = s.record_id AND p.seq < s.seq
                      AND p.state IN ('queued', 'sealed', 'uncertain', 'conflicted', 'parked'))
             SELECT 1 FROM ahead WHERE seq = ?2",
        )?
        .exists(params![seq, other])?)
}
