//! The process ends at a call to the system, or the disk refuses one: while the tables of an earlier version are brought up
//! to date, an edit is saved, a backup is made, changes are sent, and the store is closed.

use crate::child::{self, Worker, say};
use crate::extent::{self, Run, UnderWay};
use crate::points::{AT_ONCE, End, PORT, engine_on};
use futures_util::stream::{self, StreamExt as _};
use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Command;
use tidemark_engine::{Engine, StoreError};
use tidemark_model::view::FieldEdit;
use tidemark_tests::clock::ManualClock;
use tidemark_tests::earlier::put_database;
use tidemark_tests::world::{LINK, Stage, TASKS, World};

/// The calls by which something comes to a disk.
const CALLS: &str = "pwrite64,write,fdatasync,fsync,ftruncate,rename,unlink";
/// Those of them that make it last, or change which file is which.
const BARRIERS: &str = "fdatasync,fsync,ftruncate,rename,unlink";
const SAVED: &str = "saved";
const DONE: &str = "done";

// proves A1, A8, B6
#[tokio::test]
async fn a_session_that_ends_at_a_call_to_the_system_is_taken_up_where_it_was() {
    let name = "calls::a_session_that_ends_at_a_call_to_the_system_is_taken_up_where_it_was";
    if child::folder().is_some() {
        return work_as_child().await;
    }
    let mut run = Run::of(name);
    let expected = undisturbed(name).await;
    let kinds = if extent::is_long() { CALLS } else { BARRIERS };
    let all = calls_of_a_session(name, kinds).await;
    let part = if extent::is_long() { 1 } else { all.div_ceil(extent::kills() / 2) };
    let chosen: Vec<usize> = (1 + run.dice.below(part)..=all).step_by(part).collect();
    let mut sessions = stream::iter(chosen)
        .map(|call| disturbed(name, &expected, format!("{kinds}:signal=KILL:when={call}")))
        .buffer_unordered(AT_ONCE);
    while let Some(killed) = sessions.next().await {
        run.killed += usize::from(killed);
    }
    drop(sessions);
    assert!(run.killed * 2 > all / part, "most of the calls were come to: {} of {all}/{part}", run.killed);
}

// proves A1, A2, A8, B6
#[tokio::test]
async fn a_disk_that_refuses_a_call_loses_and_doubles_nothing() {
    let name = "calls::a_disk_that_refuses_a_call_loses_and_doubles_nothing";
    if child::folder().is_some() {
        return work_as_child().await;
    }
    let run = Run::of(name);
    let expected = undisturbed(name).await;
    let kinds = "pwrite64,fdatasync,fsync,ftruncate,rename";
    let all = calls_of_a_session(name, kinds).await;
    let part = if extent::is_long() { 1 } else { all.div_ceil(extent::kills() / 4) };
    // Once, and from there on.
    let errors = ["EIO", "ENOSPC"].into_iter().flat_map(|error| ["", "+"].map(|on| (error, on)));
    let chosen: Vec<String> = errors
        .flat_map(|(error, on)| {
            (1 + run.dice.below(part)..=all)
                .step_by(part)
                .map(move |call| format!("{kinds}:error={error}:when={call}{on}"))
                .collect::<Vec<_>>()
        })
        .collect();
    let mut sessions =
        stream::iter(chosen).map(|what| disturbed(name, &expected, what)).buffer_unordered(AT_ONCE);
    while let Some(killed) = sessions.next().await {
        assert!(!killed, "an error ends no process");
    }
}

/// A server and a folder with a database of the first version, as its scenario has them.
async fn left_by_an_earlier_version() -> World {
    let mut world = Stage::tasks(8).open().await;
    world.close().await;
    put_database(world.folder(), 1);
    world.colleague_sets("t006", "state", "done");
    world.colleague_sets("t004", "state", "theirs");
    world.wire.set_url(Some(world.server.url()));
    world.clock.advance_s(60);
    world
}

async fn work_as_child() {
    let clock = ManualClock::default();
    clock.advance_s(60);
    // What the disk refuses is said; whoever comes next is to find no harm.
    match work(&child::folder().unwrap(), &clock).await {
        Ok(()) => say(DONE),
        Err(error) => say(&format!("refused: {error}")),
    }
}

async fn work(folder: &Path, clock: &ManualClock) -> Result<(), StoreError> {
    let engine = engine_on(folder, clock, 0).await?;
    set(&engine).await?;
    say(SAVED);
    // None is made where that is refused, and work goes on.
    let _ = engine.back_up_now().await;
    engine.sync(Some(LINK), None).await?;
    engine.shutdown().await;
    Ok(())
}

async fn set(engine: &Engine) -> Result<(), StoreError> {
    let edit = FieldEdit { path: "/rank".into(), set: Some("77".into()) };
    engine.update_record(LINK, TASKS, "t008", &[edit], None).await.map(drop)
}

fn under_strace(options: &[&str]) -> Command {
    let mut command = Command::new("strace");
    command.args(["-f", "-qq"]).args(options).arg(std::env::current_exe().unwrap());
    command
}

/// What a session comes to that nothing disturbs.
async fn undisturbed(name: &str) -> End {
    let world = left_by_an_earlier_version().await;
    let port = usize::from(world.server.port());
    let (said, ended) = Worker::start(name, world.folder(), &[(PORT, port)]).end().await;
    assert!(ended.success() && said.last().is_some_and(|line| line == DONE), "{said:?}");
    take_up(world, true).await
}

/// How many such calls the busiest thread of a session makes: they are counted for each.
async fn calls_of_a_session(name: &str, kinds: &str) -> usize {
    let world = left_by_an_earlier_version().await;
    let port = usize::from(world.server.port());
    let list = world.folder().with_extension("calls");
    let trace = format!("trace={kinds}");
    let strace = under_strace(&["-e", &trace, "-o", list.to_str().unwrap()]);
    let (_, ended) = Worker::start_by(strace, name, world.folder(), &[(PORT, port)]).end().await;
    assert!(ended.success());
    let calls = std::fs::read_to_string(&list).unwrap();
    std::fs::remove_file(list).unwrap();
    let mut threads: BTreeMap<&str, usize> = BTreeMap::new();
    for line in calls.lines().filter(|line| !line.contains("resumed>")) {
        *threads.entry(line.split(' ').next().unwrap()).or_default() += 1;
    }
    take_up(world, true).await;
    threads.into_values().max().unwrap()
}

/// A session with something in its way, and another one after it. Whether the first was killed.
async fn disturbed(name: &str, expected: &End, what: String) -> bool {
    let world = left_by_an_earlier_version().await;
    let port = usize::from(world.server.port());
    let (trace, inject) = (format!("trace={}", what.split(':').next().unwrap()), format!("inject={what}"));
    let strace = under_strace(&["-o", "/dev/null", "-e", &trace, "-e", &inject]);
    let (said, ended) = Worker::start_by(strace, name, world.folder(), &[(PORT, port)]).end().await;
    let _told = UnderWay(format!("{what}: {said:?}, {ended}"));
    let saved = said.iter().any(|line| line == SAVED);
    assert_eq!(&take_up(world, saved).await, expected, "{what}");
    ended.signal().is_some()
}

/// Another session takes a folder up, with the edit that was called saved or with one that it makes.
async fn take_up(mut world: World, saved: bool) -> End {
    world.clock.advance_s(60);
    world.open_engine().await;
    assert_eq!(world.engine().status().unwrap().put_back, None, "an earlier version is no earlier copy");
    world.check_books();
    let there = world.here("t008").unwrap()["rank"] == 77;
    assert!(there || !saved, "what was called saved is there");
    if !there {
        set(world.engine()).await.unwrap();
    }
    world.sync().await;
    world.clock.advance_s(20 * 60);
    let end = End::of(&world).await;
    world.finish().await;
    end
}
