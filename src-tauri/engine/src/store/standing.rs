//! Which state this database is in, and how its last session ended; the note beside it is `generation.rs`.

use super::StoreError;
use super::activity::{self, NewLine};
use super::meta;
use super::verbs::{old_copy, settle};
use crate::generation::{Found, Generation, Verdict, judge};
use rusqlite::Connection;
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{Happened, PutBack};

/// Set while a sender has it open: found at an open, the last session ended without a goodbye.
const RUNNING: &str = "running";
/// Set until a quick check has found nothing after such an end.
const CHECK_DUE: &str = "check_due";
/// Set once the note beside the database is on disk.
const NOTED: &str = "generation_noted";
/// Set from an old copy's opening until a person has seen that.
const PUT_BACK: &str = "put_back";

/// What a sender found and made of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Taken {
    /// The epoch of sending that begins.
    pub(crate) epoch: i64,
    /// The state to be noted beside the database.
    pub(crate) generation: Generation,
    /// An old copy was put back: so many changes may have been sent already.
    pub(crate) put_back: Option<PutBack>,
}

/// A sender takes the database: a new epoch and a new generation; in an old copy everything unsent is in doubt.
pub(crate) fn take(
    tx: &Connection,
    note: Option<&Generation>,
    fresh: &str,
    now: Millis,
) -> Result<Taken, StoreError> {
    meta::set_if_absent(tx, "created_at", &now.0.to_string())?;
    let found = found(tx)?;
    let epoch = settle::take_over(tx)?;
    let verdict = judge(&found, note);
    let put_back = match verdict {
        Verdict::Newest => None,
        Verdict::OldCopy => {
            let put_back = PutBack { at: now, in_doubt: Count::of(old_copy::put_in_doubt(tx)?) };
            meta::set(tx, PUT_BACK, &serde_json::to_string(&put_back)?)?;
            let happened = Happened::OldCopy { in_doubt: put_back.in_doubt };
            activity::write(tx, &NewLine::of_all(&happened, now))?;
            Some(put_back)
        }
    };
    let known = found.generation.filter(|_| verdict == Verdict::Newest);
    // A copy goes on as a database of its own: two that go on from one state must not be taken for each other.
    let instance = known.as_ref().map_or(fresh, |known| &known.instance).to_owned();
    let newest = known.map_or(0, |known| known.number).max(note.map_or(0, |note| note.number));
    let generation = Generation { instance, number: newest + 1 };
    meta::set(tx, "instance", &generation.instance)?;
    meta::set(tx, "generation", &generation.number.to_string())?;
    if meta::get(tx, RUNNING)?.is_some() {
        meta::set(tx, CHECK_DUE, &now.0.to_string())?;
    }
    meta::set(tx, RUNNING, &now.0.to_string())?;
    Ok(Taken { epoch, generation, put_back })
}

fn found(tx: &Connection) -> Result<Found, StoreError> {
    let number = meta::number(tx, "generation")?;
    let empty: bool = tx.query_row(
        "SELECT NOT EXISTS (SELECT 1 FROM links) AND NOT EXISTS (SELECT 1 FROM outbox)",
        [],
        |row| row.get(0),
    )?;
    Ok(Found {
        generation: meta::get(tx, "instance")?.map(|instance| Generation { instance, number }),
        noted: meta::get(tx, NOTED)?.is_some(),
        empty,
    })
}

/// The generation rises, because something is about to leave this computer or the session ends.
pub(crate) fn raise(tx: &Connection) -> Result<Generation, StoreError> {
    let number = meta::next(tx, "generation")?;
    Ok(Generation { instance: meta::get(tx, "instance")?.unwrap_or_default(), number })
}

/// The note is on disk for the first time.
pub(crate) fn noted(tx: &Connection) -> Result<(), StoreError> {
    meta::set_if_absent(tx, NOTED, "1")
}

/// The session ends in good order.
pub(crate) fn rest(tx: &Connection) -> Result<Generation, StoreError> {
    meta::clear(tx, RUNNING)?;
    raise(tx)
}

/// Whether the last session ended without a goodbye, and nobody has looked since.
pub(crate) fn is_check_due(tx: &Connection) -> Result<bool, StoreError> {
    Ok(meta::get(tx, CHECK_DUE)?.is_some())
}

/// A check found nothing.
pub(crate) fn checked(tx: &Connection, now: Millis) -> Result<(), StoreError> {
    activity::write(tx, &NewLine::of_all(&Happened::StoreChecked {}, now))?;
    meta::clear(tx, CHECK_DUE)
}

/// The old copy that was put back, until a person has seen that.
pub(crate) fn put_back(tx: &Connection) -> Result<Option<PutBack>, StoreError> {
    Ok(meta::get(tx, PUT_BACK)?.map(|text| serde_json::from_str(&text)).transpose()?)
}

/// A person has seen that an old copy was put back.
pub(crate) fn seen_put_back(tx: &Connection) -> Result<(), StoreError> {
    meta::clear(tx, PUT_BACK)
}
