//! Everything of a scenario in one handle: an engine on a folder, a connector, a server, and a clock that stands still.

use crate::audit::{Audit, COLLEAGUE, audit, database_in, listed};
use crate::clock::ManualClock;
use crate::network::TestNetwork;
use crate::rng::SeededRng;
use crate::tap::Tap;
use crate::wire::Wire;
use serde_json::{Value, json};
use std::future::Future;
use std::panic::Location;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tidemark_engine::{
    CycleReport, Engine, EngineSettings, HostHooks, Judgement, Keep, LinkDraft, Platform, StoreError,
    Verdict, WriterMode,
};
use tidemark_model::clock::Clock as _;
use tidemark_model::failure::Failure;
use tidemark_model::number::Millis;
use tidemark_model::settings::{LinkSettings, SignIn, SignInKind};
use tidemark_model::view::{ChangeRow, FieldEdit, QueueFilter, RecordDetail, RecordFilter, Saved};
use tidemark_sandbox::world::call::{Call, Caller};
use tidemark_sandbox::{
    Account, ColleagueEdit, CollectionSpec, Faults, RunningSandbox, Sandbox, SandboxOptions, SeedRecord,
};
use tokio::task::JoinHandle;

/// The link of every scenario.
pub const LINK: &str = "office";
/// The collection of most scenarios.
pub const TASKS: &str = "tasks";

/// What a world is made of; the default is an empty collection [`TASKS`].
pub struct Stage {
    /// The server.
    pub server: SandboxOptions,
    /// The link's settings.
    pub link: LinkSettings,
    /// The engine's settings.
    pub engine: EngineSettings,
    /// How far the server's clock is ahead of the engine's, in seconds.
    pub server_ahead_s: i64,
    /// What the store is kept in; the default is a database in the world's folder.
    pub keep: Keep,
    /// The host's word about failures; the default takes them as they were classified.
    pub verdict: Arc<dyn Verdict>,
    /// The host's hooks; the default has none.
    pub hooks: Arc<dyn HostHooks>,
    /// The link signs in with this refresh token, and the server lets nobody else in.
    pub refresh_token: Option<String>,
}

impl Default for Stage {
    fn default() -> Self {
        Self {
            server: SandboxOptions::with_collections(&[TASKS]),
            link: LinkSettings::default(),
            engine: EngineSettings::default(),
            server_ahead_s: 0,
            keep: Keep::OnDisk(WriterMode::Threaded),
            verdict: Arc::new(|_: &str, _: &Failure| Judgement::AsClassified),
            hooks: Arc::new(|_: &str| None),
            refresh_token: None,
        }
    }
}

impl Stage {
    /// So many records [`task`] on the server.
    pub fn tasks(count: usize) -> Self {
        let mut stage = Self::default();
        for number in 1..=count {
            stage = stage.record(TASKS, &task(number).to_string());
        }
        stage
    }

    /// One more record on the server, from its JSON text.
    #[must_use]
    pub fn record(mut self, collection: &str, text: &str) -> Self {
        let doc: serde_json::Map<String, Value> =
            serde_json::from_str(text).expect("the record is a JSON object");
        let id = doc["id"].as_str().expect("the record has an id").to_owned();
        let seed = SeedRecord {
            collection: collection.to_owned(),
            id,
            doc,
            modified_by: COLLEAGUE.to_owned(),
            modified_at: None,
        };
        self.server.records.push(seed);
        self
    }

    /// One more collection on the server.
    #[must_use]
    pub fn collection(mut self, spec: CollectionSpec) -> Self {
        self.server.collections.push(spec);
        self
    }

    /// Settings of the link, from the text of a settings file.
    #[must_use]
    pub fn settings(mut self, text: &str) -> Self {
        self.link = LinkSettings::parse(text).expect("the settings are right");
        self
    }

    /// Starts the server and the engine, adds the link and pulls what is there.
    pub async fn open(mut self) -> World {
        let clock = ManualClock::default();
        let (now, ahead) = (clock.clone(), self.server_ahead_s * 1_000);
        self.server.now = Arc::new(move || {
            chrono::DateTime::from_timestamp_millis(now.now().0 + ahead)
                .expect("the clock shows a time of this era")
        });
        if let Some(token) = &self.refresh_token {
            self.server.accounts = vec![Account::new("ann", "a password").with_refresh_token(token)];
        }
        let server = Sandbox::start(self.server).await.expect("the sandbox starts");
        let wire = Arc::new(Wire::default());
        if let Some(token) = &self.refresh_token {
            wire.set_secret(token);
            self.link.sign_in = Some(SignIn {
                kind: SignInKind::Oauth2,
                token_url: format!("{}/token", server.url()),
                client_id: "tidemark".into(),
                scope: None,
            });
        }
        let mut world = World {
            engine: None,
            server,
            clock,
            wire,
            network: Arc::default(),
            rng: Arc::new(SeededRng::new(7)),
            folder: tempfile::tempdir().expect("there is room for a folder"),
            settings: self.engine,
            keep: self.keep,
            verdict: self.verdict,
            hooks: self.hooks,
            finished: false,
        };
        world.open_engine().await;
        world.add_link(self.link).await;
        world.sync().await;
        world.wire.tap.forget();
        world
    }
}

/// The document of a task: its id is `t001` for 1.
pub fn task(number: usize) -> Value {
    json!({"id": format!("t{number:03}"), "title": format!("Task {number}"), "state": "open", "rank": number})
}

/// A scenario's world. It ends with [`World::finish`], which audits the books.
pub struct World {
    engine: Option<Engine>,
    /// The server.
    pub server: RunningSandbox,
    /// The clock of engine and server.
    pub clock: ManualClock,
    /// What lies between them.
    pub wire: Arc<Wire>,
    /// What the system tells of its network.
    pub network: Arc<TestNetwork>,
    rng: Arc<SeededRng>,
    folder: TempDir,
    settings: EngineSettings,
    keep: Keep,
    verdict: Arc<dyn Verdict>,
    hooks: Arc<dyn HostHooks>,
    finished: bool,
}

impl World {
    /// The engine.
    pub fn engine(&self) -> &Engine {
        self.engine.as_ref().expect("the engine runs")
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Works until nothing can be sent or received by itself.
    pub async fn sync(&self) -> CycleReport {
        self.engine().sync(Some(LINK), None).await.expect("the store works")
    }

    /// The same in a task of its own, so that it can be held or killed in the middle.
    pub fn begin_sync(&self) -> JoinHandle<CycleReport> {
        let engine = self.engine().clone();
        tokio::spawn(async move { engine.sync(Some(LINK), None).await.expect("the store works") })
    }

    /// Lets time pass in steps of 100 ms until something holds; none passes while a request is under way.
    ///
    /// What does not come about within ten minutes of the clock never will.
    #[track_caller]
    pub fn until(&self, holds: impl FnMut(&Self) -> bool) -> impl Future<Output = ()> {
        self.until_by(std::panic::Location::caller(), holds)
    }

    async fn until_by(&self, caller: &Location<'_>, mut holds: impl FnMut(&Self) -> bool) {
        let mut told = self.engine().subscribe();
        let deadline = self.clock.now().plus(10 * 60 * 1000);
        while !holds(self) {
            assert!(self.clock.now() < deadline, "what {caller} waits for does not come about");
            tokio::select! {
                _ = told.recv() => {}
                () = self.rest() => {}
            }
            self.clock.advance(100);
        }
    }

    /// Everything that can run has had its turn, and no request is under way.
    async fn rest(&self) {
        for _ in 0..64 {
            tokio::task::yield_now().await;
        }
        self.wire.tap.idle().await;
    }

    /// Tries to open the engine on what is on disk; what it says where that cannot be.
    pub async fn try_open(&mut self) -> Result<(), StoreError> {
        assert!(self.engine.is_none(), "the engine runs already");
        let platform = self.platform();
        let opened = Engine::open(self.folder.path(), platform, self.settings, self.keep.clone()).await?;
        self.engine = Some(opened);
        Ok(())
    }

    /// The engine ends at once, without a goodbye, while nothing is under way.
    pub fn drop_engine(&mut self) {
        drop(self.engine.take().expect("the engine runs"));
    }

    /// Another engine on the same folder, as a second program opens it.
    pub async fn second_engine(&self) -> Engine {
        open(self.folder.path(), self.platform(), self.settings, self.keep.clone()).await
    }

    fn platform(&self) -> Platform {
        let (clock, rng) = (Arc::new(self.clock.clone()), Arc::clone(&self.rng));
        Platform {
            surroundings: Arc::clone(&self.network) as _,
            verdict: Arc::clone(&self.verdict),
            hooks: Arc::clone(&self.hooks),
            ..Platform::new(clock, rng, Arc::clone(&self.wire) as _)
        }
    }

    /// An engine on a folder and what passes to its server, without a world: for a process that is to be killed.
    pub async fn engine_on(folder: &Path) -> (Engine, Tap) {
        Self::try_engine_on(folder).await.expect("the data folder opens")
    }

    /// The same where it may be refused.
    pub async fn try_engine_on(folder: &Path) -> Result<(Engine, Tap), StoreError> {
        let wire = Arc::new(Wire::default());
        // Another seed than the world's, so that both make different ids.
        let (rng, tap) = (Arc::new(SeededRng::new(13)), wire.tap.clone());
        let platform = Platform {
            surroundings: Arc::new(TestNetwork::default()),
            ..Platform::new(Arc::new(ManualClock::default()), rng, wire)
        };
        let keep = Keep::OnDisk(WriterMode::Threaded);
        Ok((Engine::open(folder, platform, EngineSettings::default(), keep).await?, tap))
    }

    /// Ends the engine in good order.
    pub async fn close(&mut self) {
        if let Some(engine) = self.engine.take() {
            engine.shutdown().await;
        }
    }

    /// Opens the engine on what is on disk.
    pub async fn open_engine(&mut self) {
        assert!(self.engine.is_none(), "the engine runs already");
        self.engine = Some(self.second_engine().await);
    }

    /// Ends in good order and starts again.
    pub async fn restart(&mut self) {
        self.close().await;
        self.open_engine().await;
    }

    /// Another engine takes the place of the one that has ended.
    pub fn goes_on_with(&mut self, engine: Engine) {
        assert!(self.engine.is_none(), "the engine runs already");
        self.engine = Some(engine);
    }

    /// Ends at once, in the middle of a sync, without a chance to tidy anything; then starts again.
    pub async fn crash(&mut self, syncing: JoinHandle<CycleReport>) {
        self.crash_leaving(syncing).await;
        self.open_engine().await;
    }

    /// Ends at once, in the middle of a sync, and does not start again.
    pub async fn crash_leaving(&mut self, syncing: JoinHandle<CycleReport>) {
        syncing.abort();
        assert!(syncing.await.is_err_and(|ended| ended.is_cancelled()), "the sync was still under way");
        let engine = self.engine.take().expect("the engine runs");
        // What was given to the store before is done, and nothing of it holds the folder any longer, as with a process
        // that was killed. What this comes to itself is of no interest.
        let _ = engine.forget_unreadable(&[]).await;
        drop(engine);
        self.wire.tap.release();
    }

    /// Saves a new task from its document.
    pub async fn create(&self, document: &Value) -> Saved {
        let text = document.to_string();
        self.engine().create_record(LINK, TASKS, &text, None).await.expect("the record is saved")
    }

    /// Sets a field of a task.
    pub async fn set(&self, rid: &str, field: &str, value: impl Into<Value>) -> Saved {
        self.edit(rid, field, Some(value.into().to_string())).await
    }

    /// Takes a field of a task away.
    pub async fn unset(&self, rid: &str, field: &str) -> Saved {
        self.edit(rid, field, None).await
    }

    async fn edit(&self, rid: &str, field: &str, set: Option<String>) -> Saved {
        let edits = [FieldEdit { path: format!("/{field}"), set }];
        self.engine().update_record(LINK, TASKS, rid, &edits, None).await.expect("the edit is saved")
    }

    /// Deletes a task.
    pub async fn delete(&self, rid: &str) -> Saved {
        self.engine().delete_record(LINK, TASKS, rid, None).await.expect("the deletion is saved")
    }

    /// A task as it is here, whole; none where it was never here.
    pub fn record(&self, rid: &str) -> Option<RecordDetail> {
        self.engine().get_record(LINK, TASKS, rid).ok()
    }

    /// A task's document as a person sees it here.
    pub fn here(&self, rid: &str) -> Option<Value> {
        let text = self.record(rid)?.document?;
        Some(serde_json::from_str(&text).expect("a document is JSON"))
    }

    /// How many tasks a person sees here.
    pub fn count_here(&self) -> i64 {
        self.engine()
            .list_records(LINK, TASKS, &RecordFilter::default(), 0, 1)
            .expect("the list is read")
            .total
            .0
    }

    /// A task's text as the server has it.
    pub fn text_there(&self, rid: &str) -> Option<String> {
        let call = Call::Get { collection: TASKS.into(), id: rid.into(), if_none_match: None };
        let answer = self
            .server
            .with_world(|world| world.handle(call, &Caller::default(), chrono::DateTime::UNIX_EPOCH));
        answer.is_ok().then_some(answer.body)
    }

    /// A task's document as the server has it.
    pub fn there(&self, rid: &str) -> Option<Value> {
        Some(serde_json::from_str(&self.text_there(rid)?).expect("the server keeps JSON"))
    }

    /// What is in the queue, in the order of saving.
    pub fn queue(&self) -> Vec<ChangeRow> {
        let mut rows =
            self.engine().list_queue(&QueueFilter::default(), 0, 2_000).expect("the queue is read").rows;
        rows.sort_by_key(|row| row.number);
        rows
    }

    /// Makes the server misbehave until told otherwise.
    pub fn fault(&self, set: impl FnOnce(&mut Faults)) {
        let mut faults = Faults::default();
        set(&mut faults);
        self.server.set_faults(faults);
    }

    /// Somebody else sets a field of a task on the server.
    pub fn colleague_sets(&self, rid: &str, field: &str, value: impl Into<Value>) {
        self.colleague(ColleagueEdit::set(TASKS, rid, field, value));
    }

    /// Somebody else deletes a task on the server.
    pub fn colleague_deletes(&self, rid: &str) {
        self.colleague(ColleagueEdit::delete(TASKS, rid));
    }

    /// Somebody else makes an edit on the server.
    pub fn colleague(&self, edit: ColleagueEdit) {
        self.server.colleague(edit).expect("the colleague's edit is possible");
    }

    /// What our own changes did to a record on the server, in order.
    pub fn effects(&self, rid: &str) -> Vec<String> {
        let effects = self.server.report().expect("the server tells").effects;
        let ours = effects.into_iter().filter(|effect| effect.by != COLLEAGUE && effect.id == rid);
        ours.map(|effect| effect.op).collect()
    }

    /// How many changes of ours took effect on the server.
    pub fn effect_count(&self) -> usize {
        let effects = self.server.report().expect("the server tells").effects;
        effects.iter().filter(|effect| effect.by != COLLEAGUE).count()
    }

    /// Ends a world whose store is in memory, where there is no file to audit.
    pub async fn finish_unaudited(mut self) {
        self.finished = true;
        self.close().await;
    }

    /// Audits the books as they stand, in the middle of a scenario.
    pub fn check_books(&self) {
        let faults = self.audit(false);
        assert!(faults.is_empty(), "the books do not agree:\n  {}", faults.join("\n  "));
    }

    /// Ends the scenario: a last sync, the audit, and everything stopped.
    pub async fn finish(mut self) {
        self.wire.tap.release();
        let report = self.sync().await;
        let link = &self.engine().status().expect("the status is read").links[0];
        let at_rest = report.failure.is_none() && link.stopped.is_none() && !link.paused;
        let faults = self.audit(at_rest);
        assert!(faults.is_empty(), "the books do not agree at the end:\n  {}", faults.join("\n  "));
        self.finished = true;
        self.close().await;
    }

    fn audit(&self, at_rest: bool) -> Vec<String> {
        audit(&Audit {
            db: &database_in(self.folder.path()),
            status: self.engine().status().expect("the status is read"),
            stats: self.engine().queue_stats().expect("the statistics are read"),
            report: self.server.report().expect("the server tells"),
            there: self.server.with_world(|server| listed(server, &self.kept())),
            never_woken: self.engine().without_wake_up().expect("the queue is read"),
            now: self.clock.now(),
            at_rest,
        })
    }

    /// The collections that sync whole: not those that a person paused, that ask, or have rows that cannot be read.
    fn kept(&self) -> Vec<String> {
        let link = self.engine().status().expect("the status is read").links.remove(0);
        link.collections
            .into_iter()
            .filter(|of| !of.paused && of.asks.is_none() && of.unreadable.0 == 0)
            .map(|collection| collection.name)
            .collect()
    }

    async fn add_link(&self, settings: LinkSettings) {
        self.add_link_named(LINK, settings).await;
    }

    /// One more link to the same server, with everything that it has.
    pub async fn add_link_named(&self, name: &str, settings: LinkSettings) {
        let url = self.server.url();
        let connector =
            self.wire.connector("rest", &url, settings.clone(), None).expect("the link can be connected");
        let draft = LinkDraft {
            name: name.into(),
            kind: "rest".into(),
            url,
            user: None,
            settings,
            collections: connector.discover().await.expect("the server tells its collections"),
            secret_kept: false,
        };
        self.engine().add_link(draft).await.expect("the link is stored");
    }
}

async fn open(folder: &Path, platform: Platform, settings: EngineSettings, keep: Keep) -> Engine {
    Engine::open(folder, platform, settings, keep).await.expect("the data folder opens")
}

impl Drop for World {
    fn drop(&mut self) {
        assert!(
            self.finished || std::thread::panicking(),
            "a scenario ends with finish(), which audits the books"
        );
    }
}

/// How long a resolution is held where nothing is held.
pub const NO_HOLD: Millis = Millis(0);
