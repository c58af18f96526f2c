//! The end: the weather is fair, everything goes out, and both sides are compared with what was written.

use crate::command_line::CommandLine;
use crate::ledger::{Documents, Ledger, differences};
use crate::person::{LINK, Refused};
use crate::settling::settle_all;
use serde_json::Value;
use std::path::Path;
use std::time::{Duration, Instant};
use tidemark_host::{Environment, Host, HostOptions, NoKeychain};
use tidemark_model::view::RecordFilter;
use tidemark_sandbox::SandboxHandle;
use tidemark_simulation::Dice;
use tidemark_simulation::audit::{Audit, audit, database_in, listed};

/// After so long everything must have gone out.
const DRAINED_WITHIN: Duration = Duration::from_secs(180);

/// Settles and syncs until nothing waits; how long that took, or what is still waiting.
pub async fn drain(ctl: &CommandLine, seed: u64) -> Result<Duration, String> {
    let (dice, begun) = (Dice::new(seed), Instant::now());
    loop {
        let mut refused = Refused::new();
        settle_all(ctl, &dice, &mut refused).await;
        ctl.run(&["sync"]).await;
        let status = ctl.run(&["status"]).await.lines.into_iter().next().unwrap_or_default();
        let left = |path: &str| status.pointer(path).and_then(Value::as_i64).unwrap_or(-1);
        let lines = ["waiting", "notConfirmed", "conflicts", "needsYou", "discarded"];
        let left: Vec<(&str, i64)> =
            lines.into_iter().map(|line| (line, left(&format!("/ledger/{line}")))).collect();
        if left.iter().all(|(_, count)| *count == 0) {
            return Ok(begun.elapsed());
        }
        if begun.elapsed() > DRAINED_WITHIN {
            return Err(format!("not everything goes out: {left:?}; {refused:?}; {status}"));
        }
    }
}

/// What is wrong, once the application has ended: the books, both sides, and what the soak wrote.
pub async fn breaches(data: &Path, server: &SandboxHandle, ledger: &Ledger) -> Vec<String> {
    let host = Host::open(HostOptions {
        data: Some(data.to_owned()),
        keychain: Some(std::sync::Arc::new(NoKeychain)),
        environment: Environment::of([]),
        ..HostOptions::default()
    });
    let host = host.await.expect("the data folder opens");
    let status = host.engine().status().expect("the status is read");
    println!("the ledger: {}", serde_json::to_string(&status.ledger).unwrap_or_default());
    let collections: Vec<String> =
        status.links.iter().flat_map(|link| &link.collections).map(|one| one.name.clone()).collect();
    let here: Documents = collections.iter().flat_map(|name| shown(&host, name)).collect();
    let there = server.with_world(|world| listed(world, &collections));
    let mut breaches = audit(&Audit {
        db: &database_in(data),
        stats: host.engine().queue_stats().expect("the statistics are read"),
        report: server.report().expect("the server tells"),
        there: there.clone(),
        never_woken: host.engine().without_wake_up().expect("the queue is read"),
        now: host.clock().now(),
        at_rest: true,
        status,
    });
    breaches.extend(differences(&here, &there));
    breaches.extend(ledger.breaches("here", &here));
    breaches.extend(ledger.breaches("server", &there));
    println!("{} records here, {} on the server", here.len(), there.len());
    host.engine().shutdown().await;
    breaches
}

/// Every record of a collection as a person sees it.
fn shown(host: &Host, collection: &str) -> Documents {
    let engine = host.engine();
    let mut documents = Documents::new();
    loop {
        let filter = RecordFilter::default();
        let page = engine.list_records(LINK, collection, &filter, documents.len(), 500);
        let page = page.expect("records can be listed");
        if page.rows.is_empty() {
            return documents;
        }
        for row in page.rows {
            let record = engine.get_record(LINK, collection, &row.id).expect("a listed record is there");
            let text = record.document.expect("a listed record has a document");
            let document = serde_json::from_str(&text).expect("a document is JSON");
            documents.insert((collection.to_owned(), row.id), document);
        }
    }
}
