//! One client: a whole engine that runs by itself, on a store that outlives it.

use super::clock::{START, SimClock};
use super::line::{Carried, Line, Way};
use super::power::Power;
use super::steps::{COLLECTIONS, FIELDS, Kind, RECORDS, Rec};
use crate::rng::SeededRng;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use tempfile::TempDir;
use tidemark_engine::{Engine, EngineSettings, Inline, Keep, LinkDraft, Platform, Storage as _, StoreError};
use tidemark_model::clock::Clock as _;
use tidemark_model::connector::{Discovered, Reference};
use tidemark_model::merge::ConflictStrategy;
use tidemark_model::settings::{CollectionSettings, LinkSettings};
use tidemark_model::view::{ChangeRow, HookPlace, QueueFilter};
use tidemark_sandbox::InProcess;

/// The name of every client's link.
pub const LINK: &str = "office";

/// The higher first field stays, where that is all that is left to choose.
const HIGHER: &str = r#"fn resolve(base, local, server, info) {
    if info.to_choose != ["/a"] || !("a" in local) || !("a" in server) { return; }
    if local.a > server.a { return "local"; }
    let result = info.merged;
    result.a = server.a;
    result
}"#;

/// A client.
pub struct Client {
    /// Its account, with which everything that is typed here begins.
    pub name: String,
    /// The engine; none while it is off.
    engine: Option<Engine>,
    /// Another program on the same files, for as long as it does something.
    beside: Option<Engine>,
    /// Its wall clock.
    pub clock: SimClock,
    server: InProcess,
    power: Arc<Power>,
    line: Arc<Line>,
    way: Way,
    store: Arc<Inline>,
    /// The last copy that was made of the store.
    copy: Option<Inline>,
    kind: Kind,
    /// What the records are called that this client made at a server that names them.
    named: BTreeMap<Rec, String>,
    /// What was written, by [`Client::written`], when the books were looked at last; none since the last start.
    pub audited: Option<(u64, i64)>,
    /// What the last start did wrong.
    pub faults: Vec<String>,
    folder: TempDir,
    rng: Arc<SeededRng>,
    starts: u64,
    seed: u64,
}

impl Client {
    /// A client that has never run.
    pub fn new(number: usize, server: InProcess, clock: SimClock, kind: Kind, seed: u64) -> Self {
        let name = format!("c{number}");
        let power = Arc::<Power>::default();
        let line = Arc::new(Line::new(server.clone(), Arc::clone(&power), Way::Fair, &name, seed));
        let folder = folder().expect("there is room for a folder");
        let store = match kind.on_disk {
            true => Inline::at(&folder.path().join("tidemark.db")).expect("there is room for a file"),
            false => Inline::in_memory().expect("there is memory"),
        };
        Self {
            engine: None,
            beside: None,
            clock,
            server,
            power,
            line,
            way: Way::Fair,
            store: Arc::new(store),
            copy: None,
            kind,
            named: BTreeMap::new(),
            audited: None,
            faults: Vec::new(),
            folder,
            rng: Arc::new(SeededRng::new(seed ^ 0x0f0f)),
            starts: 0,
            name,
            seed,
        }
    }

    /// The engine, which runs.
    pub fn engine(&self) -> &Engine {
        self.beside.as_ref().or(self.engine.as_ref()).expect("the client runs")
    }

    /// Starts the program on what the store holds.
    pub async fn start(&mut self) -> Result<(), StoreError> {
        self.starts += 1;
        self.audited = None;
        self.power = Arc::default();
        let seed = self.seed.wrapping_add(self.starts);
        let line = Line::new(self.server.clone(), Arc::clone(&self.power), self.way, &self.name, seed);
        self.line = Arc::new(line);
        let (waited, shows) = (self.waits(), self.clock.now());
        let engine = self.open(Arc::clone(&self.store)).await?;
        if self.clock.now() == shows {
            let waits = self.waits();
            let forgotten = waited.iter().filter(|(seq, due)| waits.get(seq).is_none_or(|now| now < *due));
            self.faults
                .extend(forgotten.map(|(seq, _)| format!("a start forgot how long change {seq} waits")));
        }
        engine.start();
        self.engine = Some(engine);
        Ok(())
    }

    async fn open(&self, store: Arc<Inline>) -> Result<Engine, StoreError> {
        let connect = Arc::new(Carried(Arc::clone(&self.line)));
        let platform = Platform::new(Arc::new(self.clock.clone()), self.rng.clone(), connect);
        let keep = Keep::Faulty(Box::new(Keep::In(store)), Arc::clone(&self.power) as _);
        let mut settings = EngineSettings::default();
        if self.kind.few_tries {
            settings.backoff.retries = 1;
        }
        Engine::open(self.folder.path(), platform, settings, keep).await
    }

    /// Starts another program on the same files, where there are files; what is done until it ends is done by it.
    pub async fn start_beside(&mut self) -> Result<(), StoreError> {
        if let Some(path) = self.store.path() {
            let store = Arc::new(Inline::at(path)?);
            self.beside = Some(self.open(store).await?);
        }
        Ok(())
    }

    /// Ends it.
    pub async fn stop_beside(&mut self) {
        if let Some(engine) = self.beside.take() {
            engine.shutdown().await;
        }
    }

    /// How many rows were written here by this program, and a number that every other program's commit makes another: where
    /// neither has moved, the store is the same to the byte.
    pub fn written(&self) -> (u64, i64) {
        self.look(|db| {
            let mut statement = db.prepare_cached("PRAGMA data_version").expect("SQLite knows it");
            let version = statement.query_row([], |row| row.get(0)).expect("it can be read");
            (db.total_changes(), version)
        })
    }

    /// What waits for a time, with that time.
    fn waits(&self) -> BTreeMap<i64, i64> {
        self.look(|db| {
            let mut statement = db
                .prepare_cached(
                    "SELECT seq, due_at FROM outbox WHERE state IN ('queued', 'uncertain') AND due_at > 0",
                )
                .expect("the outbox is there");
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
            rows.and_then(Iterator::collect).expect("the outbox can be read")
        })
    }

    /// What waits longer than the longest delay there is, with its spread, and than any server here asks for.
    pub fn waits_too_long(&self) -> Vec<String> {
        let most = self.clock.now().0 + 400_000;
        let waits = self.waits().into_iter().filter(|(_, due)| *due > most);
        waits
            .map(|(seq, due)| format!("change {seq} is to wait until {due}, which nobody asked for"))
            .collect()
    }

    /// Copies the store as it is.
    pub fn copy(&mut self) {
        self.copy = Some(self.store.copy().expect("memory can be copied"));
    }

    /// Puts the last copy back, where there is one; the program does not run.
    pub fn put_back(&mut self) -> bool {
        let Some(copy) = &self.copy else { return false };
        self.store = Arc::new(copy.copy().expect("memory can be copied"));
        true
    }

    /// Who is signed in.
    pub fn account(&self) -> String {
        let user = self.look(|db| {
            db.query_row("SELECT user FROM links WHERE name = ?1 AND removed_at IS NULL", [LINK], |row| {
                row.get::<_, Option<String>>(0)
            })
        });
        user.ok().flatten().unwrap_or_else(|| self.name.clone())
    }

    /// What a record is called here.
    pub fn rid(&self, record: Rec) -> &str {
        self.named.get(&record).map_or(RECORDS[record.1], String::as_str)
    }

    /// Which record is called so here.
    pub fn record(&self, collection: &str, rid: &str) -> Rec {
        // It may be named by the server by now.
        let is_it = |name: &String| {
            let known = self.engine().get_record(LINK, collection, name);
            name == rid || known.is_ok_and(|detail| detail.row.id == rid)
        };
        let named = self.named.iter().find(|((at, _), name)| COLLECTIONS[*at] == collection && is_it(name));
        named.map(|(record, _)| *record).unwrap_or_else(|| {
            let at = |names: &[&str], name: &str| names.iter().position(|known| *known == name);
            (at(&COLLECTIONS, collection).unwrap_or_default(), at(&RECORDS, rid).unwrap_or_default())
        })
    }

    /// The newest note that had no name when it was made.
    pub fn newest_note(&self) -> Option<Rec> {
        let notes = self.named.iter().filter(|((collection, _), _)| *collection == 0);
        notes.max_by_key(|(_, rid)| rid.as_str()).map(|(record, _)| *record)
    }

    /// Whether the id of a new record is left to be made.
    pub const fn is_named_there(&self) -> bool {
        self.kind.names
    }

    /// What a record that was made is called.
    pub fn names(&mut self, record: Rec, rid: &str) {
        if self.kind.names {
            self.named.insert(record, rid.to_owned());
        }
    }

    /// Adds the link to both collections.
    pub async fn add_link(&self) -> Result<(), StoreError> {
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
            settings: self.settings(),
            collections: collections.to_vec(),
            secret_kept: true,
        };
        self.engine().add_link(draft).await?;
        if !self.kind.hook {
            return Ok(());
        }
        let place = HookPlace { link: LINK.into(), collection: COLLECTIONS[0].into() };
        self.engine().set_hook(&place, HIGHER.into()).await
    }

    fn settings(&self) -> LinkSettings {
        let text = match self.kind {
            Kind { names: true, .. } => r#"{"write":{"client_ids":false}}"#,
            Kind { no_keys: true, .. } => r#"{"write":{"keys":{"honoured":false}}}"#,
            _ => "{}",
        };
        let mut settings = LinkSettings::parse(text).expect("the settings are right");
        let Kind { notes: strategy, policy, .. } = self.kind;
        if strategy != ConflictStrategy::default() || policy.is_some() {
            let policies = policy.map(|policy| (FIELDS[0].to_owned(), policy)).into_iter().collect();
            let notes = CollectionSettings::named(COLLECTIONS[0]);
            settings.collections = vec![CollectionSettings { strategy, policies, ..notes }];
        }
        settings
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
        let detail = self.engine().get_record(LINK, COLLECTIONS[record.0], self.rid(record)).ok()?;
        Some(serde_json::from_str(&detail.document?).expect("a document is JSON"))
    }

    /// What waits or needs a person, in the order of saving.
    pub fn queue(&self) -> Result<Vec<ChangeRow>, StoreError> {
        let mut rows = self.engine().list_queue(&QueueFilter::default(), 0, 2_000)?.rows;
        rows.sort_by_key(|row| row.number);
        Ok(rows)
    }

    /// What happened here, line by line, for a trace.
    pub fn activity(&self) -> Vec<String> {
        self.look(|db| {
            let mut statement = db
                .prepare("SELECT at, coalesce(rid, ''), happened FROM activity ORDER BY id")
                .expect("there is an activity");
            let lines = statement.query_map([], |row| {
                let (at, rid, happened): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
                Ok(format!("    {} at {} {rid}: {happened}", self.name, at - START.0))
            });
            lines.and_then(Iterator::collect).expect("the activity can be read")
        })
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
