//! Sending what waits, beside a bare loop of the same requests at equal concurrency.

use super::report::{Line, Pair};
use super::stub::{COLLECTION, Stub, document};
use super::{Plan, ground};
use crate::fault::Fault;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tidemark_engine::EngineSettings;
use tidemark_host::Host;

/// Size of each document.
const BYTES: usize = 400;

pub async fn measure(plan: &Plan) -> Result<Line, Fault> {
    let stub = Stub::start(plan.latency_ms, Vec::new()).await?;
    let url = plan.server.clone().unwrap_or_else(|| stub.url().to_owned());
    let collection = match &plan.server {
        Some(server) => first_collection(server).await?,
        None => COLLECTION.to_owned(),
    };
    let mut pairs = Vec::new();
    for run in 0..plan.runs {
        let ours = ours(&url, &collection, plan.n, run).await?;
        let floor = floor(&url, &collection, plan.n, run).await?;
        pairs.push(Pair { ours, floor: Some(floor), each: Vec::new() });
    }
    let line = Line::of("drain", plan.n, &pairs);
    // Nobody knows the latency of another's server.
    Ok(if plan.server.is_some() { line } else { line.at_latency(plan.latency_ms) })
}

async fn ours(url: &str, collection: &str, n: usize, run: usize) -> Result<Duration, Fault> {
    let (_folder, host) = ground::linked(url, Some(collection)).await?;
    // What the collection holds already is none of this measurement.
    host.engine().sync(None, None).await?;
    ground::create_all(&host, collection, documents("ours", n, run)).await?;
    let started = Instant::now();
    host.engine().sync(None, None).await?;
    let ours = started.elapsed();
    ground::must_be_empty(&host)?;
    host.engine().shutdown().await;
    Ok(ours)
}

async fn floor(url: &str, collection: &str, n: usize, run: usize) -> Result<Duration, Fault> {
    let client = reqwest::Client::builder().no_proxy().build().map_err(failed)?;
    let documents = Arc::new(documents("floor", n, run));
    let next = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();
    let mut senders = tokio::task::JoinSet::new();
    for _ in 0..EngineSettings::default().in_flight {
        let (client, documents, next) = (client.clone(), Arc::clone(&documents), Arc::clone(&next));
        let base = format!("{}/c/{collection}", url.trim_end_matches('/'));
        senders.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(document) = documents.get(number) else { return Ok::<(), Fault>(()) };
                let answer = client
                    .put(format!("{base}/{}", id("floor", run, number)))
                    .header("content-type", "application/json")
                    .header("accept", "application/json")
                    .header("if-none-match", "*")
                    .header("idempotency-key", format!("01a1fe16-21fd-752d-9b75-{number:012}"))
                    .body(document.clone())
                    .send()
                    .await
                    .map_err(failed)?;
                let answer = answer.error_for_status().map_err(failed)?;
                answer.bytes().await.map_err(failed)?;
            }
        });
    }
    while let Some(ended) = senders.join_next().await {
        ended.map_err(|error| Fault::Unexpected(error.to_string()))??;
    }
    Ok(started.elapsed())
}

fn failed(error: reqwest::Error) -> Fault {
    Fault::Unexpected(format!("the floor's request: {error}"))
}

fn documents(side: &str, n: usize, run: usize) -> Vec<String> {
    (0..n).map(|number| document(&id(side, run, number), BYTES)).collect()
}

/// Ids that no other run of this or an earlier process has used, for servers that remember.
fn id(side: &str, run: usize, number: usize) -> String {
    format!("bench-{side}-{}-{run}-{number:07}", std::process::id())
}

async fn first_collection(server: &str) -> Result<String, Fault> {
    let folder = tempfile::tempdir()?;
    let host: Host = ground::open(folder.path()).await?;
    let offered = host.discover("rest", server, None, None, None).await?.collections;
    host.engine().shutdown().await;
    let first = offered.into_iter().next().map(|offer| offer.name);
    first.ok_or_else(|| Fault::Unexpected(format!("{server} offers no collection")))
}
