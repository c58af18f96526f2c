//! The parts of the queue's order, each walked through its own index.

use super::counts::Tally;
use super::{Scope, place};
use crate::store::StoreError;
use crate::store::views::waiting::Waits;
use rusqlite::{Connection, params_from_iter};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use tidemark_model::mutation::MutationState;
use tidemark_model::view::ChangeState;

/// One part of the queue whose changes stand together in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    /// Unfinished ones in a state, oldest first.
    In(MutationState),
    /// Ended ones in any of some states, newest first.
    Ended(&'static [MutationState]),
    /// Queued and ready, as they will be sent.
    Ready,
    /// Queued and not ready, as they would be sent.
    Apart(Waits),
}

/// Where a change stands in its section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Key {
    /// 0 where the section is in the order of numbers alone.
    pub(super) priority: i64,
    pub(super) seq: i64,
}

/// The sections of a filter's state, in order; none: all that is not finished.
pub(super) fn of_state(state: Option<ChangeState>) -> Vec<Section> {
    use MutationState as M;
    use Section::{Apart, Ended, In, Ready};
    match state {
        None => vec![
            In(M::Parked),
            In(M::Conflicted),
            Apart(Waits::TryingAgain),
            In(M::Uncertain),
            In(M::Sealed),
            Ready,
            Apart(Waits::Behind),
            Apart(Waits::OnHold),
        ],
        Some(ChangeState::Waiting) => vec![Ready, Apart(Waits::Behind)],
        Some(ChangeState::Sending) => vec![In(M::Sealed)],
        Some(ChangeState::TryingAgain) => vec![Apart(Waits::TryingAgain)],
        Some(ChangeState::OnHold) => vec![Apart(Waits::OnHold)],
        Some(ChangeState::NeedsYou) => vec![In(M::Parked)],
        Some(ChangeState::Conflict) => vec![In(M::Conflicted)],
        Some(ChangeState::NotConfirmed) => vec![In(M::Uncertain)],
        Some(ChangeState::Confirmed) => vec![Ended(&[M::Confirmed])],
        Some(ChangeState::InTrash) => vec![Ended(&[M::Discarded])],
        Some(ChangeState::Ended) => vec![Ended(&[M::Superseded, M::Combined, M::Cancelled])],
    }
}

impl Section {
    /// Its name among the sections of one list.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::In(state) => state.as_str(),
            Self::Ended(_) => "ended",
            Self::Ready => "ready",
            Self::Apart(waits) => waits.as_str(),
        }
    }

    /// The section as far as a filter shows it.
    pub(super) fn within<'a>(self, scope: &'a Scope, tally: &Tally) -> Scoped<'a> {
        let (mut counted, mut all, mut links) = (0, 0, BTreeSet::new());
        for (&(link, collection), counts) in &tally.by_collection {
            let n = counts.of(self);
            all += n;
            if n > 0 && scope.holds(link, collection) {
                counted += n;
                links.insert(link);
            }
        }
        Scoped { section: self, scope, counted, whole: counted == all, links }
    }
}

/// A section, a filter, and what the counters say about both.
pub(super) struct Scoped<'a> {
    section: Section,
    scope: &'a Scope,
    counted: i64,
    /// The filter's link and collection leave nothing of the section out.
    whole: bool,
    links: BTreeSet<i64>,
}

impl Scoped<'_> {
    /// How many changes it holds.
    pub(super) fn count(&self, tx: &Connection) -> Result<i64, StoreError> {
        let Some(pattern) = &self.scope.search else { return Ok(self.counted) };
        if self.counted == 0 {
            return Ok(0);
        }
        let sql = format!("SELECT count(*) FROM ({})", self.selects().join(" UNION ALL "));
        Ok(tx.prepare_cached(&sql)?.query_row([pattern], |row| row.get(0))?)
    }

    /// Its changes after the first `skip`, at most `limit`.
    pub(super) fn from(&self, tx: &Connection, skip: i64, limit: i64) -> Result<Vec<Key>, StoreError> {
        self.keys(tx, &self.page_sql("", skip, limit))
    }

    /// Its changes after one that is or was there, at most `limit`; nothing before it is read.
    pub(super) fn after(&self, tx: &Connection, key: Key, limit: i64) -> Result<Vec<Key>, StoreError> {
        let mut keys = Vec::new();
        for beyond in self.beyond(key) {
            let room = limit - keys.len() as i64;
            if room > 0 {
                keys.extend(self.keys(tx, &self.page_sql(&beyond, 0, room))?);
            }
        }
        Ok(keys)
    }

    fn keys(&self, tx: &Connection, sql: &str) -> Result<Vec<Key>, StoreError> {
        if self.counted == 0 {
            return Ok(Vec::new());
        }
        let mut statement = tx.prepare(sql)?;
        let keys = statement.query_map(params_from_iter(&self.scope.search), |row| {
            Ok(Key { priority: row.get("priority")?, seq: row.get("seq")? })
        })?;
        Ok(keys.collect::<Result<_, _>>()?)
    }

    /// The statement of one page, `beyond` a condition; its only parameter is the search's pattern.
    pub(super) fn page_sql(&self, beyond: &str, skip: i64, limit: i64) -> String {
        let order = match self.section {
            Section::In(_) => "seq",
            Section::Ended(_) => "seq DESC",
            Section::Ready | Section::Apart(_) => "priority DESC, seq",
        };
        let selects = self.selects().into_iter().map(|select| select + beyond).collect::<Vec<_>>();
        // Several links' lines are merged while they are walked; none is sorted.
        format!("{} ORDER BY {order} LIMIT {limit} OFFSET {skip}", selects.join(" UNION ALL "))
    }

    /// What comes after a change, as conditions: each is one stretch of an index. A comparison of pairs would not be,
    /// because priorities fall where numbers rise.
    pub(super) fn beyond(&self, Key { priority, seq }: Key) -> Vec<String> {
        match self.section {
            Section::In(_) => vec![format!(" AND seq > {seq}")],
            Section::Ended(_) => vec![format!(" AND seq < {seq}")],
            Section::Ready | Section::Apart(_) => vec![
                format!(" AND priority = {priority} AND seq > {seq}"),
                format!(" AND priority < {priority}"),
            ],
        }
    }

    /// Whether the walk's own count is each change's place in its link's line.
    pub(super) fn is_one_whole_line(&self) -> bool {
        self.section == Section::Ready && self.links.len() == 1 && self.scope.search.is_none() && self.whole
    }

    /// One walk per state or per link, each in the order of its index; the only parameter is the search's pattern.
    pub(super) fn selects(&self) -> Vec<String> {
        let also = self.predicate();
        let state = |state: &MutationState| {
            format!(
                "SELECT 0 AS priority, seq FROM outbox INDEXED BY outbox_state WHERE state = '{}'{also}",
                state.as_str()
            )
        };
        let links = self.links.iter();
        match self.section {
            Section::In(only) => vec![state(&only)],
            Section::Ended(states) => states.iter().map(state).collect(),
            Section::Ready => links
                .map(|link| format!("SELECT priority, seq FROM outbox {} {also}", place::ready(*link)))
                .collect(),
            Section::Apart(waits) => links
                .map(|link| {
                    format!(
                        "SELECT priority, seq FROM outbox INDEXED BY outbox_waits WHERE link_id = {link} \
                         AND waits = '{}'{also}",
                        waits.as_str()
                    )
                })
                .collect(),
        }
    }

    fn predicate(&self) -> String {
        let mut also = String::new();
        if !self.whole {
            if let Some(link) = self.scope.link {
                also += &format!(" AND link_id = {link}");
            }
            if let Some(collections) = &self.scope.collections {
                let ids: Vec<String> = collections.iter().map(i64::to_string).collect();
                also += &format!(" AND collection_id IN ({})", ids.join(", "));
            }
        }
        if self.scope.search.is_some() {
            also += " AND (rid LIKE ?1 ESCAPE '\\' OR EXISTS (SELECT 1 FROM records \
                     WHERE records.id = outbox.record_id AND records.title LIKE ?1 ESCAPE '\\'))";
        }
        also
    }
}
