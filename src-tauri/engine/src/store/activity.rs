//! The activity: what happened, line by line, each in the transaction that made it true (`engine.md` 13).

use super::conflicts::ConflictRecord;
use super::outbox::MutationRow;
use super::records::RecordRow;
use super::{StoreError, daily, meta};
use rusqlite::{Connection, params};
use tidemark_model::failure::clip;
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{Actor, Decided, Happened};

/// A line names at most so many records.
const NAMED: usize = 20;
/// The longest name of a person, in characters.
const NAME: usize = 100;

/// A line to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewLine<'a> {
    pub(crate) happened: &'a Happened,
    pub(crate) link_id: Option<i64>,
    pub(crate) collection_id: Option<i64>,
    pub(crate) rid: Option<&'a str>,
    pub(crate) change: Option<&'a str>,
    pub(crate) request: Option<&'a str>,
    pub(crate) by: Option<&'a str>,
    pub(crate) now: Millis,
}

impl<'a> NewLine<'a> {
    /// About no link, or all of them.
    pub(crate) fn of_all(happened: &'a Happened, now: Millis) -> Self {
        Self {
            happened,
            link_id: None,
            collection_id: None,
            rid: None,
            change: None,
            request: None,
            by: None,
            now,
        }
    }

    /// About a link as a whole.
    pub(crate) fn of_link(happened: &'a Happened, link_id: i64, now: Millis) -> Self {
        Self { link_id: Some(link_id), ..Self::of_all(happened, now) }
    }

    /// About a collection as a whole.
    pub(crate) fn of_place(
        happened: &'a Happened,
        (link_id, collection_id): (i64, i64),
        now: Millis,
    ) -> Self {
        Self { collection_id: Some(collection_id), ..Self::of_link(happened, link_id, now) }
    }

    /// About a record.
    pub(crate) fn of_record(happened: &'a Happened, place: (i64, i64), rid: &'a str, now: Millis) -> Self {
        Self { rid: Some(rid), ..Self::of_place(happened, place, now) }
    }
}

/// Writes a line. What a run of syncing brings about belongs to the one that its link is in.
pub(crate) fn write(tx: &Connection, line: &NewLine<'_>) -> Result<(), StoreError> {
    let by = line.by.map(|by| clip(by, NAME));
    let actor = if by.is_some() { Actor::Person } else { line.happened.actor() };
    tx.prepare_cached(
        "INSERT INTO activity (at, run, link_id, collection_id, rid, change_id, request_id, kind, actor, by_name, n,
                               happened)
         VALUES (?1, (SELECT run FROM links WHERE id = ?2 AND ?3), ?2, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?
    .execute(params![
        line.now.0,
        line.link_id,
        line.happened.is_of_run(),
        line.collection_id.filter(|id| *id != 0),
        line.rid,
        line.change,
        line.request,
        line.happened.kind().as_str(),
        actor.as_str(),
        by,
        line.happened.count(),
        serde_json::to_string(line.happened)?,
    ])?;
    Ok(())
}

/// Writes a line about a change.
pub(crate) fn of_change(
    tx: &Connection,
    mutation: &MutationRow,
    happened: &Happened,
    now: Millis,
) -> Result<(), StoreError> {
    let place = (mutation.link_id, mutation.collection_id);
    let line = NewLine::of_record(happened, place, &mutation.rid, now);
    write(tx, &NewLine { change: Some(&mutation.id), request: mutation.key.as_deref(), ..line })
}

/// A conflict that was met, for its line.
pub(crate) struct Met<'a> {
    /// Link and collection.
    pub(crate) place: (i64, i64),
    pub(crate) rid: &'a str,
    pub(crate) change: Option<&'a str>,
    /// Who changed it there.
    pub(crate) by: Option<&'a str>,
    pub(crate) happened: Happened,
    pub(crate) now: Millis,
}

/// Says that a conflict was met.
pub(crate) fn conflict_met(tx: &Connection, met: &Met<'_>) -> Result<(), StoreError> {
    let line = NewLine::of_record(&met.happened, met.place, met.rid, met.now);
    write(tx, &NewLine { change: met.change, by: met.by, ..line })
}

/// Says that a conflict ended, and how.
pub(crate) fn conflict_ended(
    tx: &Connection,
    link_id: i64,
    conflict: &ConflictRecord,
    decided: Decided,
    now: Millis,
) -> Result<(), StoreError> {
    let happened = Happened::ConflictSettled { conflict: Count(conflict.id), decided };
    write(tx, &NewLine::of_record(&happened, (link_id, conflict.collection_id), &conflict.rid, now))
}

/// Says that the server has a change, under the id that its record has by now.
pub(crate) fn confirmed(
    tx: &Connection,
    mutation: &MutationRow,
    record: Option<&RecordRow>,
    now: Millis,
) -> Result<(), StoreError> {
    let happened = Happened::Confirmed { operation: mutation.operation };
    let rid = record.map_or(&mutation.rid, |record| &record.rid);
    let line = NewLine::of_record(&happened, (mutation.link_id, mutation.collection_id), rid, now);
    write(tx, &NewLine { change: Some(&mutation.id), request: mutation.key.as_deref(), ..line })
}

/// The ids that a line names of many records.
pub(crate) fn named<'a>(records: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    records.into_iter().take(NAMED).map(str::to_owned).collect()
}

/// A link's cycle begins to do something: its lines are of one run from now on, until that is over.
pub(crate) fn begin_run(tx: &Connection, link_id: i64) -> Result<(), StoreError> {
    if !tx.prepare_cached("SELECT 1 FROM links WHERE id = ?1 AND run IS NOT NULL")?.exists([link_id])? {
        let run = meta::next(tx, "activity_run")?;
        tx.prepare_cached("UPDATE links SET run = ?2 WHERE id = ?1")?.execute([link_id, run])?;
    }
    Ok(())
}

/// The cycle is over. Whether it left a line.
pub(crate) fn end_run(tx: &Connection, link_id: i64) -> Result<bool, StoreError> {
    let left = tx
        .prepare_cached("SELECT 1 FROM activity_runs WHERE run = (SELECT run FROM links WHERE id = ?1)")?
        .exists([link_id])?;
    tx.prepare_cached("UPDATE links SET run = NULL WHERE id = ?1 AND run IS NOT NULL")?.execute([link_id])?;
    Ok(left)
}

/// Cycles that were cut off are over.
pub(crate) fn end_all_runs(tx: &Connection) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE links SET run = NULL WHERE run IS NOT NULL")?.execute([])?;
    Ok(())
}

/// A look at a server that brought nothing, or did not come about. Of one day those that follow each other are one line.
pub(crate) fn check(
    tx: &Connection,
    happened: &Happened,
    link_id: i64,
    now: Millis,
) -> Result<(), StoreError> {
    let midnight = Millis(daily::day(now) * daily::DAY);
    let folded = tx
        .prepare_cached(
            "UPDATE activity SET n = n + 1, until = ?3
              WHERE id = (SELECT id FROM activity WHERE link_id = ?1 ORDER BY id DESC LIMIT 1)
                AND kind = 'checks' AND happened = ?2 AND at BETWEEN ?4 AND ?3",
        )?
        .execute(params![link_id, serde_json::to_string(happened)?, now.0, midnight.0])?;
    match folded {
        0 => write(tx, &NewLine::of_link(happened, link_id, now)),
        _ => Ok(()),
    }
}

/// Removes lines from before `before` and, where all take more than `most` bytes, the oldest; of the oldest `limit` lines.
/// Whether there may be more to remove.
pub(crate) fn purge(tx: &Connection, before: Millis, most: i64, limit: usize) -> Result<bool, StoreError> {
    let limit = limit as i64;
    let old = tx
        .prepare_cached(
            "DELETE FROM activity WHERE id IN (SELECT id FROM activity ORDER BY id LIMIT ?1) AND at < ?2",
        )?
        .execute(params![limit, before.0])?;
    // Room is made up to the line with which enough has gone.
    let large = match size(tx)?.bytes - most {
        over if over > 0 => tx
            .prepare_cached(
                "DELETE FROM activity WHERE id IN (
                   SELECT id FROM (SELECT id, bytes, sum(bytes) OVER (ORDER BY id) AS gone
                                     FROM (SELECT id, bytes FROM activity ORDER BY id LIMIT ?1))
                    WHERE gone - bytes < ?2)",
            )?
            .execute([limit, over])?,
        _ => 0,
    };
    Ok(old as i64 == limit || large as i64 == limit)
}

/// How many lines, and about how many bytes they take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) lines: i64,
    pub(crate) bytes: i64,
}

fn size(tx: &Connection) -> Result<Size, StoreError> {
    Ok(tx
        .prepare_cached("SELECT lines, bytes FROM activity_size")?
        .query_row([], |row| Ok(Size { lines: row.get(0)?, bytes: row.get(1)? }))?)
}

/// Puts the counter right that a check found short by so much.
pub(crate) fn correct_size(tx: &Connection, by: Size) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE activity_size SET lines = max(0, lines + ?1), bytes = max(0, bytes + ?2)",
        [by.lines, by.bytes],
    )?;
    Ok(())
}
