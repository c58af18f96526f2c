//! The deletion guard: what a pull would remove here, the question about it, and a person's yes (`engine.md` 8).

use crate::store::collections::{self, CollectionRow};
use crate::store::places::{Place, refuse};
use crate::store::{StoreError, outbox, records};
use rusqlite::Connection;
use std::collections::BTreeSet;
use tidemark_model::connector::{Page, Remote, Row};
use tidemark_model::number::{Count, Millis};
use tidemark_model::removals::must_ask;
use tidemark_model::view::{RefusalCode, Removals};

/// So many of the records that a question is about are kept to be shown.
const SHOWN: usize = 1_000;

/// The records here that a pull would remove, counted page by page without applying any.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outlook {
    going: BTreeSet<i64>,
    /// In a whole comparison: what the server still lists.
    listed: BTreeSet<i64>,
    nameless: i64,
    /// Every time that one was said to be gone, also where a later row brings it back.
    said_gone: i64,
    /// Rows looked at.
    pub(crate) rows: usize,
}

impl Outlook {
    /// Takes in one more page.
    pub(crate) fn add(&mut self, tx: &Connection, place: &Place, page: &Page) -> Result<(), StoreError> {
        let collection = collection(tx, place)?;
        self.rows += page.rows.len();
        for row in &page.rows {
            let (rid, gone) = match row {
                Row::Record { id, remote } => (id, matches!(remote, Remote::Deleted { .. })),
                Row::Unreadable { id: Some(id), .. } => (id, false),
                Row::Unreadable { id: None, .. } => {
                    self.nameless += 1;
                    continue;
                }
            };
            let Some(record) = records::by_rid(tx, place.collection_id, rid)? else { continue };
            if collection.full_generation.is_some() {
                self.listed.insert(record.id);
            }
            if !gone {
                self.going.remove(&record.id);
            } else if record.local.is_some() && !outbox::has_lane(tx, record.id)? {
                self.going.insert(record.id);
                self.said_gone += 1;
            }
        }
        if let (false, Some(generation)) = (page.more, collection.full_generation) {
            if collection.nameless_in_run + self.nameless > 0 {
                // Nothing goes because a list lacks it that cannot be read whole.
                return Ok(());
            }
            let unseen = records::unseen_clean(tx, place.collection_id, generation)?;
            self.going.extend(unseen.into_iter().filter(|id| !self.listed.contains(id)));
        }
        Ok(())
    }
}

/// Asks, unless the whole list was looked through and needs no question (any more), which then goes on; whether it asks.
/// `at_least`: the server's list goes on behind what was looked at.
pub(crate) fn ask(
    tx: &Connection,
    place: &Place,
    outlook: &Outlook,
    at_least: bool,
    now: Millis,
) -> Result<bool, StoreError> {
    let collection = collection(tx, place)?;
    let all = collection.removals_in_run + outlook.going.len() as i64;
    if !at_least && !asks(&collection, all) {
        // Most of them come back further down the list, or there is no question any more.
        let allowed = collection.removals_in_run + outlook.said_gone.max(outlook.going.len() as i64);
        collections::allow_removals(tx, place.collection_id, allowed)?;
        return Ok(false);
    }
    let since = collection.asks.map_or(now, |asked| asked.since);
    let asked = Removals { would_remove: Count(all), of: Count(before(&collection)), at_least, since };
    collections::set_asked(tx, place.collection_id, Some(&asked))?;
    for record in outlook.going.iter().take(SHOWN) {
        collections::show_asked(tx, place.collection_id, *record)?;
    }
    Ok(true)
}

/// Whether a run in which `all` records go has to ask first.
pub(crate) fn asks(collection: &CollectionRow, all: i64) -> bool {
    must_ask(all, collection.removals_limit, before(collection))
}

/// A person's yes to the question that was asked: so many records, not another number.
///
/// Errors: nothing is asked; the question is about another number by now.
pub(crate) fn allow(tx: &Connection, place: &Place, number: Count) -> Result<(), StoreError> {
    match collection(tx, place)?.asks {
        None => Err(refuse(
            RefusalCode::NotNow,
            format!("nothing is to be removed from '{}' that needs an answer", place.collection),
            "Nothing was changed; look at the connection again.",
        )),
        Some(asked) if asked.would_remove != number => Err(refuse(
            RefusalCode::Moved,
            format!("{} records would be removed by now, not {}", asked.would_remove.0, number.0),
            "Nothing was removed; look at the records again and answer for that number.",
        )),
        Some(asked) => collections::allow_removals(tx, place.collection_id, asked.would_remove.0),
    }
}

/// Records here before the run began to remove.
fn before(collection: &CollectionRow) -> i64 {
    collection.record_count + collection.removals_in_run
}

fn collection(tx: &Connection, place: &Place) -> Result<CollectionRow, StoreError> {
    collections::get(tx, place.collection_id)?
        .ok_or_else(|| StoreError::Corrupt(format!("collection {} vanished", place.collection)))
}
