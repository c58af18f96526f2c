//! No value that was typed is lost other than by a person's decision, and what was decided against can still be looked up.

use super::desk::{Desk, holds};
use super::reference::{Act, Entry};
use serde_json::{Value, json};
use tidemark_model::mutation::MutationState;
use tidemark_model::view::{ChangeDetail, ChangeRow};

pub fn nothing_typed_is_lost(desk: &Desk) {
    let taken = desk.client.server.taken();
    for entry in &desk.reference.entries {
        for (name, value) in &entry.values {
            let one = Entry { values: vec![(name, *value)], ..entry.clone() };
            let mine = taken.iter().filter(|taken| taken.record == entry.record);
            let was_there = mine.into_iter().any(|taken| holds(taken.document.as_ref(), &one));
            if !was_there {
                stands_somewhere(desk, entry, name, *value);
            }
        }
    }
}

/// The change that it was typed in, or what took that in, has it or ended by a decision: it waits or needs a person with
/// the value; it lies in the trash with it; the person typed over it, or deleted the record; or they decided for the
/// server's side, and the conflict still shows it as theirs.
fn stands_somewhere(desk: &Desk, entry: &Entry, name: &str, value: u64) {
    let (mut path, mut change) = (Vec::new(), desk.change(&entry.change));
    while let Some(into) = change.combined_into.clone() {
        path.push(std::mem::replace(&mut change, desk.change(&into)).row);
    }
    let has = has(&change, name, value);
    let stands = match change.row.mutation_state {
        MutationState::Queued
        | MutationState::Sealed
        | MutationState::Uncertain
        | MutationState::Conflicted
        | MutationState::Parked
        | MutationState::Discarded => has || typed_over(desk, entry, name),
        MutationState::Confirmed => !has && typed_over(desk, entry, name),
        MutationState::Cancelled => typed_over(desk, entry, name),
        MutationState::Superseded => decided_against(desk, entry, name, value, has),
        MutationState::Combined => false,
    };
    let states = |row: &ChangeRow| (row.number, row.mutation_state, row.transaction.clone());
    let path: Vec<_> = path.iter().map(states).collect();
    assert!(stands, "{value} is lost: {entry:?}, by {path:#?}\n{change:#?}\n{:#?}", desk.queue());
}

fn has(change: &ChangeDetail, name: &str, value: u64) -> bool {
    let (path, text) = (format!("/{name}"), value.to_string());
    change.changes.iter().any(|field| field.path == path && field.after.as_ref() == Some(&text))
}

/// A later single edit set the field, or deleted the record. One of another transaction never takes a value's place.
fn typed_over(desk: &Desk, entry: &Entry, name: &str) -> bool {
    later(desk, entry, name).any(|later| later.single)
}

/// Later edits that set the field, or deleted the record.
fn later<'a>(desk: &'a Desk, entry: &'a Entry, name: &'a str) -> impl Iterator<Item = &'a Entry> {
    desk.reference.entries.iter().filter(move |later| {
        let same = later.number > entry.number && later.record == entry.record;
        same && (later.act == Act::Delete || later.values.iter().any(|(other, _)| *other == name))
    })
}

/// The decision was about all that was done here: the conflict shows the value as theirs or, where a later edit that was
/// decided about with it had typed over it, its own row does.
fn decided_against(desk: &Desk, entry: &Entry, name: &str, value: u64, has: bool) -> bool {
    desk.given_up.iter().any(|id| {
        let conflict = desk.client.engine.get_conflict(*id).unwrap();
        let mine = conflict.local_data.map(|text| serde_json::from_str::<Value>(&text).unwrap());
        let shown = mine.is_some_and(|mine| mine[name] == json!(value));
        let row_shows = || has && later(desk, entry, name).next().is_some();
        conflict.row.resource_id == entry.record && (shown || row_shows() || typed_over(desk, entry, name))
    })
}
