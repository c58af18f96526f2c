//! A change's place in its link's line, counted over the line's index.

use crate::store::StoreError;
use rusqlite::{Connection, params};
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

/// Counts places along a page, so that what was passed is not counted again.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// By link: the last change asked for, its priority, and its place.
    last: BTreeMap<i64, (i64, i64, i64)>,
    /// The page is one whole line and began after so many.
    walked: Option<i64>,
}

impl Places {
    /// The ready changes asked for from now on follow each other without a gap after the first `skipped`.
    pub(super) fn start_at(&mut self, skipped: i64) {
        self.walked = Some(skipped);
    }

    /// The place of a ready change in its link's line, from 1. Changes must be asked for in the order of the line.
    pub(super) fn of(
        &mut self,
        tx: &Connection,
        link: i64,
        priority: i64,
        seq: i64,
    ) -> Result<i64, StoreError> {
        if let Some(walked) = &mut self.walked {
            *walked += 1;
            return Ok(*walked);
        }
        let place = match self.last.get(&link) {
            None => between(tx, link, i64::MAX, priority)? + inside(tx, link, priority, i64::MIN, seq)?,
            Some(&(at, after, place)) if at == priority => place + inside(tx, link, priority, after, seq)?,
            Some(&(at, after, place)) => {
                place
                    + inside(tx, link, at, after, i64::MAX)?
                    + between(tx, link, at, priority)?
                    + inside(tx, link, priority, i64::MIN, seq)?
            }
        };
        self.last.insert(link, (priority, seq, place));
        Ok(place)
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
