//! Explicit transactions and every state that they were in (rows B1–B7).

use super::StoreError;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use std::collections::BTreeMap;
use tidemark_model::number::Millis;
use tidemark_model::transaction::{Strategy, Tally, TransactionState};
use tidemark_model::view::{TransactionChanged, TransactionError, TransactionStep};

/// One transaction as stored.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TransactionRecord {
    pub(crate) id: String,
    pub(crate) link_id: i64,
    pub(crate) label: Option<String>,
    pub(crate) strategy: Strategy,
    pub(crate) state: TransactionState,
    pub(crate) queued_behind: Option<String>,
    pub(crate) await_sync: bool,
    /// What was accepted is being taken back.
    pub(crate) undoing: bool,
    pub(crate) error: Option<TransactionError>,
    /// When the server had all of it.
    pub(crate) persisted_at: Option<Millis>,
    pub(crate) created_at: Millis,
    pub(crate) updated_at: Millis,
    pub(crate) ended_at: Option<Millis>,
}

pub(crate) const COLUMNS: &str = "id, link_id, label, strategy, state, queued_behind, await_sync, undoing, error, \
     persisted_at, created_at, updated_at, ended_at";

impl TransactionRecord {
    pub(crate) fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        let unknown =
            |column: &str, word: &str| StoreError::Corrupt(format!("transactions.{column} is '{word}'"));
        let strategy: String = row.get("strategy")?;
        Ok(Self {
            id: row.get("id")?,
            link_id: row.get("link_id")?,
            label: row.get("label")?,
            strategy: Strategy::parse(&strategy).ok_or_else(|| unknown("strategy", &strategy))?,
            state: state_of(row.get("state")?)?,
            queued_behind: row.get("queued_behind")?,
            await_sync: row.get("await_sync")?,
            undoing: row.get("undoing")?,
            error: error_of(row.get("error")?)?,
            persisted_at: row.get::<_, Option<i64>>("persisted_at")?.map(Millis),
            created_at: Millis(row.get("created_at")?),
            updated_at: Millis(row.get("updated_at")?),
            ended_at: row.get::<_, Option<i64>>("ended_at")?.map(Millis),
        })
    }
}

fn state_of(word: String) -> Result<TransactionState, StoreError> {
    TransactionState::parse(&word)
        .ok_or_else(|| StoreError::Corrupt(format!("a transaction's state is '{word}'")))
}

fn error_of(text: Option<String>) -> Result<Option<TransactionError>, StoreError> {
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
}

fn text_of(error: Option<&TransactionError>) -> Result<Option<String>, StoreError> {
    Ok(error.map(serde_json::to_string).transpose()?)
}

/// A new transaction; where it stands is found when its members are in.
pub(crate) fn insert(tx: &Connection, new: &TransactionRecord) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO transactions (id, link_id, label, strategy, state, await_sync, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)",
    )?
    .execute(params![
        new.id,
        new.link_id,
        new.label,
        new.strategy.as_str(),
        new.state.as_str(),
        new.await_sync,
        new.created_at.0,
    ])?;
    step(tx, &new.id, None, new.state, None, None, new.created_at)
}

pub(crate) fn get(tx: &Connection, id: &str) -> Result<Option<TransactionRecord>, StoreError> {
    let mut statement = tx.prepare_cached(&format!("SELECT {COLUMNS} FROM transactions WHERE id = ?1"))?;
    let mut rows = statement.query([id])?;
    rows.next()?.map(TransactionRecord::read).transpose()
}

/// Where it stands from now on; `Some` when that is new, with what is to be told.
pub(crate) fn stand(
    tx: &Connection,
    row: &TransactionRecord,
    state: TransactionState,
    queued_behind: Option<&str>,
    now: Millis,
) -> Result<Option<TransactionChanged>, StoreError> {
    if row.state == state && row.queued_behind.as_deref() == queued_behind {
        return Ok(None);
    }
    let persisted = matches!(state, TransactionState::PersistedAwaitingSync);
    tx.prepare_cached(
        "UPDATE transactions SET state = ?2, queued_behind = ?3, updated_at = ?4, ended_at = ?5,
                persisted_at = CASE WHEN ?6 THEN coalesce(persisted_at, ?4) ELSE persisted_at END
          WHERE id = ?1",
    )?
    .execute(params![
        row.id,
        state.as_str(),
        queued_behind,
        now.0,
        state.is_ended().then_some(now.0),
        persisted
    ])?;
    step(tx, &row.id, Some(row.state), state, queued_behind, row.error.as_ref(), now)?;
    Ok(Some(TransactionChanged {
        id: row.id.clone(),
        from: Some(row.state),
        to: state,
        queued_behind: queued_behind.map(str::to_owned),
        error: row.error.clone(),
    }))
}

/// Why it fails; told with the move that follows.
pub(crate) fn set_error(
    tx: &Connection,
    id: &str,
    error: Option<&TransactionError>,
    undoing: bool,
) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE transactions SET error = ?2, undoing = ?3, persisted_at = NULL WHERE id = ?1")?
        .execute(params![id, text_of(error)?, undoing])?;
    Ok(())
}

fn step(
    tx: &Connection,
    id: &str,
    from: Option<TransactionState>,
    to: TransactionState,
    queued_behind: Option<&str>,
    error: Option<&TransactionError>,
    at: Millis,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO transaction_steps (transaction_id, number, at, from_state, to_state, queued_behind, error)
         SELECT ?1, 1 + count(*), ?2, ?3, ?4, ?5, ?6 FROM transaction_steps WHERE transaction_id = ?1",
    )?
    .execute(params![id, at.0, from.map(TransactionState::as_str), to.as_str(), queued_behind, text_of(error)?])?;
    Ok(())
}

/// Its whole history, oldest first.
pub(crate) fn history(tx: &Connection, id: &str) -> Result<Vec<TransactionStep>, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT at, from_state, to_state, queued_behind, error FROM transaction_steps
          WHERE transaction_id = ?1 ORDER BY number",
    )?;
    let mut rows = statement.query([id])?;
    let mut steps = Vec::new();
    while let Some(row) = rows.next()? {
        steps.push(TransactionStep {
            at: Millis(row.get(0)?),
            from: row.get::<_, Option<String>>(1)?.map(state_of).transpose()?,
            to: state_of(row.get(2)?)?,
            queued_behind: row.get(3)?,
            error: error_of(row.get(4)?)?,
        });
    }
    Ok(steps)
}

/// Takes the next transaction whose members moved in the running commit.
pub(crate) fn take_stale(tx: &Connection) -> Result<Option<String>, StoreError> {
    let id: Option<String> = tx
        .prepare_cached("SELECT id FROM transactions_stale ORDER BY id LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    if let Some(id) = &id {
        tx.prepare_cached("DELETE FROM transactions_stale WHERE id = ?1")?.execute([id])?;
    }
    Ok(id)
}

/// This one is looked at again in the running commit.
pub(crate) fn is_stale(tx: &Connection, id: &str) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT OR IGNORE INTO transactions_stale (id) VALUES (?1)")?.execute([id])?;
    Ok(())
}

/// What waits to come first behind this one is looked at again in the running commit, also where it has begun before.
pub(crate) fn followers_are_stale(tx: &Connection, id: &str) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT OR IGNORE INTO transactions_stale (id)
         SELECT behind.transaction_id FROM outbox mine JOIN outbox behind ON behind.record_id = mine.record_id
          WHERE mine.transaction_id = ?1 AND behind.transaction_id <> ?1 AND behind.gated = 1
            AND behind.state IN ('queued', 'sealed', 'uncertain', 'conflicted', 'parked')",
    )?
    .execute([id])?;
    Ok(())
}

/// How many members stand where: the members themselves, and what takes accepted ones back. One that may have been sent
/// and waits for a person's word has no definite answer yet: nothing is rolled back on a guess.
pub(crate) fn tally(tx: &Connection, id: &str) -> Result<(Tally, Tally), StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT CASE WHEN state = 'parked' AND may_be_in = 1 AND key IS NOT NULL THEN 'uncertain' ELSE state END,
                record_id IS NULL, compensates IS NOT NULL, count(*) FROM outbox
          WHERE transaction_id = ?1 GROUP BY 1, 2, 3",
    )?;
    let mut rows = statement.query([id])?;
    let (mut members, mut undoing) = (Tally::default(), Tally::default());
    while let Some(row) = rows.next()? {
        let (state, apart, takes_back, n): (String, bool, bool, i64) =
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        let tally = if takes_back { &mut undoing } else { &mut members };
        match state.as_str() {
            "queued" => tally.waiting += n,
            "sealed" | "uncertain" => tally.on_wire += n,
            "conflicted" => tally.conflicted += n,
            "parked" if apart => tally.rolled_back += n,
            "parked" => tally.parked += n,
            "confirmed" => tally.confirmed += n,
            "superseded" => tally.superseded += n,
            "discarded" => tally.discarded += n,
            // Taken in by another member, which is counted, or undone before sending.
            _ => {}
        }
    }
    Ok((members, undoing))
}

/// The nearest other transaction that has a record of this one first: ahead in a lane, or still to be seen in a pull.
pub(crate) fn nearest_ahead(tx: &Connection, id: &str) -> Result<Option<String>, StoreError> {
    Ok(tx
        .prepare_cached(
            "SELECT ahead.transaction_id FROM outbox mine
               JOIN outbox ahead ON ahead.record_id = mine.record_id AND ahead.seq < mine.seq
               JOIN transactions t ON t.id = ahead.transaction_id
              WHERE mine.transaction_id = ?1 AND mine.state = 'queued' AND ahead.transaction_id <> ?1
                AND t.strategy <> 'parallel'
                AND (ahead.state IN ('queued', 'sealed', 'uncertain', 'conflicted', 'parked')
                     OR t.state = 'persisted_awaiting_sync')
              ORDER BY ahead.seq DESC LIMIT 1",
        )?
        .query_row([id], |row| row.get(0))
        .optional()?)
}

/// Whether all members that are not finished are first in their lanes, or behind other members only.
pub(crate) fn is_first_everywhere(tx: &Connection, id: &str) -> Result<bool, StoreError> {
    let waits = tx
        .prepare_cached(
            "SELECT 1 FROM outbox mine JOIN outbox ahead ON ahead.record_id = mine.record_id AND ahead.seq < mine.seq
              WHERE mine.transaction_id = ?1 AND mine.head = 0 AND ahead.transaction_id IS NOT ?1
                AND mine.state IN ('queued', 'sealed', 'uncertain', 'conflicted', 'parked')
                AND ahead.state IN ('queued', 'sealed', 'uncertain', 'conflicted', 'parked') LIMIT 1",
        )?
        .exists([id])?;
    Ok(!waits)
}

/// What was discarded belongs to it no longer.
pub(crate) fn let_go_of_discarded(tx: &Connection, id: &str) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE outbox SET transaction_id = NULL WHERE transaction_id = ?1 AND state = 'discarded'",
    )?
    .execute([id])?;
    Ok(())
}

/// Its members may be sent, as far as the transaction goes.
pub(crate) fn open_gate(tx: &Connection, id: &str) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE outbox SET gated = 0, blockers = blockers - 1 WHERE transaction_id = ?1 AND gated = 1",
    )?
    .execute([id])?;
    Ok(())
}

/// Whether its changes go all or none, in one request.
pub(crate) fn is_atomic(tx: &Connection, id: &str) -> Result<bool, StoreError> {
    Ok(tx.prepare_cached("SELECT 1 FROM transactions WHERE id = ?1 AND strategy = 'atomic'")?.exists([id])?)
}

/// Whether a record belongs to a transaction that has begun: what is pulled waits for its end.
pub(crate) fn is_locked(tx: &Connection, record_id: i64) -> Result<bool, StoreError> {
    Ok(tx
        .prepare_cached(
            "SELECT 1 FROM outbox o JOIN transactions t ON t.id = o.transaction_id
              WHERE o.record_id = ?1 AND o.state IN ('queued', 'sealed', 'uncertain')
                AND t.strategy <> 'parallel' AND t.state = 'persisting' LIMIT 1",
        )?
        .exists([record_id])?)
}

/// Those of a link that wait to be seen in a pull and were persisted by `before`.
pub(crate) fn awaiting(tx: &Connection, link_id: i64, before: Millis) -> Result<Vec<String>, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT id FROM transactions WHERE ended_at IS NULL AND link_id = ?1 AND state = 'persisted_awaiting_sync'
            AND persisted_at <= ?2 ORDER BY id",
    )?;
    let ids = statement.query_map(params![link_id, before.0], |row| row.get(0))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

/// Those of a link that wait to be seen in a pull and whose every record was shown at the version that it has now.
pub(crate) fn shown(
    tx: &Connection,
    link_id: i64,
    versions: &BTreeMap<i64, String>,
) -> Result<Vec<String>, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT r.id, r.base_version FROM outbox o JOIN records r ON r.id = o.record_id
          WHERE o.transaction_id = ?1 AND o.state = 'confirmed'",
    )?;
    let mut all_shown = Vec::new();
    for id in awaiting(tx, link_id, Millis(i64::MAX))? {
        let mut rows = statement.query([&id])?;
        let mut is_shown = true;
        while let Some(row) = rows.next()? {
            let version: Option<String> = row.get(1)?;
            is_shown &= version.is_some() && versions.get(&row.get(0)?) == version.as_ref();
        }
        all_shown.extend(is_shown.then_some(id));
    }
    Ok(all_shown)
}

/// When the first of a link has waited to be seen since.
pub(crate) fn awaits_since(tx: &Connection, link_id: i64) -> Result<Option<Millis>, StoreError> {
    let at: Option<i64> = tx
        .prepare_cached(
            "SELECT min(persisted_at) FROM transactions
              WHERE ended_at IS NULL AND link_id = ?1 AND state = 'persisted_awaiting_sync'",
        )?
        .query_row([link_id], |row| row.get(0))?;
    Ok(at.map(Millis))
}

/// After a restart nothing waits to be seen: the next pull shows it anyway.
pub(crate) fn all_awaiting(tx: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT id FROM transactions WHERE ended_at IS NULL AND state = 'persisted_awaiting_sync' ORDER BY id",
    )?;
    let ids = statement.query_map([], |row| row.get(0))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

/// Removes ended ones of which no change is left.
pub(crate) fn purge(tx: &Connection, before: Millis) -> Result<usize, StoreError> {
    Ok(tx
        .prepare_cached(
            "DELETE FROM transactions WHERE ended_at < ?1
                AND NOT EXISTS (SELECT 1 FROM outbox WHERE transaction_id = transactions.id)",
        )?
        .execute([before.0])?)
}
