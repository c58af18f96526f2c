//! One client: a whole engine that runs by itself, on a store that outlives it.

use super::clock::SimClock;
use super::line::{Carried, Line, Way};
use super::power::Power;
use super::steps::{COLLECTIONS, RECORDS, Rec};
use crate::rng::SeededRng;
use serde_json::Value;
use std::sync::Arc;
use tempfile::TempDir;
use tidemark_engine::{
    Engine, EngineSettings, InMemory, Keep, LinkDraft, Platform, Storage as _, StoreError,
};
use tidemark_model::connector::{Discovered, Reference};
use tidemark_model::settings::LinkSettings;
use tidemark_model::view::{ChangeRow, QueueFilter};
use tidemark_sandbox::InProcess;

/// The name of every client's link.
pub const LINK: &str = "office";

/// A client.
pub struct Client {
    /// Its account, with which everything that is typed here begins.
    pub name: String,
    /// The engine; none while it is off.
    engine: Option<Engine>,
    /// Its wall clock.
    pub clock: SimClock,
    server: InProcess,
    power: Arc<Power>,
    line: Arc<Line>,
    way: Way,
    store: Arc<InMemory>,
    folder: TempDir,
    rng: Arc<SeededRng>,
    starts: u64,
    seed: u64,
}

impl Client {
    /// A client that has never run.
    pub fn new(number: usize, server: InProcess, clock: SimClock, seed: u64) -> Self {
        let name = format!("c{number}");
        let power = Arc::<Power>::default();
        let line = Arc::new(Line::new(server.clone(), Arc::clone(&power), Way::Fair, &name, seed));
        Self {
            engine: None,
            clock,
            server,
            power,
            line,
            way: Way::Fair,
            store: Arc::new(InMemory::new().expect("there is memory")),
            folder: folder().expect("there is room for a folder"),
            rng: Arc::new(SeededRng::new(seed ^ 0x0f0f)),
            starts: 0,
            name,
            seed,
        }
    }

    /// The engine, which runs.
    pub fn engine(&self) -> &Engine {
        self.engine.as_ref().expect("the client runs")
    }

    /// Starts the program on what the store holds.
    pub async fn start(&mut self) -> Result<(), StoreError> {
        self.starts += 1;
        self.power = Arc::default();
        let seed = self.seed.wrapping_add(self.starts);
        let line = Line::new(self.server.clone(), Arc::clone(&self.power), self.way, &self.name, seed);
        self.line = Arc::new(line);
        let connect = Arc::new(Carried(Arc::clone(&self.line)));
        let platform = Platform::new(Arc::new(self.clock.clone()), self.rng.clone(), connect);
        let keep =
            Keep::Faulty(Box::new(Keep::In(Arc::clone(&self.store) as _)), Arc::clone(&self.power) as _);
        let engine = Engine::open(self.folder.path(), platform, EngineSettings::default(), keep).await?;
        engine.start();
        self.engine = Some(engine);
        Ok(())
    }

    /// Adds the link to both collections.
    pub async fn add_link(&self) {
        let order = Reference { path: "/note".into(), collection: COLLECTIONS[0].into() };
        let collections = COLLECTIONS.map(|name| Discovered {
            name: name.into(),
            references: if name == "orders" { vec![order.clone()] } else { Vec::new() },
            ..Discovered::default()
        });
        let draft = LinkDraft {
            name: LINK.into(),
            kind: "rest".into(),
            url: "http://127.0.0.1:1/v1".into(),
            user: None,
            settings: LinkSettings::default(),
            collections: collections.to_vec(),
            secret_kept: true,
        };
        self.engine().add_link(draft).await.expect("the link is stored");
    }

    /// Changes the line.
    pub fn set_line(&mut self, way: Way) {
        self.way = way;
        self.line.set(way);
    }

    /// What cuts its power.
    pub fn power(&self) -> &Power {
        &self.power
    }

    /// Ends the program, in order while it has power.
    pub async fn stop(&mut self) {
        if let Some(engine) = self.engine.take() {
            engine.shutdown().await;
        }
    }

    /// A record as a person sees it.
    pub fn here(&self, record: Rec) -> Option<Value> {
        let detail = self.engine().get_record(LINK, COLLECTIONS[record.0], RECORDS[record.1]).ok()?;
        Some(serde_json::from_str(&detail.document?).expect("a document is JSON"))
    }

    /// What waits or needs a person, in the order of saving.
    pub fn queue(&self) -> Result<Vec<ChangeRow>, StoreError> {
        let mut rows = self.engine().list_queue(&QueueFilter::default(), 0, 2_000)?.rows;
        rows.sort_by_key(|row| row.number);
        Ok(rows)
    }

    /// Looks at the store itself.
    pub fn look<T>(&self, look: impl FnOnce(&rusqlite::Connection) -> T) -> T {
        let (mut look, mut seen) = (Some(look), None);
        self.store
            .read(&mut |tx| {
                seen = look.take().map(|look| look(tx));
                Ok(())
            })
            .expect("memory can be read");
        seen.expect("it was looked at")
    }
}

/// A folder for what stands beside the store; in memory where the system has such a place, for nothing here outlives the
/// run and every start and every sending waits for it to be written.
fn folder() -> std::io::Result<TempDir> {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir())
}
