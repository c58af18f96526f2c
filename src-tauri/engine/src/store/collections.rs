//! Collections and how far each was pulled.

use super::StoreError;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use std::collections::BTreeSet;
use tidemark_model::connector::Checkpoint;
use tidemark_model::lateness::Lateness;
use tidemark_model::merge::MergeRules;
use tidemark_model::number::Millis;
use tidemark_model::settings::CollectionSettings;
use tidemark_model::view::Removals;

/// One collection as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct CollectionRow {
    /// Its key in this database.
    pub id: i64,
    /// Its link.
    pub link_id: i64,
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub label: String,
    /// Its settings.
    pub settings: CollectionSettings,
    /// A person paused it.
    pub paused: bool,
    /// Where the next page starts.
    pub checkpoint: Option<Checkpoint>,
    /// A pull that has not reached its end.
    pub pull_started_at: Option<Millis>,
    /// Rows of it so far.
    pub pull_received: i64,
    /// Rows expected.
    pub pull_total: Option<i64>,
    /// End of the last whole pull.
    pub pulled_at: Option<Millis>,
    /// The running comparison of whole sets, if one runs.
    pub full_generation: Option<i64>,
    /// What it asks before it removes more.
    pub asks: Option<Removals>,
    /// Rows of this run without an id that could be read.
    pub nameless_in_run: i64,
    /// What is known of its late rows.
    pub lateness: Lateness,
    /// Its newest rows were asked for.
    pub newest_asked: bool,
    /// Records shown.
    pub record_count: i64,
    /// Rows that could not be read.
    pub quarantined: i64,
}

const COLUMNS: &str = "id, link_id, name, label, settings, paused, stream, epoch, received, pull_started_at, \
                       pull_received, pull_total, pulled_at, full_generation, full_running, \
                       removals_asked, nameless_in_run, overlap, lag, quiet_polls, news_in_run, newest_asked, record_count, \
                       quarantined";

impl CollectionRow {
    /// Nothing of it was ever listed, no comparison of whole sets is under way, and its newest rows were not asked for.
    pub fn wants_newest(&self) -> bool {
        !self.is_listed() && self.full_generation.is_none() && !self.newest_asked
    }

    /// A list of it came in, or began to.
    pub(crate) fn is_listed(&self) -> bool {
        self.checkpoint.is_some() || self.pulled_at.is_some() || self.pull_started_at.is_some()
    }

    /// Its whole set is compared with the server's. Before it was once brought in to its end there is nothing to repair.
    pub(crate) fn is_repaired(&self) -> bool {
        self.full_generation.is_some() && self.pulled_at.is_some()
    }

    /// By place in `COLUMNS`: to look for each by its name takes longer than the query.
    fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        let stream: Option<String> = row.get(6)?;
        let checkpoint = match stream {
            None => None,
            Some(stream) => Some(Checkpoint {
                stream,
                epoch: row.get::<_, Option<String>>(7)?.unwrap_or_default(),
                token: row.get::<_, Option<String>>(8)?.unwrap_or_default(),
            }),
        };
        let asked: Option<String> = row.get(15)?;
        let full_running: bool = row.get(14)?;
        Ok(Self {
            id: row.get(0)?,
            link_id: row.get(1)?,
            name: row.get(2)?,
            label: row.get(3)?,
            settings: serde_json::from_str(&row.get::<_, String>(4)?)?,
            paused: row.get(5)?,
            checkpoint,
            pull_started_at: row.get::<_, Option<i64>>(9)?.map(Millis),
            pull_received: row.get(10)?,
            pull_total: row.get(11)?,
            pulled_at: row.get::<_, Option<i64>>(12)?.map(Millis),
            full_generation: if full_running { Some(row.get(13)?) } else { None },
            asks: asked.map(|text| serde_json::from_str(&text)).transpose()?,
            nameless_in_run: row.get(16)?,
            lateness: Lateness {
                overlap: row.get::<_, Option<i64>>(17)?.map(Millis),
                lag: Millis(row.get(18)?),
                quiet: row.get(19)?,
                news: row.get(20)?,
            },
            newest_asked: row.get(21)?,
            record_count: row.get(22)?,
            quarantined: row.get(23)?,
        })
    }
}

pub(crate) fn insert(
    tx: &Connection,
    link_id: i64,
    label: &str,
    settings: &CollectionSettings,
) -> Result<i64, StoreError> {
    tx.prepare_cached("INSERT INTO collections (link_id, name, label, settings) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![link_id, settings.name, label, serde_json::to_string(settings)?])?;
    Ok(tx.last_insert_rowid())
}

pub(crate) fn of_link(tx: &Connection, link_id: i64) -> Result<Vec<CollectionRow>, StoreError> {
    let mut statement =
        tx.prepare_cached(&format!("SELECT {COLUMNS} FROM collections WHERE link_id = ?1 ORDER BY id"))?;
    let mut rows = statement.query([link_id])?;
    let mut collections = Vec::new();
    while let Some(row) = rows.next()? {
        collections.push(CollectionRow::read(row)?);
    }
    Ok(collections)
}

pub(crate) fn get(tx: &Connection, id: i64) -> Result<Option<CollectionRow>, StoreError> {
    let mut statement = tx.prepare_cached(&format!("SELECT {COLUMNS} FROM collections WHERE id = ?1"))?;
    let mut rows = statement.query([id])?;
    rows.next()?.map(CollectionRow::read).transpose()
}

pub(crate) fn by_name(
    tx: &Connection,
    link_id: i64,
    name: &str,
) -> Result<Option<CollectionRow>, StoreError> {
    let mut statement =
        tx.prepare_cached(&format!("SELECT {COLUMNS} FROM collections WHERE link_id = ?1 AND name = ?2"))?;
    let mut rows = statement.query(params![link_id, name])?;
    rows.next()?.map(CollectionRow::read).transpose()
}

/// A new pull begins, or goes on where one stopped.
pub(crate) fn begin_pull(tx: &Connection, id: i64, now: Millis) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE collections SET pull_started_at = ?2, pull_received = 0, pull_total = NULL, nameless_in_run = 0,
                news_in_run = 0
          WHERE id = ?1 AND pull_started_at IS NULL",
    )?
    .execute(params![id, now.0])?;
    Ok(())
}

/// Finds the record of an `asked_removals` row gone: where nobody agreed to that, nobody was asked about it either.
const GONE: &str = "SELECT 1 FROM records r WHERE r.id = record_id AND r.base IS NULL AND r.local IS NULL";

/// A record went in this run, and nobody was asked about it.
pub(crate) fn went_unasked(tx: &Connection, id: i64, record: i64) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT OR IGNORE INTO asked_removals (collection_id, record_id) VALUES (?1, ?2)")?
        .execute([id, record])?;
    Ok(())
}

/// How many records went in this run without a question and are not back.
pub(crate) fn gone_in_run(tx: &Connection, id: i64) -> Result<i64, StoreError> {
    let sql = format!(
        "SELECT count(*) FROM asked_removals WHERE collection_id = ?1 AND agreed = 0 AND EXISTS ({GONE})"
    );
    Ok(tx.prepare_cached(&sql)?.query_row([id], |row| row.get(0))?)
}

/// What went in a run that was broken off is of no interest to the next.
fn forget_gone(tx: &Connection, id: i64) -> Result<(), StoreError> {
    tx.prepare_cached(&format!(
        "DELETE FROM asked_removals WHERE collection_id = ?1 AND agreed = 0 AND EXISTS ({GONE})"
    ))?
    .execute([id])?;
    Ok(())
}

/// What a page moved, written in the page's own transaction.
pub(crate) struct PageMark<'a> {
    pub(crate) checkpoint: &'a Checkpoint,
    pub(crate) rows: i64,
    /// Rows without an id that could be read.
    pub(crate) nameless: i64,
    pub(crate) total: Option<i64>,
    /// The last page of the pull.
    pub(crate) ends_at: Option<Millis>,
}

pub(crate) fn mark_page(tx: &Connection, id: i64, mark: &PageMark<'_>) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE collections SET stream = ?2, epoch = ?3, received = ?4, contiguous_applied = ?4,
                pull_received = pull_received + ?5,
                nameless_in_run = nameless_in_run + ?6, pull_total = coalesce(?7, pull_total),
                pulled_at = coalesce(?8, pulled_at),
                pull_started_at = CASE WHEN ?8 IS NULL THEN pull_started_at END
          WHERE id = ?1",
    )?
    .execute(params![
        id,
        mark.checkpoint.stream,
        mark.checkpoint.epoch,
        mark.checkpoint.token,
        mark.rows,
        mark.nameless,
        mark.total,
        mark.ends_at.map(|at| at.0)
    ])?;
    Ok(())
}

/// Its newest rows were asked for, whatever came of it.
pub(crate) fn set_newest_asked(tx: &Connection, id: i64) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE collections SET newest_asked = 1 WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// What a page showed of late rows, written in the page's own transaction.
pub(crate) fn set_lateness(tx: &Connection, id: i64, known: &Lateness) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE collections SET overlap = ?2, lag = ?3, quiet_polls = ?4, news_in_run = ?5 WHERE id = ?1",
    )?
    .execute(params![
        id,
        known.overlap.map(|overlap| overlap.0),
        known.lag.0,
        known.quiet,
        known.news
    ])?;
    Ok(())
}

/// The checkpoint is void: the next pull starts over and compares whole sets.
pub(crate) fn start_full(tx: &Connection, id: i64) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE collections SET stream = NULL, epoch = NULL, received = NULL, contiguous_applied = NULL,
                pull_started_at = NULL, full_generation = full_generation + 1, full_running = 1,
                overlap = NULL, lag = 0, quiet_polls = 0 WHERE id = ?1",
    )?
    .execute([id])?;
    forget_gone(tx, id)
}

pub(crate) fn end_full(tx: &Connection, id: i64) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE collections SET full_running = 0 WHERE id = ?1")?.execute([id])?;
    Ok(())
}

pub(crate) fn set_settings(
    tx: &Connection,
    id: i64,
    settings: &CollectionSettings,
) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE collections SET settings = ?2 WHERE id = ?1")?
        .execute(params![id, serde_json::to_string(settings)?])?;
    Ok(())
}

/// Rules that say what is secret of it and nothing else, for whoever has no place at hand. Settings may hold a whole schema,
/// so no more of them is taken than that.
pub(crate) fn secrets(tx: &Connection, id: i64) -> Result<MergeRules, StoreError> {
    let paths: Option<Option<String>> = tx
        .prepare_cached("SELECT json_extract(settings, '$.merge.secret') FROM collections WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    let secret = paths.flatten().map(|text| serde_json::from_str(&text)).transpose()?.unwrap_or_default();
    Ok(MergeRules { secret, ..MergeRules::default() })
}

pub(crate) fn set_paused(tx: &Connection, id: i64, paused: bool) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE collections SET paused = ?2 WHERE id = ?1")?.execute(params![id, paused])?;
    Ok(())
}

/// What is asked of a person from now on, and about which records; a former question and a former yes end, and with no
/// question the run.
pub(crate) fn set_asked(
    tx: &Connection,
    id: i64,
    asked: Option<&Removals>,
    records: &BTreeSet<i64>,
) -> Result<(), StoreError> {
    let text = asked.map(serde_json::to_string).transpose()?;
    match asked {
        Some(_) => {
            let sql = format!(
                "DELETE FROM asked_removals WHERE collection_id = ?1 AND NOT (agreed = 0 AND EXISTS ({GONE}))"
            );
            tx.prepare_cached(&sql)?.execute([id])?
        }
        None => tx.prepare_cached("DELETE FROM asked_removals WHERE collection_id = ?1")?.execute([id])?,
    };
    tx.prepare_cached("UPDATE collections SET removals_asked = ?2 WHERE id = ?1")?
        .execute(params![id, text])?;
    let mut insert =
        tx.prepare_cached("INSERT OR IGNORE INTO asked_removals (collection_id, record_id) VALUES (?1, ?2)")?;
    for record in records {
        insert.execute([id, *record])?;
    }
    Ok(())
}

/// The question is answered: the records that it was about may go.
pub(crate) fn agree(tx: &Connection, id: i64) -> Result<(), StoreError> {
    let asked_about =
        format!("UPDATE asked_removals SET agreed = 1 WHERE collection_id = ?1 AND NOT EXISTS ({GONE})");
    tx.prepare_cached(&asked_about)?.execute([id])?;
    tx.prepare_cached("UPDATE collections SET removals_asked = NULL WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Whether a person agreed that this record may go.
pub(crate) fn is_agreed(tx: &Connection, id: i64, record: i64) -> Result<bool, StoreError> {
    Ok(tx
        .prepare_cached(
            "SELECT 1 FROM asked_removals WHERE collection_id = ?1 AND record_id = ?2 AND agreed = 1",
        )?
        .exists([id, record])?)
}
