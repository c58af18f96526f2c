//! Conflicts: the list of open ones and one whole, with its merge and the choices so far.

#[cfg(test)]
mod tests;

use super::{PAGE, server};
use crate::store::conflicts::{self as table, ConflictRecord};
use crate::store::{StoreError, collections};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use tidemark_model::merge::{self, Choice, FieldDifference, MASK, Merge, MergeRules, Rule, Veil};
use tidemark_model::number::{Count, Millis};
use tidemark_model::settings::CollectionSettings;
use tidemark_model::view::{ConflictField, ConflictRow, ConflictView, FieldChange, FieldChoice, ListPage};
use tidemark_model::{change, document, form};

/// One page of the open conflicts, oldest first.
pub(crate) fn list(
    tx: &Connection,
    offset: usize,
    limit: usize,
) -> Result<ListPage<ConflictRow>, StoreError> {
    let mut statement = tx.prepare_cached(&format!(
        "SELECT {} FROM conflicts WHERE state = 'open' ORDER BY id LIMIT ?1 OFFSET ?2",
        table::COLUMNS
    ))?;
    let mut rows = statement.query(params![limit.min(PAGE) as i64, offset as i64])?;
    let mut page = ListPage { rows: Vec::new(), total: Count(table::count_open(tx, None)?) };
    while let Some(row) = rows.next()? {
        let conflict = ConflictRecord::read(row)?;
        let named = Named::of(tx, &conflict)?;
        // Only choices make the stored numbers stale.
        let fields = if conflict.choices.is_empty() && conflict.ruled.is_empty() {
            None
        } else {
            fields(&conflict, &named.settings)
        };
        page.rows.push(self::row(&conflict, &named, fields.as_ref()));
    }
    Ok(page)
}

/// A conflict whole, open or resolved.
pub(crate) fn get(tx: &Connection, id: i64) -> Result<Option<ConflictView>, StoreError> {
    let Some(conflict) = table::get(tx, id)? else { return Ok(None) };
    let named = Named::of(tx, &conflict)?;
    let fields = fields(&conflict, &named.settings);
    let row = row(&conflict, &named, fields.as_ref());
    let Fields { fields, unchanged, result } = fields.unwrap_or_default();
    let rules = named.settings.merge_rules();
    let veil = Veil::new(&rules);
    let text = |document: &Option<Value>| document.as_ref().map(|document| veil.text(document, ""));
    let mut sends: Vec<String> = match (&conflict.server.document, &result) {
        (Some(server), Some(result)) => {
            let changes = change::diff(server, result);
            changes.iter().map(|change| veil.shown_at(change.path())).collect()
        }
        _ => Vec::new(),
    };
    // A secret is one value, whatever it is made of.
    sends.dedup();
    let changed = match (&conflict.local, &conflict.server.document) {
        (Some(kept), None) | (None, Some(kept)) => changed(conflict.base.as_ref(), kept, &veil),
        _ => Vec::new(),
    };
    Ok(Some(ConflictView {
        row,
        open: conflict.open,
        base_data: text(&conflict.base),
        local_data: text(&conflict.local),
        server_data: text(&conflict.server.document),
        server_version: conflict.server.version,
        result: text(&result),
        sends,
        fields,
        changed,
        unchanged: Count::of(unchanged),
        base_at: conflict.base_at,
        clock_skew: named.clock_skew,
        hook_said: conflict.hook_said,
    }))
}

/// What the side that has the record changed of it. A secret is one value, and only whether there is one is shown.
fn changed(base: Option<&Value>, kept: &Value, veil: &Veil) -> Vec<FieldChange> {
    let nothing = Value::Object(Map::new());
    let before = base.unwrap_or(&nothing);
    let mut seen = BTreeSet::new();
    let differences = change::diff(before, kept);
    let paths = differences.iter().map(|change| veil.shown_at(change.path()));
    let paths = paths.filter(|path| seen.insert(path.clone()));
    let text = |document: &Value, at: &str| Some(veil.text(document.pointer(at)?, at));
    let change = |path: String| {
        let (before, after) = (text(before, &path), text(kept, &path));
        FieldChange { path, before, after }
    };
    paths.map(change).collect()
}

/// What a conflict's link and collection add to it.
pub(super) struct Named {
    link: String,
    server: String,
    clock_skew: Option<Millis>,
    collection: String,
    pub(super) settings: CollectionSettings,
}

impl Named {
    pub(super) fn of(tx: &Connection, conflict: &ConflictRecord) -> Result<Self, StoreError> {
        let link = tx
            .prepare_cached("SELECT name, url, clock_skew FROM links WHERE id = ?1")?
            .query_row([conflict.link_id], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, Option<i64>>(2)?))
            })
            .optional()?;
        let (link, url, skew) = link.unwrap_or_default();
        let collection = collections::get(tx, conflict.collection_id)?;
        let (collection, settings) = collection.map_or_else(
            || (String::new(), CollectionSettings::named("")),
            |found| (found.name, found.settings),
        );
        Ok(Self { link, server: server(&url), clock_skew: skew.map(Millis), collection, settings })
    }
}

pub(super) fn row(conflict: &ConflictRecord, named: &Named, fields: Option<&Fields>) -> ConflictRow {
    let (to_choose, merged, chosen) = match fields {
        None => (conflict.to_choose, conflict.merged, 0),
        Some(Fields { fields, .. }) => {
            let count =
                |of: fn(&ConflictField) -> bool| fields.iter().filter(|field| of(field)).count() as i64;
            let chosen = count(|field| field.choice.is_some());
            let to_choose = count(|field| field.undecided);
            (to_choose, fields.len() as i64 - to_choose - chosen, chosen)
        }
    };
    ConflictRow {
        id: Count(conflict.id),
        link: named.link.clone(),
        server: named.server.clone(),
        resource_type: named.collection.clone(),
        resource_id: conflict.rid.clone(),
        title: conflict.title.clone(),
        conflict_type: conflict.kind,
        to_choose: Count(to_choose),
        merged: Count(merged),
        chosen: Count(chosen),
        created_at: conflict.created_at,
        updated_at: conflict.updated_at,
        local_at: conflict.local_at,
        server_at: conflict.server.at,
        server_by: conflict.server.by.clone(),
        later_until: conflict.later_until,
        may_already_be_in: conflict.may_be_in,
    }
}

/// A conflict's fields, how many nobody changed, and the document that follows.
#[derive(Default)]
pub(super) struct Fields {
    pub(super) fields: Vec<ConflictField>,
    unchanged: usize,
    result: Option<Value>,
}

/// None where one side deleted the record: then there are no fields to choose, only sides.
pub(super) fn fields(conflict: &ConflictRecord, settings: &CollectionSettings) -> Option<Fields> {
    let (local, server) = (conflict.local.as_ref()?, conflict.server.document.as_ref()?);
    let rules = settings.merge_rules();
    let merged = merge::merge(conflict.base.as_ref(), local, server, &rules);
    let decided = decided(conflict, &merged);
    let result = result(conflict, local, server, &rules, &merged, &decided);
    let fields = merged
        .fields
        .into_iter()
        .map(|difference| field(difference, &decided, settings.schema.as_ref()))
        .collect();
    Some(Fields { fields, unchanged: merged.unchanged, result: Some(result) })
}

/// What stands for a field so far, and the rule where no person chose it.
type Standing = (Choice, Option<Rule>);

/// The choices that still name a field and can be read; behind them what rules decided.
fn decided(conflict: &ConflictRecord, merged: &Merge) -> BTreeMap<String, Standing> {
    let read = |choice: &FieldChoice| {
        Some(match choice {
            FieldChoice::Mine => Choice::Mine,
            FieldChoice::Server => Choice::Server,
            FieldChoice::Base => Choice::Base,
            FieldChoice::Json(text) => Choice::Value(document::parse_value(text.as_bytes()).ok()?),
        })
    };
    let ruled = conflict.ruled.iter().filter_map(|at| {
        merged.clashes().find(|field| field.path == at.path)?;
        Some((at.path.clone(), (read(&at.choice)?, Some(at.rule))))
    });
    let chosen = conflict.choices.iter().filter_map(|at| {
        merged.fields.iter().find(|field| field.path == at.path)?;
        Some((at.path.clone(), (read(&at.choice)?, None)))
    });
    // Later entries stand: a person's word before a rule's.
    ruled.chain(chosen).collect()
}

/// The merge with every choice; where one is still missing, Mine shows.
fn result(
    conflict: &ConflictRecord,
    local: &Value,
    server: &Value,
    rules: &MergeRules,
    merged: &Merge,
    decided: &BTreeMap<String, Standing>,
) -> Value {
    let mut all: BTreeMap<String, Choice> =
        merged.clashes().map(|field| (field.path.clone(), Choice::Mine)).collect();
    all.extend(decided.iter().map(|(path, (choice, _))| (path.clone(), choice.clone())));
    merge::resolve(conflict.base.as_ref(), local, server, rules, &all)
        .unwrap_or_else(|_| merged.merged.clone())
}

fn field(
    difference: FieldDifference,
    decided: &BTreeMap<String, Standing>,
    schema: Option<&Value>,
) -> ConflictField {
    let standing = decided.get(&difference.path);
    let choice = standing.filter(|(_, rule)| rule.is_none()).map(|(choice, _)| choice);
    let result = match standing.map(|(choice, _)| choice) {
        None => difference.result.clone(),
        Some(Choice::Mine) => difference.local.clone(),
        Some(Choice::Server) => difference.remote.clone(),
        Some(Choice::Base) => difference.base.clone(),
        Some(Choice::Value(_)) if difference.secret => Some(Value::from(MASK)),
        Some(Choice::Value(value)) => Some(value.clone()),
    };
    let text = |value: &Option<Value>| value.as_ref().map(document::to_text);
    ConflictField {
        label: form::label(schema, &difference.path),
        class: difference.class,
        base: text(&difference.base),
        local: text(&difference.local),
        server: text(&difference.remote),
        result: text(&result),
        undecided: !difference.decided && standing.is_none(),
        rule: standing.and_then(|(_, rule)| *rule),
        choice: choice.map(|choice| match choice {
            Choice::Value(_) if difference.secret => FieldChoice::Json(Value::from(MASK).to_string()),
            choice => FieldChoice::of(choice),
        }),
        note: difference.note,
        path: difference.path,
    }
}
