//! Ended conflicts and automatic merges: their list, and one field by field with what putting it back would bring.

use super::PAGE;
use crate::store::decisions::{self as table, Kept};
use crate::store::verbs::put_back::{Around, Standing, standing};
use crate::store::{StoreError, collections, records};
use rusqlite::{Connection, OptionalExtension as _};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use tidemark_model::change::{self, Change};
use tidemark_model::merge::{Former, MergeRules, Veil};
use tidemark_model::number::Count;
use tidemark_model::view::{DecisionField, DecisionId, DecisionRow, DecisionView, ListPage, Restores};
use tidemark_model::{form, path, words};

/// One page, newest first; `naming` are the links whose servers name new records themselves.
pub(crate) fn list(
    tx: &Connection,
    naming: &BTreeSet<String>,
    offset: usize,
    limit: usize,
) -> Result<ListPage<DecisionRow>, StoreError> {
    let mut page = ListPage { rows: Vec::new(), total: Count(table::count(tx)?) };
    for id in table::page(tx, offset, limit.min(PAGE))? {
        if let Some(kept) = table::get(tx, id)? {
            page.rows.push(Seen::look(tx, kept, naming)?.row());
        }
    }
    Ok(page)
}

/// One, whole.
pub(crate) fn get(
    tx: &Connection,
    naming: &BTreeSet<String>,
    id: DecisionId,
) -> Result<Option<DecisionView>, StoreError> {
    let Some(kept) = table::get(tx, id)? else { return Ok(None) };
    let seen = Seen::look(tx, kept, naming)?;
    Ok(Some(DecisionView { row: seen.row(), fields: seen.fields() }))
}

/// A decision with what is around it.
struct Seen {
    kept: Kept,
    link: String,
    collection: String,
    rules: MergeRules,
    schema: Option<Value>,
    standing: Standing,
}

impl Seen {
    fn look(tx: &Connection, kept: Kept, naming: &BTreeSet<String>) -> Result<Self, StoreError> {
        let collection = collections::get(tx, kept.collection_id)?;
        let link: Option<(String, bool)> = match &collection {
            Some(collection) => tx
                .prepare_cached("SELECT name, removed_at IS NULL FROM links WHERE id = ?1")?
                .query_row([collection.link_id], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?,
            None => None,
        };
        let (link, connected) = link.unwrap_or_default();
        let rules = collection.as_ref().map(|found| found.settings.merge_rules()).unwrap_or_default();
        let around = Around { rules: &rules, connected, named_by_server: naming.contains(&link) };
        let standing = standing(tx, &kept, &around)?;
        let (collection, schema) =
            collection.map(|found| (found.name, found.settings.schema)).unwrap_or_default();
        Ok(Self { kept, link, collection, rules, schema, standing })
    }

    fn row(&self) -> DecisionRow {
        let Self { kept, standing, .. } = self;
        let paths: Vec<&str> = standing.moved_on.iter().map(String::as_str).collect();
        let rid = standing.record.as_ref().map_or(&kept.rid, |record| &record.rid);
        let now = standing.record.as_ref().filter(|record| record.local.is_some());
        let title = now.map(|record| record.title.clone()).or_else(|| kept.title.clone());
        let title = title.or_else(|| Some(records::title(rid, kept.result.as_ref()?, &self.rules)));
        DecisionRow {
            id: kept.id.to_string(),
            conflict: kept.id.conflict(),
            by: kept.by,
            at: kept.at,
            link: self.link.clone(),
            collection: self.collection.clone(),
            record: rid.clone(),
            title: title.unwrap_or_else(|| rid.clone()),
            touched: Count::of(self.changes().len()),
            restores: self.restores(),
            makes_record: matches!(standing.former, Former::Record { .. }),
            cannot: standing.cannot.map(|code| words::cannot_put_back(code, &paths)),
            put_back: kept.put_back.clone(),
        }
    }

    fn restores(&self) -> Option<Restores> {
        match &self.standing.former {
            Former::Fields { restores, .. } | Former::Record { restores, .. } => Some(*restores),
            Former::Deletion | Former::Nothing => None,
        }
    }

    /// What is changed, one entry for each field.
    fn changes(&self) -> Vec<Change> {
        match &self.standing.former {
            Former::Fields { changes, .. } => changes.clone(),
            Former::Record { document, .. } => change::diff(&Value::Object(Map::new()), document),
            Former::Deletion | Former::Nothing => Vec::new(),
        }
    }

    fn fields(&self) -> Vec<DecisionField> {
        let veil = Veil::new(&self.rules);
        let text = |value: &Value, at: &str| veil.text(value, at);
        let field = |change: &Change| {
            let at = change.path();
            let result = self.kept.result.as_ref().and_then(|result| path::get(result, at));
            let becomes = match change {
                Change::Set { set, .. } => Some(set),
                Change::Remove { .. } => None,
            };
            DecisionField {
                path: at.to_owned(),
                label: form::label(self.schema.as_ref(), at),
                result: result.map(|value| text(value, at)),
                becomes: becomes.map(|value| text(value, at)),
                moved_on: self.standing.moved_on.iter().any(|path| path == at),
            }
        };
        self.changes().iter().map(field).collect()
    }
}
