//! The scripts that decide conflicts: which there are, setting one, taking one away, and what one would have done (row D6).

use crate::asking::ask_until;
use crate::engine::Engine;
use crate::hooks::ScriptHook;
use crate::store::places::{Place, refuse};
use crate::store::verbs::ask::{self, Question};
use crate::store::verbs::judge::{self, Known};
use crate::store::{StoreError, collections, conflicts, hooks, links};
use std::sync::Arc;
use tidemark_model::hook::HookError;
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{HookFault, HookPlace, HookRow, HookTrial, RefusalCode};

/// A script is tried with so many conflicts at most, the newest.
const MOST: usize = 500;
/// No further conflict is tried after so long, in milliseconds.
const LONGEST: i64 = 20_000;
/// Whoever sets a script waits so long for what it decides, in milliseconds; the rest is asked about behind.
const AWAITED: i64 = 2_000;
/// So many faults a trial names.
const FAULTS: usize = 20;

impl Engine {
    /// All scripts that are set.
    pub fn hooks(&self) -> Result<Vec<HookRow>, StoreError> {
        self.shared().store.read(|tx| {
            let mut rows = Vec::new();
            for link in links::all(tx)? {
                for collection in collections::of_link(tx, link.id)? {
                    if let Some((script, set_at)) = hooks::get(tx, collection.id)? {
                        let place = HookPlace { link: link.name.clone(), collection: collection.name };
                        rows.push(HookRow { place, script, set_at });
                    }
                }
            }
            Ok(rows)
        })
    }

    /// Sets the script of a collection in the place of the one it had; open conflicts that it decides end with it, the
    /// last of very many soon after.
    ///
    /// Errors: there is no such link or collection; the script is too long, cannot be read, or has no `resolve`.
    pub async fn set_hook(&self, place: &HookPlace, script: String) -> Result<(), StoreError> {
        self.compile(&script)?;
        self.change_hook(place, move |tx, id, now| hooks::set(tx, id, &script, now)).await
    }

    /// Takes the script of a collection away.
    ///
    /// Errors: there is no such link or collection, or it has none.
    pub async fn remove_hook(&self, place: &HookPlace) -> Result<(), StoreError> {
        let collection = place.collection.clone();
        let remove = move |tx: &_, id, _| match hooks::remove(tx, id)? {
            true => Ok(()),
            false => Err(refuse(
                RefusalCode::NotFound,
                format!("'{collection}' has no hook"),
                "Look at the list of hooks.",
            )),
        };
        self.change_hook(place, remove).await
    }

    /// What a script would have done to the conflicts that people decided in the past 30 days, and would do to the open ones.
    ///
    /// It is tried with the newest 500, for 20 seconds. Errors: as for [`Engine::set_hook`].
    pub async fn try_hook(&self, place: &HookPlace, script: &str) -> Result<HookTrial, StoreError> {
        let place = self.place(&place.link, &place.collection)?;
        let hook = self.compile(script)?;
        let (now, clock) = (self.shared().now(), Arc::clone(&self.shared().platform.clock));
        let mut trial = HookTrial::default();
        let known = self.shared().store.read(|tx| {
            let mut all = Vec::new();
            judge::each_to_try(tx, &place, &mut |known| {
                if all.len() < MOST {
                    all.push((ask::trying(tx, &place, &known.conflict, script, now)?, known));
                } else {
                    trial.untried.0 += 1;
                }
                Ok(true)
            })?;
            Ok(all)
        })?;
        let work = move || {
            for (question, known) in known {
                if clock.now() > now.plus(LONGEST) {
                    trial.untried.0 += 1;
                } else {
                    try_one(&mut trial, &place, &hook, question, known)?;
                }
            }
            Ok(trial)
        };
        self.shared().aside(work).await
    }

    fn compile(&self, script: &str) -> Result<ScriptHook, StoreError> {
        ScriptHook::compile(script, Arc::clone(&self.shared().platform.clock)).map_err(|error| {
            refuse(
                RefusalCode::Invalid,
                error.of_script(),
                "Correct it and try it again; what was set before stays.",
            )
        })
    }

    async fn change_hook(
        &self,
        place: &HookPlace,
        change: impl FnOnce(&crate::store::Tx, i64, Millis) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<(), StoreError> {
        let (id, now) = (self.place(&place.link, &place.collection)?.collection_id, self.shared().now());
        self.shared()
            .write(move |tx| {
                change(tx, id, now)?;
                conflicts::judge_again(tx, id)
            })
            .await?;
        self.shared().bulletin.changes_moved([]);
        ask_until(self.shared(), Some(self.shared().now().plus(AWAITED))).await?;
        self.wake_all();
        Ok(())
    }
}

fn try_one(
    trial: &mut HookTrial,
    place: &Place,
    hook: &ScriptHook,
    question: Option<Question>,
    known: Known,
) -> Result<(), StoreError> {
    let answer =
        question.map_or(Ok(None), |question| question.put(hook).map(|answer| question.resolution(answer)));
    let resolution = answer.unwrap_or_else(|error: HookError| {
        trial.wrong.0 += 1;
        if trial.faults.len() < FAULTS {
            trial.faults.push(HookFault {
                conflict: Count(known.conflict.id),
                record: known.conflict.rid.clone(),
                title: known.conflict.title.clone(),
                said: error.to_string(),
            });
        }
        None
    });
    judge::count(&mut trial.trial, place, known, resolution.as_ref())
}
