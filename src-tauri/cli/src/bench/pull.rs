//! The first download, beside parsing the same pages and writing the same rows in bulk.

use super::report::{Line, Pair};
use super::stub::{Stub, document, id_of, page};
use super::{Plan, ground, store};
use crate::fault::Fault;
use std::time::Instant;
use tidemark_engine::EngineSettings;

/// Size of each document.
const BYTES: usize = 300;

pub async fn measure(plan: &Plan) -> Result<Line, Fault> {
    let documents: Vec<String> = (0..plan.n).map(|number| document(&id_of(number), BYTES)).collect();
    let limit = EngineSettings::default().page;
    let pages: Vec<String> =
        (0..plan.n).step_by(limit).map(|from| page(&documents, &[], from, limit)).collect();
    let stub = Stub::start(plan.latency_ms, documents).await?;
    let mut pairs = Vec::new();
    for _ in 0..plan.runs {
        let (folder, host) = ground::linked(stub.url(), None).await?;
        host.engine().shutdown().await;
        drop(host);
        let empty = ground::copy(folder.path())?;
        let host = ground::open(folder.path()).await?;
        let started = Instant::now();
        let received = host.engine().sync(None, None).await?.received;
        let ours = started.elapsed();
        host.engine().shutdown().await;
        if received != plan.n as i64 {
            return Err(Fault::Unexpected(format!("{received} rows came, not {}", plan.n)));
        }
        pairs.push(Pair { ours, floor: Some(store::pull(empty.path(), &pages)?), each: Vec::new() });
    }
    Ok(Line::of("pull", plan.n, &pairs))
}
