//! Unfinished changes by the record that they change: a bounded stretch of the lanes at a time, and no body of a change is
//! read for it.

use super::counts::Tally;
use crate::store::{StoreError, collections, links};
use rusqlite::{Connection, params};
use std::collections::BTreeMap;
use tidemark_model::number::Count;
use tidemark_model::view::{ChangesByRecord, RecordChanges};

/// How many changes one answer looks at.
pub(super) const STRETCH: usize = 5_000;
/// How many groups one answer holds.
const GROUPS: usize = 100;

/// The columns lie before a change's values; whether it needs a person is asked of the index of states.
pub(super) const SQL: &str = "
    SELECT o.record_id, o.link_id, o.collection_id, o.rid, o.id,
           EXISTS (SELECT 1 FROM outbox p INDEXED BY outbox_state WHERE p.state = 'parked' AND p.seq = o.seq)
               AS parked
      FROM outbox o INDEXED BY outbox_lane
     WHERE o.state IN ('queued', 'sealed', 'uncertain', 'conflicted', 'parked') AND o.record_id > ?1
     ORDER BY o.record_id, o.seq LIMIT ?2";

const WITHOUT: &str = "
    SELECT count(*) FROM (SELECT 1 FROM outbox INDEXED BY outbox_lane
     WHERE state IN ('queued', 'sealed', 'uncertain', 'conflicted', 'parked') AND record_id IS NULL LIMIT ?1)";

struct Lane {
    record: i64,
    link: i64,
    collection: i64,
    rid: String,
    ids: Vec<String>,
    parked: i64,
    more: bool,
}

/// The records of the stretch after a record's key.
pub(crate) fn by_record(tx: &Connection, after: Count) -> Result<ChangesByRecord, StoreError> {
    let (mut lanes, next) = walk(tx, after.0)?;
    lanes.sort_by_key(|lane| (std::cmp::Reverse(lane.ids.len()), lane.record));
    let others = lanes.iter().skip(GROUPS).map(|lane| lane.ids.len()).sum();
    lanes.truncate(GROUPS);
    let total = Tally::read(tx)?.sum(None).unfinished();
    let without = tx.prepare_cached(WITHOUT)?.query_row([STRETCH as i64], |row| row.get(0))?;
    let mut places = BTreeMap::new();
    for link in links::all(tx)? {
        for collection in collections::of_link(tx, link.id)? {
            places.insert((link.id, collection.id), (link.name.clone(), collection.name));
        }
    }
    let mut groups = Vec::with_capacity(lanes.len());
    for lane in lanes {
        let (link, collection) = places.get(&(lane.link, lane.collection)).cloned().unwrap_or_default();
        let title: Option<String> = tx
            .prepare_cached("SELECT max(title) FROM records WHERE id = ?1")?
            .query_row([lane.record], |row| row.get(0))?;
        groups.push(RecordChanges {
            link,
            collection,
            title: title.unwrap_or_else(|| lane.rid.clone()),
            record: lane.rid,
            ids: lane.ids,
            needs_you: Count(lane.parked),
            more: lane.more,
        });
    }
    Ok(ChangesByRecord {
        groups,
        others: Count::of(others),
        without: Count(without),
        total: Count(total),
        next: next.map(Count),
    })
}

/// The lanes of a stretch, whole; one that is longer than the stretch is cut. Returns the record after which the next begins.
fn walk(tx: &Connection, after: i64) -> Result<(Vec<Lane>, Option<i64>), StoreError> {
    let mut statement = tx.prepare_cached(SQL)?;
    let mut rows = statement.query(params![after, STRETCH as i64 + 1])?;
    let mut lanes: Vec<Lane> = Vec::new();
    let mut walked = 0;
    while let Some(row) = rows.next()? {
        walked += 1;
        let record = row.get("record_id")?;
        if lanes.last().is_none_or(|lane| lane.record != record) {
            lanes.push(Lane {
                record,
                link: row.get("link_id")?,
                collection: row.get::<_, Option<i64>>("collection_id")?.unwrap_or_default(),
                rid: row.get("rid")?,
                ids: Vec::new(),
                parked: 0,
                more: false,
            });
        }
        match lanes.last_mut() {
            Some(lane) if lane.ids.len() < STRETCH => {
                lane.ids.push(row.get("id")?);
                lane.parked += row.get::<_, i64>("parked")?;
            }
            Some(lane) => lane.more = true,
            None => {}
        }
    }
    if walked <= STRETCH {
        return Ok((lanes, None));
    }
    // The last lane may go on behind the stretch: it begins the next one, unless it is as long as a whole one.
    if lanes.len() > 1 {
        lanes.pop();
    }
    let next = lanes.last().map(|lane| lane.record);
    Ok((lanes, next))
}
