//! A small HTTP proxy before a real server, which cannot be told to misbehave itself.
//!
//! Rules are looked at in order; the first that fits a request decides about it. What was seen can be asked for.
//! A request that is passed on is finished even when the client goes away, as it is with a real server.

mod answers;
mod door;
mod rule;

pub use answers::Canned;
pub use door::FaultProxy;
pub use rule::{Fault, Rule};

use axum::body::{Body, Bytes};
use hyper::body::Incoming;
use hyper::{HeaderMap, Request, Response, Uri};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// A request as the proxy saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Its method.
    pub method: String,
    /// Its path and query.
    pub target: String,
    /// All its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
    /// Whether it was passed on to the server.
    pub forwarded: bool,
}

impl Seen {
    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Its `Idempotency-Key`.
    pub fn key(&self) -> Option<&str> {
        self.header("idempotency-key")
    }
}

/// The connection ends here without an answer.
#[derive(Debug)]
struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cut by the fault proxy")
    }
}

impl std::error::Error for Cut {}

/// What all connections share.
struct Shared {
    upstream: String,
    client: reqwest::Client,
    rules: Mutex<Vec<Rule>>,
    seen: Mutex<Vec<Seen>>,
    /// Counts how often the rules were cleared, which lets silent answers go.
    cleared: watch::Sender<u64>,
    /// Requests on their way to the server.
    under_way: watch::Sender<usize>,
    /// Requests that came, ever.
    came: watch::Sender<usize>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// The fault for a request, with one of its times used up.
    fn decide(&self, method: &str, target: &str) -> Option<Fault> {
        let mut rules = lock(&self.rules);
        let rule = rules.iter_mut().find(|rule| rule.fits(method, target))?;
        rule.use_up();
        Some(rule.fault().clone())
    }

    async fn serve(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<Body>, Cut> {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(Body::new(body), usize::MAX).await.map_err(|_| Cut)?;
        let target = target_of(&parts.uri);
        let fault = self.decide(parts.method.as_str(), &target);
        let forwarded = fault.as_ref().is_none_or(Fault::forwards);
        lock(&self.seen).push(Seen {
            method: parts.method.to_string(),
            target: target.clone(),
            headers: parts.headers.clone(),
            body: body.clone(),
            forwarded,
        });
        self.came.send_modify(|count| *count += 1);
        let answer = match forwarded {
            true => Some(self.forward(parts.method, &target, parts.headers, body).await?),
            false => None,
        };
        match (fault, answer) {
            (None, Some(answer)) => answer.whole(),
            (Some(Fault::Delay(time)), Some(answer)) => {
                tokio::time::sleep(time).await;
                answer.whole()
            }
            (Some(Fault::Truncate), Some(answer)) => answer.half(),
            (Some(Fault::Garble), Some(answer)) => answer.garbled(),
            (Some(Fault::With(name, value)), Some(answer)) => answer.with(name, value).whole(),
            (Some(Fault::Say(canned) | Fault::SayAfter(canned)), _) => canned.whole(),
            (Some(Fault::Flood), _) => Ok(answers::flood()),
            (Some(Fault::SilenceBefore | Fault::SilenceAfter), _) => {
                // Until the rules are cleared; then the connection ends, as it would with a dead peer.
                let _ = self.cleared.subscribe().changed().await;
                Err(Cut)
            }
            (Some(Fault::DropBefore | Fault::DropAfter), _) | (_, None) => Err(Cut),
        }
    }

    /// Passes a request on, in a task of its own.
    async fn forward(
        self: &Arc<Self>,
        method: hyper::Method,
        target: &str,
        mut headers: HeaderMap,
        body: Bytes,
    ) -> Result<Canned, Cut> {
        for hop in ["connection", "keep-alive", "transfer-encoding", "upgrade", "te", "content-length"] {
            headers.remove(hop);
        }
        let request =
            self.client.request(method, format!("{}{target}", self.upstream)).headers(headers).body(body);
        let shared = Arc::clone(self);
        shared.under_way.send_modify(|count| *count += 1);
        let passed = tokio::spawn(async move {
            let answer = async {
                let answer = request.send().await.ok()?;
                let (status, headers) = (answer.status(), answer.headers().clone());
                Some(Canned { status: status.as_u16(), headers, body: answer.bytes().await.ok()? })
            };
            let answer = answer.await;
            shared.under_way.send_modify(|count| *count -= 1);
            answer
        });
        passed.await.ok().flatten().ok_or(Cut)
    }
}

fn target_of(uri: &Uri) -> String {
    uri.path_and_query().map_or_else(|| uri.path().to_owned(), ToString::to_string)
}
