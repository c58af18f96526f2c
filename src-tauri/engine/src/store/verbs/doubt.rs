//! Changes of which only a person can find out whether the server took them (`engine.md` 4, step 3).

use super::reconcile::{self, Became, Origin};
use super::rename;
use super::settle;
use super::{Moved, park as parking};
use crate::store::outbox::{self, MutationRow};
use crate::store::places::{Place, refuse};
use crate::store::{StoreError, activity, attempts, daily, records};
use rusqlite::Connection;
use serde_json::Value;
use tidemark_model::connector::{Capabilities, Remote};
use tidemark_model::failure::{ErrorClass, Failure};
use tidemark_model::mutation::{MutationState, Operation};
use tidemark_model::number::Millis;
use tidemark_model::temporary;
use tidemark_model::uncertain::has_all_of;
use tidemark_model::view::{Happened, MayBeIt, RefusalCode};

/// How many records are offered.
const OFFERED: usize = 20;
/// How many records that came since are looked at.
const LOOKED_AT: usize = 5_000;

/// Whether nothing can be learnt by reading.
pub(crate) fn is_beyond_reading(mutation: &MutationRow, capabilities: &Capabilities) -> bool {
    is_nameless(mutation.operation, &mutation.rid, capabilities)
}

/// A record that the server names cannot be asked for before it is named.
pub(crate) fn is_nameless(operation: Operation, rid: &str, capabilities: &Capabilities) -> bool {
    operation == Operation::Create && (!capabilities.client_ids || temporary::is(rid))
}

/// It may have been sent: never repeated by itself, its bytes and its key stay.
pub(crate) fn park(
    tx: &Connection,
    mutation: &MutationRow,
    words: &str,
    now: Millis,
) -> Result<(), StoreError> {
    let failure = Failure::new(ErrorClass::Transient, words);
    outbox::set_failure(tx, mutation.seq, &failure, false, 0)?;
    outbox::set_may_be_in(tx, mutation.seq)?;
    parking::park(tx, mutation.seq, now)
}

/// The same for one whose answer was lost.
pub(crate) fn park_lost(tx: &Connection, mutation: &MutationRow, now: Millis) -> Result<(), StoreError> {
    daily::refused(tx, mutation.link_id, now)?;
    park(
        tx,
        mutation,
        match mutation.operation {
            Operation::Request => "it was sent and no answer came; the server may have done it",
            _ => "it was sent and no answer came; the server may have made the record",
        },
        now,
    )
}

/// The same for one that was sealed just now, in an old copy that was put back: it may have been sent since the copy.
pub(crate) fn park_unread(
    tx: &Connection,
    mutation: &MutationRow,
    attempt: i64,
    now: Millis,
) -> Result<(), StoreError> {
    attempts::take_back(tx, mutation.seq, attempt)?;
    outbox::keep_for_comparing(tx, mutation.seq)?;
    daily::refused(tx, mutation.link_id, now)?;
    park(
        tx,
        mutation,
        "an older copy of the local store was put back; the server may have made the record since",
        now,
    )
}

/// A parked create in doubt, by its id.
pub(crate) fn doubtful(tx: &Connection, id: &str) -> Result<MutationRow, StoreError> {
    let mutation = outbox::by_id(tx, id)?.ok_or_else(|| {
        refuse(RefusalCode::NotFound, format!("there is no change '{id}'"), "Look at the queue.")
    })?;
    if mutation.state == MutationState::Parked && mutation.may_be_in && mutation.key.is_some() {
        return Ok(mutation);
    }
    Err(refuse(
        RefusalCode::NotNow,
        format!("the change '{id}' is not one that may have been sent"),
        "Only those in \"Needs you\" that may have been sent are asked about.",
    ))
}

/// Records that came from the server since a doubtful create was made and hold everything that it holds.
pub(crate) fn candidates(
    tx: &Connection,
    mutation: &MutationRow,
    id_field: &str,
) -> Result<Vec<MayBeIt>, StoreError> {
    let Some(sent) = sent_fields(mutation, id_field)? else { return Ok(Vec::new()) };
    let later = records::made_after(tx, mutation.collection_id, mutation.record_id, LOOKED_AT)?;
    let alike = later
        .into_iter()
        .filter(|record| record.base.document.as_ref().is_some_and(|document| has_all_of(document, &sent)));
    let offer = |record: records::RecordRow| MayBeIt {
        record: record.rid,
        title: record.title,
        changed_at: record.base.at,
    };
    Ok(alike.take(OFFERED).map(offer).collect())
}

/// What was sent, without the id that was given here.
fn sent_fields(mutation: &MutationRow, id_field: &str) -> Result<Option<Value>, StoreError> {
    let mut sent = mutation.sealed_doc.as_deref().map(records::serde_json_value).transpose()?;
    if let Some(Value::Object(fields)) = &mut sent {
        fields.shift_remove(id_field);
    }
    Ok(sent)
}

/// A person says that it did not arrive: it goes again, under a new key.
pub(crate) fn send_again(tx: &Connection, id: &str, now: Millis) -> Result<Moved, StoreError> {
    let mutation = doubtful(tx, id)?;
    outbox::clear_doubt(tx, mutation.seq)?;
    outbox::repair(tx, mutation.seq)?;
    activity::of_change(tx, &mutation, &Happened::SentAgain { operation: mutation.operation }, now)?;
    let mut moved = Moved::default();
    moved.record(mutation.collection_id, &mutation.rid);
    moved.changes.push(mutation.id);
    Ok(moved)
}

/// A person says under which id it is there, and the server shows that record.
pub(crate) fn is_there(
    tx: &Connection,
    place: &Place,
    id: &str,
    (rid, server_names): (&str, bool),
    remote: &Remote,
    now: Millis,
) -> Result<Moved, StoreError> {
    let mutation = doubtful(tx, id)?;
    if rid != mutation.rid && !(server_names && mutation.operation == Operation::Create) {
        return Err(refuse(
            RefusalCode::Invalid,
            format!("the change '{id}' is about '{}' and cannot be there as '{rid}'", mutation.rid),
            "Only a new record on a server that names records itself has another id there.",
        ));
    }
    let Some(document) = remote.document() else {
        return Err(refuse(
            RefusalCode::NotFound,
            format!("the server has no record '{rid}' in {}", place.collection),
            "Look for it there, or send the change again.",
        ));
    };
    let mut moved = Moved::default();
    moved.changes.push(mutation.id.clone());
    moved.record(place.collection_id, &mutation.rid);
    let own = document.get(&place.id_field).cloned().unwrap_or_else(|| Value::String(rid.to_owned()));
    let is_it = sent_fields(&mutation, &place.id_field)?.is_some_and(|sent| has_all_of(document, &sent));
    if mutation.operation == Operation::Create && mutation.rid != temporary::text_of(&own) {
        rename::rename(tx, place, &mutation, &own, now, &mut moved)?;
    }
    let mutation = outbox::by_seq(tx, mutation.seq)?.unwrap_or(mutation);
    if is_it {
        settle::confirm_seen(tx, place, &mutation, remote, now, &mut moved)?;
        return Ok(moved);
    }
    // It holds something else: what was typed here is not given up for it, both sides are compared.
    outbox::clear_doubt(tx, mutation.seq)?;
    outbox::repair(tx, mutation.seq)?;
    let origin = Origin { pull_ack_seq: None, generation: None, may_be_in: true, now };
    let became = reconcile::reconcile(tx, place, &mutation.rid, remote, &origin, &mut moved)?;
    debug_assert_ne!(became, Became::SetAside, "nothing of it is on its way");
    Ok(moved)
}
