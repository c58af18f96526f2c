//! Explicit transactions: taking their places, and being put back after a failure (`engine.md` 6).

mod roll_back;
mod settle;
mod undo;

pub(crate) use settle::{seen, settle_stale};

use super::Moved;
use super::discard::on_top;
use super::edit::{self, Edit, EditKind, Member};
use super::reconcile::{Origin, reconcile, remote_of};
use super::waits;
use crate::store::activity::{self, NewLine};
use crate::store::outbox::{self, Ended, MutationRow};
use crate::store::places::{Place, refuse};
use crate::store::records::{self, RecordRow, SideState};
use crate::store::transactions::{self, TransactionRecord};
use crate::store::{StoreError, edges};
use rusqlite::Connection;
use serde_json::{Map, Value};
use tidemark_model::change::{self, Change};
use tidemark_model::document::same;
use tidemark_model::mutation::{MutationState, Operation};
use tidemark_model::number::Millis;
use tidemark_model::transaction::{Strategy, TransactionState};
use tidemark_model::view::{Happened, Refusal, RefusalCode};

/// A transaction to be made, with its edits in order.
pub(crate) struct NewTransaction {
    pub(crate) record: TransactionRecord,
    pub(crate) edits: Vec<(Place, Edit)>,
}

/// Takes the places of all members in one commit. Several edits of one record become one member.
pub(crate) fn apply(tx: &Connection, new: &NewTransaction) -> Result<Moved, StoreError> {
    transactions::insert(tx, &new.record)?;
    let mut moved = Moved::default();
    for (index, (place, edit)) in new.edits.iter().enumerate() {
        let saved = edit::save(tx, place, edit);
        let (_, part) = saved.map_err(|error| in_change(error, index + 1, new.edits.len()))?;
        moved.append(part);
    }
    let members = outbox::members(tx, &new.record.id, &[MutationState::Queued])?;
    if members.is_empty() {
        return Err(refuse(
            RefusalCode::Invalid,
            "the transaction changes nothing",
            "Leave it out, or look at its changes.",
        ));
    }
    put_in_order(tx, &new.record, &members)?;
    Ok(moved)
}

/// A refusal says which of the changes it is about.
fn in_change(error: StoreError, number: usize, of: usize) -> StoreError {
    match error {
        StoreError::Refused(Refusal { code, message, hint }) => {
            refuse(code, format!("change {number} of {of}: {message}"), hint)
        }
        other => other,
    }
}

/// Where members go one after the other, each waits for the one before it; those that go in one request do not wait for
/// each other.
fn put_in_order(tx: &Connection, row: &TransactionRecord, members: &[MutationRow]) -> Result<(), StoreError> {
    if row.strategy.in_order() {
        for pair in members.windows(2) {
            edges::add(tx, pair[1].seq, pair[0].seq)?;
        }
    }
    if row.strategy == Strategy::Atomic {
        refuse_twice(members)?;
        edges::drop_within(tx, &row.id)?;
    }
    Ok(())
}

/// A record whose later change had to stand apart, behind one that it refers to, cannot be twice in one request.
fn refuse_twice(members: &[MutationRow]) -> Result<(), StoreError> {
    let twice = members.iter().enumerate().find(|(index, member)| {
        members[..*index].iter().any(|earlier| earlier.record_id == member.record_id)
    });
    match twice {
        None => Ok(()),
        Some((_, member)) => Err(refuse(
            RefusalCode::Invalid,
            format!("'{}' is changed twice, and one request can change it once", member.rid),
            "Make the record that it refers to first, and change this one once, after it.",
        )),
    }
}

/// What restoring a transaction needs from outside.
pub(crate) struct Restoring<'a> {
    pub(crate) places: &'a [Place],
    /// Makes the ids of the new changes.
    pub(crate) fresh_id: &'a dyn Fn() -> String,
    pub(crate) now: Millis,
}

/// Puts what was rolled back or taken back to the end of its lanes, with its values, to be sent again.
///
/// Errors: it has not failed, some of it is still to be taken back, or one of its changes cannot be made on what is here
/// now; then nothing is restored.
pub(crate) fn restore(
    tx: &Connection,
    row: &TransactionRecord,
    at: &Restoring<'_>,
) -> Result<Moved, StoreError> {
    let members: Vec<MutationRow> = restorable(tx, row)?;
    if row.state != TransactionState::Failed || members.is_empty() {
        return Err(refuse(
            RefusalCode::NotNow,
            format!("transaction {} has nothing to restore", row.id),
            "Only what was rolled back can be restored; retry a single change in the queue.",
        ));
    }
    let (_, undoing) = transactions::tally(tx, &row.id)?;
    if undoing.unfinished() > 0 {
        // Sent later, that would take back what was done once more.
        return Err(refuse(
            RefusalCode::NotNow,
            format!("{} of transaction {} is still to be taken back", undoing.unfinished(), row.id),
            "Send again or discard what takes it back, then restore the transaction.",
        ));
    }
    transactions::set_error(tx, &row.id, None, false)?;
    // What a person put in the trash is no part of it any more.
    transactions::let_go_of_discarded(tx, &row.id)?;
    let mut moved = Moved::default();
    let (mut restored, mut waited_for) = (Vec::new(), Vec::new());
    for (index, member) in members.iter().enumerate() {
        let place = at.places.iter().find(|place| place.collection_id == member.collection_id);
        let place = place.ok_or_else(|| {
            refuse(
                RefusalCode::NotFound,
                "its collection is no longer kept",
                "Add the collection again first.",
            )
        })?;
        // It stays the account's that saved it, whoever is signed in by now.
        let saved_by = outbox::principal(tx, member.seq)?.unwrap_or_else(|| place.principal.clone());
        let place = &Place { principal: saved_by, ..place.clone() };
        let waits_for = edges::waits_for(tx, member.seq)?;
        let edit = Edit {
            kind: again(tx, member)?,
            mutation_id: (at.fresh_id)(),
            metadata: member.metadata.clone(),
            priority: Some(member.priority),
            member: Some(Member {
                transaction: row.id.clone(),
                gated: row.strategy.locks(),
                compensates: None,
            }),
            depends_on: waits_for.iter().map(|seq| outbox::id_of(tx, *seq)).collect::<Result<_, _>>()?,
            now: at.now,
        };
        let saved = put_back(tx, place, member, &edit, at.now);
        let part = saved.map_err(|error| in_change(error, index + 1, members.len()))?;
        moved.append(part);
        moved.changes.push(member.id.clone());
        let new = outbox::by_id(tx, &edit.mutation_id)?;
        if member.state == MutationState::Parked {
            waited_for.extend(give_place(tx, member, new.as_ref(), at.now)?);
        } else if let Some(new) = &new {
            outbox::is_done_again_by(tx, member.seq, &new.id)?;
        }
        restored.extend(new.filter(is_in_line));
    }
    // A later one of the same record may have taken an earlier one away; nothing would ever wake what waits for that.
    let still_waits = |member: MutationRow| {
        let now = outbox::by_seq(tx, member.seq);
        now.map(|now| now.filter(is_in_line)).transpose()
    };
    let restored = restored.into_iter().filter_map(still_waits).collect::<Result<Vec<_>, _>>()?;
    put_in_order(tx, row, &restored)?;
    for seq in waited_for {
        waits::refuse_circle_behind(tx, seq)?;
    }
    let happened = Happened::TransactionRestored { transaction: row.id.clone() };
    activity::write(tx, &NewLine::of_link(&happened, row.link_id, at.now))?;
    Ok(moved)
}

/// Ends what was rolled back for the change that holds its values now; what waits for it waits for that one, since an ended
/// one would never let it go. Where its values are here already, that is the last of its record, or none if they are the
/// server's own. Returns the place of what is waited for now.
fn give_place(
    tx: &Connection,
    member: &MutationRow,
    new: Option<&MutationRow>,
    now: Millis,
) -> Result<Option<i64>, StoreError> {
    let holds = match new.map(|new| new.into_id.as_deref()) {
        Some(Some(into)) => outbox::by_id(tx, into)?,
        Some(None) => new.cloned(),
        None => match records::by_rid(tx, member.collection_id, &member.rid)? {
            Some(record) => outbox::lane(tx, record.id)?.pop(),
            None => None,
        },
    };
    let waited_for = holds.as_ref().filter(|holds| is_in_line(holds)).map(|holds| holds.seq);
    if let Some(seq) = waited_for {
        edges::hand_over(tx, member.seq, seq)?;
    }
    match new.or(holds.as_ref()) {
        Some(taker) => outbox::end(tx, member, Ended::Combined(&taker.id), now)?,
        None => outbox::end(tx, member, Ended::Cancelled, now)?,
    }
    Ok(waited_for)
}

/// It waits to be sent, also where its record's conflict has to be decided first.
fn is_in_line(member: &MutationRow) -> bool {
    matches!(member.state, MutationState::Queued | MutationState::Conflicted)
}

/// Saves a restored edit. Where the server's side moved since it was rolled back, it is planned as any edit is that was
/// made on an older version: what a colleague changed is merged or becomes a conflict, never written over.
fn put_back(
    tx: &Connection,
    place: &Place,
    member: &MutationRow,
    edit: &Edit,
    now: Millis,
) -> Result<Moved, StoreError> {
    let record = records::by_rid(tx, place.collection_id, &member.rid)?;
    let was = match &member.undo_doc {
        Some(text) => Some((records::serde_json_value(text)?, false)),
        None => made_here(tx, member, record.as_ref())?.map(|was| (was, true)),
    };
    let (Some((was, made_here)), Some(record)) = (was, record) else {
        return Ok(edit::save(tx, place, edit)?.1);
    };
    // What was made here has what the server added to it by now.
    let stands =
        |base: &Value| if made_here { contains(base, &was, &place.id_field) } else { same(base, &was) };
    if record.base.document.as_ref().is_some_and(stands) {
        return Ok(edit::save(tx, place, edit)?.1);
    }
    if outbox::has_lane(tx, record.id)? {
        return Err(refuse(
            RefusalCode::NotNow,
            format!("'{}' changed on the server and has other changes waiting here", record.title),
            "Send these first, then restore the transaction.",
        ));
    }
    let before = SideState { document: Some(was.clone()), version: None, at: None, by: None };
    records::set_base(tx, &record, &before, Some(&was), true, &place.rules)?;
    let (_, mut moved) = edit::save(tx, place, edit)?;
    let origin = Origin { pull_ack_seq: None, generation: None, may_be_in: false, now };
    reconcile(tx, place, &record.rid, &remote_of(record.base), &origin, &mut moved)?;
    Ok(moved)
}

/// What a change was made on whose record was made here, too, and not on the server yet when it was rolled back. Where the
/// server has a record of that name by now, it may be a colleague's.
fn made_here(
    tx: &Connection,
    member: &MutationRow,
    record: Option<&RecordRow>,
) -> Result<Option<Value>, StoreError> {
    let alters = matches!(member.operation, Operation::Update | Operation::Delete);
    if !alters || record.is_none_or(|record| record.base.document.is_none()) {
        return Ok(None);
    }
    let before = outbox::of_record_before(tx, member)?;
    Ok(before.iter().fold(None, |document, change| on_top(document, change).0))
}

/// What was made is there, whatever the server added and however it is called.
fn contains(there: &Value, made: &Value, id_field: &str) -> bool {
    let Value::Object(made) = made else { return same(there, made) };
    made.iter()
        .all(|(name, value)| name == id_field || there.get(name).is_some_and(|there| same(there, value)))
}

/// Members that were rolled back, and accepted ones that a saga took back and that nothing does again yet, in their order.
fn restorable(tx: &Connection, row: &TransactionRecord) -> Result<Vec<MutationRow>, StoreError> {
    let all = outbox::members(tx, &row.id, &[MutationState::Parked, MutationState::Confirmed])?;
    let taken_back = |member: &MutationRow| {
        all.iter().any(|other| {
            other.compensates.as_ref() == Some(&member.id) && other.state == MutationState::Confirmed
        })
    };
    let wanted = |member: &&MutationRow| {
        member.compensates.is_none()
            && match member.state {
                MutationState::Parked => member.record_id == 0,
                _ => member.into_id.is_none() && taken_back(member),
            }
    };
    Ok(all.iter().filter(wanted).cloned().collect())
}

/// The same edit once more, as it fits what is here now.
fn again(tx: &Connection, member: &MutationRow) -> Result<EditKind, StoreError> {
    let rid = member.rid.clone();
    let record = records::by_rid(tx, member.collection_id, &rid)?;
    // Of what it was made on, or of what is here now.
    let is_here = member.undo_doc.is_some() || record.is_some_and(|record| record.local.is_some());
    Ok(match member.operation {
        Operation::Update => EditKind::Update { rid, changes: member.changes.clone() },
        Operation::Delete | Operation::Request => EditKind::Delete { rid },
        Operation::Create | Operation::Replace if is_here && member.operation == Operation::Replace => {
            EditKind::Update { rid, changes: vec![Change::set("", whole(member)?)] }
        }
        Operation::Create | Operation::Replace => {
            EditKind::Create { document: whole(member)?, fresh_id: rid }
        }
    })
}

fn whole(member: &MutationRow) -> Result<Value, StoreError> {
    change::apply(&Value::Object(Map::new()), &member.changes)
        .map_err(|error| StoreError::Corrupt(error.to_string()))
}
