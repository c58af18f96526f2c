//! The least server of the contract that there can be, so that what is measured is us: it keeps nothing, takes every
//! write, and gives records that follow from their number.

use crate::fault::Fault;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::serve::ListenerExt as _;
use serde::Deserialize;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
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
    writes: AtomicUsize,
}

impl Stub {
    /// Serves until it is dropped.
    pub async fn start(latency_ms: u64, documents: Vec<String>) -> Result<Self, Fault> {
        let state = Arc::new(Held {
            latency: Duration::from_millis(latency_ms),
            documents,
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
    json(page(&state.documents, from, window.limit.unwrap_or(100)))
}

/// A page's text; the floor of the pull parses the same.
pub fn page(documents: &[String], from: usize, limit: usize) -> String {
    let upto = documents.len().min(from.saturating_add(limit));
    let mut text = String::from("{\"items\":[");
    for (index, document) in documents.get(from..upto).unwrap_or_default().iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        let id = id_of(from + index);
        text.push_str(&format!(
            "{{\"id\":\"{id}\",\"version\":\"1\",\"modified_at\":\"2026-06-15T08:00:00Z\",\"modified_by\":\"bench\",\
             \"doc\":{document}}}"
        ));
    }
    let more = upto < documents.len();
    text.push_str(&format!("],\"next\":\"{upto}\",\"more\":{more},\"epoch\":\"bench\",\"floor\":0}}"));
    text
}

async fn write(State(state): State<Arc<Held>>, body: String) -> Response {
    tokio::time::sleep(state.latency).await;
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
