//! A whole engine whose server says anything: what fails leaves the store as it was, what is taken in can be shown and read
//! back, and no change is lost on the way.

use crate::answers::{Answers, response};
use crate::believed;
use crate::ground::{Case, Target, watch_panics};
use crate::mutation::Form;
use crate::wire::{GOOD, in_time};
use crate::words::SECRET;
use rusqlite::Connection;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tidemark_connectors::{Carrier, HttpOptions, Secret, connect_with};
use tidemark_engine::{Connect, Engine, EngineSettings, LinkDraft, LinkRow, Platform, WriterMode};
use tidemark_model::clock::BoxFuture;
use tidemark_model::connector::{Connector, Discovered};
use tidemark_model::failure::Failure;
use tidemark_model::number::Count;
use tidemark_model::settings::LinkSettings;
use tidemark_model::view::{
    ActivityFilter, ExportFormat, FieldEdit, QueueFilter, RecordFilter, Refusal, RefusalCode,
};
use tidemark_sandbox::Report;
use tidemark_tests::audit::{Audit, audit, database_in};
use tidemark_tests::clock::ManualClock;
use tidemark_tests::rng::SeededRng;
use tidemark_tests::store_files::{Copied, note};

const LINK: &str = "office";
const TASKS: &str = "tasks";

const DESCRIPTION: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"project_name\":\"kinto\",\"http_api_version\":\"1.23\",\"user\":{\"id\":\"account:ann\"}}";
pub const FIRST_REST: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"items\":[{\"id\":\"id-3\",\"version\":\"7\",\"doc\":{\"id\":\"id-3\",\"title\":\"three\",\"n\":1.10}},{\"id\":\"id-4\",\"version\":\"8\",\"doc\":{\"id\":\"id-4\",\"title\":\"four\"}}],\"next\":\"t1\",\"more\":false,\"epoch\":\"e1\"}";
const FIRST_KINTO: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nETag: \"1795242795792\"\r\n\r\n{\"data\":[{\"id\":\"id-3\",\"last_modified\":1795242795791,\"title\":\"three\",\"n\":1.10},{\"id\":\"id-4\",\"last_modified\":1795242795792,\"title\":\"four\"}]}";

/// A server that says what it was told last.
#[derive(Clone)]
struct Told(Arc<Mutex<Arc<Answers>>>);

impl Told {
    fn new(answers: &[&[u8]]) -> Self {
        Self(Arc::new(Mutex::new(said(answers))))
    }

    fn asked(&self) -> usize {
        self.0.lock().expect("nobody panics with it").asked()
    }
}

/// What proves that the server answers is not what is looked at here: that goes well.
struct Proved(Arc<Answers>);

impl Carrier for Proved {
    fn carry(&self, request: reqwest::Request) -> BoxFuture<'_, Result<reqwest::Response, Failure>> {
        let address = request.url().as_str();
        let proof = match address {
            "http://127.0.0.1:9/v1/" => Some(DESCRIPTION),
            "http://127.0.0.1:9/v1/collections" => Some(GOOD),
            _ => address.ends_with("_fields=id").then_some(GOOD),
        };
        match proof {
            Some(proof) => Box::pin(async move { Ok(response(proof.as_bytes())) }),
            None => self.0.carry(request),
        }
    }
}

fn said(answers: &[&[u8]]) -> Arc<Answers> {
    Arc::new(Answers::new(answers.iter().map(|answer| answer.to_vec()).collect()))
}

impl Connect for Told {
    fn connect(&self, link: &LinkRow) -> Result<Arc<dyn Connector>, Refusal> {
        let answers = Arc::clone(&*self.0.lock().expect("nobody panics with it"));
        let options = HttpOptions { carrier: Some(Arc::new(Proved(answers))), ..HttpOptions::default() };
        let (settings, user, secret) = (link.settings.clone(), link.user.clone(), Some(Secret::new(SECRET)));
        connect_with(&link.kind, &link.url, settings, user, secret, options).map(Arc::from).map_err(|error| {
            Refusal { code: RefusalCode::Invalid, message: error.to_string(), hint: String::new() }
        })
    }
}

async fn open(folder: &Path, told: &Told) -> Engine {
    let platform =
        Platform::new(Arc::new(ManualClock::default()), Arc::new(SeededRng::new(5)), Arc::new(told.clone()));
    Engine::open(folder, platform, EngineSettings::default(), WriterMode::Inline)
        .await
        .expect("the folder opens")
}

fn draft(kind: &str, collections: Vec<Discovered>) -> LinkDraft {
    LinkDraft {
        name: LINK.into(),
        kind: kind.into(),
        url: "http://127.0.0.1:9/v1/".into(),
        user: (kind == "kinto").then(|| "ann".to_owned()),
        settings: LinkSettings::default(),
        collections,
        secret_kept: false,
    }
}

/// A data folder that is copied for each case; with its note, without which it would be an old copy.
pub struct Prepared {
    files: Copied,
    noted: Vec<u8>,
}

impl Prepared {
    /// A folder of its own.
    pub fn folder(&self) -> TempDir {
        let folder = TempDir::new().expect("there is room for a folder");
        self.files.put_back(folder.path());
        std::fs::write(note(folder.path()), &self.noted).expect("it can be written");
        folder
    }
}

/// A data folder with two records, and with a change that waits where that is wished.
pub async fn prepared(kind: &str, first: &str, edited: bool) -> Prepared {
    let folder = TempDir::new().expect("there is room for a folder");
    let engine = open(folder.path(), &Told::new(&[first.as_bytes()])).await;
    let tasks = Discovered { name: TASKS.into(), ..Discovered::default() };
    engine.add_link(draft(kind, vec![tasks])).await.expect("the link is stored");
    engine.sync(Some(LINK), None).await.expect("the store works");
    let listed = engine.list_records(LINK, TASKS, &RecordFilter::default(), 0, 9).expect("it lists");
    assert_eq!(listed.total, Count(2), "{kind} brought its records");
    if edited {
        let edit = FieldEdit { path: "/title".into(), set: Some("\"mine\"".into()) };
        engine.update_record(LINK, TASKS, "id-3", &[edit], None).await.expect("it is saved");
    }
    engine.shutdown().await;
    drop(engine);
    let noted = std::fs::read(note(folder.path())).expect("there is a note");
    Prepared { files: Copied::of(folder.path()), noted }
}

/// All rows of what a pull may change.
fn state(folder: &Path) -> String {
    let db = database_in(folder);
    ["SELECT * FROM records ORDER BY id", "SELECT id, stream, epoch, received FROM collections ORDER BY id"]
        .map(|sql| rows(&db, sql))
        .concat()
}

fn rows(db: &Connection, sql: &str) -> String {
    let mut statement = db.prepare(sql).expect("the tables are there");
    let columns = statement.column_count();
    let row = |row: &rusqlite::Row<'_>| {
        (0..columns)
            .map(|at| row.get_ref(at).map(|value| format!("{value:?} ")))
            .collect::<Result<String, _>>()
    };
    let all: Result<Vec<String>, _> = statement.query_map([], row).expect("it reads").collect();
    all.expect("it reads").join("\n")
}

/// Everything that the window asks can be answered.
fn shown(engine: &Engine) {
    let told = |text: Result<String, serde_json::Error>| drop(text.expect("the window can be told"));
    told(serde_json::to_string(&engine.status().expect("the status is read")));
    let listed =
        engine.list_records(LINK, TASKS, &RecordFilter::default(), 0, 50).expect("the records are read");
    told(serde_json::to_string(&listed));
    for row in &listed.rows {
        told(serde_json::to_string(&engine.get_record(LINK, TASKS, &row.id).expect("a record is read")));
    }
    told(serde_json::to_string(&engine.get_form(LINK, TASKS).expect("a form is made")));
    told(serde_json::to_string(&engine.list_conflicts(0, 50).expect("the conflicts are read")));
    let queue = engine.list_queue(&QueueFilter::default(), 0, 50).expect("the queue is read");
    for row in &queue.rows {
        told(serde_json::to_string(&engine.get_change(&row.id).expect("a change is read")));
        for format in [ExportFormat::Json, ExportFormat::Curl] {
            let text = engine.export_changes(std::slice::from_ref(&row.id), format).expect("it is exported");
            believed::no_secret(&text);
        }
    }
    told(serde_json::to_string(&queue));
    let activity = engine.activity(&ActivityFilter::default(), None, 50).expect("the activity is read");
    told(serde_json::to_string(&activity));
    let unreadable = engine.list_unreadable(Some(LINK), None, 0, 50).expect("the rows are read");
    told(serde_json::to_string(&unreadable));
}

fn books(folder: &Path, engine: &Engine) {
    let nothing = Report {
        epoch: String::new(),
        effects: vec![],
        duplicates: vec![],
        order_violations: vec![],
        token_requests: 0,
    };
    let faults = audit(&Audit {
        db: &database_in(folder),
        status: engine.status().expect("the status is read"),
        stats: engine.queue_stats().expect("the statistics are read"),
        report: nothing,
        there: Default::default(),
        never_woken: engine.without_wake_up().expect("the queue is read"),
        now: tidemark_tests::clock::START,
        at_rest: false,
    });
    assert!(faults.is_empty(), "the books do not agree: {}", faults.join("; "));
}

async fn answered(case: &Case<'_>, prepared: &Prepared, edited: bool) {
    let folder = prepared.folder();
    let told = if edited { Told::new(&[case.bytes, GOOD.as_bytes()]) } else { Told::new(&[case.bytes]) };
    let engine = open(folder.path(), &told).await;
    let before = state(folder.path());
    let report = engine.sync(Some(LINK), None).await.expect("whatever it is answered, the store works");
    case.weighs(told.asked().max(1) * 4);
    if let Some(why) = &report.failure {
        believed::failure(why);
        // A page that came before it has its own place.
        if told.asked() == 1 && !edited {
            assert_eq!(state(folder.path()), before, "what failed left something behind: {why}");
        }
    }
    shown(&engine);
    books(folder.path(), &engine);
    engine.shutdown().await;
    drop(engine);
    let engine = open(folder.path(), &told).await;
    shown(&engine);
    engine.shutdown().await;
}

fn engine_target(name: &'static str, corpus: &'static str, kind: &str, first: &str) {
    watch_panics();
    let target = Target { name, corpus, form: Form::Http, variants: 2, cases: 30 };
    let prepared = [false, true].map(|edited| in_time(self::prepared(kind, first, edited)));
    target.run(|case| {
        believed::given(case.bytes);
        in_time(answered(case, &prepared[case.variant as usize], case.variant == 1));
    });
}

// proves C5, A7
#[test]
fn an_engine_at_a_rest_server_stays_in_order_whatever_it_is_answered() {
    engine_target("engine at rest", "rest", "rest", FIRST_REST);
}

// proves C5, A7
#[test]
fn an_engine_at_a_kinto_stays_in_order_whatever_it_is_answered() {
    engine_target("engine at kinto", "kinto", "kinto", FIRST_KINTO);
}

// proves F1
#[test]
fn a_link_to_whatever_a_server_offers_can_be_stored_and_read_again() {
    let target = Target { name: "offers", corpus: "offers", form: Form::Http, variants: 2, cases: 30 };
    target.run(|case| {
        in_time(async {
            let kind = if case.variant == 0 { "rest" } else { "kinto" };
            let told = Told::new(&[case.bytes, GOOD.as_bytes()]);
            let folder = TempDir::new().expect("there is room for a folder");
            let engine = open(folder.path(), &told).await;
            let row = draft(kind, vec![]);
            let options = HttpOptions { carrier: Some(said(&[case.bytes])), ..HttpOptions::default() };
            let connector = connect_with(kind, &row.url, LinkSettings::default(), row.user, None, options)
                .expect("it connects");
            let Ok(found) = connector.discover().await else { return };
            case.weighs(8);
            believed::discovered(&found);
            match engine.add_link(draft(kind, found)).await {
                Ok(_) => {
                    serde_json::to_string(&engine.status().expect("the status is read"))
                        .expect("the window can be told");
                    engine.sync(Some(LINK), None).await.expect("the store works");
                    engine.shutdown().await;
                    drop(engine);
                    let again = open(folder.path(), &told).await;
                    again.status().expect("what was stored can be read");
                    again.links().expect("what was stored can be read");
                    again.shutdown().await;
                }
                Err(why) => {
                    assert_ne!(Refusal::from(why).code, RefusalCode::Store, "the disk is blamed for it")
                }
            }
        });
    });
}
