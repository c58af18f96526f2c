//! Lanes whose record the server has named.

use crate::store::StoreError;
use rusqlite::{Connection, params};

/// What is unfinished of a record is about its new id.
pub(crate) fn rename(tx: &Connection, record_id: i64, rid: &str) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE outbox SET rid = ?2 WHERE record_id = ?1
            AND state IN ('queued', 'sealed', 'uncertain', 'conflicted', 'parked')",
    )?
    .execute(params![record_id, rid])?;
    Ok(())
}

/// A request holds the id that the server made: it is called by that now.
pub(crate) fn rename_request(tx: &Connection, seq: i64, name: &str) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE outbox SET rid = ?2 WHERE seq = ?1 AND operation = 'request'")?
        .execute(params![seq, name])?;
    Ok(())
}

/// Whether a record of a collection was sent to be named, by whoever is signed in, and the answer is not in.
pub(crate) fn has_unnamed(tx: &Connection, collection_id: i64, principal: &str) -> Result<bool, StoreError> {
    Ok(tx
        .prepare_cached(
            "SELECT 1 FROM outbox WHERE state IN ('sealed', 'uncertain') AND operation = 'create'
                AND collection_id = ?1 AND principal = ?2 LIMIT 1",
        )?
        .exists(params![collection_id, principal])?)
}

/// One lane joins another that is not empty; whichever is then the oldest goes first.
pub(crate) fn move_lane(tx: &Connection, from: i64, to: i64) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE outbox SET record_id = ?2, head = 0 WHERE record_id = ?1
            AND state IN ('queued', 'sealed', 'uncertain', 'conflicted', 'parked')",
    )?
    .execute([from, to])?;
    Ok(())
}
