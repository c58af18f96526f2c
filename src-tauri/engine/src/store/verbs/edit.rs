//! Saving an edit: record, outbox row, edges and counters in one transaction (`engine.md` 2, 3).

use super::Moved;
use super::{discard, fold, parents, reconcile, rename, waits};
use crate::store::outbox::{self, Ended, Membership, MutationRow, NewMutation};
use crate::store::places::{Place, refuse};
use crate::store::records::{self, RecordRow};
use crate::store::{StoreError, conflicts, counters, edges, links};
use rusqlite::Connection;
use serde_json::Value;
use tidemark_model::change::{self, Change};
use tidemark_model::coalesce::{Coalesced, Tail, coalesce};
use tidemark_model::document::{self, same};
use tidemark_model::merge::Veil;
use tidemark_model::mutation::{MutationState, Operation};
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{RefusalCode, Saved};

/// One edit as the caller gives it; ids and time are made outside.
#[derive(Clone, Debug)]
pub struct Edit {
    /// What is done.
    pub kind: EditKind,
    /// The new change's id.
    pub mutation_id: String,
    /// The caller's own words, JSON text of at most 16 KiB.
    pub metadata: Option<String>,
    /// 0–9; none takes the collection's.
    pub priority: Option<u8>,
    /// Its place in an explicit transaction.
    pub member: Option<Member>,
    /// Ids of changes that it waits for.
    pub depends_on: Vec<String>,
    /// Now.
    pub now: Millis,
}

/// What is done.
#[derive(Clone, Debug)]
pub enum EditKind {
    /// A new record; its id is the document's own, else `fresh_id`.
    Create {
        /// The document.
        document: Value,
        /// The id to give where the document has none.
        fresh_id: String,
    },
    /// Changes to a record.
    Update {
        /// Which.
        rid: String,
        /// The changes, in order.
        changes: Vec<Change>,
    },
    /// A record goes.
    Delete {
        /// Which.
        rid: String,
    },
}

/// A change's place in an explicit transaction, as long as it is being saved.
#[derive(Clone, Debug)]
pub struct Member {
    /// The transaction.
    pub transaction: String,
    /// It waits until all members are first in their lanes.
    pub gated: bool,
    /// The accepted member that it takes back.
    pub compensates: Option<String>,
}

impl Member {
    fn of(&self) -> Membership<'_> {
        Membership {
            transaction: &self.transaction,
            gated: self.gated,
            compensates: self.compensates.as_deref(),
        }
    }
}

const METADATA_LIMIT: usize = 16 * 1024;

/// Saves an edit. An edit that changes nothing is no change and makes none.
pub(crate) fn save(tx: &Connection, place: &Place, edit: &Edit) -> Result<(Saved, Moved), StoreError> {
    if !links::is_there(tx, place.link_id)? {
        // The place was known from before; another program may have removed it since.
        return Err(refuse(
            RefusalCode::NotFound,
            format!("the connection '{}' was removed", place.link),
            "Look at the list of connections.",
        ));
    }
    check_metadata(edit.metadata.as_deref())?;
    let edit = rename::with_known_names(tx, place, edit)?;
    let edit = edit.as_ref();
    match &edit.kind {
        EditKind::Create { document, fresh_id } => create(tx, place, edit, document, fresh_id),
        EditKind::Update { rid, changes } => update(tx, place, edit, rid, changes),
        EditKind::Delete { rid } => delete(tx, place, edit, rid),
    }
}

/// Refuses a caller's own words beyond their limit.
pub(super) fn check_metadata(metadata: Option<&str>) -> Result<(), StoreError> {
    match metadata {
        Some(text) if text.len() > METADATA_LIMIT => Err(refuse(
            RefusalCode::Invalid,
            format!("the metadata has more than {METADATA_LIMIT} bytes"),
            "Give at most 16 KiB.",
        )),
        Some(_) | None => Ok(()),
    }
}

fn create(
    tx: &Connection,
    place: &Place,
    edit: &Edit,
    document: &Value,
    fresh_id: &str,
) -> Result<(Saved, Moved), StoreError> {
    let (rid, document) = with_id(place, document, fresh_id)?;
    let whole = vec![Change::set("", document.clone())];
    refuse_mask(place, &whole)?;
    let existing = records::by_rid(tx, place.collection_id, &rid)?;
    let record = match existing {
        Some(record) if record.local.is_some() => {
            return Err(refuse(
                RefusalCode::Invalid,
                format!("{} already has a record '{rid}'", place.collection),
                "Choose another id, or change the record that is there.",
            ));
        }
        Some(record) => {
            records::set_local(tx, &record, Some(&document), true, &place.rules, edit.now)?;
            record
        }
        None => {
            let id = records::insert_local(tx, place.collection_id, &rid, &document, &place.rules, edit.now)?;
            let missing = || StoreError::Corrupt("a record vanished while it was made".into());
            records::get(tx, id)?.ok_or_else(missing)?
        }
    };
    if rid != fresh_id {
        // Nobody can refer to an id that was made just now.
        parents::refuse_circle(tx, place, &record, &document)?;
    }
    waits::refuse_circle(tx, place, &record, &waits::named(tx, place.link_id, &edit.depends_on)?)?;
    enqueue(tx, place, edit, &record, Operation::Create, whole, Some(&document))
}

fn update(
    tx: &Connection,
    place: &Place,
    edit: &Edit,
    rid: &str,
    changes: &[Change],
) -> Result<(Saved, Moved), StoreError> {
    let record = existing(tx, place, rid)?;
    let invalid =
        |message: String| refuse(RefusalCode::Invalid, message, "Correct the field and save again.");
    let before = record.local.as_ref().ok_or_else(|| not_found(place, rid))?;
    let after = change::apply(before, changes).map_err(|error| invalid(error.to_string()))?;
    check_size(&after)?;
    if before.get(&place.id_field) != after.get(&place.id_field) {
        return Err(invalid(format!("'{}' is the record's id and cannot be changed", place.id_field)));
    }
    // Kept as a difference of documents: rows of lists are not named by their index, which moves.
    let changes = change::diff(before, &after);
    if changes.is_empty() {
        waits::named(tx, place.link_id, &edit.depends_on)?;
        let saved = Saved {
            change: None,
            record: rid.to_owned(),
            revision: Count(record.local_rev),
            combined_into: None,
        };
        return Ok((saved, Moved::default()));
    }
    refuse_mask(place, &changes)?;
    records::set_local(tx, &record, Some(&after), true, &place.rules, edit.now)?;
    enqueue(tx, place, edit, &record, Operation::Update, changes, Some(&after))
}

fn delete(tx: &Connection, place: &Place, edit: &Edit, rid: &str) -> Result<(Saved, Moved), StoreError> {
    let record = existing(tx, place, rid)?;
    if record.local.is_none() {
        return Err(not_found(place, rid));
    }
    records::set_local(tx, &record, None, true, &place.rules, edit.now)?;
    enqueue(tx, place, edit, &record, Operation::Delete, Vec::new(), None)
}

/// Joins the lane: into its last mutation where that was never dispatched, else behind it.
fn enqueue(
    tx: &Connection,
    place: &Place,
    edit: &Edit,
    record: &RecordRow,
    operation: Operation,
    changes: Vec<Change>,
    after: Option<&Value>,
) -> Result<(Saved, Moved), StoreError> {
    let lane = fold::refused(tx, outbox::lane(tx, record.id)?, edit.now)?;
    let named = waits::named(tx, place.link_id, &edit.depends_on)?;
    let mut parents = parents::of(tx, place, after)?;
    parents.retain(|parent| !named.contains(parent));
    let stands_apart = parents::stands_apart(tx, place, record, lane.last(), &changes, after)?;
    let mut moved = Moved::default();
    moved.record(place.collection_id, &record.rid);
    moved.changes.push(edit.mutation_id.clone());
    let mut new = NewMutation {
        id: &edit.mutation_id,
        link_id: place.link_id,
        collection_id: place.collection_id,
        record_id: record.id,
        rid: &record.rid,
        principal: &place.principal,
        operation,
        changes: &changes,
        metadata: edit.metadata.as_deref(),
        priority: edit.priority.unwrap_or(place.priority).min(9),
        state: MutationState::Queued,
        head: lane.is_empty(),
        undo_until: None,
        into_id: None,
        conflict_id: None,
        member: edit.member.as_ref().map(Member::of),
        now: edit.now,
    };
    counters::saved(tx, place.link_id, place.collection_id)?;
    let decision = match lane.last() {
        None => Coalesced::Successor,
        Some(_) if stands_apart => Coalesced::Successor,
        // What another account saved stays its own.
        Some(tail) if !outbox::belongs_to(tx, tail.seq, &place.principal)? => Coalesced::Successor,
        Some(tail) => join(tx, tail, edit.member.as_ref(), operation, &changes, (&parents, &named))?,
    };
    parents.extend(named);
    let mut combined_into = None;
    match (decision, lane.last()) {
        (Coalesced::Into { operation, changes: merged }, Some(tail)) => {
            moved.changes.push(tail.id.clone());
            if is_as_it_was(record, lane.len(), operation, after) {
                outbox::end(tx, tail, Ended::Cancelled, edit.now)?;
                new.state = MutationState::Cancelled;
                outbox::insert(tx, &NewMutation { head: false, ..new })?;
            } else {
                outbox::set_changes(tx, tail.seq, operation, &merged)?;
                if tail.state == MutationState::Parked && !discard::refers_to_discarded(tx, place, after)? {
                    // What was refused is put right: it goes again as it is now, under a new key.
                    outbox::repair(tx, tail.seq)?;
                }
                if let Some(urgent) = edit.priority.filter(|urgent| *urgent > tail.priority) {
                    outbox::set_priority(tx, tail.seq, urgent.min(9))?;
                }
                new.state = MutationState::Combined;
                outbox::insert(tx, &NewMutation { head: false, into_id: Some(&tail.id), ..new })?;
                add_edges(tx, tail.seq, &parents)?;
                combined_into = Some(tail.id.clone());
            }
        }
        (Coalesced::Vanish, Some(tail)) => {
            moved.changes.push(tail.id.clone());
            outbox::end(tx, tail, Ended::Cancelled, edit.now)?;
            new.state = MutationState::Cancelled;
            outbox::insert(tx, &NewMutation { head: false, ..new })?;
            // Only what the server never had, and what nothing else is on its way for, leaves no trace; else the older
            // deletion goes on.
            if lane.len() == 1 && record.base.document.is_none() {
                match record.base.version {
                    None => records::remove(tx, record.id)?,
                    // The tombstone of an earlier life: a later create has to be told from it.
                    Some(_) => records::set_local(tx, record, None, false, &place.rules, edit.now)?,
                }
            }
        }
        (Coalesced::Successor | Coalesced::Into { .. } | Coalesced::Vanish, _) => {
            let seq = outbox::insert(tx, &new)?;
            add_edges(tx, seq, &parents)?;
        }
    }
    let conflict = if lane.is_empty() { None } else { conflicts::open_of(tx, record.id)? };
    if let Some(conflict) = conflict {
        reconcile::join_conflict(tx, place, &conflict, &changes, after.is_none(), after, edit.now)?;
    }
    let saved = Saved {
        change: Some(edit.mutation_id.clone()),
        record: record.rid.clone(),
        revision: Count(record.local_rev + 1),
        combined_into,
    };
    Ok((saved, moved))
}

fn join(
    tx: &Connection,
    tail: &MutationRow,
    member: Option<&Member>,
    operation: Operation,
    changes: &[Change],
    (parents, named): (&[i64], &[i64]),
) -> Result<Coalesced, StoreError> {
    // Never across a transaction's border.
    let together = tail.transaction_id.as_deref() == member.map(|member| member.transaction.as_str())
        && tail.compensates.is_none()
        && member.is_none_or(|member| member.compensates.is_none());
    let open = together && is_open(tail);
    if open && tail.state == MutationState::Parked {
        // It is put right by this edit, and would have to wait for what waits for it.
        waits::refuse_circle_through(tx, tail, named)?;
    }
    let mut ahead = named.contains(&tail.seq);
    for parent in parents.iter().chain(named).filter(|parent| **parent != tail.seq) {
        // What is parked is sealed anew and can wait for a record that was made since.
        ahead |= (*parent > tail.seq && tail.state != MutationState::Parked)
            || edges::leads_to(tx, *parent, tail.seq)?;
    }
    let tail = Tail {
        operation: tail.operation,
        changes: &tail.changes,
        open,
        depended_on: edges::is_waited_for(tx, tail.seq)?,
        newer_refers_ahead: ahead,
    };
    Ok(coalesce(&tail, operation, changes))
}

/// Whether a change may still grow: it was never dispatched, or was refused in so many words. A resolution may not.
fn is_open(tail: &MutationRow) -> bool {
    let untouched =
        tail.state == MutationState::Queued && !tail.dispatched && tail.held.as_deref() != Some("undo");
    let refused = tail.state == MutationState::Parked && !(tail.may_be_in && tail.key.is_some());
    (untouched || refused) && tail.conflict_id.is_none()
}

/// An update that leads back to the base need not be sent.
fn is_as_it_was(record: &RecordRow, lane: usize, operation: Operation, after: Option<&Value>) -> bool {
    match (operation, &record.base.document, after) {
        (Operation::Update | Operation::Replace, Some(base), Some(after)) => lane == 1 && same(base, after),
        _ => false,
    }
}

fn add_edges(tx: &Connection, seq: i64, parents: &[i64]) -> Result<(), StoreError> {
    for parent in parents {
        // Towards an older change no circle can arise; towards a newer one only where it leads elsewhere.
        if *parent < seq || (*parent > seq && !edges::leads_to(tx, *parent, seq)?) {
            edges::add(tx, seq, *parent)?;
        }
    }
    Ok(())
}

fn existing(tx: &Connection, place: &Place, rid: &str) -> Result<RecordRow, StoreError> {
    records::by_rid(tx, place.collection_id, rid)?
        .filter(|record| record.visible)
        .ok_or_else(|| not_found(place, rid))
}

fn not_found(place: &Place, rid: &str) -> StoreError {
    refuse(
        RefusalCode::NotFound,
        format!("{} has no record '{rid}' here", place.collection),
        "It may have been deleted; look at the list of records.",
    )
}

/// People and programs see a mask in the place of a secret; saved, it would become the secret itself.
fn refuse_mask(place: &Place, changes: &[Change]) -> Result<(), StoreError> {
    match Veil::new(&place.rules).mask_in(changes) {
        None => Ok(()),
        Some(at) => Err(refuse(
            RefusalCode::Invalid,
            format!("the value for '{at}' is the mask of a secret"),
            "Leave it out of the change to keep the secret, or give its new value.",
        )),
    }
}

fn check_size(document: &Value) -> Result<(), StoreError> {
    document::check(document).map_err(|error| {
        refuse(RefusalCode::Invalid, error.to_string(), "Make the record smaller, or split it.")
    })
}

/// The document with its id in its own field; an empty id is refused.
fn with_id(place: &Place, document: &Value, fresh_id: &str) -> Result<(String, Value), StoreError> {
    check_size(document)?;
    let mut document = document.clone();
    let own = match document.get(&place.id_field) {
        None | Some(Value::Null) => None,
        Some(Value::String(id)) if !id.is_empty() => Some(id.clone()),
        Some(Value::Number(id)) => Some(id.to_string()),
        Some(_) => {
            return Err(refuse(
                RefusalCode::Invalid,
                format!("'{}' is no id: an id is a text of at least one character", place.id_field),
                "Leave the field out to have an id made.",
            ));
        }
    };
    let rid = own.clone().unwrap_or_else(|| fresh_id.to_owned());
    if let (None, Value::Object(map)) = (&own, &mut document) {
        map.insert(place.id_field.clone(), Value::String(rid.clone()));
    }
    Ok((rid, document))
}
