//! Everything of one test: the application on Tauri's mock runtime, a server, and a clock that stands still.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tauri::async_runtime::{JoinHandle, block_on};
use tauri::ipc::{CallbackFn, InvokeBody};
use tauri::test::{INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder};
use tauri::webview::{InvokeRequest, WebviewWindow};
use tauri::{App, Manager as _, WebviewWindowBuilder};
use tempfile::TempDir;
use tidemark_engine::EngineSettings;
use tidemark_host::{Environment, Host, HostOptions, NoKeychain};
use tidemark_model::clock::Clock;
use tidemark_model::document;
use tidemark_model::number::Millis;
use tidemark_model::view::{AddedLink, ConflictRow, ListPage, Refusal, Saved, StatusSnapshot};
use tidemark_sandbox::world::call::{Call, Caller};
use tidemark_sandbox::{Account, ColleagueEdit, RunningSandbox, Sandbox, SandboxOptions, SeedRecord};
use tidemark_tests::clock::ManualClock;
use tokio::sync::Notify;

/// The link of every test.
pub const LINK: &str = "Office";
/// Its collection.
pub const TASKS: &str = "tasks";
/// What the server lets in where it asks; it must never come back out of a command.
pub const SECRET: &str = "swordfish-77";
/// Where the page that came with the application is.
pub const OWN_PAGE: &str = "tauri://localhost";
/// Nothing takes so long: what hangs fails here with a name instead of holding up everything.
const PATIENCE: Duration = Duration::from_secs(60);

/// The commands that answered.
pub type Commands = BTreeSet<&'static str>;

/// The application with its one window, and the server that it speaks to.
pub struct Stage {
    app: App<MockRuntime>,
    window: WebviewWindow<MockRuntime>,
    host: Host,
    /// The server.
    pub server: RunningSandbox,
    /// The clock of engine and server; real time, where it is left out.
    clock: Option<ManualClock>,
    /// Told of what happens outside of the engine, so that [`Stage::until`] looks again.
    pub news: Arc<Notify>,
    folder: TempDir,
    answered: RefCell<Commands>,
    carrying: RefCell<Option<JoinHandle<()>>>,
}

impl Stage {
    /// An application without a link, and an open server with these tasks (JSON texts).
    pub fn bare(tasks: &[&str]) -> Self {
        Self::with(server_of(tasks), Some(ManualClock::default()))
    }

    /// The same with a server that lets only `ann` in, by [`SECRET`].
    pub fn guarded(tasks: &[&str]) -> Self {
        Self::with(server_for_ann(tasks), Some(ManualClock::default()))
    }

    /// The same on real time: everything runs by itself, and tells the window.
    pub fn running(tasks: &[&str]) -> Self {
        let stage = Self::with(server_for_ann(tasks), None);
        // A test shows nothing on the desktop of whoever runs it.
        let quiet = json!({"notifyConflicts": false, "notifyNeedsYou": false, "undoHold": 0});
        stage.ask::<Value>("update_settings", json!({ "settings": quiet }));
        let told = stage.host.engine().subscribe();
        let carry = tidemark::shell::carry(stage.app.handle().clone(), told, Arc::new(Notify::new()));
        stage.carrying.replace(Some(tauri::async_runtime::spawn(carry)));
        stage.start();
        stage
    }

    /// The same with the link [`LINK`] added by command, and everything fetched.
    pub fn linked(tasks: &[&str]) -> Self {
        let stage = Self::bare(tasks);
        stage.add_link(None);
        stage.sync();
        stage
    }

    /// The same with settings of the link, as the text of a settings file.
    pub fn with_settings(tasks: &[&str], settings: &str) -> Self {
        let stage = Self::bare(tasks);
        let mut link = stage.link_with(None);
        link["settings"] = settings.into();
        stage.ask::<AddedLink>("add_link", json!({ "link": link }));
        stage.sync();
        stage
    }

    /// A server that names its records itself and remembers no keys, linked.
    pub fn naming() -> Self {
        let stage = Self::with(
            SandboxOptions { names_records: true, ..server_of(&[]) },
            Some(ManualClock::default()),
        );
        let mut link = stage.link_with(None);
        link["settings"] = r#"{"write":{"client_ids":false,"keys":{"honoured":false}}}"#.into();
        stage.ask::<AddedLink>("add_link", json!({ "link": link }));
        stage.sync();
        stage
    }

    fn with(mut server: SandboxOptions, clock: Option<ManualClock>) -> Self {
        if let Some(clock) = clock.clone() {
            server.now = Arc::new(move || {
                chrono::DateTime::from_timestamp_millis(clock.now().0)
                    .expect("the clock shows a time of this era")
            });
        }
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let options = HostOptions {
            data: Some(folder.path().to_owned()),
            clock: clock.clone().map(|clock| Arc::new(clock) as Arc<dyn Clock>),
            settings: Some(EngineSettings { debounce: Millis(50), ..EngineSettings::default() }),
            keychain: Some(Arc::new(NoKeychain)),
            environment: Environment::of([]),
            ..HostOptions::default()
        };
        let server = block_on(Sandbox::start(server)).expect("the sandbox starts");
        let host = block_on(Host::open(options)).expect("the data folder opens");
        let app =
            tidemark::build(tidemark::wire(mock_builder(), host.clone())).expect("the application is built");
        let window = window(&app, "main");
        let news = Arc::new(Notify::new());
        let (answered, carrying) = (RefCell::default(), RefCell::default());
        Self { app, window, host, server, clock, news, folder, answered, carrying }
    }

    /// The application.
    pub fn app(&self) -> &App<MockRuntime> {
        &self.app
    }

    /// The clock that stands still.
    pub fn clock(&self) -> &ManualClock {
        self.clock.as_ref().expect("this stage is not on real time")
    }

    /// What the clock that stands still shows, as a program that runs beside takes it.
    pub fn now(&self) -> Option<String> {
        let now = chrono::DateTime::from_timestamp_millis(self.clock.as_ref()?.now().0);
        now.map(|now| now.to_rfc3339())
    }

    /// The host under the application.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The data folder.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Calls a command as the page would, and gives back its answer.
    pub fn ask<T: DeserializeOwned>(&self, command: &'static str, arguments: Value) -> T {
        let answer = self
            .call(command, arguments)
            .unwrap_or_else(|refusal| panic!("{command} was refused: {refusal}"));
        self.answered.borrow_mut().insert(command);
        let text = answer.to_string();
        assert!(!text.contains(SECRET), "{command} gives a secret away: {text}");
        serde_json::from_value(answer)
            .unwrap_or_else(|error| panic!("{command} answered in another shape ({error}): {text}"))
    }

    /// Calls a command that has to refuse, in Tidemark's own shape.
    pub fn refused(&self, command: &str, arguments: Value) -> Refusal {
        let refusal = match self.call(command, arguments) {
            Ok(answer) => panic!("{command} was done: {answer}"),
            Err(refusal) => refusal,
        };
        assert!(!refusal.to_string().contains(SECRET), "{command} gives a secret away: {refusal}");
        serde_json::from_value(refusal.clone())
            .unwrap_or_else(|error| panic!("{command} refused in another shape ({error}): {refusal}"))
    }

    /// Calls a command; a refusal may be Tauri's or Tidemark's.
    pub fn call(&self, command: &str, arguments: Value) -> Result<Value, Value> {
        self.call_with(command, InvokeBody::Json(arguments))
    }

    /// The same with any body.
    pub fn call_with(&self, command: &str, body: InvokeBody) -> Result<Value, Value> {
        call(&self.window, OWN_PAGE, command, body)
    }

    /// Calls a command from a page that came from elsewhere into the main window.
    pub fn call_from(&self, page: &str, command: &str) -> Result<Value, Value> {
        call(&self.window, page, command, InvokeBody::Json(json!({})))
    }

    /// Adds [`LINK`] by command.
    pub fn add_link(&self, secret: Option<&str>) -> AddedLink {
        self.ask("add_link", json!({ "link": self.link_with(secret) }))
    }

    /// [`LINK`] as the window gives it.
    pub fn link_with(&self, secret: Option<&str>) -> Value {
        let user = secret.map(|_| "ann");
        json!({"name": LINK, "kind": "rest", "url": self.server.url(), "user": user, "secret": secret, "collections": [TASKS]})
    }

    /// Works until nothing can be sent or received by itself.
    pub fn sync(&self) {
        block_on(self.host.engine().sync(None, None)).expect("the store works");
    }

    /// The status, by command.
    pub fn status(&self) -> StatusSnapshot {
        self.ask("get_sync_status", json!({}))
    }

    /// Saves a field of a task, by command.
    pub fn set(&self, id: &str, field: &str, value: &str) -> Saved {
        let edits = json!([{"path": format!("/{field}"), "set": value}]);
        self.ask("update_record", json!({"link": LINK, "collection": TASKS, "id": id, "edits": edits}))
    }

    /// Somebody else sets a field of a task on the server.
    pub fn colleague_sets(&self, id: &str, field: &str, value: &str) {
        let edit = ColleagueEdit::set(TASKS, id, field, value);
        self.server.colleague(edit).expect("the colleague's edit is possible");
    }

    /// A conflict over the field `state` of a task: `mine` here, `theirs` there; its row.
    pub fn conflict_over(&self, id: &str) -> ConflictRow {
        self.set(id, "state", r#""mine""#);
        self.colleague_sets(id, "state", "theirs");
        self.sync();
        let open: ListPage<ConflictRow> =
            self.ask("get_pending_conflicts", json!({"offset": 0, "limit": 100}));
        let mut of_it = open.rows.into_iter().filter(|row| row.resource_id == id);
        of_it.next().expect("both sides changed one field")
    }

    /// A task's text as a person sees it here, by command; none where it is deleted here.
    pub fn here(&self, id: &str) -> Option<String> {
        let whole: tidemark_model::view::RecordDetail =
            self.ask("get_record", json!({"link": LINK, "collection": TASKS, "id": id}));
        whole.document
    }

    /// A task's text as the server has it.
    pub fn there(&self, id: &str) -> Option<String> {
        let call = Call::Get { collection: TASKS.into(), id: id.into(), if_none_match: None };
        let epoch = chrono::DateTime::UNIX_EPOCH;
        let answer = self.server.with_world(|world| world.handle(call, &Caller::default(), epoch));
        answer.is_ok().then_some(answer.body)
    }

    /// A member of the task as the server has it.
    pub fn member_there(&self, id: &str, member: &str) -> Value {
        let text = self.there(id).unwrap_or_else(|| panic!("the server has {id}"));
        document::parse(text.as_bytes()).expect("the server keeps JSON")[member].clone()
    }

    /// Starts what runs by itself in the engine.
    pub fn start(&self) {
        block_on(async { self.host.engine().start() });
    }

    /// Looks at each event until something holds; a clock that stands still is moved by 100 ms at each rest.
    pub fn until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        let mut told = self.host.engine().subscribe();
        let mut rests = self.clock.as_ref().map_or(0, ManualClock::lie_downs);
        while !holds() {
            if let Some(clock) = &self.clock {
                clock.advance(100);
            }
            let rested = async {
                match &self.clock {
                    Some(clock) => clock.laid_down(rests).await,
                    None => std::future::pending().await,
                }
            };
            let moved = async {
                tokio::select! {
                    _ = told.recv() => None,
                    () = self.news.notified() => None,
                    now = rested => Some(now),
                }
            };
            let moved = block_on(async { tokio::time::timeout_at(deadline, moved).await });
            rests = moved.unwrap_or_else(|_| panic!("never came: {what}")).unwrap_or(rests);
        }
    }

    /// Ends everything in good order; says which commands answered.
    pub fn finish(self) -> Commands {
        let Self { app, window, host, server, folder, answered, carrying, .. } = self;
        block_on(async {
            if let Some(carrying) = carrying.into_inner() {
                carrying.abort();
            }
            host.engine().shutdown().await;
            // Another store may have taken its place.
            app.state::<tidemark::desk::Desk>().close().await;
            server.stop().await;
        });
        drop((window, app, folder));
        answered.into_inner()
    }
}

/// A window of the application.
pub fn window(app: &App<MockRuntime>, label: &str) -> WebviewWindow<MockRuntime> {
    WebviewWindowBuilder::new(app, label, Default::default()).build().expect("a mock window opens")
}

/// Calls a command from any window and page, through the access list.
pub fn call(
    window: &WebviewWindow<MockRuntime>,
    page: &str,
    command: &str,
    body: InvokeBody,
) -> Result<Value, Value> {
    let request = InvokeRequest {
        cmd: command.into(),
        callback: CallbackFn(0),
        error: CallbackFn(1),
        url: page.parse().expect("an address"),
        body,
        headers: Default::default(),
        invoke_key: INVOKE_KEY.to_string(),
    };
    get_ipc_response(window, request).map(|body| body.deserialize().expect("answers are JSON"))
}

fn server_for_ann(tasks: &[&str]) -> SandboxOptions {
    SandboxOptions { accounts: vec![Account::new("ann", SECRET)], ..server_of(tasks) }
}

fn server_of(tasks: &[&str]) -> SandboxOptions {
    let mut options = SandboxOptions::with_collections(&[TASKS, "parts"]);
    options.records = tasks
        .iter()
        .map(|text| {
            let doc: serde_json::Map<String, Value> =
                serde_json::from_str(text).expect("a task is a JSON object");
            let id = doc["id"].as_str().expect("a task has an id").to_owned();
            let by = "Anna K.".to_owned();
            SeedRecord { collection: TASKS.to_owned(), id, doc, modified_by: by, modified_at: None }
        })
        .collect();
    options
}
