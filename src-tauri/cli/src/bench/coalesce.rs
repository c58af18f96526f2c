//! Five edits on each of n/5 records, then sending: a record is sent once.

use super::report::{Line, Pair};
use super::stub::{COLLECTION, Stub, document, id_of};
use super::{Plan, ground};
use crate::fault::Fault;
use std::time::Instant;
use tidemark_model::view::FieldEdit;

/// Edits of each record.
const EDITS: usize = 5;

pub async fn measure(plan: &Plan) -> Result<Line, Fault> {
    let records = (plan.n / EDITS).max(1);
    let mut pairs = Vec::new();
    let mut requests = 0;
    for _ in 0..plan.runs {
        let documents = (0..records).map(|number| document(&id_of(number), 400)).collect();
        let stub = Stub::start(plan.latency_ms, documents).await?;
        let (_folder, host) = ground::linked(stub.url(), None).await?;
        host.engine().sync(None, None).await?;
        let started = Instant::now();
        for round in 0..EDITS {
            for number in 0..records {
                let edit = FieldEdit { path: format!("/field{round}"), set: Some(round.to_string()) };
                host.engine().update_record(ground::LINK, COLLECTION, &id_of(number), &[edit], None).await?;
            }
        }
        host.engine().sync(None, None).await?;
        pairs.push(Pair { ours: started.elapsed(), ..Pair::default() });
        ground::must_be_empty(&host)?;
        host.engine().shutdown().await;
        requests = stub.writes();
        if requests != records {
            return Err(Fault::Unexpected(format!("{requests} requests for {records} changed records")));
        }
    }
    Ok(Line::of("coalesce", records * EDITS, &pairs).with_requests(requests))
}
