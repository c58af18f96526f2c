//! Stands before a server and repeats in each refusal all that it was sent, secrets and records alike.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

#[derive(Clone)]
struct Behind {
    client: reqwest::Client,
    server: String,
    refused: Arc<Mutex<Option<String>>>,
    unauthorized: Arc<AtomicUsize>,
    unprocessable: Arc<AtomicUsize>,
    ungranted: Arc<AtomicUsize>,
    unsorted: Arc<AtomicUsize>,
}

pub struct Echo {
    /// Its scheme, host and port.
    pub origin: String,
    behind: Behind,
}

impl Echo {
    /// Before a server; it lives as long as the test.
    pub async fn before(server: &str) -> Self {
        let client = reqwest::Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
        let behind = Behind {
            client,
            server: server.to_owned(),
            refused: Arc::default(),
            unauthorized: Arc::default(),
            unprocessable: Arc::default(),
            ungranted: Arc::default(),
            unsorted: Arc::default(),
        };
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", socket.local_addr().unwrap());
        let app = Router::new().fallback(answer).with_state(behind.clone());
        tokio::spawn(async move { axum::serve(socket, app).await.unwrap() });
        Self { origin, behind }
    }

    /// From now on it refuses to have this record written.
    pub fn refuse(&self, record: &str) {
        *self.behind.refused.lock().unwrap() = Some(record.to_owned());
    }

    /// It repeated something of each kind.
    pub fn assert_used(&self) {
        assert!(self.behind.unauthorized.load(Ordering::Relaxed) > 1, "a wrong secret was repeated");
        assert!(self.behind.ungranted.load(Ordering::Relaxed) > 1, "a refresh token was repeated");
        assert!(self.behind.unsorted.load(Ordering::Relaxed) > 0, "a list was refused with a record's words");
        assert!(self.behind.unprocessable.load(Ordering::Relaxed) > 1, "a record was repeated");
    }
}

async fn answer(
    State(behind): State<Behind>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let refused = behind.refused.lock().unwrap().clone();
    let is_refused =
        refused.is_some_and(|record| uri.path().contains(&record)) || uri.path().contains("CU-1");
    if method != Method::GET && is_refused {
        behind.unprocessable.fetch_add(1, Ordering::Relaxed);
        return repeat(StatusCode::UNPROCESSABLE_ENTITY, &headers, &body);
    }
    if uri.query().is_some_and(|query| query.contains("sort=")) {
        behind.unsorted.fetch_add(1, Ordering::Relaxed);
        return repeat(StatusCode::BAD_REQUEST, &headers, &Bytes::from_static(super::CONTENT.as_bytes()));
    }
    let target = format!("{}{}", behind.server, uri.path_and_query().unwrap());
    let mut passed = headers.clone();
    passed.remove(header::HOST);
    passed.remove(header::ACCEPT_ENCODING);
    let sent = behind.client.request(method, target).headers(passed).body(body.clone()).send();
    let answer = sent.await.unwrap();
    let (status, mut kept) = (answer.status(), answer.headers().clone());
    if status == StatusCode::UNAUTHORIZED {
        behind.unauthorized.fetch_add(1, Ordering::Relaxed);
        return repeat(status, &headers, &body);
    }
    if status == StatusCode::BAD_REQUEST && uri.path() == "/v1/token" {
        behind.ungranted.fetch_add(1, Ordering::Relaxed);
        let said = String::from_utf8_lossy(&body).into_owned();
        let problem = serde_json::json!({"error": "invalid_grant", "error_description": said});
        return (status, [(header::CONTENT_TYPE, "application/json")], problem.to_string()).into_response();
    }
    for name in [header::CONTENT_LENGTH, header::CONTENT_ENCODING, header::TRANSFER_ENCODING] {
        kept.remove(name);
    }
    (status, kept, answer.bytes().await.unwrap()).into_response()
}

fn repeat(status: StatusCode, headers: &HeaderMap, body: &Bytes) -> Response {
    let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or("nothing");
    let secrets = [super::PASSWORD, super::WRONG, super::TOKEN];
    // Only what this request came with: another account's secret is not the server's to know.
    let plain = secrets.into_iter().find(|secret| sent.contains(secret) || sent.contains(&pair(secret)));
    let problem = serde_json::json!({
        "type": "https://example.org/problems/refused",
        "title": "Refused",
        "status": status.as_u16(),
        "detail": format!("refused: {sent} {} {}", plain.unwrap_or_default(), String::from_utf8_lossy(body)),
        "authorization": sent,
        "secret": plain,
        "sent": String::from_utf8_lossy(body),
    });
    (status, [(header::CONTENT_TYPE, "application/problem+json")], problem.to_string()).into_response()
}

fn pair(secret: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(format!("ann:{secret}"))
}
