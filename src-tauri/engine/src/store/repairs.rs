//! Each collection's repair: where it stands, and its last step of each kind for whoever tells them (rows E2, F3, F4).
//!
//! Kept in `meta` under the collection's key, so that a try goes on under its number after a restart, and a program that
//! does not send tells the same steps as the one that does.

use super::{CollectionRow, StoreError, meta};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use std::mem::discriminant;
use tidemark_model::number::Count;
use tidemark_model::view::{GapReason, LastError};

/// What stands before a collection's key.
const KEY: &str = "repair:";

/// A link's collection that is under repair and failed in it, where `links` is the row around it.
pub(super) const DEGRADED: &str = "EXISTS (SELECT 1 FROM collections c JOIN meta m ON m.key = 'repair:' || c.id
    WHERE c.link_id = links.id AND c.paused = 0 AND c.full_running = 1 AND json_extract(m.value, '$.degraded'))";

/// How the repair of a collection stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Repair {
    /// Of the last step; it only rises.
    pub(crate) number: i64,
    /// Why it is repaired, or was last.
    reason: Option<GapReason>,
    /// Tries begun since the whole sets were equal.
    attempt: i64,
    /// One of them is under way.
    begun: bool,
    /// One of them failed.
    degraded: bool,
    /// Records that the comparison brought so far.
    brought: i64,
    /// Records that it removed so far.
    removed: i64,
    /// The last of each kind, in their order.
    steps: Vec<(i64, Step)>,
}

/// Something that is told of a repair.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    Gap { position: Option<String>, reason: GapReason },
    Started { attempt: Count, position: Option<String>, reason: Option<GapReason> },
    Failed { attempt: Count, position: Option<String>, error: LastError },
    Degraded { attempt: Count, error: LastError },
    Completed { attempt: Count, compared: Count, brought: Count, removed: Count },
}

impl Repair {
    /// What is not told yet of a repair that was told up to a step.
    pub(crate) fn since(&self, number: i64) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(move |(step, _)| *step > number).map(|(_, step)| step)
    }

    fn takes(&mut self, step: Step) {
        self.number += 1;
        self.steps.retain(|(_, before)| discriminant(before) != discriminant(&step));
        self.steps.push((self.number, step));
    }
}

fn get(tx: &Connection, collection_id: i64) -> Result<Repair, StoreError> {
    let text = meta::get(tx, &format!("{KEY}{collection_id}"))?;
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?.unwrap_or_default())
}

fn put(tx: &Connection, collection_id: i64, repair: &Repair) -> Result<(), StoreError> {
    meta::set(tx, &format!("{KEY}{collection_id}"), &serde_json::to_string(repair)?)
}

/// The collection is gone from this computer.
pub(crate) fn forget(tx: &Connection, collection_id: i64) -> Result<(), StoreError> {
    meta::clear(tx, &format!("{KEY}{collection_id}"))
}

/// The repairs of a link's collections, with their keys and names.
pub(crate) fn of_link(tx: &Connection, link_id: i64) -> Result<Vec<(i64, String, Repair)>, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT c.id, c.name, m.value FROM collections c JOIN meta m ON m.key = ?2 || c.id
          WHERE c.link_id = ?1 ORDER BY c.id",
    )?;
    let mut rows = statement.query((link_id, KEY))?;
    let mut repairs = Vec::new();
    while let Some(row) = rows.next()? {
        repairs.push((row.get(0)?, row.get(1)?, serde_json::from_str(&row.get::<_, String>(2)?)?));
    }
    Ok(repairs)
}

/// The collection's checkpoint is void. A repair that is under way begins anew, as its next try.
pub(crate) fn gap(tx: &Connection, collection: &CollectionRow, reason: GapReason) -> Result<(), StoreError> {
    let mut repair = get(tx, collection.id)?;
    if !collection.is_repaired() {
        (repair.attempt, repair.degraded) = (0, false);
    }
    (repair.reason, repair.begun, repair.brought, repair.removed) = (Some(reason), false, 0, 0);
    let position = collection.checkpoint.as_ref().map(|checkpoint| checkpoint.token.clone());
    repair.takes(Step::Gap { position, reason });
    put(tx, collection.id, &repair)
}

/// Whether no try to repair it is under way.
pub(crate) fn rests(tx: &Connection, collection_id: i64) -> Result<bool, StoreError> {
    Ok(!get(tx, collection_id)?.begun)
}

/// A try begins.
pub(crate) fn begin(tx: &Connection, collection: &CollectionRow) -> Result<(), StoreError> {
    let mut repair = get(tx, collection.id)?;
    repair.attempt += 1;
    repair.begun = true;
    let position = collection.checkpoint.as_ref().map(|checkpoint| checkpoint.token.clone());
    let (attempt, reason) = (Count(repair.attempt), repair.reason);
    repair.takes(Step::Started { attempt, position, reason });
    put(tx, collection.id, &repair)
}

/// The try that is under way was interrupted by an error; nothing where none is.
pub(crate) fn fail(tx: &Connection, collection: &CollectionRow, error: &LastError) -> Result<(), StoreError> {
    let mut repair = get(tx, collection.id)?;
    if !repair.begun || !collection.is_repaired() || collection.paused {
        return Ok(());
    }
    let sql = format!("SELECT 1 FROM links WHERE id = ?1 AND {DEGRADED}");
    let enters = !tx.prepare_cached(&sql)?.exists([collection.link_id])?;
    (repair.begun, repair.degraded) = (false, true);
    let position = collection.checkpoint.as_ref().map(|checkpoint| checkpoint.token.clone());
    let attempt = Count(repair.attempt);
    repair.takes(Step::Failed { attempt, position, error: error.clone() });
    if enters {
        repair.takes(Step::Degraded { attempt, error: error.clone() });
    }
    put(tx, collection.id, &repair)
}

/// What a page of the comparison brought and removed; the last one with how many rows the server listed in all.
pub(crate) fn page(
    tx: &Connection,
    collection_id: i64,
    (brought, removed): (i64, i64),
    compared: Option<i64>,
) -> Result<(), StoreError> {
    let mut repair = get(tx, collection_id)?;
    repair.brought += brought;
    repair.removed += removed;
    if let Some(compared) = compared {
        (repair.begun, repair.degraded) = (false, false);
        repair.takes(Step::Completed {
            attempt: Count(repair.attempt),
            compared: Count(compared),
            brought: Count(repair.brought),
            removed: Count(repair.removed),
        });
        (repair.attempt, repair.brought, repair.removed) = (0, 0, 0);
    }
    put(tx, collection_id, &repair)
}
