//! Marked secrets and marked records go in; then everything that was written is read. A process of its own, because what
//! listens to all threads can be set once.
#![allow(clippy::unwrap_used)]

mod echo;
mod listener;

use echo::Echo;
use listener::Listener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tidemark_connectors::http::{Call, Http, HttpOptions};
use tidemark_connectors::{KINDS, Secret};
use tidemark_engine::EngineSettings;
use tidemark_host::{Environment, Hidden, Host, HostOptions, NoKeychain};
use tidemark_model::connector::{Sealed, WireForm};
use tidemark_model::mutation::Operation;
use tidemark_model::view::{Event, ExportFormat, FieldEdit, NewLink, QueueFilter, Refusal};
use tidemark_sandbox::{Account, ColleagueEdit, RunningSandbox, Sandbox, SandboxOptions, TokenSwitches};

const PASSWORD: &str = "mark-password-\"4711";
const WRONG: &str = "mark-wrong-\\4712";
const TOKEN: &str = "mark-token-4713";
/// The sandbox's tokens begin with an account's first one, so that all of them hold its mark.
const REFRESH: &str = "mark-refresh-\"4714";
/// Every secret holds one of these in every escaping; the last ones are the pair and its parts as base64 writes them.
const SECRETS: [&str; 7] =
    ["mark-password", "mark-wrong", "mark-token", "mark-refresh", PAIR, WRONG_PAIR, "bWFyay10b2tlbi00NzEz"];
const PAIR: &str = "YW5uOm1hcmstcGFzc3dvcmQtIjQ3MTE";
const WRONG_PAIR: &str = "YW5uOm1hcmstd3JvbmctXDQ3MTI";
/// Every value that somebody wrote into a record begins so.
const CONTENT: &str = "mark-content";

struct Ground {
    server: RunningSandbox,
    echo: Echo,
    folder: tempfile::TempDir,
    host: Host,
    /// What was said to programs and in Debug output.
    said: Vec<(&'static str, String)>,
}

// proves E6
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_written_anywhere_and_no_record_into_a_log() {
    let listener = Listener::start();
    let mut ground = open(listener.hidden.clone()).await;
    let mut told = ground.host.engine().subscribe();
    add_links(&mut ground).await;
    work(&mut ground).await;
    sign_in_wrongly(&mut ground).await;
    refresh(&mut ground).await;
    start_over(&ground).await;
    ground.host.engine().back_up_now().await.unwrap();
    let exports = export(&ground);
    show(&mut ground).await;
    ground.host.engine().start();
    ground.host.engine().sync(None, None).await.unwrap();
    let (mut status_told, mut queue_told) = (false, false);
    while !(status_told && queue_told) {
        let event = told.recv().await.unwrap();
        ground.said.push(("an event", format!("{event:?}")));
        queue_told |= matches!(event, Event::QueueChanged(_));
        if let Event::SyncStateChanged(status) = event {
            status_told = true;
            ground.said.push(("an event", serde_json::to_string(&status).unwrap()));
        }
    }
    // Before the engine closes: a log that was not copied back is read as well.
    let mut files = written(ground.folder.path());
    ground.host.engine().shutdown().await;
    files.extend(written(ground.folder.path()));

    let events = ground.said.iter().filter(|(what, _)| *what == "an event").count();
    assert!(events > 3, "without events nothing is proved about them");
    let logged = [("what was told", listener.told()), ("the log", listener.logged())];
    let mut breaches = Vec::new();
    for (what, text) in ground.said.iter().map(|(what, text)| (*what, text.clone())).chain(logged) {
        for mark in SECRETS.iter().chain([&CONTENT]) {
            breaches.extend(found(what, text.as_bytes(), mark));
        }
    }
    for mark in SECRETS {
        for export in &exports {
            breaches.extend(found("an export", export.as_bytes(), mark));
        }
        for (path, bytes) in &files {
            breaches.extend(found(&path.display().to_string(), bytes, mark));
        }
    }
    for (path, bytes) in &files {
        let name = path.file_name().unwrap().to_string_lossy();
        if !(name.ends_with(".db") || name.ends_with(".db-wal")) {
            breaches.extend(found(&path.display().to_string(), bytes, CONTENT));
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
    let holds = |bytes: &[u8]| found("", bytes, CONTENT).is_some();
    assert!(files.iter().any(|(_, bytes)| holds(bytes)), "the scan finds what is there");
    assert!(exports.iter().all(|export| holds(export.as_bytes())), "the exports hold what was refused");
    log_carelessly(&listener);
    ground.echo.assert_used();
    counted(&listener.told());
    ground.server.stop().await;
}

async fn open(hidden: Hidden) -> Ground {
    let accounts = vec![
        Account::new("ann", PASSWORD),
        Account::new("robot", TOKEN),
        Account::new("cat", "another").with_refresh_token(REFRESH),
    ];
    let server = Sandbox::start(SandboxOptions { accounts, ..SandboxOptions::sample() }).await.unwrap();
    let echo = Echo::before(&server.origin()).await;
    let folder = tempfile::tempdir().unwrap();
    let options = HostOptions {
        data: Some(folder.path().to_owned()),
        keychain: Some(Arc::new(NoKeychain)),
        environment: Environment::of([]),
        hidden,
        ..HostOptions::default()
    };
    let host = Host::open(options).await.unwrap();
    Ground { server, echo, folder, host, said: Vec::new() }
}

async fn add_links(ground: &mut Ground) {
    let url = ground.server.url().replace(&ground.server.origin(), &ground.echo.origin);
    let new = |name: &str, user: Option<&str>, secret: &str| NewLink {
        name: name.into(),
        kind: "rest".into(),
        url: url.clone(),
        user: user.map(str::to_owned),
        secret: Some(secret.into()),
        settings: None,
        collections: Vec::new(),
    };
    let refused = ground.host.add_link_with_everything(new("Work", Some("ann"), WRONG)).await.unwrap_err();
    ground.said.push(("the error of a wrong password", format!("{refused:?} {refused}")));
    ground.said.push(("its refusal", format!("{:?}", Refusal::from(refused))));
    ground.host.add_link_with_everything(new("Work", Some("ann"), PASSWORD)).await.unwrap();
    // Its first sync asks for the newest rows first, which is refused.
    let sorted = Some(r#"{"pull": {"newest": "sort=-modified"}}"#.to_owned());
    let robot = NewLink { settings: sorted, ..new("Robot", None, TOKEN) };
    ground.host.add_link_with_everything(robot).await.unwrap();
    assert_eq!(ground.host.engine().sync(None, None).await.unwrap().failure, None);
}

/// Edits, a record that is made and one that is deleted, a conflict, and a refusal that repeats what was sent.
async fn work(ground: &mut Ground) {
    let engine = ground.host.engine().clone();
    let edit =
        |mark: &str| [FieldEdit { path: "/street".into(), set: Some(format!("\"{CONTENT}-{mark}\"")) }];
    let theirs = ColleagueEdit::set("customers", "CU-0002", "street", format!("{CONTENT}-theirs"));
    ground.server.colleague(theirs).unwrap();
    ground.echo.refuse("CU-0003");
    engine.update_record("Work", "customers", "CU-0001", &edit("mine"), None).await.unwrap();
    engine.update_record("Work", "customers", "CU-0002", &edit("clash"), None).await.unwrap();
    engine.update_record("Work", "customers", "CU-0003", &edit("refused"), None).await.unwrap();
    engine.update_record("Robot", "customers", "CU-0004", &edit("robot"), None).await.unwrap();
    let document = format!(r#"{{"id":"CU-9001","name":"New","street":"{CONTENT}-created"}}"#);
    engine.create_record("Work", "customers", &document, Some(format!("{CONTENT}-metadata"))).await.unwrap();
    engine.delete_record("Work", "customers", "CU-0005", None).await.unwrap();
    let report = engine.sync(None, None).await.unwrap();
    assert_eq!(
        (report.conflicts, report.parked),
        (1, 1),
        "{:?}",
        report.failure.map(|failure| failure.class)
    );
    let status = engine.status().unwrap();
    ground.said.push(("the status", format!("{status:?} {}", serde_json::to_string(&status).unwrap())));
}

async fn sign_in_wrongly(ground: &mut Ground) {
    let host = ground.host.clone();
    let note = host.set_secret("Work", WRONG.into()).await.unwrap();
    let report = host.engine().sync(None, None).await.unwrap();
    ground.said.push(("a failed sync", format!("{note:?} {report:?}")));
    ground.said.push(("a test", format!("{:?}", host.test_link("Work").await.unwrap())));
    let status = host.engine().status().unwrap();
    ground.said.push(("the status", format!("{status:?} {}", serde_json::to_string(&status).unwrap())));
    host.set_secret("Work", PASSWORD.into()).await.unwrap();
    assert_eq!(host.engine().sync(None, None).await.unwrap().failure, None, "signed in again");
}

/// A link whose tokens end, are replaced and are refused; the refusal repeats what was sent.
async fn refresh(ground: &mut Ground) {
    let host = ground.host.clone();
    let url = ground.server.url().replace(&ground.server.origin(), &ground.echo.origin);
    let sign_in =
        serde_json::json!({"kind": "oauth2", "token_url": format!("{url}/token"), "client_id": "tidemark"});
    let new = |secret: &str| NewLink {
        name: "Signed".into(),
        kind: "rest".into(),
        url: url.clone(),
        user: None,
        secret: Some(secret.into()),
        settings: Some(serde_json::json!({ "sign_in": sign_in }).to_string()),
        collections: Vec::new(),
    };
    let refused = host.add_link_with_everything(new("mark-refresh-wrong")).await.unwrap_err();
    ground.said.push(("the error of a wrong token", format!("{refused:?} {refused}")));
    ground.said.push(("its refusal", format!("{:?}", Refusal::from(refused))));
    host.add_link_with_everything(new(REFRESH)).await.unwrap();
    assert_eq!(host.engine().sync(Some("Signed"), None).await.unwrap().failure, None);
    let edit =
        |mark: &str| [FieldEdit { path: "/street".into(), set: Some(format!("\"{CONTENT}-{mark}\"")) }];
    let ends = |revoke| {
        ground.server.set_tokens(&TokenSwitches { expire: true, revoke, ..TokenSwitches::default() });
    };
    for revoke in [false, true] {
        ends(revoke);
        host.engine().update_record("Signed", "customers", "CU-0007", &edit("mine"), None).await.unwrap();
        host.engine().update_record("Signed", "customers", "CU-0003", &edit("no"), None).await.unwrap();
        let report = host.engine().sync(Some("Signed"), None).await.unwrap();
        assert_eq!(report.failure.is_some(), revoke, "{:?}", report.failure);
        ground.said.push(("a sync with tokens", format!("{report:?}")));
        ground.said.push(("a test", format!("{:?}", host.test_link("Signed").await.unwrap())));
    }
    let status = host.engine().status().unwrap();
    ground.said.push(("the status", format!("{status:?} {}", serde_json::to_string(&status).unwrap())));
    ground.server.set_tokens(&TokenSwitches { restore: true, ..TokenSwitches::default() });
    let note = host.set_secret("Signed", REFRESH.into()).await.unwrap();
    ground.said.push(("a sign-in", format!("{note:?}")));
    assert_eq!(host.engine().sync(Some("Signed"), None).await.unwrap().failure, None);
}

async fn start_over(ground: &Ground) {
    ground.server.new_epoch(0).unwrap();
    ground.host.engine().sync(None, None).await.unwrap();
}

/// All that waits, in both forms; the JSON with attempts and what the server said to them.
fn export(ground: &Ground) -> Vec<String> {
    let engine = ground.host.engine();
    let rows = engine.list_queue(&QueueFilter::default(), 0, 100).unwrap().rows;
    let ids: Vec<String> = rows.into_iter().map(|row| row.id).collect();
    [ExportFormat::Json, ExportFormat::Curl]
        .map(|format| engine.export_changes(&ids, format).unwrap())
        .into_iter()
        .collect()
}

/// The vault has told the log what to hide: whoever logs a secret by mistake writes none.
fn log_carelessly(listener: &Listener) {
    let pair = format!("{PAIR}=");
    tracing::error!(header = pair, lost = ?Some(PASSWORD), "a careless line with {WRONG}, {TOKEN} and {REFRESH}.access.1");
    let (told, logged) = (listener.told(), listener.logged());
    assert!(logged.contains("a careless line"));
    for mark in ["mark-password", "mark-wrong", "mark-token", "mark-refresh", PAIR] {
        assert!(told.contains(mark), "{mark} was told");
        assert!(!logged.contains(mark), "{mark} is in the log");
    }
}

/// What a careless `{:?}` would print.
async fn show(ground: &mut Ground) {
    let host = &ground.host;
    let body = Some(format!(r#"{{"street":"{CONTENT}"}}"#));
    let headers = vec![("If-Match".to_owned(), "\"1\"".to_owned())];
    let wire = WireForm { method: "PUT".into(), target: "customers/CU-1".into(), headers, body, whole: true };
    let sealed = Sealed {
        mutation: "m".into(),
        key: "k".into(),
        collection: "customers".into(),
        record: "CU-1".into(),
        operation: Operation::Update,
        wire: wire.clone(),
    };
    let base = reqwest::Url::parse(&ground.echo.origin).unwrap();
    let http = Http::new(base, Some("ann".into()), Some(Secret::new(WRONG)), HttpOptions::default()).unwrap();
    let answer = http.send(Call::sealed(&wire, 10_000).unwrap()).await.unwrap();
    assert_eq!(answer.status, 422, "the echo refuses it");
    let links = host.engine().links().unwrap();
    ground.said.extend([
        ("Debug of settings", format!("{:?} {:?}", EngineSettings::default(), host.engine().sync_settings())),
        ("Debug of links", format!("{links:?}")),
        ("Debug of a wire form", format!("{wire:?} {sealed:?}")),
        ("Debug of a secret", format!("{:?}", Secret::new(PASSWORD))),
        ("Debug of an answer", format!("{answer:?}")),
        ("Debug of a host", format!("{host:?} {:?} {KINDS:?}", host.options().hidden)),
    ]);
}

/// Every file below a folder with its bytes.
fn written(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| match path.is_dir() {
            true => written(&path),
            false => std::fs::read(&path).map(|bytes| (path, bytes)).into_iter().collect(),
        })
        .collect()
}

/// Where a mark stands, with a little of what is around it.
fn found(what: &str, bytes: &[u8], mark: &str) -> Option<String> {
    let at = bytes.windows(mark.len()).position(|part| part == mark.as_bytes())?;
    let around = &bytes[at.saturating_sub(200)..bytes.len().min(at + mark.len() + 60)];
    Some(format!("{what} holds {mark}: …{}…", String::from_utf8_lossy(around)))
}

/// The figures that row E6 asks for are there for any listener.
fn counted(told: &str) {
    let line = |part: &str| {
        told.lines().find(|line| line.contains(part)).unwrap_or_else(|| panic!("nothing tells {part}"))
    };
    let has = |line: &str, names: &[&str]| {
        for name in names {
            assert!(line.contains(&format!(" {name}=")), "{name} is not in {line}");
        }
    };
    has(line("span cycle"), &["link", "cause"]);
    has(line("span attempt"), &["link", "collection", "mutation", "attempt", "key"]);
    has(line("status=422 duration_ms"), &["outcome", "class", "duration_ms"]);
    let cycle = "a cycle ended";
    has(line(cycle), &["confirmed", "received", "conflicts", "parked", "bytes", "duration_ms"]);
    has(line("the newest rows cannot be had first"), &["link", "collection", "class", "status"]);
    has(line("a conflict was met"), &["link", "collection", "conflict"]);
    has(line("repair=\"backup\""), &["outcome", "duration_ms"]);
    has(line("repair=\"start_over\""), &["link", "collection"]);
    let over = told.lines().find(|line| line.contains("start_over") && line.contains("a repair ended"));
    has(over.expect("the comparison came to its end"), &["link", "collection", "outcome"]);
}
