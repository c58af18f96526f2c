//! The deletion guard: what a pull would remove here, the question about it, and a person's yes (`engine.md` 8).

use super::pull::current;
use crate::store::activity::{self, NewLine};
use crate::store::collections::{self, CollectionRow};
use crate::store::places::{Place, refuse};
use crate::store::{StoreError, links, outbox, records};
use rusqlite::Connection;
use std::collections::BTreeSet;
use tidemark_model::connector::{Page, Remote, Row};
use tidemark_model::number::{Count, Millis};
use tidemark_model::removals::must_ask;
use tidemark_model::view::{Happened, RefusalCode, Removals};

/// The records here that a pull would remove, found page by page without applying any.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outlook {
    /// Also those that a later row of the list brings back: asking for one too many does no harm.
    going: BTreeSet<i64>,
    /// In a whole comparison: what the server still lists.
    listed: BTreeSet<i64>,
    nameless: i64,
    /// Rows and pages looked at.
    pub(crate) rows: usize,
    pub(crate) pages: usize,
}

impl Outlook {
    /// Takes in one more page.
    pub(crate) fn add(&mut self, tx: &Connection, place: &Place, page: &Page) -> Result<(), StoreError> {
        let collection = current(tx, place)?;
        self.rows += page.rows.len();
        self.pages += 1;
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
            if gone && record.local.is_some() && !outbox::has_lane(tx, record.id)? {
                self.going.insert(record.id);
            }
        }
        // Nothing goes because a list lacks it that cannot be read whole.
        if let (false, Some(generation), 0) =
            (page.more, collection.full_generation, collection.nameless_in_run + self.nameless)
        {
            let unseen = records::unseen_clean(tx, place.collection_id, generation)?;
            self.going.extend(unseen.into_iter().filter(|id| !self.listed.contains(id)));
        }
        Ok(())
    }
}

/// Asks about what was found. `at_least`: the server's list goes on behind what was looked at.
pub(crate) fn ask(
    tx: &Connection,
    place: &Place,
    outlook: &Outlook,
    at_least: bool,
    now: Millis,
) -> Result<(), StoreError> {
    if !links::is_there(tx, place.link_id)? {
        return Ok(());
    }
    let collection = current(tx, place)?;
    let asked = Removals {
        would_remove: Count::of(outlook.going.len()),
        of: Count(collection.record_count),
        at_least,
        since: collection.asks.map_or(now, |asked| asked.since),
    };
    // A question that is asked again is told once.
    if collection.asks.is_none_or(|before| before.would_remove != asked.would_remove) {
        let happened = Happened::RemovalsAsked { would_remove: asked.would_remove, of: asked.of };
        activity::write(tx, &NewLine::of_place(&happened, (place.link_id, place.collection_id), now))?;
    }
    collections::set_asked(tx, place.collection_id, Some(&asked), &outlook.going)
}

/// Whether a run has to ask before a page is applied: `before` of its records were gone, and `after` it are. Those that come
/// back count neither among those that go nor twice among those that were here.
pub(crate) fn asks(collection: &CollectionRow, before: i64, after: i64) -> bool {
    after > before && must_ask(after, collection.record_count + before)
}

/// A person's yes to the question that was asked: those records may go, and no others.
///
/// Errors: nothing is asked; the question is about another number by now.
pub(crate) fn allow(tx: &Connection, place: &Place, number: Count, now: Millis) -> Result<(), StoreError> {
    match current(tx, place)?.asks {
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
        Some(_) => {
            let happened = Happened::RemovalsAllowed { number };
            activity::write(tx, &NewLine::of_place(&happened, (place.link_id, place.collection_id), now))?;
            collections::agree(tx, place.collection_id)
        }
    }
}
