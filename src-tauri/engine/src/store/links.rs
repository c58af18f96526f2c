//! Links: account + endpoint + scope.

use super::StoreError;
use super::repairs::DEGRADED;
use rusqlite::{Connection, Row, params};
use tidemark_model::number::Millis;
use tidemark_model::settings::LinkSettings;
use tidemark_model::view::{LastError, LinkState, Stopped};

/// One link as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkRow {
    /// Its key in this database.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its kind of server.
    pub kind: String,
    /// Its endpoint.
    pub url: String,
    /// Its account.
    pub user: Option<String>,
    /// Whose changes are its own.
    pub principal: String,
    /// Its settings.
    pub settings: LinkSettings,
    /// How it is kept in step (row F3).
    pub state: LinkState,
    /// A person paused it.
    pub paused: bool,
    /// Why it does not sync by itself.
    pub stopped: Option<Stopped>,
    /// Whether the keychain holds its secret.
    pub secret_kept: bool,
    /// Last answer from the server.
    pub last_contact: Option<Millis>,
    /// The last failure, until a good cycle.
    pub last_error: Option<LastError>,
    /// How far the server's clock is ahead.
    pub clock_skew: Option<Millis>,
    /// How long the server remembers idempotency keys, as it published.
    pub key_lifetime: Option<Millis>,
    /// The server refused a packed body: bodies go to it as they are.
    pub plain_bodies: bool,
}

const COLUMNS: &str = "id, name, kind, url, user, principal, settings, paused, stopped, secret_kept, last_contact, \
                       last_error, clock_skew, key_lifetime, plain_bodies, status";

impl LinkRow {
    /// By place in `COLUMNS`: to look for each by its name takes longer than the query.
    fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        let json = |text: Option<String>| text.map(|text| serde_json::from_str(&text)).transpose();
        Ok(Self {
            id: row.get(0)?,
            name: row.get(1)?,
            kind: row.get(2)?,
            url: row.get(3)?,
            user: row.get(4)?,
            principal: row.get(5)?,
            settings: serde_json::from_str(&row.get::<_, String>(6)?)?,
            paused: row.get(7)?,
            stopped: json(row.get(8)?)?,
            secret_kept: row.get(9)?,
            last_contact: row.get::<_, Option<i64>>(10)?.map(Millis),
            last_error: row
                .get::<_, Option<String>>(11)?
                .map(|text| serde_json::from_str(&text))
                .transpose()?,
            clock_skew: row.get::<_, Option<i64>>(12)?.map(Millis),
            key_lifetime: row.get::<_, Option<i64>>(13)?.map(Millis),
            plain_bodies: row.get(14)?,
            state: state(&row.get::<_, String>(15)?)?,
        })
    }
}

/// A link to be stored.
pub(crate) struct NewLinkRow<'a> {
    pub(crate) name: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) url: &'a str,
    pub(crate) user: Option<&'a str>,
    pub(crate) principal: &'a str,
    pub(crate) scope_id: &'a str,
    pub(crate) settings: &'a LinkSettings,
    pub(crate) secret_kept: bool,
}

pub(crate) fn insert(tx: &Connection, link: &NewLinkRow<'_>, now: Millis) -> Result<i64, StoreError> {
    tx.prepare_cached(
        "INSERT INTO links (name, kind, url, user, principal, scope_id, settings, secret_kept, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        link.name,
        link.kind,
        link.url,
        link.user,
        link.principal,
        link.scope_id,
        serde_json::to_string(link.settings)?,
        link.secret_kept,
        now.0
    ])?;
    Ok(tx.last_insert_rowid())
}

/// All links that were not removed, in the order of adding.
pub(crate) fn all(tx: &Connection) -> Result<Vec<LinkRow>, StoreError> {
    let mut statement =
        tx.prepare_cached(&format!("SELECT {COLUMNS} FROM links WHERE removed_at IS NULL ORDER BY id"))?;
    let mut rows = statement.query([])?;
    let mut links = Vec::new();
    while let Some(row) = rows.next()? {
        links.push(LinkRow::read(row)?);
    }
    Ok(links)
}

pub(crate) fn get(tx: &Connection, id: i64) -> Result<Option<LinkRow>, StoreError> {
    let mut statement =
        tx.prepare_cached(&format!("SELECT {COLUMNS} FROM links WHERE id = ?1 AND removed_at IS NULL"))?;
    let mut rows = statement.query([id])?;
    rows.next()?.map(LinkRow::read).transpose()
}

/// Whether a link is there and was not removed.
pub(crate) fn is_there(tx: &Connection, id: i64) -> Result<bool, StoreError> {
    Ok(tx.prepare_cached("SELECT 1 FROM links WHERE id = ?1 AND removed_at IS NULL")?.exists([id])?)
}

pub(crate) fn by_name(tx: &Connection, name: &str) -> Result<Option<LinkRow>, StoreError> {
    let mut statement =
        tx.prepare_cached(&format!("SELECT {COLUMNS} FROM links WHERE name = ?1 AND removed_at IS NULL"))?;
    let mut rows = statement.query([name])?;
    rows.next()?.map(LinkRow::read).transpose()
}

/// Every link's name and status (row F3), as stored.
pub(crate) fn states(tx: &Connection) -> Result<Vec<(i64, String, LinkState)>, StoreError> {
    let mut statement =
        tx.prepare_cached("SELECT id, name, status FROM links WHERE removed_at IS NULL ORDER BY id")?;
    let mut rows = statement.query([])?;
    let mut states = Vec::new();
    while let Some(row) = rows.next()? {
        states.push((row.get(0)?, row.get(1)?, state(&row.get::<_, String>(2)?)?));
    }
    Ok(states)
}

fn state(word: &str) -> Result<LinkState, StoreError> {
    LinkState::parse(word)
        .ok_or_else(|| StoreError::Corrupt(format!("a link has the unknown status '{word}'")))
}

/// Brings the status of all links in step with what was stored in this transaction.
pub(crate) fn settle_states(tx: &Connection) -> Result<(), StoreError> {
    tx.prepare_cached(&format!(
        "UPDATE links SET status = fresh.status
           FROM (SELECT id, CASE
                   WHEN paused = 1 OR EXISTS (SELECT 1 FROM meta WHERE key = 'paused_since') THEN 'paused'
                   WHEN EXISTS (SELECT 1 FROM collections
                                 WHERE link_id = links.id AND pulled_at IS NULL AND paused = 0) THEN 'initializing'
                   WHEN {DEGRADED} THEN 'degraded_poll'
                   WHEN EXISTS (SELECT 1 FROM collections
                                 WHERE link_id = links.id AND full_running = 1 AND paused = 0) THEN 'repairing'
                   ELSE 'live' END AS status
                   FROM links WHERE removed_at IS NULL) AS fresh
          WHERE links.id = fresh.id AND links.status <> fresh.status"
    ))?
    .execute([])?;
    Ok(())
}

pub(crate) fn set_paused(tx: &Connection, id: i64, paused: bool) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE links SET paused = ?2 WHERE id = ?1")?.execute(params![id, paused])?;
    Ok(())
}

pub(crate) fn set_stopped(tx: &Connection, id: i64, stopped: Option<&Stopped>) -> Result<(), StoreError> {
    let text = stopped.map(serde_json::to_string).transpose()?;
    tx.prepare_cached("UPDATE links SET stopped = ?2 WHERE id = ?1")?.execute(params![id, text])?;
    Ok(())
}

pub(crate) fn set_secret_kept(tx: &Connection, id: i64, kept: bool) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE links SET secret_kept = ?2 WHERE id = ?1")?.execute(params![id, kept])?;
    Ok(())
}

pub(crate) fn set_url(tx: &Connection, id: i64, url: &str) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE links SET url = ?2 WHERE id = ?1")?.execute(params![id, url])?;
    Ok(())
}

/// Whether the server refused a packed body.
pub(crate) fn set_plain_bodies(tx: &Connection, id: i64, plain: bool) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE links SET plain_bodies = ?2 WHERE id = ?1")?.execute(params![id, plain])?;
    Ok(())
}

pub(crate) fn set_settings(tx: &Connection, id: i64, settings: &LinkSettings) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE links SET settings = ?2 WHERE id = ?1")?
        .execute(params![id, serde_json::to_string(settings)?])?;
    Ok(())
}

/// Another account signs in: what the former one saved stays its own.
pub(crate) fn set_account(
    tx: &Connection,
    id: i64,
    user: Option<&str>,
    principal: &str,
) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE links SET user = ?2, principal = ?3 WHERE id = ?1")?
        .execute(params![id, user, principal])?;
    Ok(())
}

pub(crate) fn set_last_error(tx: &Connection, id: i64, error: Option<&LastError>) -> Result<(), StoreError> {
    let text = error.map(serde_json::to_string).transpose()?;
    tx.prepare_cached("UPDATE links SET last_error = ?2 WHERE id = ?1")?.execute(params![id, text])?;
    Ok(())
}

/// What a good answer of the server proved.
pub(crate) fn set_contact(
    tx: &Connection,
    id: i64,
    at: Millis,
    skew: Option<Millis>,
    key_lifetime: Option<Millis>,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE links SET last_contact = ?2, clock_skew = coalesce(?3, clock_skew),
                key_lifetime = coalesce(?4, key_lifetime), last_error = NULL WHERE id = ?1",
    )?
    .execute(params![id, at.0, skew.map(|skew| skew.0), key_lifetime.map(|lifetime| lifetime.0)])?;
    Ok(())
}

pub(crate) fn mark_removed(tx: &Connection, id: i64, now: Millis) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE links SET removed_at = ?2 WHERE id = ?1")?.execute(params![id, now.0])?;
    Ok(())
}

/// A contact that is still to come was made by a clock that was ahead.
pub(crate) fn no_contact_after(tx: &Connection, id: i64, now: Millis) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE links SET last_contact = ?2 WHERE id = ?1 AND last_contact > ?2")?
        .execute(params![id, now.0])?;
    Ok(())
}
