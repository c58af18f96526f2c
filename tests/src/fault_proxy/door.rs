//! The proxy's port: it can be closed so that connections are refused, and opened again.

use super::{Fault, Rule, Seen, Shared, lock};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// A proxy that runs until it is dropped.
pub struct FaultProxy {
    shared: Arc<Shared>,
    address: SocketAddr,
    /// Bound and never listening: while nobody listens the port goes to no other program on this computer.
    _port: TcpSocket,
    /// The task that accepts; none while offline.
    door: Mutex<Option<JoinHandle<()>>>,
}

impl FaultProxy {
    /// Stands before a server, given as its origin: `http://127.0.0.1:PORT`.
    pub async fn start(upstream: &str) -> std::io::Result<Self> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .no_gzip()
            .no_zstd()
            .redirect(reqwest::redirect::Policy::none())
            .tls_certs_only([])
            .build()
            .map_err(std::io::Error::other)?;
        let shared = Arc::new(Shared {
            upstream: upstream.trim_end_matches('/').to_owned(),
            client,
            rules: Mutex::default(),
            seen: Mutex::default(),
            cleared: watch::Sender::new(0),
            under_way: watch::Sender::new(0),
            came: watch::Sender::new(0),
        });
        let port = bound((Ipv4Addr::LOCALHOST, 0).into())?;
        let address = port.local_addr()?;
        let listener = bound(address)?.listen(1024)?;
        let door = Mutex::new(Some(tokio::spawn(accept(listener, Arc::clone(&shared)))));
        Ok(Self { shared, address, _port: port, door })
    }

    /// `http://127.0.0.1:PORT`.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address of a path behind the proxy.
    pub fn url(&self, path: &str) -> String {
        format!("{}/{}", self.origin(), path.trim_start_matches('/'))
    }

    /// Adds a rule behind those that are there.
    pub fn add(&self, rule: Rule) {
        lock(&self.shared.rules).push(rule);
    }

    /// The fault for the next `times` requests, whatever they are.
    pub fn fail_next(&self, times: usize, fault: Fault) {
        self.add(Rule::always(fault).times(times));
    }

    /// Takes all rules away; silent connections end.
    pub fn clear(&self) {
        lock(&self.shared.rules).clear();
        self.shared.cleared.send_modify(|count| *count += 1);
    }

    /// Every request so far.
    pub fn seen(&self) -> Vec<Seen> {
        lock(&self.shared.seen).clone()
    }

    /// How many requests of a method there were so far.
    pub fn count(&self, method: &str) -> usize {
        lock(&self.shared.seen).iter().filter(|seen| seen.method == method).count()
    }

    /// Forgets what was seen.
    pub fn forget(&self) {
        lock(&self.shared.seen).clear();
    }

    /// Returns once the server has answered everything that was passed on to it.
    pub async fn settled(&self) {
        let mut under_way = self.shared.under_way.subscribe();
        // The sender lives in `self`, so that waiting cannot fail.
        let _ = under_way.wait_for(|count| *count == 0).await;
    }

    /// Waits until so many requests have come more than had when this was called.
    pub fn comes(&self, more: usize) -> impl Future<Output = ()> + use<> {
        let mut came = self.shared.came.subscribe();
        let awaited = *came.borrow() + more;
        // The sender lives in the proxy; where that has ended nothing comes any more.
        async move { drop(came.wait_for(|count| *count >= awaited).await) }
    }

    /// Cuts all connections and refuses new ones; the port stays taken. Returns once this is so.
    pub async fn go_offline(&self) -> std::io::Result<()> {
        let open = lock(&self.door).take();
        if let Some(task) = open {
            task.abort();
            // The listener and all connections are closed when the task has ended.
            let _ = task.await;
        }
        Ok(())
    }

    /// Listens again on the same port. Returns once this is so.
    pub async fn go_online(&self) -> std::io::Result<()> {
        let mut door = lock(&self.door);
        if door.is_none() {
            let listener = bound(self.address)?.listen(1024)?;
            *door = Some(tokio::spawn(accept(listener, Arc::clone(&self.shared))));
        }
        Ok(())
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        if let Some(task) = &*lock(&self.door) {
            task.abort();
        }
    }
}

/// A socket that holds the port without listening, so that the system refuses connections.
fn bound(address: SocketAddr) -> std::io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    // Two of the proxy's own sockets have the port.
    socket.set_reuseport(true)?;
    socket.bind(address)?;
    Ok(socket)
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // Dropped with this task, which ends all connections.
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let service = service_fn(move |request| Arc::clone(&shared).serve(request));
            // An error here is a connection that was cut, which is what this proxy is for.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
        while connections.try_join_next().is_some() {}
    }
}
