//! A server behind a proxy, a data folder with a link to it, and what the server did.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tidemark_engine::{Engine, EngineSettings, LinkDraft, Platform, SystemClock, SystemRng, WriterMode};
use tidemark_model::clock::Clock as _;
use tidemark_model::settings::LinkSettings;
use tidemark_sandbox::{Account, Report, RunningSandbox, Sandbox, SandboxOptions, SeedRecord};
use tidemark_simulation::audit::{Audit, audit, database_in, listed};
use tidemark_tests::fault_proxy::FaultProxy;
use tidemark_tests::kinto::Kinto;
use tidemark_tests::wire::Wire;

const USER: &str = "ann";
const PASSWORD: &str = "correct-horse";
/// The link of every run.
pub const LINK: &str = "office";
/// Its collection.
pub const TASKS: &str = "tasks";
/// So many requests in one at Kinto.
const BATCH: usize = 500;
/// So many records of a list at Kinto, of which 10,000 are the most.
const KINTO_AT_ONCE: usize = 5_000;

/// Where a child works.
pub struct Ground {
    /// What stands before the server.
    pub proxy: FaultProxy,
    /// The data folder.
    pub folder: TempDir,
    server: Server,
    /// How many records it was filled with.
    seeded: usize,
}

enum Server {
    Sandbox(RunningSandbox),
    Kinto(Kinto),
}

/// What a change did to a record on the server: the document by it, none where it deleted that.
pub type Effect = (String, Option<Value>);

impl Ground {
    /// A sandbox with these records and a folder that knows of none of them.
    pub async fn sandbox(records: &[Value]) -> Self {
        let mut options = SandboxOptions::with_collections(&[TASKS]);
        options.accounts = vec![Account::new(USER, PASSWORD)];
        options.records = records
            .iter()
            .map(|document| SeedRecord {
                collection: TASKS.to_owned(),
                id: id_of(document),
                doc: document.as_object().unwrap().clone(),
                modified_by: "Anna K.".to_owned(),
                modified_at: None,
            })
            .collect();
        let sandbox = Sandbox::start(options).await.unwrap();
        let origin = sandbox.origin();
        Self::before(Server::Sandbox(sandbox), records.len(), "rest", &origin).await
    }

    /// The same with a real Kinto that keeps a history of all it does.
    pub async fn kinto(records: &[Value]) -> Self {
        let includes = "kinto.plugins.default_bucket kinto.plugins.accounts kinto.plugins.history";
        let most = BATCH.to_string();
        let settings = [("kinto.includes", includes), ("kinto.batch_max_requests", &most)];
        let kinto = Kinto::start_with(&settings).expect("a Kinto for the crash tests");
        kinto.account(USER, PASSWORD).await;
        kinto.collection((USER, PASSWORD), None, TASKS).await;
        for part in records.chunks(BATCH) {
            let requests: Vec<Value> = part.iter().map(put_in_kinto).collect();
            ask(&kinto, reqwest::Method::POST, "batch", Some(json!({"requests": requests}))).await;
        }
        let origin = kinto.origin().to_owned();
        Self::before(Server::Kinto(kinto), records.len(), "kinto", &origin).await
    }

    async fn before(server: Server, seeded: usize, kind: &str, origin: &str) -> Self {
        let proxy = FaultProxy::start(origin).await.unwrap();
        let ground = Self { proxy, folder: tempfile::tempdir().unwrap(), server, seeded };
        let engine = open(ground.folder.path(), EngineSettings::default()).await;
        let url = ground.proxy.url("v1");
        let secret = Some(tidemark_connectors::Secret::new(PASSWORD));
        let connector =
            tidemark_connectors::connect(kind, &url, LinkSettings::default(), Some(USER.into()), secret)
                .unwrap();
        let draft = LinkDraft {
            name: LINK.into(),
            kind: kind.into(),
            url,
            user: Some(USER.into()),
            settings: LinkSettings::default(),
            collections: connector.discover().await.unwrap(),
            secret_kept: false,
        };
        engine.add_link(draft).await.unwrap();
        engine.shutdown().await;
        ground
    }

    /// Every effect on the server, in order, without those that filled it.
    pub async fn effects(&self) -> Vec<Effect> {
        self.proxy.settled().await;
        match &self.server {
            Server::Sandbox(sandbox) => {
                let history = sandbox.with_world(|world| world.history()).unwrap();
                let ours = history.into_iter().filter(|(effect, _)| effect.op != "seed");
                ours.map(|(effect, document)| (effect.id, document)).collect()
            }
            Server::Kinto(kinto) => {
                let path = "buckets/default/history?resource_name=record&_sort=last_modified";
                let answer = ask(kinto, reqwest::Method::GET, path, None).await;
                let entries = answer["data"].as_array().unwrap();
                let ours = entries.iter().skip(self.seeded);
                ours.map(|entry| {
                    let record = &entry["target"]["data"];
                    (id_of(record), (entry["action"] != "delete").then(|| told_by_kinto(record)))
                })
                .collect()
            }
        }
    }

    /// Everything that the server has.
    pub async fn there(&self) -> BTreeMap<(String, String), Value> {
        self.proxy.settled().await;
        match &self.server {
            Server::Sandbox(sandbox) => sandbox.with_world(|world| listed(world, &[TASKS.to_owned()])),
            Server::Kinto(kinto) => {
                let mut all = BTreeMap::new();
                let list =
                    format!("buckets/default/collections/{TASKS}/records?_sort=id&_limit={KINTO_AT_ONCE}");
                let mut path = list.clone();
                loop {
                    let answer = ask(kinto, reqwest::Method::GET, &path, None).await;
                    let records = answer["data"].as_array().unwrap();
                    let keyed = |record| ((TASKS.to_owned(), id_of(record)), told_by_kinto(record));
                    all.extend(records.iter().map(keyed));
                    match records.last() {
                        Some(last) if records.len() == KINTO_AT_ONCE => {
                            path = format!("{list}&gt_id={}", id_of(last));
                        }
                        _ => return all,
                    }
                }
            }
        }
    }

    /// What the server says of doubles and of steps out of order; Kinto says nothing of them.
    fn report(&self) -> Report {
        match &self.server {
            Server::Sandbox(sandbox) => sandbox.report().unwrap(),
            Server::Kinto(_) => Report {
                epoch: String::new(),
                effects: vec![],
                duplicates: vec![],
                order_violations: vec![],
                token_requests: 0,
            },
        }
    }

    /// A last sync by this process; then the books agree, nothing is left to do, and both sides are the same.
    pub async fn finish(&self) {
        let engine = open(self.folder.path(), EngineSettings::default()).await;
        let report = engine.sync(Some(LINK), None).await.unwrap();
        assert!(report.failure.is_none(), "{report:?}");
        let status = engine.status().unwrap();
        assert_eq!(status.put_back, None, "a crash is no old copy");
        assert_eq!((status.queue_length.0, status.store_fault), (0, None), "{status:?}");
        let faults = audit(&Audit {
            db: &database_in(self.folder.path()),
            status,
            stats: engine.queue_stats().unwrap(),
            report: self.report(),
            there: self.there().await,
            never_woken: engine.without_wake_up().unwrap(),
            now: SystemClock.now(),
            at_rest: true,
        });
        assert!(faults.is_empty(), "the books do not agree at the end:\n  {}", faults.join("\n  "));
        engine.shutdown().await;
    }
}

/// The engine as the application runs it, on a folder.
pub async fn open(folder: &Path, settings: EngineSettings) -> Engine {
    let wire = Wire::default();
    wire.set_secret(PASSWORD);
    let platform = Platform::new(Arc::new(SystemClock), Arc::new(SystemRng), Arc::new(wire));
    Engine::open(folder, platform, settings, WriterMode::Threaded).await.unwrap()
}

/// In the child: waits until nothing of the queue is left, then ends in good order.
pub async fn drain(engine: Engine) {
    let mut told = engine.subscribe();
    while engine.status().unwrap().queue_length.0 > 0 {
        // A missed event does no harm.
        let _ = told.recv().await;
    }
    engine.shutdown().await;
}

pub fn id_of(document: &Value) -> String {
    document["id"].as_str().unwrap().to_owned()
}

fn put_in_kinto(document: &Value) -> Value {
    let id = id_of(document);
    let path = format!("/v1/buckets/default/collections/{TASKS}/records/{id}");
    json!({"method": "PUT", "path": path, "body": {"data": document}})
}

/// A record as Kinto tells it, without what is its own.
fn told_by_kinto(record: &Value) -> Value {
    let mut record = record.clone();
    let fields = record.as_object_mut().unwrap();
    fields.remove("last_modified");
    fields.remove("schema");
    record
}

async fn ask(kinto: &Kinto, method: reqwest::Method, path: &str, body: Option<Value>) -> Value {
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let mut request =
        client.request(method, format!("{}/{path}", kinto.url())).basic_auth(USER, Some(PASSWORD));
    if let Some(body) = body {
        request = request.header("Content-Type", "application/json").body(body.to_string());
    }
    let answer = request.send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert!(status.is_success(), "{path}: {status} {text}");
    serde_json::from_str(&text).unwrap()
}
