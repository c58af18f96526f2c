//! The outbox: every saved change, in the order of saving.

mod doubt;
mod edits;
mod naming;
mod position;
mod readiness;
mod sealing;
mod state;

pub(crate) use doubt::{clear_doubt, in_doubt_of, keep_for_comparing, put_in_doubt, read_before_repeating};
pub(crate) use edits::{edits_of, principals};
pub(crate) use naming::{has_unnamed, move_lane, rename, rename_request};
pub(crate) use position::confirmed_up_to;
pub(crate) use readiness::{belongs_to, has_ready};
pub(crate) use sealing::{Seal, count_attempt, seal, seal_again, take_back, unseal};
pub(crate) use state::{
    Ended, bring_back, bring_forward, end, hold_sealed, is_done_again_by, keep_undo, leave_transaction,
    next_is_head, purge, put_back, put_in_line_again, repair, retry, roll_back, sealed_become_uncertain,
    sealed_of_link_become_uncertain, set_changes, set_conflicted, set_failure, set_held, set_may_be_in,
    set_priority, set_state,
};

use super::StoreError;
use rusqlite::{Connection, Row, params};
use tidemark_model::backoff::MAX_FLOOR;
use tidemark_model::change::Change;
use tidemark_model::connector::WireForm;
use tidemark_model::failure::ErrorClass;
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
    /// Its collection; 0 for an opaque request.
    pub collection_id: i64,
    /// Its lane; 0 for an opaque request, which is a lane of its own, and for what was rolled back.
    pub record_id: i64,
    /// Its record's id on the server; an opaque request's name.
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
    /// What took it in, or does again what a saga took back of it.
    pub into_id: Option<String>,
    /// The conflict that it settles.
    pub conflict_id: Option<i64>,
    /// The explicit transaction that it is part of.
    pub transaction_id: Option<String>,
    /// It waits until all members of that are first in their lanes.
    pub gated: bool,
    /// The accepted member of a saga that it takes back.
    pub compensates: Option<String>,
    /// The server's document before a saga's member was accepted, or when a member was rolled back; JSON text.
    pub undo_doc: Option<String>,
    /// When it was saved.
    pub created_at: Millis,
    /// When it ended.
    pub ended_at: Option<Millis>,
}

/// The columns of a [`MutationRow`].
pub(crate) const COLUMNS: &str = "seq, id, link_id, collection_id, record_id, rid, operation, changes, metadata, \
     priority, state, head, blockers, due_at, held, key, wire, sealed_at, sealed_doc, dispatched, attempts, counted, \
     same_5xx, class, status, words, may_be_in, into_id, conflict_id, transaction_id, gated, compensates, \
     undo_doc, created_at, ended_at";

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
            transaction_id: row.get("transaction_id")?,
            gated: row.get("gated")?,
            compensates: row.get("compensates")?,
            undo_doc: row.get("undo_doc")?,
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
    /// Its collection; 0 for an opaque request.
    pub collection_id: i64,
    /// Its lane; 0 for an opaque request, which is a lane of its own.
    pub record_id: i64,
    /// Its record's id on the server; an opaque request's name.
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
    /// Its place in an explicit transaction.
    pub member: Option<Membership<'a>>,
    /// When it was saved.
    pub now: Millis,
}

/// A change's place in an explicit transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership<'a> {
    /// The transaction.
    pub transaction: &'a str,
    /// It waits until all members are first in their lanes.
    pub gated: bool,
    /// The accepted member that it takes back.
    pub compensates: Option<&'a str>,
}

pub(crate) fn insert(tx: &Connection, new: &NewMutation<'_>) -> Result<i64, StoreError> {
    tx.prepare_cached(
        "INSERT INTO outbox (id, link_id, collection_id, record_id, rid, principal, operation, changes, metadata,
                             priority, state, head, due_at, held, into_id, conflict_id, created_at, ended_at,
                             transaction_id, gated, blockers, compensates)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?20, ?21)",
    )?
    .execute(params![
        new.id,
        new.link_id,
        (new.collection_id != 0).then_some(new.collection_id),
        (new.record_id != 0).then_some(new.record_id),
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
        new.member.map(|member| member.transaction),
        new.member.is_some_and(|member| member.gated && !new.state.is_finished()),
        new.member.and_then(|member| member.compensates),
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

/// The id of a change.
pub(crate) fn id_of(tx: &Connection, seq: i64) -> Result<String, StoreError> {
    Ok(tx.prepare_cached("SELECT id FROM outbox WHERE seq = ?1")?.query_row([seq], |row| row.get(0))?)
}

/// What a change took in when a decision was made, and what joined it since, oldest first; each with its own changes. They
/// are known by the id of what took them in; the decision's time is only where the index has them.
pub(crate) fn combined_into(
    tx: &Connection,
    id: &str,
    decision: &MutationRow,
) -> Result<Vec<MutationRow>, StoreError> {
    let mut statement = tx.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM outbox INDEXED BY outbox_ended
          WHERE ended_at = ?3 AND seq < ?2 AND into_id = ?1 AND state = 'combined'
         UNION ALL
         SELECT {COLUMNS} FROM outbox INDEXED BY outbox_state
          WHERE state = 'combined' AND seq > ?2 AND into_id = ?1
         ORDER BY seq"
    ))?;
    let mut rows = statement.query(params![id, decision.seq, decision.created_at.0])?;
    let mut combined = Vec::new();
    while let Some(row) = rows.next()? {
        combined.push(MutationRow::read(row)?);
    }
    Ok(combined)
}

/// Whose change it is.
pub(crate) fn principal(tx: &Connection, seq: i64) -> Result<Option<String>, StoreError> {
    let mut statement = tx.prepare_cached("SELECT principal FROM outbox WHERE seq = ?1")?;
    let mut rows = statement.query([seq])?;
    Ok(rows.next()?.map(|row| row.get(0)).transpose()?)
}

/// Whether it is a member of an explicit transaction.
pub(crate) fn is_member(tx: &Connection, seq: i64) -> Result<bool, StoreError> {
    Ok(tx
        .prepare_cached("SELECT 1 FROM outbox WHERE seq = ?1 AND transaction_id IS NOT NULL")?
        .exists([seq])?)
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

/// Whose wake-up has come is due from now on, and undo windows that ended let go. A wake-up further ahead than any that
/// is ever stored was made by a clock that was wrong.
pub(crate) fn promote_due(tx: &Connection, link_id: i64, now: Millis) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE outbox SET due_at = 0, held = CASE WHEN held = 'undo' THEN NULL ELSE held END
          WHERE link_id = ?1 AND due_at > 0 AND (due_at <= ?2 OR due_at > ?3) AND state IN ('queued', 'uncertain')",
    )?
    .execute(params![link_id, now.0, now.plus(2 * MAX_FLOOR.0).0])?;
    Ok(())
}

/// Which end of the line is taken first; a half-open breaker alternates both, so that one poisoned change cannot
/// hold a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    Oldest,
    Newest,
}

/// What may be sent now: first in its lane, unblocked, due, not held; by priority, then age. Paused collections wait, and
/// so does an atomic transaction of which one change may not be sent.
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
            AND (transaction_id IS NULL OR NOT EXISTS (
                SELECT 1 FROM transactions t JOIN outbox other ON other.transaction_id = t.id
                 WHERE t.id = outbox.transaction_id AND t.strategy = 'atomic'
                   AND (other.state IN ('queued', 'sealed', 'uncertain', 'conflicted')
                        OR (outbox.state = 'queued' AND other.state = 'parked' AND other.may_be_in = 1
                            AND other.key IS NOT NULL))
                   AND (other.head = 0 OR other.blockers > 0 OR other.held IS NOT NULL OR other.due_at > 0
                        OR other.state NOT IN ('queued', 'uncertain') OR EXISTS (
                            SELECT 1 FROM collections c WHERE c.id = other.collection_id AND c.paused = 1))))
          ORDER BY {order} LIMIT ?3"
    ))?;
    let mut rows = statement.query(params![link_id, principal, limit as i64])?;
    let mut ready = Vec::new();
    while let Some(row) = rows.next()? {
        ready.push(MutationRow::read(row)?);
    }
    Ok(ready)
}

/// The same for one mutation, but for its collection's pause.
pub(crate) fn is_ready(mutation: &MutationRow) -> bool {
    mutation.head
        && mutation.blockers == 0
        && mutation.held.is_none()
        && mutation.due_at.is_none()
        && matches!(mutation.state, MutationState::Queued | MutationState::Uncertain)
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

/// The members of a transaction in some states, oldest first.
pub(crate) fn members(
    tx: &Connection,
    transaction: &str,
    states: &[MutationState],
) -> Result<Vec<MutationRow>, StoreError> {
    let mut statement =
        tx.prepare_cached(&format!("SELECT {COLUMNS} FROM outbox WHERE transaction_id = ?1 ORDER BY seq"))?;
    let mut rows = statement.query([transaction])?;
    let mut members = Vec::new();
    while let Some(row) = rows.next()? {
        let member = MutationRow::read(row)?;
        if states.contains(&member.state) {
            members.push(member);
        }
    }
    Ok(members)
}

/// What was saved of a record before a change, in whatever state it is by now, oldest first.
pub(crate) fn of_record_before(
    tx: &Connection,
    change: &MutationRow,
) -> Result<Vec<MutationRow>, StoreError> {
    let mut statement = tx.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM outbox WHERE collection_id = ?1 AND rid = ?2 AND seq < ?3 ORDER BY seq"
    ))?;
    let mut rows = statement.query(params![change.collection_id, change.rid, change.seq])?;
    let mut before = Vec::new();
    while let Some(row) = rows.next()? {
        before.push(MutationRow::read(row)?);
    }
    Ok(before)
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
