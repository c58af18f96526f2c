//! Opening a store in which very many changes wait, until the first answer about them.

use super::report::{Line, Pair};
use super::stub::{COLLECTION, Stub, document, id_of};
use super::{Plan, ground};
use crate::fault::Fault;
use std::time::Instant;

/// Size of each document.
const BYTES: usize = 400;
/// Documents made at a time.
const STRETCH: usize = 10_000;

pub async fn measure(plan: &Plan) -> Result<Line, Fault> {
    let stub = Stub::start(0, Vec::new()).await?;
    let (folder, host) = ground::linked(stub.url(), None).await?;
    for from in (0..plan.n).step_by(STRETCH) {
        let upto = plan.n.min(from + STRETCH);
        let documents = (from..upto).map(|number| document(&id_of(number), BYTES)).collect();
        ground::create_all(&host, COLLECTION, documents).await?;
    }
    host.engine().shutdown().await;
    drop(host);
    let mut pairs = Vec::new();
    for _ in 0..plan.runs {
        let started = Instant::now();
        let host = ground::open(folder.path()).await?;
        let waiting = host.engine().queue_stats()?.counts.queued.0;
        let ours = started.elapsed();
        if usize::try_from(waiting).ok() != Some(plan.n) {
            return Err(Fault::Unexpected(format!("{waiting} changes wait instead of {}", plan.n)));
        }
        host.engine().shutdown().await;
        pairs.push(Pair { ours, floor: None, each: vec![ours] });
    }
    Ok(Line::of("reopen", plan.n, &pairs).with_operations(1))
}
