//! Asking hooks about the conflicts that wait for them, outside any transaction (row D6).

use crate::engine::Engine;
use crate::hooks::ScriptHook;
use crate::shared::Shared;
use crate::store::StoreError;
use crate::store::verbs::ask::{self, Question, Taken};
use crate::telemetry;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tidemark_model::hook::{ConflictHook, HookError};
use tidemark_model::number::Millis;
use tidemark_model::view::Resolution;
use tokio::sync::watch;

/// What moved while its hook was asked is asked about again at once so often; then with the next cycle or wake-up.
const PASSES: usize = 3;

/// Asks about all that waits; how many conflicts the hooks ended.
pub(crate) async fn ask_waiting(shared: &Arc<Shared>) -> Result<usize, StoreError> {
    ask_until(shared, None).await
}

/// Asks about what waits, at most until then, so that nobody waits for the last of very many; the rest is asked about behind.
pub(crate) async fn ask_until(shared: &Arc<Shared>, until: Option<Millis>) -> Result<usize, StoreError> {
    let mut scripts = Scripts::default();
    let mut decided = 0;
    for _ in 0..PASSES {
        let (mut after, mut is_stale) = (0, false);
        while !shared.ends.load(Ordering::Relaxed) {
            if until.is_some_and(|until| shared.now() > until) {
                shared.hooks_wanted.notify_one();
                return Ok(decided);
            }
            // For one question only: whoever may wait no longer does not wait for all that others ask.
            let _one_at_a_time = shared.asking.lock().await;
            let now = shared.now();
            let Some(question) = shared.store.read(|tx| ask::next(tx, after, now))? else { break };
            after = question.conflict.id;
            match ask(shared, question, &mut scripts).await? {
                Taken::Decided => decided += 1,
                Taken::Left => {}
                Taken::Stale => is_stale = true,
            }
        }
        if !is_stale {
            break;
        }
    }
    Ok(decided)
}

async fn ask(shared: &Arc<Shared>, question: Question, scripts: &mut Scripts) -> Result<Taken, StoreError> {
    let hosts = shared.platform.hooks.of(&question.place.collection);
    let script = match &question.script {
        Some(source) => Some(scripts.of(shared, question.place.collection_id, source)),
        None => None,
    };
    let (question, answer) = shared
        .aside(move || {
            let answer = answer(&question, hosts, script);
            Ok((question, answer))
        })
        .await?;
    if let Err(error) = &answer {
        telemetry::hook_went_wrong(&question.place, question.conflict.id, error);
    }
    let (now, ids) = (shared.now(), Arc::clone(shared));
    let (taken, moved) =
        shared.write(move |tx| ask::take(tx, &question, answer, now, &|| ids.uuid())).await?;
    shared.announce(moved, None);
    Ok(taken)
}

/// The host's hook first, then the person's where that leaves it.
fn answer(
    question: &Question,
    hosts: Option<Arc<dyn ConflictHook>>,
    script: Option<Result<Arc<ScriptHook>, HookError>>,
) -> Result<Option<Resolution>, HookError> {
    if let Some(hook) = hosts {
        let answered = question.resolution(question.put(hook.as_ref())?);
        if answered.is_some() {
            return Ok(answered);
        }
    }
    match script {
        Some(script) => Ok(question.resolution(question.put(script?.as_ref())?)),
        None => Ok(None),
    }
}

/// Scripts as they were read, by collection.
#[derive(Default)]
struct Scripts(BTreeMap<i64, (String, Result<Arc<ScriptHook>, HookError>)>);

impl Scripts {
    fn of(&mut self, shared: &Shared, collection: i64, source: &str) -> Result<Arc<ScriptHook>, HookError> {
        match self.0.get(&collection) {
            Some((known, script)) if known == source => script.clone(),
            _ => {
                let script = ScriptHook::compile(source, Arc::clone(&shared.platform.clock)).map(Arc::new);
                self.0.insert(collection, (source.to_owned(), script.clone()));
                script
            }
        }
    }
}

/// Asks whenever a commit leaves a conflict to a hook, and once at the start.
pub(crate) async fn watch(engine: Engine, mut closing: watch::Receiver<bool>) {
    let shared = Arc::clone(engine.shared());
    loop {
        match ask_waiting(&shared).await {
            Ok(0) => {}
            Ok(_) => engine.wake_all(),
            Err(error) => tracing::warn!(%error, "asking the hooks"),
        }
        tokio::select! {
            biased;
            _ = closing.changed() => return,
            () = shared.hooks_wanted.notified() => {}
        }
    }
}
