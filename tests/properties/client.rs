//! One client with a whole engine at a server in memory, on a link to one collection, that can be opened again.

use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use tempfile::TempDir;
use tidemark_engine::{Engine, EngineSettings, LinkDraft, Platform, WriterMode};
use tidemark_model::clock::Clock as _;
use tidemark_model::connector::Discovered;
use tidemark_model::document::canonical;
use tidemark_model::settings::LinkSettings;
use tidemark_model::view::QueueFilter;
use tidemark_sandbox::Report;
use tidemark_tests::audit::{Audit, audit, database_in, listed};
use tidemark_tests::clock::ManualClock;
use tidemark_tests::direct::Direct;
use tidemark_tests::rng::SeededRng;

pub const LINK: &str = "office";

pub struct Client {
    pub engine: Engine,
    pub server: Direct,
    pub clock: ManualClock,
    collection: String,
    rng: Arc<SeededRng>,
    folder: TempDir,
}

impl Client {
    pub async fn open(server: Direct, clock: ManualClock, seed: u64, collection: Discovered) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let rng = Arc::new(SeededRng::new(seed));
        let engine = open(&folder, &server, &clock, &rng).await;
        let name = collection.name.clone();
        let draft = LinkDraft {
            name: LINK.into(),
            kind: "rest".into(),
            url: "http://localhost/".into(),
            user: None,
            settings: LinkSettings::default(),
            collections: vec![collection],
            secret_kept: false,
        };
        engine.add_link(draft).await.unwrap();
        Self { engine, server, clock, collection: name, rng, folder }
    }

    pub async fn restart(&mut self) {
        self.engine.shutdown().await;
        self.engine = open(&self.folder, &self.server, &self.clock, &self.rng).await;
    }

    pub async fn sync(&self) {
        self.engine.sync(None, None).await.unwrap();
    }

    /// A record as it is seen here.
    pub fn here(&self, id: &str) -> Option<Value> {
        let text = self.engine.get_record(LINK, &self.collection, id).ok()?.document?;
        Some(serde_json::from_str(&text).unwrap())
    }

    /// What the server has, by id.
    pub fn there(&self) -> BTreeMap<String, Value> {
        self.listed().into_iter().map(|((_, id), document)| (id, document)).collect()
    }

    fn listed(&self) -> BTreeMap<(String, String), Value> {
        listed(&mut self.server.world(), std::slice::from_ref(&self.collection))
    }

    /// What the server saw.
    pub fn report(&self) -> Report {
        self.server.world().report().unwrap()
    }

    /// The books agree, and nothing that could be sent is left.
    pub fn audit(&self) {
        let faults = audit(&Audit {
            db: &database_in(self.folder.path()),
            status: self.engine.status().unwrap(),
            stats: self.engine.queue_stats().unwrap(),
            report: self.report(),
            there: self.listed(),
            never_woken: self.engine.without_wake_up().unwrap(),
            now: self.clock.now(),
            at_rest: true,
        });
        assert!(faults.is_empty(), "the books do not agree:\n  {}", faults.join("\n  "));
    }

    pub fn waits_for_ever(&self) -> ! {
        panic!("something waits for ever: {:#?}", self.engine.list_queue(&QueueFilter::default(), 0, 10));
    }
}

/// Records in their canonical form, in which equal ones are the same text.
pub fn texts(records: &BTreeMap<String, Value>) -> BTreeMap<String, String> {
    records.iter().map(|(id, document)| (id.clone(), canonical(document))).collect()
}

async fn open(folder: &TempDir, server: &Direct, clock: &ManualClock, rng: &Arc<SeededRng>) -> Engine {
    let platform = Platform::new(Arc::new(clock.clone()), rng.clone(), Arc::new(server.clone()));
    Engine::open(folder.path(), platform, EngineSettings::default(), WriterMode::Inline).await.unwrap()
}
