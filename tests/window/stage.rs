//! What happened on a desk before the application was opened: work done by the same engine, at times of its own.

use std::sync::Arc;

use chrono::{DateTime, NaiveTime, Utc};
use serde_json::Value;
use tidemark_engine::{CycleReport, Engine};
use tidemark_host::{Environment, Host, HostOptions, NoKeychain};
use tidemark_model::clock::Clock as _;
use tidemark_model::number::Millis;
use tidemark_model::view::{FieldEdit, NewLink};
use tidemark_sandbox::{RunningSandbox, Sandbox, SandboxOptions};
use tidemark_tests::clock::ManualClock;

use crate::desk::{Desk, NOW};

/// An engine on a desk's data folder, with a server, on the day of [`NOW`].
pub struct Stage {
    host: Host,
    clock: ManualClock,
    link: &'static str,
}

impl Stage {
    /// Connects a new server that keeps the stage's time, at eight in the morning.
    pub async fn open(desk: &Desk, link: &'static str, server: SandboxOptions) -> (Stage, RunningSandbox) {
        let clock = ManualClock::default();
        clock.advance_to(of_day("08:00"));
        let now = clock.clone();
        let now = Arc::new(move || DateTime::from_timestamp_millis(now.now().0).unwrap_or_default());
        let server = Sandbox::start(SandboxOptions { now, ..server }).await.expect("the sandbox starts");
        let host = Host::open(HostOptions {
            data: Some(desk.data()),
            clock: Some(Arc::new(clock.clone())),
            keychain: Some(Arc::new(NoKeychain)),
            environment: Environment::of([]),
            ..HostOptions::default()
        });
        let host = host.await.expect("the data folder opens");
        assert!(host.engine().is_sender(), "no other process works on this folder");
        let new = NewLink {
            name: link.to_owned(),
            kind: "rest".to_owned(),
            url: server.url(),
            user: None,
            secret: None,
            settings: None,
            collections: Vec::new(),
        };
        host.add_link_with_everything(new).await.expect("the server is connected");
        let stage = Stage { host, clock, link };
        let report = stage.sync().await;
        assert!(report.received > 0 && report.failure.is_none(), "everything is received: {report:?}");
        (stage, server)
    }

    /// Lets the day go on until a time, such as `13:12`.
    pub fn at(&self, time: &str) {
        self.clock.advance_to(of_day(time));
    }

    /// Works until nothing can be sent or received by itself.
    pub async fn sync(&self) -> CycleReport {
        self.engine().sync(Some(self.link), None).await.expect("the store works")
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        self.host.engine()
    }

    /// Sets fields of a record, as a person does.
    pub async fn set(&self, collection: &str, id: &str, fields: &Value) {
        let fields = fields.as_object().expect("fields by name");
        let edit = |(name, value): (&String, &Value)| FieldEdit {
            path: format!("/{name}"),
            set: Some(value.to_string()),
        };
        let edits: Vec<FieldEdit> = fields.iter().map(edit).collect();
        let engine = self.engine();
        engine.update_record(self.link, collection, id, &edits, None).await.expect("the edit is saved");
    }

    /// Makes a new record.
    pub async fn create(&self, collection: &str, document: &Value) {
        let engine = self.engine();
        let text = document.to_string();
        engine.create_record(self.link, collection, &text, None).await.expect("the record is saved");
    }

    /// Deletes a record.
    pub async fn delete(&self, collection: &str, id: &str) {
        let engine = self.engine();
        engine.delete_record(self.link, collection, id, None).await.expect("the deletion is saved");
    }

    /// Ends the engine at [`NOW`], so that the application can take over.
    pub async fn close(self) {
        self.clock.advance_to(Millis(now().timestamp_millis()));
        self.engine().shutdown().await;
    }
}

fn now() -> DateTime<Utc> {
    NOW.parse().expect("the instant is written right")
}

fn of_day(time: &str) -> Millis {
    let time = NaiveTime::parse_from_str(time, "%H:%M").expect("a time is written as 13:12");
    Millis(now().date_naive().and_time(time).and_utc().timestamp_millis())
}
