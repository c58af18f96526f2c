//! What hooks are asked about conflicts, and what becomes of their answers (row D6).
//!
//! A hook runs outside any transaction. So its answer is taken only if what it was asked about still stands as it did.

use super::judge::{self, judge, principal};
use super::resolve::{Decision, parse_choices, resolve};
use super::{MetConflict, Moved};
use crate::store::conflicts::{self, ConflictRecord, DecidedBy};
use crate::store::places::{self, Place};
use crate::store::{StoreError, hooks};
use rusqlite::Connection;
use std::collections::BTreeMap;
use tidemark_model::document;
use tidemark_model::hook::{self, ConflictHook, HookAnswer, HookError, HookInput};
use tidemark_model::merge::{Choice, Later};
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{ChoiceAt, FieldChoice, Resolution, RuledAt};

/// Letters that are kept of why a hook decided nothing.
const SAID: usize = 500;

/// A conflict as a hook is asked about it.
#[derive(Clone)]
pub(crate) struct Question {
    pub(crate) place: Place,
    pub(crate) conflict: ConflictRecord,
    /// The script that a person set for its collection.
    pub(crate) script: Option<String>,
    /// What rules have decided of its fields.
    decided: BTreeMap<String, Choice>,
    /// When the server's was changed, by this computer's clock.
    server_at: Option<Millis>,
    later: Later,
}

/// The first question about a conflict with an id above `after` that waits for its hook.
pub(crate) fn next(tx: &Connection, mut after: i64, now: Millis) -> Result<Option<Question>, StoreError> {
    while let Some(conflict) = conflicts::next_asking(tx, after)? {
        after = conflict.id;
        let Some(place) = places::of_collection(tx, conflict.collection_id)? else { continue };
        let (ruled, script) = (conflict.ruled.clone(), hooks::get(tx, place.collection_id)?);
        return about(tx, &place, conflict, &ruled, script.map(|(script, _)| script), now).map(Some);
    }
    Ok(None)
}

/// The question about a conflict, with a script that is only tried; none where no hook would be asked.
pub(crate) fn trying(
    tx: &Connection,
    place: &Place,
    conflict: &ConflictRecord,
    script: &str,
    now: Millis,
) -> Result<Option<Question>, StoreError> {
    let ruled = judge(tx, place, conflict, now)?;
    if conflict.may_be_in || ruled.resolution.is_some() {
        return Ok(None);
    }
    about(tx, place, conflict.clone(), &ruled.ruled, Some(script.to_owned()), now).map(Some)
}

fn about(
    tx: &Connection,
    place: &Place,
    conflict: ConflictRecord,
    ruled: &[RuledAt],
    script: Option<String>,
    now: Millis,
) -> Result<Question, StoreError> {
    let none = BTreeMap::new();
    let times = judge::times(tx, &conflict, &none, now)?;
    let (server_at, later) = (times.server, times.later());
    let choices: Vec<ChoiceAt> = ruled
        .iter()
        .map(|ruled| ChoiceAt { path: ruled.path.clone(), choice: ruled.choice.clone() })
        .collect();
    let decided = parse_choices(&choices)?;
    Ok(Question { place: place.clone(), conflict, script, decided, server_at, later })
}

impl Question {
    /// Puts it to a hook, whose answer is checked.
    pub(crate) fn put(&self, hook: &dyn ConflictHook) -> Result<HookAnswer, HookError> {
        let conflict = &self.conflict;
        let input = HookInput {
            resource_type: &self.place.collection,
            resource_id: &conflict.rid,
            conflict_type: conflict.kind,
            base: conflict.base.as_ref(),
            local: conflict.local.as_ref(),
            server: conflict.server.document.as_ref(),
            local_at: conflict.local_at,
            server_at: self.server_at,
            later: self.later,
            server_by: conflict.server.by.as_deref(),
            id_field: &self.place.id_field,
            rules: &self.place.rules,
            decided: &self.decided,
        };
        // The host's code may do what it likes, but not end the thread that everything waits for.
        let asked = std::panic::AssertUnwindSafe(|| hook::ask(hook, &input));
        std::panic::catch_unwind(asked)
            .unwrap_or_else(|_| Err(HookError::Script { message: "it broke off".into(), at: None }))
    }

    /// How an answer ends the conflict; none where it leaves it to a person.
    pub(crate) fn resolution(&self, answer: HookAnswer) -> Option<Resolution> {
        match answer {
            HookAnswer::Undecided => None,
            HookAnswer::KeepServer => Some(Resolution::ServerWins {}),
            HookAnswer::KeepLocal if self.decided.is_empty() => Some(Resolution::LocalWins {}),
            HookAnswer::KeepLocal => Some(self.mine_where_no_rule_decided()),
            HookAnswer::Merged(document) => {
                Some(Resolution::Manual { choices: Vec::new(), document: Some(document::to_text(&document)) })
            }
        }
    }

    fn mine_where_no_rule_decided(&self) -> Resolution {
        let conflict = &self.conflict;
        let (Some(local), Some(server)) = (&conflict.local, &conflict.server.document) else {
            return Resolution::LocalWins {};
        };
        let merged = tidemark_model::merge::merge(conflict.base.as_ref(), local, server, &self.place.rules);
        let choices = merged.clashes().map(|field| ChoiceAt {
            path: field.path.clone(),
            choice: self.decided.get(&field.path).map_or(FieldChoice::Mine, FieldChoice::of),
        });
        Resolution::Manual { choices: choices.collect(), document: None }
    }
}

/// What became of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It ended the conflict.
    Decided,
    /// A person chooses.
    Left,
    /// The conflict, its rules or the script are not as they were: the hook is asked again.
    Stale,
}

/// Takes a hook's answer, if all is as it was when the hook was asked.
pub(crate) fn take(
    tx: &Connection,
    question: &Question,
    answer: Result<Option<Resolution>, HookError>,
    now: Millis,
    fresh_id: &dyn Fn() -> String,
) -> Result<(Taken, Moved), StoreError> {
    let asked = &question.conflict;
    let place = places::of_collection(tx, asked.collection_id)?;
    let script = hooks::get(tx, asked.collection_id)?.map(|(script, _)| script);
    let conflict = match (conflicts::get(tx, asked.id)?, place) {
        (Some(found), Some(place))
            if found == *asked && place == question.place && script == question.script =>
        {
            found
        }
        _ => return Ok((Taken::Stale, Moved::default())),
    };
    conflicts::judged(tx, conflict.id, None)?;
    // What a person began meanwhile, a person ends.
    let principal = principal(tx, &conflict)?.filter(|_| conflict.choices.is_empty());
    let said = match (answer, principal) {
        (Ok(Some(resolution)), Some(principal)) => {
            let decision = Decision {
                resolution,
                by: DecidedBy::Hook,
                mutation_id: fresh_id(),
                principal: Some(principal),
                hold: Millis(0),
                now,
            };
            match resolve(tx, &question.place, &conflict, &decision, fresh_id) {
                Ok((_, moved)) => return Ok((Taken::Decided, moved)),
                // Nothing was written yet.
                Err(StoreError::Refused(refusal)) => Some(format!(
                    "the hook's answer cannot be carried out: {}. This conflict is chosen by hand",
                    refusal.message
                )),
                Err(error) => return Err(error),
            }
        }
        (Ok(_), _) => None,
        (Err(error), _) => Some(error.to_string()),
    };
    let said = said.map(|said| said.chars().take(SAID).collect::<String>());
    conflicts::judged(tx, conflict.id, said.as_deref())?;
    // Nobody was told of it while the hook might have ended it.
    let mut moved = Moved::default();
    moved.conflicts.push(MetConflict {
        id: Count(conflict.id),
        collection_id: conflict.collection_id,
        rid: conflict.rid.clone(),
        title: conflict.title.clone(),
        refreshed: conflict.created_at != conflict.updated_at,
    });
    Ok((Taken::Left, moved))
}
