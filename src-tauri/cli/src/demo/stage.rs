//! What the demonstration plays on: a server, a data folder, and what was told so far.

use crate::commands::sync::bring_in_step;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::out::Out;
use crate::words;
use serde_json::{Value, json};
use std::sync::Arc;
use tempfile::TempDir;
use tidemark_engine::Engine;
use tidemark_host::{Environment, Host, HostOptions, NoKeychain};
use tidemark_model::failure::ErrorClass;
use tidemark_model::view::{NewLink, QueueFilter};
use tidemark_sandbox::{RunningSandbox, Sandbox, SandboxOptions};

/// The link's name.
pub const LINK: &str = "Demo";

pub struct Stage {
    out: Out,
    folder: TempDir,
    pub server: RunningSandbox,
    pub host: Host,
    /// What was saved here, for the proof that each was done once.
    pub saved: usize,
    failed: bool,
}

/// What a step came to.
pub struct Told {
    ok: bool,
    facts: Value,
    words: String,
}

impl Told {
    pub fn right(facts: Value, words: impl Into<String>) -> Self {
        Self { ok: true, facts, words: words.into() }
    }

    pub fn wrong(facts: Value, words: impl Into<String>) -> Self {
        Self { ok: false, facts, words: words.into() }
    }

    pub fn checked(ok: bool, facts: Value, words: impl Into<String>) -> Self {
        Self { ok, facts, words: words.into() }
    }
}

impl Stage {
    pub async fn set(out: Out) -> Result<Self, Fault> {
        let folder = tempfile::Builder::new().prefix("tidemark-demo-").tempdir()?;
        let server = Sandbox::start(SandboxOptions { switches: false, ..SandboxOptions::sample() }).await?;
        let host = open(&folder).await?;
        Ok(Self { out, folder, server, host, saved: 0, failed: false })
    }

    /// Says a step; the facts stand beside `step` and `ok`.
    pub fn tell(&mut self, step: &str, told: Told) {
        self.failed |= !told.ok;
        let mut line =
            serde_json::Map::from_iter([("step".to_owned(), json!(step)), ("ok".to_owned(), json!(told.ok))]);
        if let Value::Object(facts) = told.facts {
            line.extend(facts);
        }
        let mark = if told.ok { "✓" } else { "✗" };
        self.out.say(&Value::Object(line), || format!("{mark} {}", told.words.replace('\n', "\n  ")));
    }

    pub async fn end(self) -> Exit {
        self.host.engine().shutdown().await;
        self.server.stop().await;
        if self.failed { Exit::Error } else { Exit::Done }
    }

    pub fn url(&self) -> String {
        self.server.url()
    }

    pub fn engine(&self) -> &Engine {
        self.host.engine()
    }

    pub async fn link(&self) -> Result<Told, Fault> {
        let new = NewLink {
            name: LINK.to_owned(),
            kind: "rest".to_owned(),
            url: self.url(),
            user: None,
            secret: None,
            settings: None,
            collections: Vec::new(),
        };
        let added = self.host.add_link_with_everything(new).await?;
        let words = format!("Connected. The server offers, and we keep: {}.", added.collections.join(", "));
        Ok(Told::right(json!({"link": added.name, "collections": added.collections}), words))
    }

    pub async fn pull(&self) -> Result<Told, Fault> {
        let synced = bring_in_step(&self.host, Some(LINK), None).await?;
        let received = synced.received.map_or(0, |count| count.0);
        let words = format!("{received} records are on this computer now.");
        Ok(Told::checked(received == 200 && synced.exit == Exit::Done, json!({"received": received}), words))
    }

    pub async fn go_offline(&self) -> Result<Told, Fault> {
        self.server.go_offline().await?;
        let synced = bring_in_step(&self.host, Some(LINK), None).await?;
        let refused = synced.failure.as_ref().is_some_and(|failure| failure.class == ErrorClass::Offline);
        let words = format!("The connection is gone. {}", words::sentence(&self.engine().status()?));
        Ok(Told::checked(refused, json!({"exit": u8::from(synced.exit)}), words))
    }

    pub async fn go_online(&self) -> Result<Told, Fault> {
        self.server.go_online().await?;
        Ok(Told::right(json!({}), "The server can be reached again."))
    }

    /// Closes everything and opens it again from the disk, as after a restart.
    pub async fn reopen(&mut self) -> Result<Told, Fault> {
        let before = self.unsent()?;
        self.host.engine().shutdown().await;
        self.host = open(&self.folder).await?;
        let after = self.unsent()?;
        let words =
            format!("Tidemark was closed and opened again: {} still here.", words::changes(after as i64));
        Ok(Told::checked(before == after && after == self.saved, json!({ "unsent": after }), words))
    }

    fn unsent(&self) -> Result<usize, Fault> {
        Ok(self.engine().list_queue(&QueueFilter::default(), 0, 100)?.rows.len())
    }
}

async fn open(folder: &TempDir) -> Result<Host, Fault> {
    let options = HostOptions {
        data: Some(folder.path().to_owned()),
        // A demonstration leaves nothing behind and is the same everywhere.
        keychain: Some(Arc::new(NoKeychain)),
        environment: Environment::of([]),
        ..HostOptions::default()
    };
    Ok(Host::open(options).await?)
}
