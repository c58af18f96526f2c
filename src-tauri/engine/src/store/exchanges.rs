//! What went over the wire for the newest tries, for whoever has to explain a refusal.

use super::StoreError;
use rusqlite::{Connection, OptionalExtension as _, params};
use tidemark_model::connector::{Outcome, WireForm};
use tidemark_model::exchange::Exchange;
use tidemark_model::failure::{Effect, Failure};
use tidemark_model::number::Millis;

/// Of how many tries that failed it is kept, and of how many others.
const FAILED: i64 = 2_000;
const OTHERS: i64 = 1_000;
/// Old ones are looked for once in so many.
const LOOK: i64 = 50;
/// How many go in one transaction for their age.
const AT_ONCE: i64 = 2_000;

/// Writes down what was seen of a try: a line with it, and where something may have left, what left and what came.
pub(crate) fn keep(
    tx: &Connection,
    seq: i64,
    number: i64,
    exchange: &Exchange,
    outcome: &Outcome,
    now: Millis,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE attempts SET timing = ?3, network = ?4, request_id = ?5 WHERE seq = ?1 AND number = ?2",
    )?
    .execute(params![
        seq,
        number,
        serde_json::to_string(&exchange.timing)?,
        exchange.network,
        exchange.request_id
    ])?;
    let never_left = matches!(outcome, Outcome::Failed(Failure { effect: Effect::None, .. }));
    if exchange.answered.is_empty() && never_left {
        return Ok(());
    }
    // Of a change that was taken the record itself shows what the server has.
    let (failed, excerpt, shown_elsewhere) = match outcome {
        Outcome::Accepted { .. } => (false, None, true),
        Outcome::Done { excerpt, .. } => (false, excerpt.as_ref(), false),
        Outcome::Conflict { failure, .. } | Outcome::Failed(failure) => {
            (true, failure.excerpt.as_ref(), false)
        }
        Outcome::NotDone => (true, None, true),
    };
    let told = excerpt.map_or(0, String::len);
    let body = exchange.body.as_ref().filter(|body| !shown_elsewhere && body.len() > told);
    tx.prepare_cached(
        "INSERT INTO exchanges (seq, number, failed, at, sent, answered, body)
         SELECT seq, number, ?3, ?4, ?5, ?6, ?7 FROM attempts WHERE seq = ?1 AND number = ?2",
    )?
    .execute(params![
        seq,
        number,
        failed,
        now.0,
        serde_json::to_string(&exchange.sent)?,
        serde_json::to_string(&exchange.answered)?,
        body
    ])?;
    if tx.last_insert_rowid() % LOOK == 0 {
        make_room(tx, failed, if failed { FAILED } else { OTHERS })?;
    }
    Ok(())
}

fn make_room(tx: &Connection, failed: bool, kept: i64) -> Result<(), StoreError> {
    tx.prepare_cached(
        "DELETE FROM exchanges WHERE failed = ?1
            AND id <= (SELECT id FROM exchanges WHERE failed = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
    )?
    .execute(params![failed, kept])?;
    Ok(())
}

/// Removes the oldest as far as they are from before a time.
pub(crate) fn forget(tx: &Connection, before: Millis) -> Result<(), StoreError> {
    tx.prepare_cached(
        "DELETE FROM exchanges WHERE at < ?1 AND id IN (SELECT id FROM exchanges ORDER BY id LIMIT ?2)",
    )?
    .execute([before.0, AT_ONCE])?;
    Ok(())
}

/// What is kept of one try.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) sent: Vec<String>,
    pub(crate) answered: Vec<String>,
    pub(crate) body: Option<String>,
}

pub(crate) fn of(tx: &Connection, seq: i64, number: i64) -> Result<Option<Kept>, StoreError> {
    let found: Option<(String, String, Option<String>)> = tx
        .prepare_cached("SELECT sent, answered, body FROM exchanges WHERE seq = ?1 AND number = ?2")?
        .query_row([seq, number], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((sent, answered, body)) = found else { return Ok(None) };
    Ok(Some(Kept { sent: serde_json::from_str(&sent)?, answered: serde_json::from_str(&answered)?, body }))
}

/// What was sent under a key that its change no longer has.
pub(crate) fn former_request(
    tx: &Connection,
    seq: i64,
    number: i64,
    key: &str,
) -> Result<Option<WireForm>, StoreError> {
    // It stands with the last try under its key.
    let found: Option<String> = tx
        .prepare_cached(
            "SELECT request FROM exchanges JOIN attempts USING (seq, number)
              WHERE seq = ?1 AND number >= ?2 AND key = ?3 AND request IS NOT NULL ORDER BY number LIMIT 1",
        )?
        .query_row(params![seq, number, key], |row| row.get(0))
        .optional()?;
    Ok(found.as_deref().map(serde_json::from_str).transpose()?)
}
