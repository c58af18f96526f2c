//! What discarding would do, before it is done (`ui.md` 3.6).

use crate::store::outbox::{self, MutationRow};
use crate::store::verbs::discard::{goes_with, may_go, on_top};
use crate::store::verbs::retention::trash_ends;
use crate::store::{StoreError, collections, edges, records, transactions};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};
use tidemark_model::mutation::{MutationState, Operation};
use tidemark_model::number::{Count, Millis};
use tidemark_model::transaction::Strategy;
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
    let mut later = later(tx, &named)?;
    let rolled_back = rolled_back(tx, &named, &later)?;
    let mut dependants = dependants(tx, &named, &later, &rolled_back)?;
    for (seq, mutation) in rolled_back {
        let concerned = if later.contains_key(&seq) { &mut later } else { &mut dependants };
        concerned.insert(seq, (mutation, Fate::RollsBack));
    }
    preview.later_count = Count::of(later.len());
    preview.dependant_count = Count::of(dependants.len());
    let concerned = later.values().chain(dependants.values()).map(|(mutation, _)| mutation);
    let waiting = concerned.filter(|mutation| !mutation.state.is_finished());
    preview.together = waiting.map(|mutation| mutation.id.clone()).collect();
    for (mutation, fate) in later.values().take(NAMED) {
        preview.later.push(shown(tx, mutation, *fate)?);
    }
    for (mutation, fate) in dependants.values().take(NAMED) {
        preview.dependants.push(shown(tx, mutation, *fate)?);
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

/// What goes to the trash: what was named, and what goes with it.
fn goes<'a>(
    named: &'a BySeq<MutationRow>,
    later: &'a BySeq<(MutationRow, Fate)>,
) -> impl Iterator<Item = &'a MutationRow> {
    let too = later.values().filter(|(_, fate)| *fate == Fate::GoesToo).map(|(mutation, _)| mutation);
    named.values().chain(too)
}

/// What is left of a transaction that loses a part goes back with it, and with that the transactions behind it and what
/// was edited on top of a record that it made (`engine.md` 6).
fn rolled_back(
    tx: &Connection,
    named: &BySeq<MutationRow>,
    later: &BySeq<(MutationRow, Fate)>,
) -> Result<BySeq<MutationRow>, StoreError> {
    let gone: BTreeSet<i64> = goes(named, later).map(|mutation| mutation.seq).collect();
    let mut open: Vec<String> = goes(named, later).filter_map(|one| one.transaction_id.clone()).collect();
    let (mut seen, mut back) = (BTreeSet::new(), BTreeMap::new());
    while let Some(id) = open.pop() {
        if !seen.insert(id.clone()) {
            continue;
        }
        let Some(row) = transactions::get(tx, &id)?.filter(|row| row.strategy.locks() && !row.undoing) else {
            continue;
        };
        let members = outbox::members(tx, &id, &MutationState::UNFINISHED)?;
        let left: Vec<_> =
            members.into_iter().filter(|m| m.record_id != 0 && !gone.contains(&m.seq)).collect();
        if row.strategy == Strategy::Saga && !left.is_empty() {
            let accepted = outbox::members(tx, &id, &[MutationState::Confirmed])?;
            let own = accepted
                .into_iter()
                .filter(|member| member.compensates.is_none() && member.into_id.is_none());
            back.extend(own.map(|member| (member.seq, member)));
        }
        for member in left {
            for behind in outbox::lane(tx, member.record_id)?.into_iter().filter(|m| m.seq > member.seq) {
                match &behind.transaction_id {
                    Some(other) => open.push(other.clone()),
                    None if member.operation == Operation::Create && !gone.contains(&behind.seq) => {
                        back.insert(behind.seq, behind);
                    }
                    None => {}
                }
            }
            back.insert(member.seq, member);
        }
    }
    Ok(back)
}

/// Changes of other records that wait for what goes, directly or through others, and are not rolled back.
fn dependants(
    tx: &Connection,
    named: &BySeq<MutationRow>,
    later: &BySeq<(MutationRow, Fate)>,
    rolled_back: &BySeq<MutationRow>,
) -> Result<BySeq<(MutationRow, Fate)>, StoreError> {
    let mut open: Vec<i64> = goes(named, later).map(|mutation| mutation.seq).collect();
    let mut dependants = BTreeMap::new();
    while let Some(seq) = open.pop() {
        for waiting in edges::waited_on_by(tx, seq)? {
            if named.contains_key(&waiting)
                || later.contains_key(&waiting)
                || rolled_back.contains_key(&waiting)
                || dependants.contains_key(&waiting)
            {
                continue;
            }
            // What was rolled back stays as it is, whatever it was told to wait for.
            let in_line = |waiting: &MutationRow| waiting.record_id != 0 || waiting.transaction_id.is_none();
            if let Some(mutation) = outbox::by_seq(tx, waiting)?.filter(in_line) {
                dependants.insert(waiting, (mutation, Fate::NeedsYou));
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
