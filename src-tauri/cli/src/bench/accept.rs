//! Durable edits of distinct records: by one caller, and by 64 at once.

use super::report::{Line, Pair};
use super::store::{self, EditRows};
use super::stub::{COLLECTION, Stub, document, id_of};
use super::{Plan, ground};
use crate::fault::Fault;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tidemark_host::Host;
use tidemark_model::view::FieldEdit;

/// Size of each document.
const BYTES: usize = 400;
/// How many save at once in the second line.
const CALLERS: usize = 64;

pub async fn measure(plan: &Plan) -> Result<Vec<Line>, Fault> {
    let documents = (0..plan.n).map(|number| document(&id_of(number), BYTES)).collect();
    let stub = Stub::start(0, documents).await?;
    let (ground, host) = ground::linked(stub.url(), None).await?;
    host.engine().sync(None, None).await?;
    host.engine().shutdown().await;
    drop(host);
    let rows = rows(plan.n);
    let (mut alone, mut together, mut bare) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..plan.runs {
        let (folder, bottom) = (ground::copy(ground.path())?, ground::copy(ground.path())?);
        let ours = one_caller(folder.path(), plan.n).await?;
        let floor = store::accept(bottom.path(), &rows)?;
        if store::left_behind(folder.path())? != store::left_behind(bottom.path())? {
            return Err(Fault::Unexpected("the floor did not write the rows that an edit writes".to_owned()));
        }
        let many = many_callers(ground.path(), plan.n).await?;
        bare.push(store::bare_rows(ground::copy(ground.path())?.path(), &rows)?);
        alone.push(Pair { floor: Some(floor), ..ours });
        together.push(Pair { floor: Some(floor), ..many });
    }
    Ok(vec![
        Line::of("accept", plan.n, &alone).with_bare_rows(&bare),
        // The floor is the one caller's: 5 means five times as fast.
        Line::of("accept-64", plan.n, &together),
    ])
}

async fn one_caller(folder: &Path, n: usize) -> Result<Pair, Fault> {
    let host = ground::open(folder).await?;
    let mut each = Vec::with_capacity(n);
    let started = Instant::now();
    for number in 0..n {
        let before = Instant::now();
        edit(&host, number).await?;
        each.push(before.elapsed());
    }
    let ours = started.elapsed();
    host.engine().shutdown().await;
    Ok(Pair { ours, floor: None, each })
}

async fn many_callers(ground: &Path, n: usize) -> Result<Pair, Fault> {
    let folder = ground::copy(ground)?;
    let host = ground::open(folder.path()).await?;
    let next = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..CALLERS {
        let (host, next) = (host.clone(), Arc::clone(&next));
        callers.spawn(async move {
            let mut each: Vec<Duration> = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= n {
                    return Ok::<_, Fault>(each);
                }
                let before = Instant::now();
                edit(&host, number).await?;
                each.push(before.elapsed());
            }
        });
    }
    let mut each = Vec::with_capacity(n);
    while let Some(ended) = callers.join_next().await {
        each.extend(ended.map_err(|error| Fault::Unexpected(error.to_string()))??);
    }
    let ours = started.elapsed();
    host.engine().shutdown().await;
    Ok(Pair { ours, floor: None, each })
}

const TITLE: &str = "\"Another title\"";

async fn edit(host: &Host, number: usize) -> Result<(), Fault> {
    let edit = FieldEdit { path: "/title".to_owned(), set: Some(TITLE.to_owned()) };
    host.engine().update_record(ground::LINK, COLLECTION, &id_of(number), &[edit], None).await?;
    Ok(())
}

/// What these edits leave behind.
fn rows(n: usize) -> Vec<EditRows> {
    let row = |number: usize| {
        let rid = id_of(number);
        EditRows {
            local: document(&rid, BYTES).replace(&format!("Record {rid}"), "Another title"),
            title: "Another title".to_owned(),
            changes: format!("[{{\"path\":\"/title\",\"set\":{TITLE}}}]"),
            mutation: format!("01a1fe16-21fd-752d-9b75-{number:012}"),
            rid,
        }
    };
    (0..n).map(row).collect()
}
