//! A server of the test's own, and how a person connects to it in the window.

use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};
use tidemark_sandbox::world::call::{Call, Caller};
use tidemark_sandbox::{RunningSandbox, Sandbox, SandboxOptions, SeedRecord};

use crate::desk::NOW;
use crate::page::Page;

/// Starts a server whose clock agrees with the application's.
pub async fn serve(options: SandboxOptions) -> RunningSandbox {
    let start: DateTime<Utc> = NOW.parse().expect("the instant is written right");
    let begun = Instant::now();
    let now = move || start + TimeDelta::from_std(begun.elapsed()).unwrap_or_default();
    Sandbox::start(SandboxOptions { now: Arc::new(now), ..options }).await.expect("the sandbox starts")
}

/// A record for a server from its JSON text.
pub fn record(collection: &str, text: &str) -> SeedRecord {
    let doc: Map<String, Value> = serde_json::from_str(text).expect("the record is a JSON object");
    let id = doc["id"].as_str().expect("the record has an id").to_owned();
    SeedRecord {
        collection: collection.to_owned(),
        id,
        doc,
        modified_by: "Anna K.".to_owned(),
        modified_at: None,
    }
}

/// A record's text as the server keeps it.
pub fn stored(server: &RunningSandbox, collection: &str, id: &str) -> String {
    let call = Call::Get { collection: collection.into(), id: id.into(), if_none_match: None };
    let answer =
        server.with_world(|world| world.handle(call, &Caller::default(), DateTime::<Utc>::UNIX_EPOCH));
    assert!(answer.is_ok(), "{collection}/{id}: {}", answer.body);
    answer.body
}

/// Connects the first server by the forms of the first run, keeping everything on offer.
pub async fn connect(window: &Page, server: &RunningSandbox) {
    window.press("Connect a server").await;
    window.fill("input[inputmode=url]", &server.url()).await;
    window.press("Find collections").await;
    window.see("What to keep on this computer").await;
    window.press("Connect").await;
    window.see("is connected.").await;
}
