//! One row of the queue and why it does not go now.

use super::place::Places;
use crate::store::verbs::retention::trash_ends;
use crate::store::views::waiting::Waits;
use crate::store::{StoreError, conflicts, edges, meta, outbox, transactions};
use rusqlite::{Connection, Row};
use serde::Deserialize;
use tidemark_model::failure::ErrorClass;
use tidemark_model::mutation::{MutationState, Operation};
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{ChangeRow, ChangeState, WaitReason};

/// The most fields that a row names.
const FIELDS: usize = 20;

/// Whether a person paused everything.
pub(super) fn engine_paused(tx: &Connection) -> Result<bool, StoreError> {
    Ok(meta::get(tx, "paused_since")?.is_some())
}

/// One change as lists show it; `paused` is the whole engine's pause.
pub(super) fn read(
    tx: &Connection,
    seq: i64,
    paused: bool,
    places: &mut Places,
) -> Result<Option<ChangeRow>, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT o.seq, o.id, o.link_id, o.record_id, o.rid, o.operation, o.changes, o.priority, o.state, o.waits,
                o.head, o.blockers, o.due_at, o.held, o.key IS NOT NULL AS has_key, o.attempts, o.class, o.status,
                o.words, o.may_be_in, o.created_at, o.ended_at, o.transaction_id, o.gated, l.name AS link,
                c.name AS collection,
                coalesce(r.title, (SELECT title FROM records WHERE collection_id = o.collection_id AND rid = o.rid))
                    AS title,
                l.paused OR coalesce(c.paused, 0) AS paused,
                l.stopped IS NOT NULL AS stopped, l.principal <> o.principal AS other_account
           FROM outbox o JOIN links l ON l.id = o.link_id
           LEFT JOIN collections c ON c.id = o.collection_id
           LEFT JOIN records r ON r.id = o.record_id
          WHERE o.seq = ?1",
    )?;
    let mut rows = statement.query([seq])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let listed = Listed::read(row, paused)?;
    let reason = listed.reason(tx)?;
    let ready = listed.state == MutationState::Queued && listed.waits.is_none();
    let place = ready.then(|| places.of(tx, listed.link, listed.priority.into(), seq)).transpose()?;
    listed.shown(row, reason, place.map(Count)).map(Some)
}

/// What decides how a change is shown.
struct Listed {
    seq: i64,
    link: i64,
    record: Option<i64>,
    priority: u8,
    state: MutationState,
    waits: Option<Waits>,
    head: bool,
    blockers: i64,
    due_at: Option<Millis>,
    held: Option<String>,
    has_key: bool,
    class: Option<ErrorClass>,
    status: Option<u16>,
    words: Option<String>,
    may_be_in: bool,
    paused: bool,
    stopped: bool,
    transaction: Option<String>,
    gated: bool,
    other_account: bool,
}

impl Listed {
    fn read(row: &Row<'_>, engine_paused: bool) -> Result<Self, StoreError> {
        let state: String = row.get("state")?;
        let class: Option<String> = row.get("class")?;
        let due_at: i64 = row.get("due_at")?;
        Ok(Self {
            seq: row.get("seq")?,
            link: row.get("link_id")?,
            record: row.get("record_id")?,
            priority: row.get("priority")?,
            state: MutationState::parse(&state)
                .ok_or_else(|| StoreError::Corrupt(format!("outbox.state is '{state}'")))?,
            waits: row.get::<_, Option<String>>("waits")?.as_deref().map(Waits::parse).transpose()?,
            head: row.get("head")?,
            blockers: row.get("blockers")?,
            due_at: (due_at > 0).then_some(Millis(due_at)),
            held: row.get("held")?,
            has_key: row.get("has_key")?,
            class: class
                .map(|word| {
                    ErrorClass::parse(&word)
                        .ok_or_else(|| StoreError::Corrupt(format!("outbox.class is '{word}'")))
                })
                .transpose()?,
            status: row.get("status")?,
            words: row.get("words")?,
            may_be_in: row.get("may_be_in")?,
            paused: engine_paused || row.get("paused")?,
            stopped: row.get("stopped")?,
            transaction: row.get("transaction_id")?,
            gated: row.get("gated")?,
            other_account: row.get("other_account")?,
        })
    }

    fn shown(
        self,
        row: &Row<'_>,
        reason: Option<WaitReason>,
        position: Option<Count>,
    ) -> Result<ChangeRow, StoreError> {
        let operation: String = row.get("operation")?;
        let changes: String = row.get("changes")?;
        let record: String = row.get("rid")?;
        let operation = Operation::parse(&operation)
            .ok_or_else(|| StoreError::Corrupt(format!("outbox.operation is '{operation}'")))?;
        let title = match operation {
            Operation::Request => label(&changes)?,
            _ => row.get("title")?,
        };
        Ok(ChangeRow {
            id: row.get("id")?,
            number: Count(self.seq),
            state: shown_state(self.state, self.waits),
            mutation_state: self.state,
            link: row.get("link")?,
            collection: row.get::<_, Option<String>>("collection")?.unwrap_or_default(),
            title: title.unwrap_or_else(|| record.clone()),
            record,
            operation,
            fields: fields(&changes)?,
            saved_at: Millis(row.get("created_at")?),
            size: Count::of(changes.len()),
            attempts: Count(row.get("attempts")?),
            next_at: self.due_at.filter(|_| !self.state.is_finished()),
            reason,
            position,
            priority: self.priority,
            transaction: self.transaction,
            gone_at: match self.state {
                MutationState::Discarded => {
                    row.get::<_, Option<i64>>("ended_at")?.map(|at| trash_ends(Millis(at)))
                }
                _ => None,
            },
        })
    }

    fn reason(&self, tx: &Connection) -> Result<Option<WaitReason>, StoreError> {
        Ok(match self.state {
            MutationState::Queued => self.why_queued(tx)?,
            MutationState::Uncertain => self.backoff().or_else(|| self.stands()),
            MutationState::Conflicted => match self.record {
                Some(record) => conflicts::open_of(tx, record)?
                    .map(|conflict| WaitReason::Conflict { conflict: Count(conflict.id) }),
                None => None,
            },
            // A retry would send the same key again: it left, and nobody knows what became of it.
            MutationState::Parked if self.may_be_in && self.has_key => Some(WaitReason::MayHaveBeenSent),
            MutationState::Parked if self.record.is_none() && self.transaction.is_some() => {
                Some(WaitReason::RolledBack {
                    transaction: self.transaction.clone().unwrap_or_default(),
                    words: self.words.clone().unwrap_or_default(),
                })
            }
            MutationState::Parked => Some(WaitReason::Refused {
                class: self.class.unwrap_or(ErrorClass::Permanent),
                status: self.status,
                words: self.words.clone().unwrap_or_default(),
            }),
            MutationState::Sealed
            | MutationState::Confirmed
            | MutationState::Superseded
            | MutationState::Combined
            | MutationState::Cancelled
            | MutationState::Discarded => None,
        })
    }

    /// The nearest thing that a queued change waits for.
    fn why_queued(&self, tx: &Connection) -> Result<Option<WaitReason>, StoreError> {
        if let (Some("undo"), Some(until)) = (self.held.as_deref(), self.due_at) {
            return Ok(Some(WaitReason::Undo { until }));
        }
        if self.held.is_some() {
            return Ok(Some(WaitReason::Held));
        }
        if self.blockers > 0
            && let Some(change) = edges::waits_for(tx, self.seq)?.first()
        {
            return Ok(Some(WaitReason::Dependency { change: Count(*change) }));
        }
        if let (true, Some(transaction)) = (self.gated, &self.transaction) {
            let behind = transactions::get(tx, transaction)?.and_then(|row| row.queued_behind);
            return Ok(Some(WaitReason::Transaction { transaction: transaction.clone(), behind }));
        }
        if let Some(backoff) = self.backoff() {
            return Ok(Some(backoff));
        }
        if !self.head
            && let Some(change) = before_in_lane(tx, self.record, self.seq)?
        {
            return Ok(Some(WaitReason::Behind { change: Count(change) }));
        }
        Ok(self.stands())
    }

    fn backoff(&self) -> Option<WaitReason> {
        let class = self.due_at.and(self.class)?;
        Some(WaitReason::Backoff { class, words: self.words.clone().unwrap_or_default() })
    }

    /// What stops more than this one change.
    fn stands(&self) -> Option<WaitReason> {
        match (self.other_account, self.paused, self.stopped) {
            (true, _, _) => Some(WaitReason::OtherAccount),
            (false, true, _) => Some(WaitReason::Paused),
            (false, false, true) => Some(WaitReason::LinkStopped),
            (false, false, false) => None,
        }
    }
}

/// What people see of a state.
fn shown_state(state: MutationState, waits: Option<Waits>) -> ChangeState {
    match (state, waits) {
        (MutationState::Queued, Some(Waits::OnHold)) => ChangeState::OnHold,
        (MutationState::Queued, Some(Waits::TryingAgain)) => ChangeState::TryingAgain,
        (MutationState::Queued, Some(Waits::Behind) | None) => ChangeState::Waiting,
        (MutationState::Sealed, _) => ChangeState::Sending,
        (MutationState::Uncertain, _) => ChangeState::NotConfirmed,
        (MutationState::Conflicted, _) => ChangeState::Conflict,
        (MutationState::Parked, _) => ChangeState::NeedsYou,
        (MutationState::Confirmed, _) => ChangeState::Confirmed,
        (MutationState::Discarded, _) => ChangeState::InTrash,
        (MutationState::Superseded | MutationState::Combined | MutationState::Cancelled, _) => {
            ChangeState::Ended
        }
    }
}

/// The change before this one in its lane.
fn before_in_lane(tx: &Connection, record: Option<i64>, seq: i64) -> Result<Option<i64>, StoreError> {
    Ok(tx
        .prepare_cached(
            "SELECT max(seq) FROM outbox WHERE record_id = ?1 AND seq < ?2
                AND state IN ('queued', 'sealed', 'uncertain', 'conflicted', 'parked')",
        )?
        .query_row((record, seq), |row| row.get(0))?)
}

/// The caller's words for a request, read without its body, which may be large.
fn label(changes: &str) -> Result<Option<String>, StoreError> {
    #[derive(Deserialize)]
    struct At {
        set: Labelled,
    }
    #[derive(Deserialize)]
    struct Labelled {
        label: Option<String>,
    }
    Ok(outbox::parse_changes::<Vec<At>>(changes)?.into_iter().next().and_then(|at| at.set.label))
}

/// The paths that changes touch, read without their values, which may be large.
fn fields(changes: &str) -> Result<Vec<String>, StoreError> {
    #[derive(Deserialize)]
    struct At {
        path: String,
    }
    let mut paths: Vec<String> = Vec::new();
    for At { path } in outbox::parse_changes::<Vec<At>>(changes)? {
        // A whole new document names no field.
        if !path.is_empty() && paths.len() < FIELDS && !paths.contains(&path) {
            paths.push(path);
        }
    }
    Ok(paths)
}
