//! Every try of every mutation (row A9).

use super::StoreError;
use super::outbox::MutationRow;
use rusqlite::{Connection, OptionalExtension as _, params};
use tidemark_model::failure::{ErrorClass, Failure};
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::AttemptView;

/// How many tries of one mutation are shown.
const LISTED: i64 = 200;

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

/// An opaque request was taken: what the server said is all that anybody will know of it.
pub(crate) fn done(
    tx: &Connection,
    seq: i64,
    number: i64,
    (status, excerpt): (u16, Option<&str>),
    words: &str,
    now: Millis,
) -> Result<(), StoreError> {
    succeed(tx, seq, number, words, now)?;
    tx.prepare_cached("UPDATE attempts SET status = ?3, excerpt = ?4 WHERE seq = ?1 AND number = ?2")?
        .execute(params![seq, number, status, excerpt])?;
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

/// Whether an earlier try under a mutation's present key may have had its effect: it left, and what came back (or did not)
/// was no refusal. Of the effect that a connector told only class and status are kept: 408 and a 409 that says to come
/// again refuse nothing, nor does whatever has no status of the server's own.
pub(crate) fn may_have_worked(
    tx: &Connection,
    mutation: &MutationRow,
    number: i64,
) -> Result<bool, StoreError> {
    Ok(tx
        .prepare_cached(
            "SELECT 1 FROM attempts WHERE seq = ?1 AND key = ?2 AND number < ?3
                AND CASE WHEN class IN ('auth', 'untrusted', 'upgrade', 'conflict') THEN 0
                         WHEN class = 'permanent' THEN status IS NOT NULL AND status NOT BETWEEN 400 AND 499
                         WHEN class IN ('transient', 'throttled')
                         THEN status IS NULL OR status NOT BETWEEN 400 AND 499 OR status IN (408, 409)
                         ELSE 1 END LIMIT 1",
        )?
        .exists(params![mutation.seq, mutation.key, number])?)
}

/// A try's key and the start of its answer; none where there was no such try.
pub(crate) fn key_and_excerpt(
    tx: &Connection,
    seq: i64,
    number: i64,
) -> Result<Option<(String, Option<String>)>, StoreError> {
    Ok(tx
        .prepare_cached("SELECT key, excerpt FROM attempts WHERE seq = ?1 AND number = ?2")?
        .query_row([seq, number], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

/// Takes the excerpts of old answers away; the rest of the history stays with its change.
pub(crate) fn forget_excerpts(tx: &Connection, before: Millis) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE attempts SET excerpt = NULL WHERE excerpt IS NOT NULL AND ended_at < ?1")?
        .execute([before.0])?;
    Ok(())
}

/// The newest tries of a mutation, at most [`LISTED`], the newest first.
pub(crate) fn of(tx: &Connection, seq: i64) -> Result<Vec<AttemptView>, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT number, key, started_at, ended_at, status, class, words, excerpt, retry_at, timing, network,
                request_id
           FROM attempts WHERE seq = ?1 ORDER BY number DESC LIMIT ?2",
    )?;
    let mut rows = statement.query([seq, LISTED])?;
    let mut attempts = Vec::new();
    while let Some(row) = rows.next()? {
        let class: Option<String> = row.get("class")?;
        let time = |value: Option<i64>| value.map(Millis);
        attempts.push(AttemptView {
            number: Count(row.get("number")?),
            started_at: Millis(row.get("started_at")?),
            ended_at: time(row.get("ended_at")?),
            status: row.get("status")?,
            class: class
                .map(|word| {
                    ErrorClass::parse(&word)
                        .ok_or_else(|| StoreError::Corrupt(format!("attempts.class is '{word}'")))
                })
                .transpose()?,
            words: row.get("words")?,
            excerpt: row.get("excerpt")?,
            retry_at: time(row.get("retry_at")?),
            server_asked: false,
            key: row.get("key")?,
            timing: row
                .get::<_, Option<String>>("timing")?
                .map(|text| serde_json::from_str(&text))
                .transpose()?,
            network: row.get("network")?,
            request_id: row.get("request_id")?,
        });
    }
    Ok(attempts)
}
