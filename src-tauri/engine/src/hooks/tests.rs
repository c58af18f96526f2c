//! Scripts against conflicts, and against the interpreter.

mod answers;
mod any_script;
mod bounds;
mod examples;
mod numbers;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use serde_json::Value;
use tidemark_model::clock::{BoxFuture, Clock};
use tidemark_model::hook::{HookAnswer, HookError, HookInput, ask};
use tidemark_model::merge::{Choice, Later, MergeRules};
use tidemark_model::number::Millis;
use tidemark_model::view::ConflictType;

use super::ScriptHook;

/// A clock that goes on by a fixed step whenever it is looked at.
struct Stepping {
    now: AtomicI64,
    step: i64,
}

impl Clock for Stepping {
    fn now(&self) -> Millis {
        Millis(self.now.fetch_add(self.step, Relaxed))
    }

    fn sleep_until(&self, _: Millis) -> BoxFuture<'static, ()> {
        Box::pin(std::future::pending())
    }
}

fn clock(step: i64) -> Arc<dyn Clock> {
    Arc::new(Stepping { now: AtomicI64::new(1_000), step })
}

/// A conflict between three documents written as JSON; an empty text is a side without the record.
struct Sides {
    base: Option<Value>,
    local: Option<Value>,
    server: Option<Value>,
    rules: MergeRules,
    local_at: Option<Millis>,
    server_at: Option<Millis>,
    later: Later,
    decided: BTreeMap<String, Choice>,
}

impl Sides {
    fn new(base: &str, local: &str, server: &str) -> Self {
        let read = |text: &str| (!text.is_empty()).then(|| serde_json::from_str(text).unwrap());
        Self {
            base: read(base),
            local: read(local),
            server: read(server),
            rules: MergeRules::default(),
            local_at: Some(Millis(2_000)),
            server_at: Some(Millis(1_000)),
            later: Later::Mine,
            decided: BTreeMap::new(),
        }
    }

    fn input(&self) -> HookInput<'_> {
        HookInput {
            resource_type: "invoice",
            resource_id: "A1",
            conflict_type: ConflictType::BothUpdated,
            base: self.base.as_ref(),
            local: self.local.as_ref(),
            server: self.server.as_ref(),
            local_at: self.local_at,
            server_at: self.server_at,
            later: self.later,
            server_by: Some("Anna"),
            id_field: "id",
            rules: &self.rules,
            decided: &self.decided,
        }
    }

    fn decided_by(&self, source: &str) -> Result<HookAnswer, HookError> {
        ask(&ScriptHook::compile(source, clock(0))?, &self.input())
    }

    /// The decision in a word, or the merged document's text.
    #[track_caller]
    fn said_by(&self, source: &str) -> String {
        match self.decided_by(source) {
            Ok(HookAnswer::KeepLocal) => "local".into(),
            Ok(HookAnswer::KeepServer) => "server".into(),
            Ok(HookAnswer::Undecided) => "undecided".into(),
            Ok(HookAnswer::Merged(document)) => document.to_string(),
            Err(refused) => panic!("{refused}"),
        }
    }

    /// What a script whose function has this body is told.
    #[track_caller]
    fn refused(&self, body: &str) -> HookError {
        match self.decided_by(&of_body(body)) {
            Ok(_) => panic!("taken: {body}"),
            Err(refused) => refused,
        }
    }
}

fn of_body(body: &str) -> String {
    format!("fn resolve(base, local, server, info) {{\n{body}\n}}")
}

/// A conflict in which everything that a test does not speak of is the same.
fn totals(local: &str, server: &str) -> Sides {
    let document = |total: &str| format!(r#"{{"id":"A1","grand_total":{total},"remarks":"x"}}"#);
    Sides::new(&document("1"), &document(local), &document(server))
}
