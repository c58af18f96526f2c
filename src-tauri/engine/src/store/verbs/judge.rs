//! What rules decide of open conflicts (rows D4, D5): in the same commit that met or refreshed them, so that what they
//! decide whole never waits for anybody.

use super::Moved;
use super::resolve::{Decision, resolve, result_of};
use crate::store::conflicts::{self, ConflictRecord, DecidedBy};
use crate::store::places::{self, Place};
use crate::store::views::groups::left_to_choose;
use crate::store::{StoreError, hooks, outbox, records};
use rusqlite::{Connection, OptionalExtension as _};
use serde_json::Value;
use std::collections::BTreeMap;
use tidemark_model::change::Change;
use tidemark_model::document;
use tidemark_model::merge::{self, Later, Ruling, SKEW_RESOLUTION, Times};
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{ChoiceAt, FieldChoice, Resolution, RuleExample, RuleTrial, RuledAt};

/// So many examples a trial names.
const EXAMPLES: usize = 20;

/// Looks at every open conflict that was met, refreshed or given other rules since it was last looked at; what is left then
/// waits for its collection's hook, if it has one here or, as `is_hosts` says, of the host's.
pub(crate) fn judge_due(
    tx: &Connection,
    now: Millis,
    is_hosts: &dyn Fn(&str) -> bool,
    fresh_id: &dyn Fn() -> String,
) -> Result<Moved, StoreError> {
    let mut moved = Moved::default();
    // As they are in this very commit, which may be the one that changes them.
    let places = places::all(tx)?;
    while let Some((mut conflict, has_shape)) = conflicts::take_due(tx)? {
        let Some(place) = places.iter().find(|place| place.collection_id == conflict.collection_id) else {
            continue;
        };
        let verdict = judge(tx, place, &conflict, now)?;
        if conflict.ruled != verdict.ruled || conflict.strategy != place.strategy {
            conflicts::set_ruled(tx, conflict.id, place.strategy, &verdict.ruled)?;
        }
        let is_ruled = !(conflict.ruled.is_empty() && verdict.ruled.is_empty());
        conflict.ruled = verdict.ruled;
        if is_ruled || !has_shape {
            conflicts::set_shape(tx, conflict.id, &left_to_choose(&conflict, &place.rules))?;
        }
        // What a person began, a person ends.
        let Some(principal) = principal(tx, &conflict)?.filter(|_| conflict.choices.is_empty()) else {
            continue;
        };
        let Some(resolution) = verdict.resolution else {
            let has_hook = is_hosts(&place.collection) || hooks::exists(tx, place.collection_id)?;
            // Mine may be in the server's already: a hook would count it twice.
            if has_hook && !conflict.may_be_in {
                conflicts::ask_hook(tx, conflict.id)?;
                moved.asks = true;
            }
            continue;
        };
        let decision = Decision {
            resolution,
            by: DecidedBy::Rule,
            mutation_id: fresh_id(),
            principal: Some(principal),
            hold: Millis(0),
            now,
        };
        match resolve(tx, place, &conflict, &decision, fresh_id) {
            Ok((_, decided)) => moved.append(decided),
            // Nothing was written yet: what cannot be carried out is a person's.
            Err(StoreError::Refused(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(moved)
}

/// Whoever is signed in by now, what goes out is of the account that typed it; of two accounts' changes a person decides.
pub(super) fn principal(tx: &Connection, conflict: &ConflictRecord) -> Result<Option<String>, StoreError> {
    let mut principals = outbox::principals(tx, conflict.record_id)?;
    Ok(if principals.len() == 1 { principals.pop() } else { None })
}

/// What the rules of a place would have done to its conflicts that people decided, and would do to the open ones.
pub(crate) fn trial(tx: &Connection, place: &Place, now: Millis) -> Result<RuleTrial, StoreError> {
    let mut trial = RuleTrial::default();
    each_to_try(tx, place, &mut |known| {
        let resolution = judge(tx, place, &known.conflict, now)?.resolution;
        count(&mut trial, place, known, resolution.as_ref())?;
        Ok(true)
    })?;
    Ok(trial)
}

/// A conflict that is open, or that a person decided.
pub(crate) struct Known {
    pub(crate) conflict: ConflictRecord,
    resolved_at: Option<Millis>,
    /// What came of the person's decision.
    result: Option<Value>,
}

/// Goes through what rules or a hook are tried with, newest first, for as long as `with` wants more.
pub(crate) fn each_to_try(
    tx: &Connection,
    place: &Place,
    with: &mut dyn FnMut(Known) -> Result<bool, StoreError>,
) -> Result<(), StoreError> {
    let mut statement = tx.prepare_cached(&format!(
        "SELECT {}, resolved_at, result FROM conflicts
          WHERE collection_id = ?1 AND (state = 'open' OR decided_by = 'person') ORDER BY id DESC",
        conflicts::COLUMNS
    ))?;
    let mut rows = statement.query([place.collection_id])?;
    while let Some(row) = rows.next()? {
        let result: Option<String> = row.get("result")?;
        let known = Known {
            conflict: ConflictRecord::read(row)?,
            resolved_at: row.get::<_, Option<i64>>("resolved_at")?.map(Millis),
            result: result.map(|text| records::serde_json_value(&text)).transpose()?,
        };
        if !with(known)? {
            break;
        }
    }
    Ok(())
}

/// Adds to a trial what is decided of one conflict.
pub(crate) fn count(
    trial: &mut RuleTrial,
    place: &Place,
    known: Known,
    resolution: Option<&Resolution>,
) -> Result<(), StoreError> {
    let Known { conflict, resolved_at, result } = known;
    if conflict.open {
        let is_persons = conflict.is_persons || !conflict.choices.is_empty();
        trial.open.0 += 1;
        trial.ends.0 += i64::from(resolution.is_some() && !is_persons);
        return Ok(());
    }
    trial.past.0 += 1;
    let Some(resolution) = resolution else { return Ok(()) };
    trial.decided.0 += 1;
    let is_same = match (&result, &result_of(place, &conflict, resolution)?) {
        (Some(persons), Some(rules)) => document::same(persons, rules),
        (None, None) => true,
        _ => false,
    };
    if is_same {
        return Ok(());
    }
    trial.differently.0 += 1;
    if trial.examples.len() < EXAMPLES {
        trial.examples.push(RuleExample {
            conflict: Count(conflict.id),
            record: conflict.rid,
            title: conflict.title,
            at: resolved_at.unwrap_or_default(),
        });
    }
    Ok(())
}

/// What the rules say of a conflict.
pub(super) struct Verdict {
    pub(super) ruled: Vec<RuledAt>,
    /// How it ends, where they decide all of it.
    pub(super) resolution: Option<Resolution>,
}

pub(super) fn judge(
    tx: &Connection,
    place: &Place,
    conflict: &ConflictRecord,
    now: Millis,
) -> Result<Verdict, StoreError> {
    let fields = if place.asks_for_field_times() { field_times(tx, conflict, now)? } else { BTreeMap::new() };
    let times = times(tx, conflict, &fields, now)?;
    if conflict.may_be_in {
        // Mine may be in the server's already, and would count twice.
        return Ok(Verdict { ruled: Vec::new(), resolution: None });
    }
    let (Some(local), Some(server)) = (&conflict.local, &conflict.server.document) else {
        let resolution = match merge::decide_whole(conflict.kind, place.strategy, &times) {
            Later::Mine => Some(Resolution::LocalWins {}),
            Later::Server => Some(Resolution::ServerWins {}),
            Later::Unknown => None,
        };
        return Ok(Verdict { ruled: Vec::new(), resolution });
    };
    let base = conflict.base.as_ref();
    let Ruling { decided, left } = merge::decide(base, local, server, &place.rules, place.strategy, &times);
    let ruled: Vec<RuledAt> = decided
        .into_iter()
        .map(|(path, (choice, rule))| RuledAt { path, choice: FieldChoice::of(&choice), rule })
        .collect();
    let choices = || {
        let choice = |ruled: &RuledAt| ChoiceAt { path: ruled.path.clone(), choice: ruled.choice.clone() };
        ruled.iter().map(choice).collect()
    };
    let all = left == 0 && !ruled.is_empty();
    let resolution = all.then(|| Resolution::Manual { choices: choices(), document: None });
    Ok(Verdict { resolution, ruled })
}

fn field_times(
    tx: &Connection,
    conflict: &ConflictRecord,
    now: Millis,
) -> Result<BTreeMap<String, Millis>, StoreError> {
    let edits = outbox::edits_of(tx, conflict.record_id)?;
    let edits = edits.iter().map(|edit| (edit.changes.iter().map(Change::path).collect(), edit.created_at));
    Ok(merge::field_times(edits, now))
}

/// Both sides' times on this computer's clock.
pub(crate) fn times<'a>(
    tx: &Connection,
    conflict: &ConflictRecord,
    local_fields: &'a BTreeMap<String, Millis>,
    now: Millis,
) -> Result<Times<'a>, StoreError> {
    let skew: Option<i64> = tx
        .prepare_cached("SELECT clock_skew FROM links WHERE id = ?1")?
        .query_row([conflict.link_id], |row| row.get(0))
        .optional()?
        .flatten();
    Ok(Times {
        local: conflict.local_at,
        server: conflict.server.at.map(|at| at.plus(-skew.unwrap_or(0))),
        local_fields,
        resolution: if skew.is_some() { SKEW_RESOLUTION } else { Millis(0) },
        now,
    })
}
