//! What people do to waiting changes: send again, hold, move first (row A8).

use super::{Moved, discard, parents, transactions};
use crate::store::outbox::{self, MutationRow};
use crate::store::places::{self, Place, refuse};
use crate::store::{StoreError, activity, edges, signals, transactions as stored};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};
use tidemark_model::mutation::{MutationState, Operation};
use tidemark_model::number::Millis;
use tidemark_model::view::{BulkResult, Happened, RefusalCode};

/// What a bulk action did so far.
#[derive(Default)]
pub(super) struct Bulk {
    pub(super) result: BulkResult,
    pub(super) moved: Moved,
}

impl Bulk {
    pub(super) fn done(&mut self, mutation: MutationRow) {
        self.result.done.0 += 1;
        self.moved.record(mutation.collection_id, &mutation.rid);
        self.moved.changes.push(mutation.id);
    }

    pub(super) fn gone(&mut self) {
        self.result.already_gone.0 += 1;
    }

    pub(super) fn told(self) -> (BulkResult, Moved) {
        (self.result, self.moved)
    }
}

/// What sending again needs from outside.
pub(crate) struct Again<'a> {
    /// Makes the ids of what is restored.
    pub(crate) fresh_id: &'a dyn Fn() -> String,
    /// A person asked for it.
    pub(crate) by_person: bool,
    pub(crate) now: Millis,
}

/// Sends the named changes again now. One that refers to a record that was discarded stays as it is; one that refers to a
/// record that is on its way waits for it. One that was rolled back comes back with its whole transaction.
pub(crate) fn retry(
    tx: &Connection,
    ids: &[String],
    again: &Again<'_>,
) -> Result<(BulkResult, Moved), StoreError> {
    let mut bulk = Bulk::default();
    let places = places::all(tx)?;
    let mut restored = BTreeMap::new();
    for id in ids {
        let Some(mutation) = outbox::by_id(tx, id)? else {
            bulk.gone();
            continue;
        };
        match mutation.state {
            MutationState::Queued | MutationState::Uncertain => {
                outbox::retry(tx, mutation.seq)?;
                bulk.done(mutation);
            }
            MutationState::Parked if mutation.record_id == 0 && mutation.transaction_id.is_some() => {
                let id = mutation.transaction_id.clone().unwrap_or_default();
                let came_back = match restored.get(&id) {
                    Some(came_back) => *came_back,
                    None => restore(tx, &places, &id, again, &mut bulk.moved)?,
                };
                restored.insert(id, came_back);
                match came_back {
                    true => bulk.done(mutation),
                    false => bulk.result.kept.0 += 1,
                }
            }
            MutationState::Parked => match retry_parked(tx, &places, &mutation)? {
                true => {
                    if again.by_person {
                        let happened = Happened::SentAgain { operation: mutation.operation };
                        activity::of_change(tx, &mutation, &happened, again.now)?;
                    }
                    bulk.done(mutation);
                }
                false => bulk.result.kept.0 += 1,
            },
            // It came back with one of its transaction that was named before it.
            MutationState::Combined if came_back(&restored, &mutation) => bulk.done(mutation),
            MutationState::Sealed
            | MutationState::Conflicted
            | MutationState::Confirmed
            | MutationState::Superseded
            | MutationState::Combined
            | MutationState::Cancelled
            | MutationState::Discarded => bulk.gone(),
        }
    }
    Ok(bulk.told())
}

fn came_back(restored: &BTreeMap<String, bool>, mutation: &MutationRow) -> bool {
    mutation.transaction_id.as_ref().and_then(|id| restored.get(id)) == Some(&true)
}

/// Sends every parked change again.
pub(crate) fn reprocess_failed(
    tx: &Connection,
    again: &Again<'_>,
) -> Result<(BulkResult, Moved), StoreError> {
    retry(tx, &outbox::ids_in(tx, &[MutationState::Parked])?, again)
}

/// Puts a failed transaction back as a whole; false where one of its changes cannot be made on what is here now.
fn restore(
    tx: &Connection,
    places: &[Place],
    id: &str,
    again: &Again<'_>,
    moved: &mut Moved,
) -> Result<bool, StoreError> {
    let Some(row) = stored::get(tx, id)? else { return Ok(false) };
    tx.prepare_cached("SAVEPOINT restored")?.execute([])?;
    let at = transactions::Restoring { places, fresh_id: again.fresh_id, now: again.now };
    let came_back = match transactions::restore(tx, &row, &at) {
        Ok(part) => {
            moved.append(part);
            true
        }
        Err(StoreError::Refused(_)) => {
            tx.prepare_cached("ROLLBACK TO restored")?.execute([])?;
            false
        }
        Err(error) => return Err(error),
    };
    tx.prepare_cached("RELEASE restored")?.execute([])?;
    Ok(came_back)
}

fn retry_parked(tx: &Connection, places: &[Place], mutation: &MutationRow) -> Result<bool, StoreError> {
    let place = places.iter().find(|place| place.collection_id == mutation.collection_id);
    if let (Some(place), Operation::Create | Operation::Update | Operation::Replace) =
        (place, mutation.operation)
        && !place.references.is_empty()
    {
        let after = discard::document_after(tx, mutation)?;
        if discard::refers_to_discarded(tx, place, after.as_ref())? {
            return Ok(false);
        }
        for parent in parents::of(tx, place, after.as_ref())? {
            // A parent that was put back stands later in line than its child; a circle would stop both.
            if parent != mutation.seq && !edges::leads_to(tx, parent, mutation.seq)? {
                edges::add(tx, mutation.seq, parent)?;
            }
        }
    }
    outbox::retry(tx, mutation.seq)?;
    Ok(true)
}

/// Holds the named changes, or lets them go. One that is on its way is held if it comes back.
pub(crate) fn hold(tx: &Connection, ids: &[String], held: bool) -> Result<(BulkResult, Moved), StoreError> {
    each(tx, ids, |tx, mutation| {
        let waits = matches!(mutation.state, MutationState::Queued | MutationState::Uncertain);
        let may = waits && mutation.held.as_deref() != Some("undo");
        match may {
            true => outbox::set_held(tx, mutation.seq, held)?,
            false => outbox::hold_sealed(tx, mutation.seq, held)?,
        }
        Ok(may)
    })
}

/// Of the named changes the links of those that are sealed: sent, or about to be.
pub(crate) fn links_of_sealed(tx: &Connection, ids: &[String]) -> Result<BTreeSet<i64>, StoreError> {
    let mut links = BTreeSet::new();
    for id in ids {
        let mutation = outbox::by_id(tx, id)?;
        links.extend(mutation.filter(|it| it.state == MutationState::Sealed).map(|it| it.link_id));
    }
    Ok(links)
}

/// Holds the named changes and asks the sender for those of them that it has not sent yet. Returns what was not held before.
pub(crate) fn call_back(tx: &Connection, ids: &[String]) -> Result<Vec<String>, StoreError> {
    let mut held = Vec::new();
    for id in ids {
        let mutation = outbox::by_id(tx, id)?;
        held.extend(mutation.filter(|mutation| mutation.held.is_none()).map(|mutation| mutation.id));
    }
    hold(tx, &held, true)?;
    signals::call_back(tx)?;
    Ok(held)
}

/// Makes the named changes more or less urgent (row A10); each record's own order stays.
pub(crate) fn set_priority(
    tx: &Connection,
    ids: &[String],
    priority: u8,
) -> Result<(BulkResult, Moved), StoreError> {
    if priority > 9 {
        return Err(refuse(
            RefusalCode::Invalid,
            format!("there is no priority {priority}"),
            "Give a number from 0 to 9; 9 goes first.",
        ));
    }
    each(tx, ids, |tx, mutation| {
        let may = matches!(mutation.state, MutationState::Queued | MutationState::Parked);
        if may {
            outbox::set_priority(tx, mutation.seq, priority)?;
        }
        Ok(may)
    })
}

fn each(
    tx: &Connection,
    ids: &[String],
    act: impl Fn(&Connection, &MutationRow) -> Result<bool, StoreError>,
) -> Result<(BulkResult, Moved), StoreError> {
    let mut bulk = Bulk::default();
    for id in ids {
        match outbox::by_id(tx, id)? {
            Some(mutation) if act(tx, &mutation)? => bulk.done(mutation),
            Some(_) | None => bulk.gone(),
        }
    }
    Ok(bulk.told())
}
