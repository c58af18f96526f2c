//! A real server, the fault proxy before it, and two connectors: ours through the proxy, a colleague's past it.

use serde_json::Value;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tidemark_connectors::{HttpOptions, Secret, Timeouts, connect_with};
use tidemark_model::connector::{
    Checkpoint, Connector, Intent, Outcome, Page, PullRequest, Remote, Row, Sealed, WireForm,
};
use tidemark_model::failure::Failure;
use tidemark_model::mutation::Operation;
use tidemark_model::settings::LinkSettings;
use tidemark_sandbox::{Account, RunningSandbox, Sandbox, SandboxOptions};
use tidemark_tests::fault_proxy::FaultProxy;
use tidemark_tests::kinto::Kinto;
use tokio::sync::OnceCell;

pub const USER: &str = "ann";
pub const PASSWORD: &str = "correct-horse";

/// Where a promise is put to the test.
pub struct Ground {
    pub kind: &'static str,
    pub proxy: FaultProxy,
    /// Ours, through the proxy.
    pub ours: Box<dyn Connector>,
    /// A colleague's, straight to the server.
    pub theirs: Box<dyn Connector>,
    pub collection: String,
    keys: AtomicU32,
    _sandbox: Option<RunningSandbox>,
}

/// One Kinto for all tests of this program; it ends with the program.
static KINTO: OnceCell<Kinto> = OnceCell::const_new();

/// The shared Kinto, with its account.
pub async fn shared_kinto() -> &'static Kinto {
    KINTO
        .get_or_init(|| async {
            let kinto = Kinto::start().expect("a Kinto for the contract tests");
            kinto.account(USER, PASSWORD).await;
            kinto
        })
        .await
}

/// A connector with the account of the tests.
pub fn connector(kind: &str, url: &str, settings: LinkSettings, options: HttpOptions) -> Box<dyn Connector> {
    let secret = Some(Secret::new(PASSWORD));
    connect_with(kind, url, settings, Some(USER.into()), secret, options).expect("a connector")
}

/// Timeouts that a silent server runs into at once.
pub fn impatient() -> HttpOptions {
    HttpOptions { timeouts: Timeouts::all(Duration::from_millis(150)), ..HttpOptions::default() }
}

impl Ground {
    pub async fn rest() -> Self {
        let collection = "tasks".to_owned();
        let mut options = SandboxOptions::with_collections(&[&collection]);
        options.accounts = vec![Account::new(USER, PASSWORD)];
        let sandbox = Sandbox::start(options).await.expect("a sandbox");
        let origin = sandbox.origin();
        Self::before("rest", &origin, collection, Some(sandbox)).await
    }

    pub async fn kinto() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let kinto = shared_kinto().await;
        let collection = format!("tasks-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        kinto.collection((USER, PASSWORD), None, &collection).await;
        Self::before("kinto", kinto.origin(), collection, None).await
    }

    async fn before(
        kind: &'static str,
        origin: &str,
        collection: String,
        sandbox: Option<RunningSandbox>,
    ) -> Self {
        let proxy = FaultProxy::start(origin).await.expect("a proxy");
        let (settings, options) = (LinkSettings::default, HttpOptions::default);
        Self {
            kind,
            ours: connector(kind, &proxy.url("v1"), settings(), options()),
            theirs: connector(kind, &format!("{origin}/v1"), settings(), options()),
            proxy,
            collection,
            keys: AtomicU32::new(1),
            _sandbox: sandbox,
        }
    }

    /// Another connector through the proxy.
    pub fn ours_with(&self, path: &str, options: HttpOptions) -> Box<dyn Connector> {
        connector(self.kind, &self.proxy.url(path), LinkSettings::default(), options)
    }

    /// A mutation ready to be sent.
    pub fn sealed(
        &self,
        operation: Operation,
        record: &str,
        version: Option<&str>,
        document: Option<&Value>,
    ) -> Sealed {
        let intent = Intent {
            collection: &self.collection,
            record,
            operation,
            base: None,
            base_version: version,
            document,
            changes: &[],
            request: None,
        };
        let wire: WireForm = self.ours.seal(&intent).expect("a wire form");
        let number = self.keys.fetch_add(1, Ordering::Relaxed);
        Sealed {
            mutation: format!("m{number}"),
            key: format!("019a9f4e-7c1a-7000-8000-{number:012}"),
            collection: self.collection.clone(),
            record: record.to_owned(),
            operation,
            wire,
        }
    }

    pub fn create(&self, document: &Value) -> Sealed {
        self.sealed(Operation::Create, id_of(document), None, Some(document))
    }

    pub fn update(&self, version: &str, document: &Value) -> Sealed {
        self.sealed(Operation::Update, id_of(document), Some(version), Some(document))
    }

    pub fn delete(&self, record: &str, version: &str) -> Sealed {
        self.sealed(Operation::Delete, record, Some(version), None)
    }

    /// What became of one mutation of ours.
    pub async fn push(&self, sealed: &Sealed) -> Outcome {
        push(self.ours.as_ref(), sealed).await
    }

    /// A mutation of ours that must be accepted; its new version.
    pub async fn accepted(&self, sealed: &Sealed) -> String {
        accepted(self.push(sealed).await)
    }

    /// A colleague's mutation, past the proxy; its new version.
    pub async fn colleague(&self, sealed: &Sealed) -> String {
        accepted(push(self.theirs.as_ref(), sealed).await)
    }

    /// What the server has, asked past the proxy.
    pub async fn truth(&self, record: &str) -> Remote {
        self.theirs.fetch(&self.collection, record).await.expect("the server's truth")
    }

    pub fn wish(&self, after: Option<Checkpoint>, limit: usize) -> PullRequest {
        PullRequest::after(&self.collection, after, limit)
    }

    /// All pages from a checkpoint to the end; the rows and the last checkpoint.
    pub async fn pull_all(&self, mut after: Option<Checkpoint>, limit: usize) -> (Vec<Row>, Checkpoint) {
        let mut rows = Vec::new();
        for _ in 0..100 {
            let page: Page = self.ours.pull(&self.wish(after, limit)).await.expect("a page");
            assert!(page.rows.len() <= limit, "a page has at most as many rows as were asked for");
            rows.extend(page.rows);
            if !page.more {
                return (rows, page.next);
            }
            after = Some(page.next);
        }
        panic!("the pages do not end");
    }
}

pub async fn push(connector: &dyn Connector, sealed: &Sealed) -> Outcome {
    let mut answer = connector.push(std::slice::from_ref(sealed)).await;
    assert_eq!(answer.outcomes.len(), 1, "one outcome per item");
    answer.outcomes.remove(0)
}

/// The version of an accepted write, which must carry it.
pub fn accepted(outcome: Outcome) -> String {
    let Outcome::Accepted { remote: Some(remote), .. } = outcome else { panic!("not accepted: {outcome:?}") };
    remote.version().expect("a version in the answer").to_owned()
}

pub fn failed(outcome: Outcome) -> Failure {
    let Outcome::Failed(failure) = outcome else { panic!("not a failure: {outcome:?}") };
    failure
}

pub fn document(remote: &Remote) -> &Value {
    remote.document().unwrap_or_else(|| panic!("no document: {remote:?}"))
}

pub fn id_of(document: &Value) -> &str {
    document["id"].as_str().expect("an id")
}

/// The ids of rows, in order, with tombstones marked.
pub fn ids(rows: &[Row]) -> Vec<String> {
    rows.iter()
        .map(|row| match row {
            Row::Record { id, remote: Remote::Deleted { .. } } => format!("-{id}"),
            Row::Record { id, .. } => id.clone(),
            Row::Unreadable { reason, .. } => panic!("an unreadable row: {reason}"),
        })
        .collect()
}
