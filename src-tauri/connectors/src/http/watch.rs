//! What goes over the wire for a request, and where its time goes: the name, the connection, the first of the answer, the end.
//!
//! Name and connection are looked for below the client, which keeps open connections for later requests. What is going on
//! there belongs to the request whose task runs it: a connection that another request got first is finished elsewhere.

use super::account::Account;
use super::lines;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::HeaderMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tidemark_model::exchange::{BODY_BYTES, Exchange};
use tidemark_model::number::Millis;
use tidemark_model::timing::Timing;
use tokio::time::Instant;
use tower::Service;

tokio::task_local! {
    static RUNNING: Watch;
}

/// Watches one request, or none by default; its clones are one and the same.
#[derive(Clone, Default)]
pub struct Watch(Option<Arc<Mutex<Option<Parts>>>>);

struct Parts {
    begun: Instant,
    secure: bool,
    name: Option<Duration>,
    connect: Option<Duration>,
    /// The request went to the network: over a connection that was open, unless a new one was begun.
    on_network: bool,
    connecting: bool,
    /// The network brought an answer, over whichever connection.
    carried: bool,
    first_byte: Option<Duration>,
    total: Option<Duration>,
    /// What it took along and what came, but for the times.
    exchange: Exchange,
}

impl Parts {
    /// None before the request has ended.
    fn timing(&self) -> Option<Timing> {
        let millis = |span: Duration| Millis(i64::try_from(span.as_millis()).unwrap_or(i64::MAX));
        // The connection's time is told without the name's.
        let connect = self.connect.map(|span| span.saturating_sub(self.name.unwrap_or_default()));
        Some(Timing {
            name: self.name.map(millis),
            connect: connect.map(millis),
            secure: self.secure,
            reused: self.on_network && self.connect.is_none() && (self.carried || !self.connecting),
            first_byte: self.first_byte.map(millis),
            total: millis(self.total?),
        })
    }
}

impl Watch {
    /// One that watches the request that it is given to.
    pub fn new() -> Self {
        Self(Some(Arc::default()))
    }

    /// What was seen; none before a request has ended.
    pub fn read(&self) -> Option<Exchange> {
        let parts = self.0.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        let parts = parts.as_ref()?;
        Some(Exchange { timing: parts.timing()?, ..parts.exchange.clone() })
    }

    /// Begins anew: of a request that goes twice the second is what the server answered.
    pub(super) fn begin(&self, secure: bool) {
        let parts = Parts {
            begun: Instant::now(),
            secure,
            name: None,
            connect: None,
            on_network: false,
            connecting: false,
            carried: false,
            first_byte: None,
            total: None,
            exchange: Exchange::default(),
        };
        if let Some(watched) = &self.0 {
            *watched.lock().unwrap_or_else(PoisonError::into_inner) = Some(parts);
        }
    }

    /// Runs the request on the network; what it does there is its own.
    pub(super) async fn on_network<T, E>(&self, request: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        self.note(|parts| parts.on_network = true);
        let carried = RUNNING.scope(self.clone(), request).await?;
        self.note(|parts| parts.carried = true);
        Ok(carried)
    }

    /// What the request takes along.
    pub(super) fn sends(&self, headers: &HeaderMap, account: &Account) {
        self.note(|parts| parts.exchange.sent = lines::kept(headers, account));
    }

    /// The answer began, with these headers.
    pub(super) fn answers(&self, headers: &HeaderMap, account: &Account) {
        self.note(|parts| {
            parts.first_byte = Some(parts.begun.elapsed());
            parts.exchange.answered = lines::kept(headers, account);
            parts.exchange.request_id = lines::request_id(headers, account);
        });
    }

    /// What came of the answer's body.
    pub(super) fn says(&self, body: &[u8], account: &Account) {
        self.note(|parts| parts.exchange.body = account.start_of(body, BODY_BYTES));
    }

    pub(super) fn end(&self) {
        self.note(|parts| parts.total = Some(parts.begun.elapsed()));
    }

    fn note(&self, note: impl FnOnce(&mut Parts)) {
        if let Some(watched) = &self.0 {
            watched.lock().unwrap_or_else(PoisonError::into_inner).as_mut().map(note);
        }
    }

    /// The one of the request whose task this is.
    fn running() -> Option<Self> {
        RUNNING.try_with(Self::clone).ok().filter(|running| running.0.is_some())
    }

    fn is_running(&self) -> bool {
        let of = |watch: &Self| watch.0.as_ref().map(Arc::as_ptr);
        RUNNING.try_with(|running| of(running) == of(self)).unwrap_or(false)
    }
}

/// The system's own resolver, timed.
pub(super) struct Names;

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let watch = Watch::running();
        Box::pin(async move {
            let begun = Instant::now();
            // The client puts the address's port in the place of the 0.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await;
            if let Some(watch) = watch.filter(Watch::is_running) {
                watch.note(|parts| parts.name = Some(parts.name.unwrap_or_default() + begun.elapsed()));
            }
            let found: Addrs = Box::new(found?.collect::<Vec<_>>().into_iter());
            Ok(found)
        })
    }
}

/// Around all that makes a connection: the name, the proxy, the handshake.
#[derive(Clone)]
pub(super) struct Timed<S>(pub(super) S);

impl<S: Service<R>, R> Service<R> for Timed<S>
where
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, target: R) -> Self::Future {
        let watch = Watch::running();
        if let Some(watch) = &watch {
            watch.note(|parts| parts.connecting = true);
        }
        let connecting = self.0.call(target);
        Box::pin(async move {
            let begun = Instant::now();
            let connection = connecting.await?;
            if let Some(watch) = watch.filter(Watch::is_running) {
                watch.note(|parts| parts.connect = Some(parts.connect.unwrap_or_default() + begun.elapsed()));
            }
            Ok(connection)
        })
    }
}
