//! What a change refers to and must not be sent before (row C8, `engine.md` 5).

use super::rename;
use super::seal::park_unsendable;
use crate::store::outbox::{self, MutationRow};
use crate::store::places::{Place, refuse};
use crate::store::records::{self, RecordRow};
use crate::store::{StoreError, aliases, collections, edges, transactions};
use rusqlite::Connection;
use serde_json::Value;
use tidemark_model::change::{self, Change};
use tidemark_model::mutation::Operation;
use tidemark_model::number::Millis;
use tidemark_model::temporary;
use tidemark_model::view::RefusalCode;

/// How many records are looked at in search of a circle. A longer one is met at sealing, where nobody waits for it.
const FAR: usize = 1_000;

/// A create that the server does not have yet.
struct Unsent {
    create: MutationRow,
    record: RecordRow,
}

/// The creates that a document refers to, by declared references and by temporary ids.
fn unsent(
    tx: &Connection,
    link_id: i64,
    references: &[(String, i64)],
    document: &Value,
) -> Result<Vec<Unsent>, StoreError> {
    let mut named: Vec<(i64, String)> = Vec::new();
    for (path, collection_id) in references {
        if let Some(rid) = document.pointer(path).and_then(Value::as_str) {
            named.push((*collection_id, rid.to_owned()));
        }
    }
    for id in temporary::ids_in(document) {
        // Wherever it stands it can only be sent once the server has named it.
        named.extend(aliases::of_link(tx, link_id, id)?);
    }
    let mut found: Vec<Unsent> = Vec::new();
    for (collection_id, rid) in named {
        let Some(record) = records::by_rid(tx, collection_id, &rid)? else { continue };
        if record.base.document.is_some() || found.iter().any(|other| other.record.id == record.id) {
            continue;
        }
        let create = outbox::lane(tx, record.id)?.into_iter().find(|m| m.operation == Operation::Create);
        found.extend(create.map(|create| Unsent { create, record }));
    }
    Ok(found)
}

/// The places in the queue of the creates that `after` refers to.
pub(crate) fn of(tx: &Connection, place: &Place, after: Option<&Value>) -> Result<Vec<i64>, StoreError> {
    let Some(after) = after else { return Ok(Vec::new()) };
    let parents = unsent(tx, place.link_id, &place.references, after)?;
    Ok(parents.into_iter().map(|parent| parent.create.seq).collect())
}

/// The places in the queue of the creates whose temporary ids stand in some changes, wherever.
pub(crate) fn of_ids(tx: &Connection, link_id: i64, changes: &[Change]) -> Result<Vec<i64>, StoreError> {
    let mut found = Vec::new();
    for change in changes {
        if let Change::Set { set, .. } = change {
            found.extend(unsent(tx, link_id, &[], set)?.into_iter().map(|parent| parent.create.seq));
        }
    }
    Ok(found)
}

/// A change whose parents are known from another way than an edit, e.g. a resolution.
pub(crate) fn attach(
    tx: &Connection,
    place: &Place,
    seq: i64,
    document: Option<&Value>,
) -> Result<(), StoreError> {
    wait_for(tx, seq, &of(tx, place, document)?)
}

/// `seq` waits for its parents that are older; where one of them waits for it, neither can go first.
pub(crate) fn wait_for(tx: &Connection, seq: i64, parents: &[i64]) -> Result<(), StoreError> {
    for parent in parents {
        if *parent < seq && !edges::leads_to(tx, *parent, seq)? {
            edges::add(tx, seq, *parent)?;
        }
    }
    Ok(())
}

/// Refuses a new record that an unsent one which it refers to waits for: neither could be sent first.
pub(crate) fn refuse_circle(
    tx: &Connection,
    place: &Place,
    record: &RecordRow,
    document: &Value,
) -> Result<(), StoreError> {
    let Some(circle) = circle(tx, place, record, document)? else { return Ok(()) };
    Err(refuse(
        RefusalCode::Invalid,
        format!("these records refer to each other and none of them is on the server yet: {circle}"),
        "Save this one without the reference; once it is saved, set the reference.",
    ))
}

/// Whether an edit must not join the unsent create of its own record: what it refers to waits for that create, or is it.
pub(crate) fn stands_apart(
    tx: &Connection,
    place: &Place,
    record: &RecordRow,
    tail: Option<&MutationRow>,
    changes: &[Change],
    after: Option<&Value>,
) -> Result<bool, StoreError> {
    let (Some(tail), Some(after)) = (tail, after) else { return Ok(false) };
    if tail.operation != Operation::Create {
        return Ok(false);
    }
    let own =
        temporary::is(&record.rid) && temporary::replaced_in(changes, &record.rid, &Value::Null).is_some();
    Ok(own || circle(tx, place, record, after)?.is_some())
}

/// The way from a document over unsent creates back to its own record, in words.
fn circle(
    tx: &Connection,
    place: &Place,
    record: &RecordRow,
    document: &Value,
) -> Result<Option<String>, StoreError> {
    let name = |collection: &str, rid: &str| format!("{collection} '{rid}'");
    let start = name(&place.collection, &record.rid);
    let mut open: Vec<(Unsent, String)> = Vec::new();
    let mut seen = vec![record.id];
    let first = unsent(tx, place.link_id, &place.references, document)?;
    open.extend(first.into_iter().map(|parent| (parent, start.clone())));
    while let Some((parent, way)) = open.pop() {
        if seen.contains(&parent.record.id) || seen.len() > FAR {
            continue;
        }
        seen.push(parent.record.id);
        let Some((collection, references)) = references_of(tx, place.link_id, parent.record.collection_id)?
        else {
            continue;
        };
        let way = format!("{way} → {}", name(&collection, &parent.record.rid));
        let Ok(sent) = change::apply(&serde_json::json!({}), &parent.create.changes) else { continue };
        let back = |(path, target): &(String, i64)| {
            *target == record.collection_id && sent.pointer(path).and_then(Value::as_str) == Some(&record.rid)
        };
        if references.iter().any(back) || temporary::ids_in(&sent).contains(&record.rid.as_str()) {
            return Ok(Some(format!("{way} → {start}")));
        }
        let further = unsent(tx, place.link_id, &references, &sent)?;
        open.extend(further.into_iter().map(|next| (next, way.clone())));
    }
    Ok(None)
}

type Named = (String, Vec<(String, i64)>);

/// A collection's name and its references, with the collections' keys.
fn references_of(tx: &Connection, link_id: i64, collection_id: i64) -> Result<Option<Named>, StoreError> {
    let Some(collection) = collections::get(tx, collection_id)? else { return Ok(None) };
    let mut references = Vec::new();
    for reference in &collection.settings.references {
        if let Some(target) = collections::by_name(tx, link_id, &reference.collection)? {
            references.push((reference.path.clone(), target.id));
        }
    }
    Ok(Some((collection.name, references)))
}

/// The last look before a change is sealed: whether something that it refers to still has to go before it.
///
/// Parents that were made after their child are met here, and so is what an edit could not know. A body with a temporary
/// id is never sealed: it waits, or takes the server's id, or is parked where nobody will ever make the record.
pub(crate) fn must_wait(
    tx: &Connection,
    place: &Place,
    mutation: &MutationRow,
    document: Option<&Value>,
    now: Millis,
) -> Result<bool, StoreError> {
    let Some(document) = document else { return Ok(false) };
    let mut body = document.clone();
    if let (Value::Object(fields), Operation::Create) = (&mut body, mutation.operation) {
        // A new record's own id is the connector's to leave out.
        fields.shift_remove(&place.id_field);
    }
    let mut waits = false;
    for parent in unsent(tx, place.link_id, &place.references, &body)? {
        if goes_with(tx, mutation, &parent.create)? {
            continue;
        }
        if parent.record.id == mutation.record_id || edges::leads_to(tx, parent.create.seq, mutation.seq)? {
            // Neither can go first: it is sent as it is, or parked below.
            continue;
        }
        edges::add(tx, mutation.seq, parent.create.seq)?;
        waits = true;
    }
    if waits {
        return Ok(true);
    }
    let Some(id) = temporary::ids_in(&body).first().map(|id| (*id).to_owned()) else { return Ok(false) };
    if let Some(named) = rename::named(tx, place.link_id, &id)? {
        rename::map_record(tx, mutation.record_id, &id, &named)?;
        return Ok(true);
    }
    park_unsendable(
        tx,
        mutation,
        &format!(
            "it refers to '{id}', which the server cannot be told of: this connection made no such record there"
        ),
        now,
    )?;
    Ok(true)
}

/// Whether both go in one request.
fn goes_with(tx: &Connection, mutation: &MutationRow, parent: &MutationRow) -> Result<bool, StoreError> {
    match &mutation.transaction_id {
        Some(id) if parent.transaction_id.as_ref() == Some(id) => transactions::is_atomic(tx, id),
        Some(_) | None => Ok(false),
    }
}
