//! Fixing a mutation's bytes and key, and undoing that where it certainly had no effect.

use crate::store::StoreError;
use rusqlite::{Connection, params};
use tidemark_model::connector::WireForm;
use tidemark_model::number::Millis;

/// Bytes, key and document are fixed; the attempt is counted.
pub(crate) struct Seal<'a> {
    pub(crate) key: &'a str,
    pub(crate) wire: &'a WireForm,
    pub(crate) body_hash: &'a str,
    pub(crate) document: Option<&'a str>,
    pub(crate) sender_epoch: i64,
    pub(crate) now: Millis,
}

pub(crate) fn seal(tx: &Connection, seq: i64, seal: &Seal<'_>) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE outbox SET state = 'sealed', key = ?2, wire = ?3, body_hash = ?4, sealed_doc = ?5, sealed_at = ?6,
                sender_epoch = ?7, attempts = attempts + 1, dispatched = 1, due_at = 0 WHERE seq = ?1",
    )?
    .execute(params![
        seq,
        seal.key,
        serde_json::to_string(seal.wire)?,
        seal.body_hash,
        seal.document,
        seal.now.0,
        seal.sender_epoch
    ])?;
    Ok(())
}

/// The same bytes under the same key go once more.
pub(crate) fn seal_again(tx: &Connection, seq: i64, sender_epoch: i64) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE outbox SET state = 'sealed', attempts = attempts + 1, due_at = 0, sender_epoch = ?2 WHERE seq = ?1",
    )?
    .execute(params![seq, sender_epoch])?;
    Ok(())
}

/// A try that ended before anything was sent.
pub(crate) fn count_attempt(tx: &Connection, seq: i64) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE outbox SET attempts = attempts + 1 WHERE seq = ?1")?.execute([seq])?;
    Ok(())
}

/// Certainly not applied: key and bytes go, and the lane may change it again.
pub(crate) fn unseal(tx: &Connection, seq: i64) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE outbox SET state = 'queued', key = NULL, wire = NULL, body_hash = NULL, sealed_doc = NULL,
                sealed_at = NULL, dispatched = 0, same_5xx = 0 WHERE seq = ?1",
    )?
    .execute([seq])?;
    Ok(())
}

/// Sealed and then not sent: as if the attempt had not been. A later sealing of the same change is left alone.
pub(crate) fn take_back(tx: &Connection, seq: i64, attempt: i64, first_time: bool) -> Result<(), StoreError> {
    let taken = tx
        .prepare_cached(
            "UPDATE outbox SET state = CASE WHEN ?3 THEN 'queued' ELSE 'uncertain' END, attempts = attempts - 1
              WHERE seq = ?1 AND state = 'sealed' AND attempts = ?2",
        )?
        .execute(params![seq, attempt, first_time])?;
    if taken > 0 && first_time {
        unseal(tx, seq)?;
    }
    Ok(())
}
