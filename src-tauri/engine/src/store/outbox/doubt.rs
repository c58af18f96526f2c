//! Changes that may have been sent although nothing here says so.

use super::{COLUMNS, MutationRow};
use crate::store::StoreError;
use rusqlite::{Connection, params};
use tidemark_model::failure::ErrorClass;

/// In an old copy: what was on its way may not be repeated before it is read back, because its key may be forgotten or
/// its record may have moved on; what was in line is read before it is sent, and takes nothing more in; and what
/// nobody can read back waits for a person. Returns how many changes that are.
pub(crate) fn put_in_doubt(tx: &Connection) -> Result<usize, StoreError> {
    // Sealed before all time: no key lives so long. What waits after a lost answer waits as long.
    let mut doubted = tx
        .prepare_cached(
            "UPDATE outbox SET state = 'uncertain', sealed_at = 0 WHERE state IN ('sealed', 'uncertain')",
        )?
        .execute([])?;
    doubted += tx
        .prepare_cached(
            "UPDATE outbox SET state = 'parked', may_be_in = 1, due_at = 0, held = NULL, class = ?1, words = ?2
              WHERE state = 'queued' AND record_id IS NULL",
        )?
        .execute(params![
            ErrorClass::Permanent.as_str(),
            "An older copy of the local store was put back: this may have been sent already"
        ])?;
    doubted += tx
        .prepare_cached(
            "UPDATE outbox SET may_be_in = 1, dispatched = 1, key = NULL, wire = NULL, body_hash = NULL,
                    sealed_doc = NULL, sealed_at = NULL
              WHERE state = 'queued'",
        )?
        .execute([])?;
    tx.prepare_cached(
        "UPDATE outbox SET sealed_at = 0 WHERE state = 'parked' AND may_be_in = 1 AND key IS NOT NULL",
    )?
    .execute([])?;
    // What was refused or stands in a conflict may have been put right and sent since.
    doubted += tx
        .prepare_cached(
            "UPDATE outbox SET may_be_in = 1, key = NULL, wire = NULL, body_hash = NULL, sealed_doc = NULL,
                    sealed_at = NULL
              WHERE state = 'conflicted' OR (state = 'parked' AND may_be_in = 0)",
        )?
        .execute([])?;
    Ok(doubted)
}

/// It is certainly not there, by reading or by a person's word: it waits as if it had never been in doubt.
pub(crate) fn clear_doubt(tx: &Connection, seq: i64) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE outbox SET may_be_in = 0 WHERE seq = ?1")?.execute([seq])?;
    Ok(())
}

/// Sealed and not sent: the bytes stay, to be compared with what is there. Sealed before all time, so that nobody takes
/// its key for one that the server knows.
pub(crate) fn keep_for_comparing(tx: &Connection, seq: i64) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE outbox SET sealed_at = 0, attempts = attempts - 1 WHERE seq = ?1")?
        .execute([seq])?;
    Ok(())
}

/// What became of it is asked of its record from now on, and never by repeating it. Sealed before all time: no key lives so
/// long.
pub(crate) fn read_before_repeating(tx: &Connection, seq: i64) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE outbox SET sealed_at = 0 WHERE seq = ?1")?.execute([seq])?;
    Ok(())
}

/// What a deletion took in because nobody can tell whether the server had it, oldest first.
pub(crate) fn in_doubt_of(tx: &Connection, deletion: &MutationRow) -> Result<Vec<MutationRow>, StoreError> {
    let mut statement = tx.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM outbox INDEXED BY outbox_state
          WHERE state = 'combined' AND seq < ?2 AND into_id = ?1 AND may_be_in = 1 ORDER BY seq"
    ))?;
    let mut rows = statement.query(params![deletion.id, deletion.seq])?;
    let mut taken = Vec::new();
    while let Some(row) = rows.next()? {
        taken.push(MutationRow::read(row)?);
    }
    Ok(taken)
}
