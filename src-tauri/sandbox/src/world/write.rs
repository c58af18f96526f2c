//! One change of one record: facts, decision, effect.

use super::answer::{Answer, ProblemKind};
use super::call::{Caller, Form, Precondition, Write};
use super::document::{self, check_id, invalid};
use super::read::{ItemOf, item_json};
use super::version;
use crate::options::SeedRecord;
use crate::store::changes::{self, Cause};
use crate::store::records::{self, RecordRow};
use crate::store::{StoreError, Tx, collections};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use std::collections::VecDeque;

/// The counter at which one transaction's changes are made.
pub(super) struct Desk<'a> {
    pub tx: &'a Tx,
    pub epoch: &'a str,
    /// The last place given out.
    pub seq: i64,
    /// Places given out beforehand.
    pub places: VecDeque<i64>,
    pub caller: &'a Caller,
    /// New records are named here, not by the client.
    pub names_records: bool,
    /// Milliseconds since 1970.
    pub now: i64,
}

/// What a permitted write leads to.
enum Decision {
    /// The record gets this text.
    Store { status: u16, doc: String },
    /// The record becomes a tombstone.
    Bury,
}

impl Desk<'_> {
    /// Makes one change.
    pub fn apply(&mut self, write: &Write, fingerprint: &str) -> Result<Answer, StoreError> {
        // The place is taken even by a refused write: a reserved number that nobody uses is a harmless gap.
        let reserved = self.places.pop_front();
        if !collections::exists(self.tx, &write.collection)? {
            let detail = format!("There is no collection {:?}.", write.collection);
            return Ok(Answer::refuse(ProblemKind::NotFound, detail));
        }
        let own_name;
        let write = match (self.names_records && write.form == Form::Create, &write.id) {
            (true, None) => {
                own_name = self.named(write, reserved);
                &own_name
            }
            (true, Some(_)) | (false, _) => write,
        };
        let (id, proposed) = match read_body(write) {
            Ok(read) => read,
            Err(refusal) => return Ok(refusal),
        };
        let current = records::get(self.tx, &write.collection, &id)?;
        if self.names_records && write.form == Form::Put && current.is_none() {
            return Ok(invalid("New records are named here: POST them without an `id`."));
        }
        let decision = match decide(write, &id, proposed, current.as_ref()) {
            Ok(decision) => decision,
            Err(refusal) => return Ok(refusal),
        };
        let seq = reserved.unwrap_or_else(|| {
            self.seq += 1;
            self.seq
        });
        let (status, doc) = match decision {
            Decision::Store { status, doc } => (status, Some(doc)),
            Decision::Bury => (200, None),
        };
        let row = RecordRow {
            collection: write.collection.clone(),
            id,
            seq,
            version: version::of(seq, doc.as_deref()),
            doc,
            modified_at: self.now,
            modified_by: self.caller.name().to_owned(),
        };
        records::put(self.tx, &row)?;
        let cause = Cause {
            op: write.form.as_str().to_owned(),
            key: write.key.clone(),
            fingerprint: Some(fingerprint.to_owned()),
            client: self.caller.client.clone(),
            client_order: self.caller.order,
        };
        changes::append(self.tx, self.epoch, &row, &cause)?;
        let body = match &row.doc {
            Some(doc) => doc.clone(),
            None => item_json(&row),
        };
        Ok(Answer::ok(status, Some(row.version), body))
    }

    /// The same request with the name that its record gets; a document that brings another is refused by its `id`.
    fn named(&self, write: &Write, reserved: Option<i64>) -> Write {
        let id = format!("s{}", reserved.unwrap_or(self.seq + 1));
        Write { id: Some(id), ..write.clone() }
    }
}

/// Puts one of the first records there; it is no effect of anybody, but the log needs it for older copies.
pub(super) fn seed(
    tx: &Tx,
    epoch: &str,
    seq: i64,
    record: &SeedRecord,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let doc = Value::Object(record.doc.clone()).to_string();
    let row = RecordRow {
        collection: record.collection.clone(),
        id: record.id.clone(),
        seq,
        version: version::of(seq, Some(&doc)),
        doc: Some(doc),
        modified_at: record.modified_at.unwrap_or(now).timestamp_millis(),
        modified_by: record.modified_by.clone(),
    };
    records::put(tx, &row)?;
    changes::append(tx, epoch, &row, &Cause { op: "seed".to_owned(), ..Cause::default() })
}

/// The id that is meant, and the parsed body of those forms that have one.
fn read_body(write: &Write) -> Result<(String, Option<Value>), Answer> {
    let proposed = match write.form {
        Form::Create | Form::Put => Some(Value::Object(document::object(&write.body)?)),
        Form::MergePatch => Some(Value::Object(document::object(&write.body)?)),
        Form::JsonPatch | Form::Delete => None,
    };
    let id = match (&write.id, &proposed) {
        (Some(id), _) => id.clone(),
        (None, Some(doc)) => match doc.get("id") {
            Some(Value::String(id)) => id.clone(),
            Some(_) => return Err(invalid("The document's `id` is not a text.")),
            None => return Err(invalid("The document has no `id`; the client chooses it.")),
        },
        (None, None) => return Err(invalid("No record is named.")),
    };
    check_id(&id)?;
    Ok((id, proposed))
}

fn decide(
    write: &Write,
    id: &str,
    proposed: Option<Value>,
    current: Option<&RecordRow>,
) -> Result<Decision, Answer> {
    let alive = current.and_then(|row| row.doc.as_deref());
    check_precondition(&write.precondition, write.form, id, current)?;
    match write.form {
        Form::Create => match alive {
            Some(_) => Err(conflict("A record with this id is there already.", current)),
            None => store(201, with_id(proposed.unwrap_or(Value::Null), id)?),
        },
        Form::Put => {
            store(if alive.is_some() { 200 } else { 201 }, with_id(proposed.unwrap_or(Value::Null), id)?)
        }
        Form::MergePatch => {
            let mut doc = document::parse(alive.ok_or_else(|| missing(id, current))?)?;
            document::merge_patch(&mut doc, proposed.unwrap_or(Value::Null));
            store(200, with_id(doc, id)?)
        }
        Form::JsonPatch => {
            let mut doc = document::parse(alive.ok_or_else(|| missing(id, current))?)?;
            document::json_patch(&mut doc, &write.body)?;
            store(200, with_id(doc, id)?)
        }
        Form::Delete => match alive {
            Some(_) => Ok(Decision::Bury),
            None => Err(missing(id, current)),
        },
    }
}

fn store(status: u16, doc: Value) -> Result<Decision, Answer> {
    let doc = doc.to_string();
    if doc.len() > super::call::MAX_BODY {
        return Err(Answer::refuse(ProblemKind::TooLarge, "A record has at most 16 MiB."));
    }
    Ok(Decision::Store { status, doc })
}

/// `If-Match` and `If-None-Match`. A tombstone has a version, so a write may name it to bring the record
/// back; deleting what is deleted is always said to be gone, whatever version was named.
fn check_precondition(
    precondition: &Precondition,
    form: Form,
    id: &str,
    current: Option<&RecordRow>,
) -> Result<(), Answer> {
    if precondition.if_match.is_some() && precondition.if_none_match.is_some() {
        return Err(invalid("If-Match and If-None-Match exclude each other."));
    }
    let alive = current.is_some_and(|row| row.doc.is_some());
    if let Some(header) = &precondition.if_none_match {
        return match (header.trim() == "*", alive) {
            (false, _) => Err(invalid("A write takes only `If-None-Match: *`.")),
            (true, true) => Err(conflict("A record with this id is there already.", current)),
            (true, false) => Ok(()),
        };
    }
    let Some(header) = &precondition.if_match else { return Ok(()) };
    match current {
        None => Err(missing(id, None)),
        Some(row) if row.doc.is_none() && form == Form::Delete => Err(missing(id, current)),
        Some(row) if header.trim() == "*" && row.doc.is_none() => Err(missing(id, current)),
        Some(row) if version::strong_match(header, Some(&row.version)) => Ok(()),
        Some(_) => Err(conflict("Somebody else wrote in between.", current)),
    }
}

/// The document with its `id`, which is filled in or must be the one that is meant.
fn with_id(doc: Value, id: &str) -> Result<Value, Answer> {
    let Value::Object(mut members) = doc else {
        return Err(invalid("A document is a JSON object."));
    };
    match members.get("id") {
        Some(Value::String(named)) if named == id => {}
        Some(_) => return Err(invalid(format!("The document's `id` is not {id:?}; ids do not change."))),
        None => {
            members.shift_insert(0, "id".to_owned(), Value::String(id.to_owned()));
        }
    }
    Ok(Value::Object(members))
}

/// 412 with what is there.
fn conflict(detail: &str, current: Option<&RecordRow>) -> Answer {
    let mut more = Map::new();
    if let Some(row) = current {
        more.insert("current".to_owned(), ItemOf(row).to_value());
    }
    let mut answer = Answer::refuse_with(
        ProblemKind::VersionConflict,
        ProblemKind::VersionConflict.status(),
        detail,
        more,
    );
    answer.version = current.map(|row| row.version.clone());
    answer
}

/// 404 for what never was, 410 for what was deleted.
pub(super) fn missing(id: &str, current: Option<&RecordRow>) -> Answer {
    let Some(row) = current else {
        return Answer::refuse(ProblemKind::NotFound, format!("There was never a record {id:?}."));
    };
    let mut more = Map::new();
    more.insert("version".to_owned(), row.version.clone().into());
    more.insert("current".to_owned(), ItemOf(row).to_value());
    let detail = format!("The record {id:?} was deleted.");
    let mut answer = Answer::refuse_with(ProblemKind::Gone, ProblemKind::Gone.status(), detail, more);
    answer.version = Some(row.version.clone());
    answer
}
