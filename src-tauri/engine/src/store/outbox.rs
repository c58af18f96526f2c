//! The outbox: every saved change, in the order of saving.

use super::{StoreError, edges};
use rusqlite::{Connection, Row, params};
use tidemark_model::change::Change;
use tidemark_model::connector::WireForm;
use tidemark_model::failure::{ErrorClass, Failure};
use tidemark_model::mutation::{MutationState, Operation};
use tidemark_model::number::Millis;

/// Parses the stored changes; the values in them were bounded in depth when they were saved, and stand two levels
/// deeper here than the parser's own limit foresees.
pub(crate) fn parse_changes<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
    let mut parser = serde_json::Deserializer::from_str(text);
    parser.disable_recursion_limit();
    T::deserialize(&mut parser)
}

/// One mutation as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct MutationRow {
    /// Its place; rises with saving.
    pub seq: i64,
    /// Its id.
    pub id: String,
    /// Its link.
    pub link_id: i64,
    /// Its collection.
    pub collection_id: i64,
    /// Its lane.
    pub record_id: i64,
    /// Its record's id on the server.
    pub rid: String,
    /// What it does.
    pub operation: Operation,
    /// Its changes.
    pub changes: Vec<Change>,
    /// The caller's own words.
    pub metadata: Option<String>,
    /// 0–9.
    pub priority: u8,
    /// Where it stands.
    pub state: MutationState,
    /// First in its lane.
    pub head: bool,
    /// How many others it waits for.
    pub blockers: i64,
    /// The stored wake-up; none when due.
    pub due_at: Option<Millis>,
    /// Held by a person or by an undo window.
    pub held: Option<String>,
    /// Its idempotency key.
    pub key: Option<String>,
    /// Its wire form.
    pub wire: Option<WireForm>,
    /// When it was sealed.
    pub sealed_at: Option<Millis>,
    /// The document as it was sealed, JSON text.
    pub sealed_doc: Option<String>,
    /// It was sent at least once and may no longer grow.
    pub dispatched: bool,
    /// Attempts so far.
    pub attempts: i64,
    /// Of those, counting towards giving up.
    pub counted: i64,
    /// Equal 5xx answers in a row under one key.
    pub same_5xx: i64,
    /// Class of the last failure.
    pub class: Option<ErrorClass>,
    /// HTTP status of the last failure.
    pub status: Option<u16>,
    /// Words of the last failure.
    pub words: Option<String>,
    /// A lost answer: it may already be in the server's version.
    pub may_be_in: bool,
    /// What took it in.
    pub into_id: Option<String>,
    /// The conflict that it settles.
    pub conflict_id: Option<i64>,
    /// When it was saved.
    pub created_at: Millis,
    /// When it ended.
    pub ended_at: Option<Millis>,
}

/// The columns of a [`MutationRow`].
pub(crate) const COLUMNS: &str = "seq, id, link_id, collection_id, record_id, rid, operation, changes, metadata, \
     priority, state, head, blockers, due_at, held, key, wire, sealed_at, sealed_doc, dispatched, attempts, counted, \
     same_5xx, class, status, words, may_be_in, into_id, conflict_id, created_at, ended_at";

impl MutationRow {
    pub(crate) fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        let unknown = |column: &str, word: &str| StoreError::Corrupt(format!("outbox.{column} is '{word}'"));
        let operation: String = row.get("operation")?;
        let state: String = row.get("state")?;
        let class: Option<String> = row.get("class")?;
        let due_at: i64 = row.get("due_at")?;
        Ok(Self {
            seq: row.get("seq")?,
            id: row.get("id")?,
            link_id: row.get("link_id")?,
            collection_id: row.get::<_, Option<i64>>("collection_id")?.unwrap_or(0),
            record_id: row.get::<_, Option<i64>>("record_id")?.unwrap_or(0),
            rid: row.get("rid")?,
            operation: Operation::parse(&operation).ok_or_else(|| unknown("operation", &operation))?,
            changes: parse_changes(&row.get::<_, String>("changes")?)?,
            metadata: row.get("metadata")?,
            priority: row.get("priority")?,
            state: MutationState::parse(&state).ok_or_else(|| unknown("state", &state))?,
            head: row.get("head")?,
            blockers: row.get("blockers")?,
            due_at: (due_at > 0).then_some(Millis(due_at)),
            held: row.get("held")?,
            key: row.get("key")?,
            wire: row
                .get::<_, Option<String>>("wire")?
                .map(|text| serde_json::from_str(&text))
                .transpose()?,
            sealed_at: row.get::<_, Option<i64>>("sealed_at")?.map(Millis),
            sealed_doc: row.get("sealed_doc")?,
            dispatched: row.get("dispatched")?,
            attempts: row.get("attempts")?,
            counted: row.get("counted")?,
            same_5xx: row.get("same_5xx")?,
            class: class
                .map(|word| ErrorClass::parse(&word).ok_or_else(|| unknown("class", &word)))
                .transpose()?,
            status: row.get("status")?,
            words: row.get("words")?,
            may_be_in: row.get("may_be_in")?,
            into_id: row.get("into_id")?,
            conflict_id: row.get("conflict_id")?,
            created_at: Millis(row.get("created_at")?),
            ended_at: row.get::<_, Option<i64>>("ended_at")?.map(Millis),
        })
    }
}

/// A mutation to be saved.
#[derive(Clone, Debug)]
pub struct NewMutation<'a> {
    /// Its id, made by the caller.
    pub id: &'a str,
    /// Its link.
    pub link_id: i64,
    /// Its collection.
    pub collection_id: i64,
    /// Its lane.
    pub record_id: i64,
    /// Its record's id on the server.
    pub rid: &'a str,
    /// Whose change it is.
    pub principal: &'a str,
    /// What it does.
    pub operation: Operation,
    /// Its changes.
    pub changes: &'a [Change],
    /// The caller's own words, JSON text.
    pub metadata: Option<&'a str>,
    /// 0–9.
    pub priority: u8,
    /// Where it starts.
    pub state: MutationState,
    /// First in its lane.
    pub head: bool,
    /// Held until then for undo.
    pub undo_until: Option<Millis>,
    /// What took it in, where it starts combined.
    pub into_id: Option<&'a str>,
    /// The conflict that it settles.
    pub conflict_id: Option<i64>,
    /// When it was saved.
    pub now: Millis,
}

pub(crate) fn insert(tx: &Connection, new: &NewMutation<'_>) -> Result<i64, StoreError> {
    tx.prepare_cached(
        "INSERT INTO outbox (id, link_id, collection_id, record_id, rid, principal, operation, changes, metadata,
                             priority, state, head, due_at, held, into_id, conflict_id, created_at, ended_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
    )?
    .execute(params![
        new.id,
        new.link_id,
        new.collection_id,
        new.record_id,
        new.rid,
        new.principal,
        new.operation.as_str(),
        serde_json::to_string(new.changes)?,
        new.metadata,
        new.priority,
        new.state.as_str(),
        new.head,
        new.undo_until.map_or(0, |until| until.0),
        new.undo_until.map(|_| "undo"),
        new.into_id,
        new.conflict_id,
        new.now.0,
        new.state.is_finished().then_some(new.now.0),
    ])?;
    Ok(tx.last_insert_rowid())
}

pub(crate) fn by_seq(tx: &Connection, seq: i64) -> Result<Option<MutationRow>, StoreError> {
    let mut statement = tx.prepare_cached(&format!("SELECT {COLUMNS} FROM outbox WHERE seq = ?1"))?;
    let mut rows = statement.query([seq])?;
    rows.next()?.map(MutationRow::read).transpose()
}

pub(crate) fn by_id(tx: &Connection, id: &str) -> Result<Option<MutationRow>, StoreError> {
    let mut statement = tx.prepare_cached(&format!("SELECT {COLUMNS} FROM outbox WHERE id = ?1"))?;
    let mut rows = statement.query([id])?;
    rows.next()?.map(MutationRow::read).transpose()
}

/// What of a record's lane is not finished, oldest first.
pub(crate) fn lane(tx: &Connection, record_id: i64) -> Result<Vec<MutationRow>, StoreError> {
    let mut statement = tx.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM outbox WHERE record_id = ?1
            AND state IN ('queued', 'sealed', 'uncertain', 'conflicted', 'parked') ORDER BY seq"
    ))?;
    let mut rows = statement.query([record_id])?;
    let mut lane = Vec::new();
    while let Some(row) = rows.next()? {
        lane.push(MutationRow::read(row)?);
    }
    Ok(lane)
}

/// Whether a record has anything unfinished.
pub(crate) fn has_lane(tx: &Connection, record_id: i64) -> Result<bool, StoreError> {
    Ok(tx
        .prepare_cached(
            "SELECT 1 FROM outbox WHERE record_id = ?1
                AND state IN ('queued', 'sealed', 'uncertain', 'conflicted', 'parked') LIMIT 1",
        )?
        .exists([record_id])?)
}

/// Whose wake-up has come is due from now on, and undo windows that ended let go.
pub(crate) fn promote_due(tx: &Connection, link_id: i64, now: Millis) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE outbox SET due_at = 0, held = CASE WHEN held = 'undo' THEN NULL ELSE held END
          WHERE link_id = ?1 AND due_at > 0 AND due_at <= ?2 AND state IN ('queued', 'uncertain')",
    )?
    .execute(params![link_id, now.0])?;
    Ok(())
}

/// Which end of the line is taken first; a half-open breaker alternates both, so that one poisoned change cannot
/// hold a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    Oldest,
    Newest,
}

/// What may be sent now: first in its lane, unblocked, due, not held; by priority, then age. Paused collections wait.
pub(crate) fn ready(
    tx: &Connection,
    link_id: i64,
    principal: &str,
    from: From,
    limit: usize,
) -> Result<Vec<MutationRow>, StoreError> {
    let order = match from {
        From::Oldest => "priority DESC, seq",
        From::Newest => "seq DESC",
    };
    let mut statement = tx.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM outbox WHERE link_id = ?1 AND head = 1 AND blockers = 0 AND held IS NULL
            AND due_at = 0 AND state IN ('queued', 'uncertain') AND principal = ?2
            AND NOT EXISTS (SELECT 1 FROM collections WHERE id = outbox.collection_id AND paused = 1)
          ORDER BY {order} LIMIT ?3"
    ))?;
    let mut rows = statement.query(params![link_id, principal, limit as i64])?;
    let mut ready = Vec::new();
    while let Some(row) = rows.next()? {
        ready.push(MutationRow::read(row)?);
    }
    Ok(ready)
}

/// The next stored wake-up of a link.
pub(crate) fn next_due(tx: &Connection, link_id: i64) -> Result<Option<Millis>, StoreError> {
    let at: Option<i64> = tx
        .prepare_cached(
            "SELECT min(due_at) FROM outbox WHERE link_id = ?1 AND due_at > 0 AND state IN ('queued', 'uncertain')",
        )?
        .query_row([link_id], |row| row.get(0))?;
    Ok(at.map(Millis))
}

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

/// Sealed and then not sent: as if the attempt had not been.
pub(crate) fn take_back(tx: &Connection, seq: i64, first_time: bool) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE outbox SET state = CASE WHEN ?2 THEN 'queued' ELSE 'uncertain' END, attempts = attempts - 1
          WHERE seq = ?1 AND state = 'sealed'",
    )?
    .execute(params![seq, first_time])?;
    if first_time {
        unseal(tx, seq)?;
    }
    Ok(())
}

/// Moves an unfinished mutation to another unfinished state, to be looked at again at `due_at`.
pub(crate) fn set_state(
    tx: &Connection,
    seq: i64,
    state: MutationState,
    due_at: Option<Millis>,
) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE outbox SET state = ?2, due_at = ?3 WHERE seq = ?1")?.execute(params![
        seq,
        state.as_str(),
        due_at.map_or(0, |at| at.0)
    ])?;
    Ok(())
}

/// Stands in an open conflict until a person or a rule decides.
pub(crate) fn set_conflicted(tx: &Connection, seq: i64) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE outbox SET state = 'conflicted', due_at = 0, held = NULL WHERE seq = ?1")?
        .execute([seq])?;
    Ok(())
}

/// What the last answer was.
pub(crate) fn set_failure(
    tx: &Connection,
    seq: i64,
    failure: &Failure,
    counted: bool,
    same_5xx: i64,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE outbox SET class = ?2, status = ?3, words = ?4, counted = counted + ?5, same_5xx = ?6 WHERE seq = ?1",
    )?
    .execute(params![seq, failure.class.as_str(), failure.status, failure.words, counted, same_5xx])?;
    Ok(())
}

pub(crate) fn set_changes(
    tx: &Connection,
    seq: i64,
    operation: Operation,
    changes: &[Change],
) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE outbox SET operation = ?2, changes = ?3 WHERE seq = ?1")?.execute(params![
        seq,
        operation.as_str(),
        serde_json::to_string(changes)?
    ])?;
    Ok(())
}

/// How a mutation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended<'a> {
    /// The server accepted it.
    Confirmed,
    /// A decision for the server's version.
    Superseded,
    /// Taken in by another.
    Combined(&'a str),
    /// Undone before sending.
    Cancelled,
    /// In the trash.
    Discarded,
}

/// Ends a mutation: the next of its lane comes to the front, and what waited for it is released.
pub(crate) fn end(
    tx: &Connection,
    mutation: &MutationRow,
    how: Ended<'_>,
    now: Millis,
) -> Result<(), StoreError> {
    let (state, into) = match how {
        Ended::Confirmed => (MutationState::Confirmed, None),
        Ended::Superseded => (MutationState::Superseded, None),
        Ended::Combined(into) => (MutationState::Combined, Some(into)),
        Ended::Cancelled => (MutationState::Cancelled, None),
        Ended::Discarded => (MutationState::Discarded, None),
    };
    tx.prepare_cached(
        "UPDATE outbox SET state = ?2, into_id = coalesce(?3, into_id), ended_at = ?4, head = 0, due_at = 0,
                held = NULL WHERE seq = ?1",
    )?
    .execute(params![mutation.seq, state.as_str(), into, now.0])?;
    edges::drop_of(tx, mutation.seq)?;
    edges::release(tx, mutation.seq)?;
    if mutation.head {
        tx.prepare_cached(
            "UPDATE outbox SET head = 1 WHERE seq = (SELECT min(seq) FROM outbox WHERE record_id = ?1
                AND state IN ('queued', 'sealed', 'uncertain', 'conflicted', 'parked'))",
        )?
        .execute([mutation.record_id])?;
    }
    Ok(())
}

/// After a crash or a takeover nobody knows what became of what was sealed (`engine.md` 4).
pub(crate) fn sealed_become_uncertain(tx: &Connection) -> Result<usize, StoreError> {
    Ok(tx
        .prepare_cached("UPDATE outbox SET state = 'uncertain', due_at = 0 WHERE state = 'sealed'")?
        .execute([])?)
}

/// The same for one link, whose last run was cut off.
pub(crate) fn sealed_of_link_become_uncertain(tx: &Connection, link_id: i64) -> Result<usize, StoreError> {
    Ok(tx
        .prepare_cached(
            "UPDATE outbox SET state = 'uncertain', due_at = 0 WHERE state = 'sealed' AND link_id = ?1",
        )?
        .execute([link_id])?)
}

pub(crate) fn set_held(tx: &Connection, seq: i64, held: bool) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE outbox SET held = CASE WHEN ?2 THEN 'person' END, due_at = 0 WHERE seq = ?1 AND state = 'queued'",
    )?
    .execute(params![seq, held])?;
    Ok(())
}

pub(crate) fn set_may_be_in(tx: &Connection, seq: i64) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE outbox SET may_be_in = 1 WHERE seq = ?1")?.execute([seq])?;
    Ok(())
}

/// A person sends it again: counts start over and it is due.
pub(crate) fn retry(tx: &Connection, seq: i64) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE outbox SET due_at = 0, held = NULL, counted = 0, same_5xx = 0,
                state = CASE WHEN state = 'parked' THEN CASE WHEN may_be_in = 1 AND key IS NOT NULL THEN 'uncertain'
                             ELSE 'queued' END ELSE state END
          WHERE seq = ?1 AND state IN ('queued', 'uncertain', 'parked')",
    )?
    .execute([seq])?;
    Ok(())
}

/// Every wake-up of a link that an outage set comes forward: the server answers again. Waits that the server itself
/// asked for, and undo windows, stay.
pub(crate) fn bring_forward(tx: &Connection, link_id: i64) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE outbox SET due_at = 0 WHERE link_id = ?1 AND due_at > 0 AND held IS NULL
            AND state IN ('queued', 'uncertain') AND class IN ('offline', 'transient', 'intercepted', 'auth')
            AND (status IS NULL OR status IN (401, 403, 502, 503, 504))",
    )?
    .execute([link_id])?;
    Ok(())
}

/// Removes rows that ended before `before` and that nothing needs any more; the trash has a span of its own.
pub(crate) fn purge(tx: &Connection, before: Millis, trash_before: Millis) -> Result<usize, StoreError> {
    Ok(tx
        .prepare_cached(
            "DELETE FROM outbox WHERE ended_at IS NOT NULL
                AND ((state <> 'discarded' AND ended_at < ?1) OR (state = 'discarded' AND ended_at < ?2))",
        )?
        .execute(params![before.0, trash_before.0])?)
}

/// The ids of all changes in some states, in order.
pub(crate) fn ids_in(tx: &Connection, states: &[MutationState]) -> Result<Vec<String>, StoreError> {
    let mut ids = Vec::new();
    for state in states {
        let mut statement = tx.prepare_cached("SELECT id FROM outbox WHERE state = ?1 ORDER BY seq")?;
        let rows = statement.query_map([state.as_str()], |row| row.get(0))?;
        for id in rows {
            ids.push(id?);
        }
    }
    Ok(ids)
}

/// What of a link is not finished, oldest first.
pub(crate) fn unfinished_of_link(tx: &Connection, link_id: i64) -> Result<Vec<MutationRow>, StoreError> {
    let mut statement = tx.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM outbox WHERE link_id = ?1
            AND state IN ('queued', 'sealed', 'uncertain', 'conflicted', 'parked') ORDER BY seq"
    ))?;
    let mut rows = statement.query([link_id])?;
    let mut unfinished = Vec::new();
    while let Some(row) = rows.next()? {
        unfinished.push(MutationRow::read(row)?);
    }
    Ok(unfinished)
}

/// How many changes of a link are not finished, from the counters.
pub(crate) fn count_unfinished(tx: &Connection, link_id: i64) -> Result<i64, StoreError> {
    Ok(tx
        .prepare_cached(
            "SELECT coalesce(sum(n), 0) FROM counters WHERE link_id = ?1
                AND state IN ('queued', 'sealed', 'uncertain', 'conflicted', 'parked')",
        )?
        .query_row([link_id], |row| row.get(0))?)
}
