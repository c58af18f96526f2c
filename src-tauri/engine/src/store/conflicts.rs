//! Conflicts: durable, with their own three sides.

use super::{SideState, StoreError, records};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::Value;
use tidemark_model::document;
use tidemark_model::merge::ConflictStrategy;
use tidemark_model::number::Millis;
use tidemark_model::view::{ChoiceAt, ConflictType, Resolution, RuledAt};

/// One conflict as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct ConflictRecord {
    /// Its id.
    pub id: i64,
    /// Its link.
    pub link_id: i64,
    /// Its collection.
    pub collection_id: i64,
    /// Its record.
    pub record_id: i64,
    /// Its record's id on the server.
    pub rid: String,
    /// Its record's title.
    pub title: String,
    /// Row D2.
    pub kind: ConflictType,
    /// Not resolved yet.
    pub open: bool,
    /// Started as.
    pub base: Option<Value>,
    /// When the base was agreed or changed.
    pub base_at: Option<Millis>,
    /// Mine; none where deleted here.
    pub local: Option<Value>,
    /// When mine was changed.
    pub local_at: Option<Millis>,
    /// The server's.
    pub server: SideState,
    /// A lost answer: mine may already be in the server's version.
    pub may_be_in: bool,
    /// The choices so far.
    pub choices: Vec<ChoiceAt>,
    /// Fields to choose.
    pub to_choose: i64,
    /// Fields merged without asking.
    pub merged: i64,
    /// Put off until then.
    pub later_until: Option<Millis>,
    /// When it was met.
    pub created_at: Millis,
    /// When the server side last moved.
    pub updated_at: Millis,
    /// The change that carries the resolution.
    pub mutation_id: Option<String>,
    /// The strategy in force when the rules last looked at it.
    pub strategy: ConflictStrategy,
    /// What rules decided of its fields.
    pub ruled: Vec<RuledAt>,
    /// A person decided otherwise than the rules, so they leave it.
    pub is_persons: bool,
    /// Its collection's hook has yet to look at it.
    pub is_asking: bool,
    /// Why that hook decided nothing, where it went wrong.
    pub hook_said: Option<String>,
    /// Who ended it; none where it ended by itself.
    pub decided_by: Option<DecidedBy>,
}

/// Who ends a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecidedBy {
    /// A person.
    Person,
    /// The strategy of its collection, or policies of its fields.
    Rule,
    /// The hook of its collection.
    Hook,
}

impl DecidedBy {
    fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Rule => "rule",
            Self::Hook => "hook",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Person, Self::Rule, Self::Hook].into_iter().find(|by| by.as_str() == word)
    }
}

/// The columns of a [`ConflictRecord`].
pub(crate) const COLUMNS: &str = "id, link_id, collection_id, record_id, rid, title, kind, state, base, base_at, \
    local, local_at, server, server_version, server_at, server_by, may_be_in, choices, to_choose, merged, later_until, \
    created_at, updated_at, mutation_id, strategy, ruled, judging, decided_by, hook_said";

impl ConflictRecord {
    pub(crate) fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        let parse = |text: Option<String>| text.map(|text| records::serde_json_value(&text)).transpose();
        let time = |value: Option<i64>| value.map(Millis);
        let unknown =
            |column: &str, word: &str| StoreError::Corrupt(format!("conflicts.{column} is '{word}'"));
        let (kind, strategy): (String, String) = (row.get("kind")?, row.get("strategy")?);
        let (decided_by, judging): (Option<String>, String) = (row.get("decided_by")?, row.get("judging")?);
        Ok(Self {
            id: row.get("id")?,
            link_id: row.get("link_id")?,
            collection_id: row.get("collection_id")?,
            record_id: row.get("record_id")?,
            rid: row.get("rid")?,
            title: row.get("title")?,
            kind: ConflictType::parse(&kind).ok_or_else(|| unknown("kind", &kind))?,
            open: row.get::<_, String>("state")? == "open",
            base: parse(row.get("base")?)?,
            base_at: time(row.get("base_at")?),
            local: parse(row.get("local")?)?,
            local_at: time(row.get("local_at")?),
            server: SideState {
                document: parse(row.get("server")?)?,
                version: row.get("server_version")?,
                at: time(row.get("server_at")?),
                by: row.get("server_by")?,
            },
            may_be_in: row.get("may_be_in")?,
            choices: serde_json::from_str(&row.get::<_, String>("choices")?)?,
            to_choose: row.get("to_choose")?,
            merged: row.get("merged")?,
            later_until: time(row.get("later_until")?),
            created_at: Millis(row.get("created_at")?),
            updated_at: Millis(row.get("updated_at")?),
            mutation_id: row.get("mutation_id")?,
            strategy: ConflictStrategy::parse(&strategy).ok_or_else(|| unknown("strategy", &strategy))?,
            ruled: serde_json::from_str(&row.get::<_, String>("ruled")?)?,
            is_persons: judging == "person",
            is_asking: judging == "asking",
            hook_said: row.get("hook_said")?,
            decided_by: decided_by
                .map(|word| DecidedBy::parse(&word).ok_or_else(|| unknown("decided_by", &word)))
                .transpose()?,
        })
    }
}

/// The sides of a conflict as they are now.
pub(crate) struct Sides<'a> {
    pub(crate) kind: ConflictType,
    pub(crate) title: &'a str,
    pub(crate) base: Option<&'a Value>,
    pub(crate) base_at: Option<Millis>,
    pub(crate) local: Option<&'a Value>,
    pub(crate) local_at: Option<Millis>,
    pub(crate) server: &'a SideState,
    pub(crate) may_be_in: bool,
    pub(crate) to_choose: i64,
    pub(crate) merged: i64,
    pub(crate) shape: Vec<String>,
    pub(crate) choices: &'a [ChoiceAt],
    pub(crate) now: Millis,
}

pub(crate) fn insert(
    tx: &Connection,
    (link_id, collection_id, record_id): (i64, i64, i64),
    rid: &str,
    sides: &Sides<'_>,
) -> Result<i64, StoreError> {
    tx.prepare_cached(
        "INSERT INTO conflicts (link_id, collection_id, record_id, rid, title, kind, base, base_at, local, local_at,
                                server, server_version, server_at, server_by, may_be_in, to_choose, merged, choices,
                                created_at, updated_at, shape)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?19, ?20)",
    )?
    .execute(params![
        link_id,
        collection_id,
        record_id,
        rid,
        sides.title,
        sides.kind.as_str(),
        sides.base.map(document::to_text),
        sides.base_at.map(|at| at.0),
        sides.local.map(document::to_text),
        sides.local_at.map(|at| at.0),
        sides.server.document.as_ref().map(document::to_text),
        sides.server.version,
        sides.server.at.map(|at| at.0),
        sides.server.by,
        sides.may_be_in,
        sides.to_choose,
        sides.merged,
        serde_json::to_string(sides.choices)?,
        sides.now.0,
        serde_json::to_string(&sides.shape)?
    ])?;
    Ok(tx.last_insert_rowid())
}

/// The server or this side moved: the same conflict, with its choices, shows the sides as they are now.
pub(crate) fn refresh(tx: &Connection, id: i64, sides: &Sides<'_>) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE conflicts SET kind = ?2, title = ?3, local = ?4, local_at = ?5, server = ?6, server_version = ?7,
                server_at = ?8, server_by = ?9, may_be_in = may_be_in OR ?10, to_choose = ?11, merged = ?12,
                choices = ?13, updated_at = ?14, base = ?15, base_at = ?16,
                shape = CASE ruled WHEN '[]' THEN ?17 END,
                judging = CASE judging WHEN 'person' THEN 'person' ELSE 'due' END
          WHERE id = ?1 AND state = 'open'",
    )?
    .execute(params![
        id,
        sides.kind.as_str(),
        sides.title,
        sides.local.map(document::to_text),
        sides.local_at.map(|at| at.0),
        sides.server.document.as_ref().map(document::to_text),
        sides.server.version,
        sides.server.at.map(|at| at.0),
        sides.server.by,
        sides.may_be_in,
        sides.to_choose,
        sides.merged,
        serde_json::to_string(sides.choices)?,
        sides.now.0,
        sides.base.map(document::to_text),
        sides.base_at.map(|at| at.0),
        serde_json::to_string(&sides.shape)?
    ])?;
    Ok(())
}

pub(crate) fn get(tx: &Connection, id: i64) -> Result<Option<ConflictRecord>, StoreError> {
    let mut statement = tx.prepare_cached(&format!("SELECT {COLUMNS} FROM conflicts WHERE id = ?1"))?;
    let mut rows = statement.query([id])?;
    rows.next()?.map(ConflictRecord::read).transpose()
}

/// The open conflict of a record.
pub(crate) fn open_of(tx: &Connection, record_id: i64) -> Result<Option<ConflictRecord>, StoreError> {
    let mut statement = tx.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM conflicts WHERE record_id = ?1 AND state = 'open'"
    ))?;
    let mut rows = statement.query([record_id])?;
    rows.next()?.map(ConflictRecord::read).transpose()
}

/// Whether nobody and nothing has decided it yet, nor is a hook about to.
pub(crate) fn is_for_a_person(tx: &Connection, id: i64) -> Result<bool, StoreError> {
    Ok(tx
        .prepare_cached("SELECT 1 FROM conflicts WHERE id = ?1 AND state = 'open' AND judging <> 'asking'")?
        .exists([id])?)
}

/// How many are open, in all or of one link.
pub(crate) fn count_open(tx: &Connection, link_id: Option<i64>) -> Result<i64, StoreError> {
    Ok(tx
        .prepare_cached(
            "SELECT count(*) FROM conflicts WHERE state = 'open' AND (?1 IS NULL OR link_id = ?1)",
        )?
        .query_row([link_id], |row| row.get(0))?)
}

/// Keeps partial choices.
pub(crate) fn set_choices(
    tx: &Connection,
    id: i64,
    choices: &[ChoiceAt],
    later_until: Option<Millis>,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE conflicts SET choices = ?2, later_until = ?3 WHERE id = ?1 AND state = 'open'",
    )?
    .execute(params![id, serde_json::to_string(choices)?, later_until.map(|at| at.0)])?;
    Ok(())
}

/// The server has named the record of its conflicts; a decided one may come back.
pub(crate) fn rename(tx: &Connection, record_id: i64, rid: &str) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE conflicts SET rid = ?2 WHERE record_id = ?1")?
        .execute(params![record_id, rid])?;
    Ok(())
}

/// Mine, with an id that the server has made meanwhile.
pub(crate) fn set_local(tx: &Connection, id: i64, local: &Value) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE conflicts SET local = ?2 WHERE id = ?1 AND state = 'open'")?
        .execute(params![id, document::to_text(local)])?;
    Ok(())
}

/// Whether the rules have yet to look at one; asked at each commit, however many are open.
pub(crate) fn is_due(tx: &Connection) -> Result<bool, StoreError> {
    Ok(tx
        .prepare_cached(
            "SELECT 1 FROM conflicts INDEXED BY conflicts_due WHERE state = 'open' AND judging = 'due' LIMIT 1",
        )?
        .exists([])?)
}

/// The open conflict that the rules have yet to look at, and whether its shape is known; from now on they have.
pub(crate) fn take_due(tx: &Connection) -> Result<Option<(ConflictRecord, bool)>, StoreError> {
    let due: Option<(i64, bool)> = tx
        .prepare_cached(
            "SELECT id, shape IS NOT NULL FROM conflicts INDEXED BY conflicts_due
              WHERE state = 'open' AND judging = 'due' LIMIT 1",
        )?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((id, has_shape)) = due else { return Ok(None) };
    judged(tx, id, None)?;
    Ok(get(tx, id)?.map(|conflict| (conflict, has_shape)))
}

/// Rules and hook have looked at it as it is; `hook_said` is why the hook decided nothing, where it went wrong.
pub(crate) fn judged(tx: &Connection, id: i64, hook_said: Option<&str>) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE conflicts SET judging = 'done', hook_said = ?2 WHERE id = ?1")?
        .execute(params![id, hook_said])?;
    Ok(())
}

/// Its collection's hook is to look at it.
pub(crate) fn ask_hook(tx: &Connection, id: i64) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE conflicts SET judging = 'asking' WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// The first conflict with an id above `after` that a hook has yet to look at.
pub(crate) fn next_asking(tx: &Connection, after: i64) -> Result<Option<ConflictRecord>, StoreError> {
    let mut statement = tx.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM conflicts INDEXED BY conflicts_asking
          WHERE state = 'open' AND judging = 'asking' AND id > ?1 ORDER BY id LIMIT 1"
    ))?;
    let mut rows = statement.query([after])?;
    rows.next()?.map(ConflictRecord::read).transpose()
}

/// The rules look at the open conflicts of a collection once more; which fields they leave may be others.
pub(crate) fn judge_again(tx: &Connection, collection_id: i64) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE conflicts SET judging = CASE judging WHEN 'person' THEN 'person' ELSE 'due' END, shape = NULL
          WHERE collection_id = ?1 AND state = 'open'",
    )?
    .execute([collection_id])?;
    Ok(())
}

/// What the rules decided of it.
pub(crate) fn set_ruled(
    tx: &Connection,
    id: i64,
    strategy: ConflictStrategy,
    ruled: &[RuledAt],
) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE conflicts SET strategy = ?2, ruled = ?3 WHERE id = ?1")?.execute(params![
        id,
        strategy.as_str(),
        serde_json::to_string(ruled)?
    ])?;
    Ok(())
}

/// The paths that are left to choose.
pub(crate) fn set_shape(tx: &Connection, id: i64, shape: &[String]) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE conflicts SET shape = ?2 WHERE id = ?1")?
        .execute(params![id, serde_json::to_string(shape)?])?;
    Ok(())
}

/// From now on the rules leave it to a person.
pub(crate) fn leave_to_person(tx: &Connection, id: i64) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE conflicts SET judging = 'person' WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// How a conflict ended.
pub(crate) struct Ending<'a> {
    pub(crate) resolution: &'a Resolution,
    pub(crate) by: DecidedBy,
    pub(crate) result: Option<&'a Value>,
    pub(crate) mutation_id: Option<&'a str>,
}

/// Ends a conflict with what decided and what came of it.
pub(crate) fn resolve(tx: &Connection, id: i64, ending: &Ending<'_>, now: Millis) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE conflicts SET state = 'resolved', resolved_at = ?2, resolution = ?3, result = ?4, mutation_id = ?5,
                decided_by = ?6
          WHERE id = ?1 AND state = 'open'",
    )?
    .execute(params![
        id,
        now.0,
        serde_json::to_string(ending.resolution)?,
        ending.result.map(document::to_text),
        ending.mutation_id,
        ending.by.as_str()
    ])?;
    Ok(())
}

/// Ends a conflict that nobody has to decide any more.
pub(crate) fn end_by_itself(
    tx: &Connection,
    id: i64,
    result: Option<&Value>,
    now: Millis,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE conflicts SET state = 'resolved', resolved_at = ?2, resolution = NULL, result = ?3, mutation_id = NULL,
                decided_by = NULL
          WHERE id = ?1 AND state = 'open'",
    )?
    .execute(params![
        id,
        now.0,
        result.map(document::to_text)
    ])?;
    Ok(())
}

/// The server moved while the resolution was held or sent: it comes back, choices kept. What a person decided comes back to
/// a person, whatever the rules say.
pub(crate) fn reopen(tx: &Connection, id: i64) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE conflicts SET state = 'open', resolved_at = NULL, mutation_id = NULL,
                judging = CASE WHEN decided_by = 'person' THEN 'person' ELSE 'due' END, decided_by = NULL
          WHERE id = ?1",
    )?
    .execute([id])?;
    Ok(())
}

/// A merge made without asking, kept with all its sides.
pub(crate) struct Merged<'a> {
    pub(crate) base: &'a Value,
    pub(crate) local: &'a Value,
    pub(crate) server: &'a Value,
    pub(crate) server_version: Option<&'a str>,
    pub(crate) merged: &'a Value,
    pub(crate) now: Millis,
}

pub(crate) fn log_merge(
    tx: &Connection,
    (collection_id, record_id): (i64, i64),
    rid: &str,
    merge: &Merged<'_>,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO merges (collection_id, record_id, rid, at, base, local, server, server_version, merged)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        collection_id,
        record_id,
        rid,
        merge.now.0,
        document::to_text(merge.base),
        document::to_text(merge.local),
        document::to_text(merge.server),
        merge.server_version,
        document::to_text(merge.merged)
    ])?;
    Ok(())
}

/// The conflicts of a removed link end with it.
pub(crate) fn resolve_all_of_link(tx: &Connection, link_id: i64, now: Millis) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE conflicts SET state = 'resolved', resolved_at = ?2 WHERE link_id = ?1 AND state = 'open'",
    )?
    .execute(params![link_id, now.0])?;
    Ok(())
}

/// Removes decisions and automatic merges older than `before`; open conflicts stay, and so do decisions that are still on
/// their way to the server.
pub(crate) fn purge(tx: &Connection, before: Millis) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM merges WHERE at < ?1")?.execute([before.0])?;
    tx.prepare_cached(
        "DELETE FROM conflicts WHERE state = 'resolved' AND resolved_at < ?1
            AND NOT EXISTS (SELECT 1 FROM outbox WHERE id = conflicts.mutation_id AND ended_at IS NULL)",
    )?
    .execute([before.0])?;
    Ok(())
}
