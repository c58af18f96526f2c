//! What discarding would do, before it is done (`ui.md` 3.6).

use crate::store::outbox::{self, MutationRow};
use crate::store::verbs::discard::{goes_with, may_go, on_top};
use crate::store::verbs::retention::trash_ends;
use crate::store::{StoreError, collections, edges, records};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{Consequence, DiscardPreview, Fate};

/// How many of each kind an answer names.
const NAMED: usize = 20;
/// More than so many are asked about.
const UNASKED: i64 = 20;

/// What discarding the named changes would do now.
pub(crate) fn preview(tx: &Connection, ids: &[String], now: Millis) -> Result<DiscardPreview, StoreError> {
    let mut preview = DiscardPreview { until: trash_ends(now), ..DiscardPreview::default() };
    let mut named = BTreeMap::new();
    for id in ids {
        match outbox::by_id(tx, id)? {
            Some(mutation) if may_go(tx, &mutation)? => drop(named.insert(mutation.seq, mutation)),
            Some(_) | None => preview.already_gone.0 += 1,
        }
    }
    preview.there = Count::of(named.len());
    let later = later(tx, &named)?;
    let dependants = dependants(tx, &named, &later)?;
    preview.later_count = Count::of(later.len());
    preview.dependant_count = Count::of(dependants.len());
    preview.together = later
        .values()
        .map(|(mutation, _)| mutation)
        .chain(dependants.values())
        .map(|m| m.id.clone())
        .collect();
    for (mutation, fate) in later.values().take(NAMED) {
        preview.later.push(shown(tx, mutation, *fate)?);
    }
    for mutation in dependants.values().take(NAMED) {
        preview.dependants.push(shown(tx, mutation, Fate::NeedsYou)?);
    }
    preview.asks = preview.there.0 > UNASKED || !later.is_empty() || !dependants.is_empty();
    Ok(preview)
}

type BySeq<T> = BTreeMap<i64, T>;

/// Later changes of the same records, with what becomes of each.
fn later(tx: &Connection, named: &BySeq<MutationRow>) -> Result<BySeq<(MutationRow, Fate)>, StoreError> {
    let mut later = BTreeMap::new();
    let records: BTreeSet<i64> = named.values().map(|mutation| mutation.record_id).collect();
    for record_id in records {
        let lane = outbox::lane(tx, record_id)?;
        if lane.iter().all(|mutation| named.contains_key(&mutation.seq)) {
            continue;
        }
        let record = records::get(tx, record_id)?;
        let mut document = record.and_then(|record| record.base.document);
        let mut gone: Vec<&MutationRow> = Vec::new();
        for mutation in &lane {
            if named.contains_key(&mutation.seq) {
                gone.push(mutation);
                continue;
            }
            if gone.iter().any(|discarded| goes_with(discarded, mutation)) {
                later.insert(mutation.seq, (mutation.clone(), Fate::GoesToo));
                continue;
            }
            let (after, fits) = on_top(document, mutation);
            document = after;
            if !gone.is_empty() {
                let fate = if fits { Fate::GoesOutAlone } else { Fate::WillNotFit };
                later.insert(mutation.seq, (mutation.clone(), fate));
            }
        }
    }
    Ok(later)
}

/// Changes of other records that wait for what goes, directly or through others.
fn dependants(
    tx: &Connection,
    named: &BySeq<MutationRow>,
    later: &BySeq<(MutationRow, Fate)>,
) -> Result<BySeq<MutationRow>, StoreError> {
    let too = later.iter().filter(|(_, (_, fate))| *fate == Fate::GoesToo).map(|(seq, _)| *seq);
    let mut open: Vec<i64> = named.keys().copied().chain(too).collect();
    let mut dependants = BTreeMap::new();
    while let Some(seq) = open.pop() {
        for waiting in edges::waited_on_by(tx, seq)? {
            if named.contains_key(&waiting)
                || later.contains_key(&waiting)
                || dependants.contains_key(&waiting)
            {
                continue;
            }
            if let Some(mutation) = outbox::by_seq(tx, waiting)? {
                dependants.insert(waiting, mutation);
                open.push(waiting);
            }
        }
    }
    Ok(dependants)
}

fn shown(tx: &Connection, mutation: &MutationRow, fate: Fate) -> Result<Consequence, StoreError> {
    let title = records::get(tx, mutation.record_id)?.map(|record| record.title);
    let collection = collections::get(tx, mutation.collection_id)?.map(|collection| collection.name);
    Ok(Consequence {
        id: mutation.id.clone(),
        number: Count(mutation.seq),
        collection: collection.unwrap_or_default(),
        title: title.unwrap_or_else(|| mutation.rid.clone()),
        operation: mutation.operation,
        fate,
    })
}
