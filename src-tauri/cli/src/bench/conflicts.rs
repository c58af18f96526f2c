//! What very many open conflicts cost: meeting them, looking at them, deciding them together, a hook that is asked about all.

use super::report::{Conflicts, Line, Pair};
use super::scale::median_of;
use super::stub::{COLLECTION, OTHER, Stub, document, id_of};
use super::{Plan, ground};
use crate::fault::Fault;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tidemark_host::Host;
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{FieldChoice, FieldEdit, GroupChoice, GroupResolved, HookPlace, SeenConflict};

/// Size of each document.
const BYTES: usize = 400;
/// Callers that edit at once, where that is not what is measured.
const CALLERS: usize = 64;
/// Rows of a page, as the window asks for them.
const PAGE: usize = 200;
/// Longer than any of it takes.
const HOLD: Millis = Millis(3_600_000);
/// A hook that has to be asked and leaves everything to a person.
const HOOK: &str = "fn resolve(base, local, server, info) { () }";
/// Between two looks at how far the hook is.
const LOOK: Duration = Duration::from_millis(50);

pub async fn measure(plan: &Plan) -> Result<Line, Fault> {
    let documents = (0..plan.n).map(|number| document(&id_of(number), BYTES)).collect();
    let stub = Stub::start(plan.latency_ms, documents).await?;
    let (_folder, host) = ground::linked_to(stub.url(), &[COLLECTION, OTHER]).await?;
    let engine = host.engine();
    engine.sync(None, None).await?;
    let theirs = |number: usize| document(&id_of(number), BYTES).replace("Record", "Theirs");
    stub.change_all((0..plan.n).map(theirs).collect());
    edit_all(&host, plan.n).await?;
    let started = Instant::now();
    engine.sync(None, None).await?;
    let meet_ms = millis(started);
    let met = engine.list_conflicts(0, 1)?.total.0;
    if met != plan.n as i64 {
        return Err(Fault::Unexpected(format!("{met} conflicts were met, not {}", plan.n)));
    }
    let answers = answers(&host, plan.n)?;
    // From now on what asks hooks runs beside it; nothing that is decided is sent, being held.
    engine.start();
    // Before anybody has begun to choose: what a person began no hook is asked about.
    let asked = with_a_hook(&host, plan.n, Conflicts { meet_ms, ..answers }).await?;
    let (mut pairs, mut undo_ms) = (Vec::new(), 0);
    for _ in 0..plan.runs {
        let (ours, undone) = decide_and_undo(&host, plan.n).await?;
        pairs.push(Pair { ours, floor: None, each: Vec::new() });
        undo_ms = undone;
    }
    engine.shutdown().await;
    Ok(Line::of("conflicts", plan.n, &pairs).of_conflicts(Conflicts { undo_ms, ..asked }))
}

async fn edit_all(host: &Host, n: usize) -> Result<(), Fault> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..CALLERS {
        let (host, next) = (host.clone(), Arc::clone(&next));
        callers.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= n {
                    return Ok::<(), Fault>(());
                }
                let edit = FieldEdit { path: "/title".to_owned(), set: Some("\"Mine\"".to_owned()) };
                host.engine().update_record(ground::LINK, COLLECTION, &id_of(number), &[edit], None).await?;
            }
        });
    }
    while let Some(ended) = callers.join_next().await {
        ended.map_err(|error| Fault::Unexpected(error.to_string()))??;
    }
    Ok(())
}

fn answers(host: &Host, n: usize) -> Result<Conflicts, Fault> {
    let engine = host.engine();
    let page = |offset: usize| move || not_empty(engine.list_conflicts(offset, PAGE)?.rows.len());
    let group = engine.conflict_groups()?.into_iter().next().ok_or_else(empty)?;
    Ok(Conflicts {
        meet_ms: 0,
        first_page_us: median_of(page(0))?,
        middle_page_us: median_of(page(n / 2))?,
        one_us: median_of(|| Ok(engine.get_conflict(group.first).map(drop)?))?,
        groups_us: median_of(|| not_empty(engine.conflict_groups()?.len()))?,
        members_us: median_of(|| not_empty(engine.group_members(&group.shape, 0, PAGE)?.rows.len()))?,
        undo_ms: 0,
        set_hook_ms: 0,
        edit_us: 0,
        asked_ms: 0,
    })
}

/// How long deciding all of them took, and taking that back, in milliseconds.
async fn decide_and_undo(host: &Host, n: usize) -> Result<(Duration, u64), Fault> {
    let engine = host.engine();
    let group = engine.conflict_groups()?.into_iter().next().ok_or_else(empty)?;
    let mut members = Vec::with_capacity(n);
    while members.len() < n {
        let page = engine.group_members(&group.shape, members.len(), PAGE)?.rows;
        not_empty(page.len())?;
        let seen =
            page.into_iter().map(|row| SeenConflict { conflict: row.conflict.id, seen: row.server_version });
        members.extend(seen);
    }
    let ids: Vec<Count> = members.iter().map(|member| member.conflict).collect();
    let choices: Vec<GroupChoice> = group
        .shape
        .paths
        .iter()
        .map(|path| GroupChoice { path: path.clone(), choice: FieldChoice::Mine })
        .collect();
    let started = Instant::now();
    let decided = engine.resolve_group(group.shape, members, choices, HOLD).await?;
    let ours = started.elapsed();
    all_done(&decided, n)?;
    let started = Instant::now();
    all_done(&engine.undo_resolutions(ids).await?, n)?;
    Ok((ours, millis(started)))
}

async fn with_a_hook(host: &Host, n: usize, figures: Conflicts) -> Result<Conflicts, Fault> {
    let engine = host.engine();
    let place = HookPlace { link: ground::LINK.to_owned(), collection: COLLECTION.to_owned() };
    let started = Instant::now();
    engine.set_hook(&place, HOOK.to_owned()).await?;
    let set_hook_ms = millis(started);
    let (mut edit_us, mut number) = (0, 0);
    // While the hook may still end a conflict, that is in no group.
    while engine.conflict_groups()?.iter().map(|group| group.conflicts.0).sum::<i64>() < n as i64 {
        let saved = Instant::now();
        engine.create_record(ground::LINK, OTHER, &document(&format!("other-{number}"), BYTES), None).await?;
        edit_us = edit_us.max(u64::try_from(saved.elapsed().as_micros()).unwrap_or(u64::MAX));
        number += 1;
        tokio::time::sleep(LOOK).await;
    }
    Ok(Conflicts { set_hook_ms, edit_us, asked_ms: millis(started), ..figures })
}

fn all_done(done: &GroupResolved, n: usize) -> Result<(), Fault> {
    match (done.done.len(), done.refused.first()) {
        (number, None) if number == n => Ok(()),
        (number, refused) => {
            let why = refused.map_or("", |refused| refused.refusal.message.as_str());
            Err(Fault::Unexpected(format!("{number} of {n} were done; {why}")))
        }
    }
}

fn not_empty(rows: usize) -> Result<(), Fault> {
    if rows == 0 { Err(empty()) } else { Ok(()) }
}

fn empty() -> Fault {
    Fault::Unexpected("nothing came".to_owned())
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
