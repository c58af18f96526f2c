//! A change's place in its link's line, counted over the line's index.

use crate::store::StoreError;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A link's line: what stands after FROM. What was sent before and has no definite answer goes in the same line.
pub(super) fn line(link: i64) -> String {
    format!(
        "INDEXED BY outbox_ready WHERE link_id = {link} AND head = 1 AND blockers = 0 AND held IS NULL \
         AND due_at = 0 AND state IN ('queued', 'uncertain')"
    )
}

/// The ready ones of a link: those of its line that were not sent before. Where none was, which is nearly always, no row
/// is looked for among them.
pub(super) fn ready(link: i64) -> String {
    let sent = "SELECT seq FROM outbox WHERE state = 'uncertain'";
    format!("{} AND (NOT EXISTS ({sent}) OR seq NOT IN ({sent}))", line(link))
}

/// The last change of a link's line whose place is known.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Counted {
    link: i64,
    priority: i64,
    seq: i64,
    pub(super) place: i64,
}

/// Counts places along pages, so that what was passed is not counted again. What joins or leaves a line in front of the
/// pages meanwhile is seen when a list is asked for anew.
#[derive(Debug, Default)]
pub(super) struct Places {
    last: BTreeMap<i64, Counted>,
    /// The changes asked for follow each other without a gap.
    gapless: bool,
    /// How many of such were passed.
    walked: Option<i64>,
}

impl Places {
    /// Goes on after what was passed.
    pub(super) fn after(passed: Vec<Counted>) -> Self {
        Self { last: passed.into_iter().map(|counted| (counted.link, counted)).collect(), ..Self::default() }
    }

    /// What is to be carried on to the next page.
    pub(super) fn passed(&self) -> Vec<Counted> {
        self.last.values().copied().collect()
    }

    /// The ready changes asked for from now on are one link's and follow each other without a gap, after the first
    /// `skipped` of the line or after what was passed.
    pub(super) fn walk(&mut self, skipped: i64) {
        self.gapless = true;
        self.walked = self.last.is_empty().then_some(skipped);
    }

    /// The place of a ready change in its link's line, from 1. Changes must be asked for in the order of the line.
    pub(super) fn of(
        &mut self,
        tx: &Connection,
        link: i64,
        priority: i64,
        seq: i64,
    ) -> Result<i64, StoreError> {
        let place = match self.walked {
            Some(walked) => walked + 1,
            None => self.counted(tx, link, priority, seq)?,
        };
        self.walked = self.gapless.then_some(place);
        self.last.insert(link, Counted { link, priority, seq, place });
        Ok(place)
    }

    fn counted(&self, tx: &Connection, link: i64, priority: i64, seq: i64) -> Result<i64, StoreError> {
        Ok(match self.last.get(&link) {
            None => between(tx, link, i64::MAX, priority)? + inside(tx, link, priority, i64::MIN, seq)?,
            Some(last) if last.priority == priority => {
                last.place + inside(tx, link, priority, last.seq, seq)?
            }
            Some(last) => {
                last.place
                    + inside(tx, link, last.priority, last.seq, i64::MAX)?
                    + between(tx, link, last.priority, priority)?
                    + inside(tx, link, priority, i64::MIN, seq)?
            }
        })
    }
}

/// The ready ones of a link with priorities between two.
fn between(tx: &Connection, link: i64, above: i64, below: i64) -> Result<i64, StoreError> {
    let sql = format!("SELECT count(*) FROM outbox {} AND priority < ?1 AND priority > ?2", ready(link));
    Ok(tx.prepare_cached(&sql)?.query_row(params![above, below], |row| row.get(0))?)
}

/// The ready ones of a link and a priority, after one change up to another.
fn inside(tx: &Connection, link: i64, priority: i64, after: i64, upto: i64) -> Result<i64, StoreError> {
    let sql =
        format!("SELECT count(*) FROM outbox {} AND priority = ?1 AND seq > ?2 AND seq <= ?3", ready(link));
    Ok(tx.prepare_cached(&sql)?.query_row(params![priority, after, upto], |row| row.get(0))?)
}
