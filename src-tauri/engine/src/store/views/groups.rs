//! Open conflicts by their shape (row D10).

use super::conflicts::{Named, fields, row};
use crate::store::conflicts::{self as table, ConflictRecord};
use crate::store::{StoreError, places};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};
use tidemark_model::merge;
use tidemark_model::number::Count;
use tidemark_model::view::{ConflictGroup, ConflictShape, ConflictType, GroupMember, ListPage};

/// What tells the shape of one open conflict.
struct Open {
    id: i64,
    collection_id: i64,
    kind: ConflictType,
    paths: Vec<String>,
}

/// The open conflicts of one shape.
struct Alike {
    kind: ConflictType,
    first: i64,
    conflicts: i64,
}

/// All shapes of which there is more than one open conflict, the largest group first.
pub(crate) fn list(tx: &Connection) -> Result<Vec<ConflictGroup>, StoreError> {
    let mut groups: BTreeMap<(i64, &str, Vec<String>), Alike> = BTreeMap::new();
    for Open { id, collection_id, kind, paths } in all(tx, None)? {
        let first = Alike { kind, first: id, conflicts: 0 };
        groups.entry((collection_id, kind.as_str(), paths)).or_insert(first).conflicts += 1;
    }
    let places = places::all(tx)?;
    let mut groups: Vec<ConflictGroup> = groups
        .into_iter()
        .filter(|(_, alike)| alike.conflicts > 1)
        .filter_map(|((collection_id, _, paths), alike)| {
            let place = places.iter().find(|place| place.collection_id == collection_id)?;
            let (link, collection) = (place.link.clone(), place.collection.clone());
            let shape = ConflictShape { link, collection, conflict_type: alike.kind, paths };
            Some(ConflictGroup { shape, conflicts: Count(alike.conflicts), first: Count(alike.first) })
        })
        .collect();
    groups.sort_by_key(|group| (-group.conflicts.0, group.first.0));
    Ok(groups)
}

/// The conflicts of one shape, oldest first.
pub(crate) fn members(
    tx: &Connection,
    shape: &ConflictShape,
    offset: usize,
    limit: usize,
) -> Result<ListPage<GroupMember>, StoreError> {
    let place = places::all(tx)?
        .into_iter()
        .find(|place| place.link == shape.link && place.collection == shape.collection);
    let Some(place) = place else { return Ok(ListPage { rows: Vec::new(), total: Count(0) }) };
    let alike = all(tx, Some(place.collection_id))?
        .into_iter()
        .filter(|open| open.kind == shape.conflict_type && open.paths == shape.paths)
        .map(|open| open.id)
        .collect::<Vec<_>>();
    let mut page = ListPage { rows: Vec::new(), total: Count::of(alike.len()) };
    for id in alike.into_iter().skip(offset).take(limit.min(super::PAGE)) {
        let Some(conflict) = table::get(tx, id)? else { continue };
        let named = Named::of(tx, &conflict)?;
        let all = fields(&conflict, &named.settings);
        let conflict_row = row(&conflict, &named, all.as_ref());
        let fields = all.map_or_else(Vec::new, |all| all.fields);
        // What a person chose before can be chosen otherwise with the others.
        let to_choose = fields.into_iter().filter(|field| field.undecided || field.choice.is_some());
        page.rows.push(GroupMember {
            conflict: conflict_row,
            server_version: conflict.server.version,
            fields: to_choose.collect(),
        });
    }
    Ok(page)
}

/// Every open conflict that is a person's, or of one collection, oldest first.
fn all(tx: &Connection, collection_id: Option<i64>) -> Result<Vec<Open>, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT id, collection_id, kind, shape FROM conflicts
          WHERE state = 'open' AND judging <> 'asking' AND (?1 IS NULL OR collection_id = ?1) ORDER BY id",
    )?;
    let mut rows = statement.query([collection_id])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, kind, shape): (i64, String, Option<String>) = (row.get(0)?, row.get(2)?, row.get(3)?);
        let kind = ConflictType::parse(&kind)
            .ok_or_else(|| StoreError::Corrupt(format!("conflicts.kind is '{kind}'")))?;
        let paths = match shape {
            Some(shape) => serde_json::from_str(&shape)?,
            // Written by an earlier version, or a person's of which rules have decided a part.
            None => shape_of(tx, id)?,
        };
        found.push(Open { id, collection_id: row.get(1)?, kind, paths });
    }
    Ok(found)
}

fn shape_of(tx: &Connection, id: i64) -> Result<Vec<String>, StoreError> {
    let Some(conflict) = table::get(tx, id)? else { return Ok(Vec::new()) };
    let place = places::of_collection(tx, conflict.collection_id)?;
    Ok(place.map_or_else(Vec::new, |place| left_to_choose(&conflict, &place.rules)))
}

/// The shape of what rules have left of a conflict.
pub(crate) fn left_to_choose(conflict: &ConflictRecord, rules: &merge::MergeRules) -> Vec<String> {
    let (Some(local), Some(server)) = (&conflict.local, &conflict.server.document) else { return Vec::new() };
    let merged = merge::merge(conflict.base.as_ref(), local, server, rules);
    let is_ruled = |path: &str| conflict.ruled.iter().any(|ruled| ruled.path == path);
    let left = merged.clashes().filter(|field| !is_ruled(&field.path));
    left.map(|field| merged.pattern(&field.path)).collect::<BTreeSet<_>>().into_iter().collect()
}
