//! Every try of every mutation (row A9).

use super::StoreError;
use rusqlite::{Connection, params};
use tidemark_model::failure::Failure;
use tidemark_model::number::Millis;

pub(crate) fn begin(
    tx: &Connection,
    seq: i64,
    number: i64,
    key: &str,
    now: Millis,
) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO attempts (seq, number, key, started_at) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![seq, number, key, now.0])?;
    Ok(())
}

/// Takes back an attempt that was prepared and not sent.
pub(crate) fn take_back(tx: &Connection, seq: i64, number: i64) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM attempts WHERE seq = ?1 AND number = ?2 AND ended_at IS NULL")?
        .execute(params![seq, number])?;
    Ok(())
}

pub(crate) fn succeed(
    tx: &Connection,
    seq: i64,
    number: i64,
    words: &str,
    now: Millis,
) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE attempts SET ended_at = ?3, words = ?4 WHERE seq = ?1 AND number = ?2")?
        .execute(params![seq, number, now.0, words])?;
    Ok(())
}

pub(crate) fn fail(
    tx: &Connection,
    seq: i64,
    number: i64,
    failure: &Failure,
    retry_at: Option<Millis>,
    now: Millis,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE attempts SET ended_at = ?3, status = ?4, class = ?5, words = ?6, excerpt = ?7, retry_at = ?8
          WHERE seq = ?1 AND number = ?2",
    )?
    .execute(params![
        seq,
        number,
        now.0,
        failure.status,
        failure.class.as_str(),
        failure.words,
        failure.excerpt,
        retry_at.map(|at| at.0)
    ])?;
    Ok(())
}
