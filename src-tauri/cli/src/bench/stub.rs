//! The least server of the contract that there can be, so that what is measured is us: it keeps nothing, takes every
//! write, and gives records that follow from their number. Once a colleague has changed all of them it refuses what is
//! based on their first version.

use crate::fault::Fault;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::serve::ListenerExt as _;
use serde::Deserialize;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The collection that is measured.
pub const COLLECTION: &str = "items";
/// One more, for what stands beside it.
pub const OTHER: &str = "others";

/// What it answers with.
pub struct Stub {
    url: String,
    state: Arc<Held>,
    task: JoinHandle<()>,
}

struct Held {
    latency: Duration,
    /// The texts of the listed rows' documents.
    documents: Vec<String>,
    /// Their second versions, listed behind them.
    changed: OnceLock<Vec<String>>,
    writes: AtomicUsize,
}

impl Held {
    fn changed(&self) -> &[String] {
        self.changed.get().map_or(&[], Vec::as_slice)
    }
}

impl Stub {
    /// Serves until it is dropped.
    pub async fn start(latency_ms: u64, documents: Vec<String>) -> Result<Self, Fault> {
        let state = Arc::new(Held {
            latency: Duration::from_millis(latency_ms),
            documents,
            changed: OnceLock::new(),
            writes: AtomicUsize::new(0),
        });
        let routes = Router::new()
            .route("/v1/", get(root))
            .route("/v1/collections", get(collections))
            .route("/v1/c/{collection}", get(list))
            .route("/v1/c/{collection}/{id}", put(write))
            .with_state(Arc::clone(&state));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}/v1", listener.local_addr()?);
        let listener = listener.tap_io(|stream| {
            // Small answers go out at once, for both sides.
            let _ = stream.set_nodelay(true);
        });
        let task = tokio::spawn(async move {
            // It ends with the process or with this value.
            let _ = axum::serve(listener, routes).await;
        });
        Ok(Self { url, state, task })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// A colleague changes all records; only the first time counts.
    pub fn change_all(&self, documents: Vec<String>) {
        self.state.changed.get_or_init(|| documents);
    }

    /// Writes taken so far.
    pub fn writes(&self) -> usize {
        self.state.writes.load(Ordering::Relaxed)
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn root() -> Response {
    json("{\"epoch\":\"bench\",\"key_ttl_s\":86400}".to_owned())
}

async fn collections() -> Response {
    json(format!("{{\"items\":[{{\"name\":\"{COLLECTION}\"}},{{\"name\":\"{OTHER}\"}}]}}"))
}

#[derive(Deserialize)]
struct Window {
    after: Option<String>,
    limit: Option<usize>,
}

async fn list(State(state): State<Arc<Held>>, Query(window): Query<Window>) -> Response {
    tokio::time::sleep(state.latency).await;
    let from: usize = window.after.and_then(|token| token.parse().ok()).unwrap_or(0);
    json(page(&state.documents, state.changed(), from, window.limit.unwrap_or(100)))
}

/// A page's text, of first versions with the second ones behind; the floor of the pull parses the same.
pub fn page(documents: &[String], changed: &[String], from: usize, limit: usize) -> String {
    let all = documents.len() + changed.len();
    let rows: Vec<String> = documents
        .iter()
        .enumerate()
        .map(|(number, document)| (number, 1, document))
        .chain(changed.iter().enumerate().map(|(number, document)| (number, 2, document)))
        .skip(from)
        .take(limit)
        .map(|(number, version, document)| row(number, version, document))
        .collect();
    let upto = all.min(from.saturating_add(limit));
    let more = upto < all;
    format!(
        "{{\"items\":[{}],\"next\":\"{upto}\",\"more\":{more},\"epoch\":\"bench\",\"floor\":0}}",
        rows.join(",")
    )
}

fn row(number: usize, version: u8, document: &str) -> String {
    let id = id_of(number);
    format!(
        "{{\"id\":\"{id}\",\"version\":\"{version}\",\"modified_at\":\"2026-06-15T08:00:00Z\",\
         \"modified_by\":\"bench\",\"doc\":{document}}}"
    )
}

async fn write(
    State(state): State<Arc<Held>>,
    Path((_, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: String,
) -> Response {
    tokio::time::sleep(state.latency).await;
    let number: Option<usize> = id.strip_prefix("item-").and_then(|number| number.parse().ok());
    if let Some((number, current)) = number.and_then(|number| Some((number, state.changed().get(number)?)))
        && headers.get(header::IF_MATCH).is_some_and(|version| version == "\"1\"")
    {
        let problem =
            format!("{{\"type\":\"about:version-conflict\",\"current\":{}}}", row(number, 2, current));
        let headers = [(header::CONTENT_TYPE, "application/problem+json")];
        return (StatusCode::PRECONDITION_FAILED, headers, problem).into_response();
    }
    state.writes.fetch_add(1, Ordering::Relaxed);
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::ETAG, "\"2\"")];
    (StatusCode::OK, headers, body).into_response()
}

fn json(text: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

/// The id of the record of a number.
pub fn id_of(number: usize) -> String {
    format!("item-{number:07}")
}

/// A document of about so many bytes.
pub fn document(id: &str, bytes: usize) -> String {
    let head = format!("{{\"id\":\"{id}\",\"title\":\"Record {id}\",\"amount\":12.50,\"text\":\"");
    let filler = bytes.saturating_sub(head.len() + 2);
    format!("{head}{}\"}}", "abcdefghij".chars().cycle().take(filler).collect::<String>())
}
