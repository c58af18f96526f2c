//! Sockets: accepting, refusing, dropping. By hand, because axum's own loop can do only the first.

use crate::http::{Closed, Shared, router, serve};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

/// How long requests may take to end when the server stops.
const GRACE: Duration = Duration::from_secs(5);

/// How often the port is tried again while somebody else still holds the door.
const LETTING_GO: u32 = 200;

/// What the listening task is told.
pub(crate) enum Command {
    Offline(oneshot::Sender<io::Result<()>>),
    Online(oneshot::Sender<io::Result<()>>),
    Stop(oneshot::Sender<io::Result<()>>),
}

/// The server's end of its port.
enum Door {
    Open(TcpListener),
    /// Bound, so that nobody else takes the port, but not listening: the system refuses connections.
    Shut(TcpSocket),
    /// Binding again failed.
    Lost,
}

/// Serves until it is told to stop, or until nobody is left who could tell.
pub(crate) async fn listen(
    listener: TcpListener,
    address: SocketAddr,
    shared: Arc<Shared>,
    mut inbox: mpsc::Receiver<Command>,
) {
    let router = TowerToHyperService::new(router(Arc::clone(&shared)));
    let (ending, _) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut door = Door::Open(listener);
    loop {
        tokio::select! {
            accepted = accept(&door) => match accepted {
                Ok(stream) => {
                    connections.spawn(connection(stream, Arc::clone(&shared), router.clone(), ending.subscribe()));
                }
                // Out of descriptors, say; the next one may go.
                Err(error) => {
                    tracing::warn!(%error, "the sandbox could not accept a connection");
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            },
            // Ended connections are collected, or they would pile up.
            Some(_) = connections.join_next() => {}
            command = inbox.recv() => match command {
                Some(Command::Offline(done)) => {
                    let (now, result) = shut(door, address).await;
                    door = now;
                    connections.shutdown().await;
                    let _ = done.send(result);
                }
                Some(Command::Online(done)) => {
                    let (now, result) = open(door, address);
                    door = now;
                    let _ = done.send(result);
                }
                Some(Command::Stop(done)) => {
                    drop(door);
                    let _ = ending.send(true);
                    let ended = async { while connections.join_next().await.is_some() {} };
                    let _ = tokio::time::timeout(GRACE, ended).await;
                    let _ = done.send(Ok(()));
                    return;
                }
                None => return,
            },
        }
    }
}

async fn accept(door: &Door) -> io::Result<TcpStream> {
    match door {
        Door::Open(listener) => listener.accept().await.map(|(stream, _)| stream),
        Door::Shut(_) | Door::Lost => std::future::pending().await,
    }
}

async fn shut(door: Door, address: SocketAddr) -> (Door, io::Result<()>) {
    if matches!(door, Door::Shut(_)) {
        return (door, Ok(()));
    }
    drop(door);
    let mut tries = 0;
    loop {
        match bound(address) {
            Ok(socket) => return (Door::Shut(socket), Ok(())),
            // A program that is being started at this moment holds a copy of the door until it runs.
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && tries < LETTING_GO => {
                tries += 1;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Err(error) => return (Door::Lost, Err(error)),
        }
    }
}

fn open(door: Door, address: SocketAddr) -> (Door, io::Result<()>) {
    let socket = match door {
        Door::Open(_) => return (door, Ok(())),
        Door::Shut(socket) => Ok(socket),
        Door::Lost => bound(address),
    };
    match socket.and_then(|socket| socket.listen(1024)) {
        Ok(listener) => (Door::Open(listener), Ok(())),
        Err(error) => (Door::Lost, Err(error)),
    }
}

fn bound(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // Ended connections of this port linger in the system for a minute.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

type Reply = Pin<Box<dyn Future<Output = Result<Response<Body>, Closed>> + Send>>;

async fn connection(
    stream: TcpStream,
    shared: Arc<Shared>,
    router: TowerToHyperService<Router>,
    mut ending: watch::Receiver<bool>,
) {
    // Small answers go out at once.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: Request<Incoming>| -> Reply {
        Box::pin(serve(Arc::clone(&shared), router.clone(), request))
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Some(Duration::from_secs(60)))
        .serve_connection(TokioIo::new(stream), service);
    let mut told = *ending.borrow();
    let ended = loop {
        tokio::select! {
            ended = poll_fn(|context| connection.poll_without_shutdown(context)) => break ended,
            changed = ending.changed(), if !told => {
                told = true;
                if changed.is_ok() {
                    Pin::new(&mut connection).graceful_shutdown();
                }
            }
        }
    };
    let reset = ended.err().is_some_and(|error| was_reset(&error));
    if reset {
        let stream = connection.into_parts().io.into_inner();
        // Closing then sends a reset at once instead of an end.
        let _ = stream.set_zero_linger();
    }
}

fn was_reset(error: &hyper::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if let Some(closed) = inner.downcast_ref::<Closed>() {
            return closed.reset;
        }
        source = inner.source();
    }
    false
}
