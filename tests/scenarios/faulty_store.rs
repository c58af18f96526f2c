//! A store that fails anywhere, before a write, at its commit or after it: whoever waits for it is told, and nothing that was
//! called saved is lost or doubled. The same job in memory comes to the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tidemark_engine::{Access, FaultAt, Faults, Inline, Keep, StoreError, WriterMode};
use tidemark_model::view::FieldEdit;
use tidemark_tests::world::{LINK, Stage, TASKS, World, task};

/// Fails once, at the n-th access of a kind from the moment it is set.
#[derive(Default)]
pub(crate) struct Once {
    plan: std::sync::Mutex<Option<(Access, FaultAt, StoreError)>>,
    left: AtomicUsize,
}

impl Once {
    pub(crate) fn set(&self, number: usize, access: Access, at: FaultAt, error: StoreError) {
        self.left.store(number, Ordering::Relaxed);
        *self.plan.lock().unwrap() = Some((access, at, error));
    }

    /// Whether it has failed; from now on it will not.
    pub(crate) fn end(&self) -> bool {
        self.plan.lock().unwrap().take().is_none()
    }
}

impl Faults for Once {
    fn next(&self, access: Access) -> Option<(FaultAt, StoreError)> {
        let mut plan = self.plan.lock().unwrap();
        let (wanted, ..) = plan.as_ref()?;
        if *wanted != access || self.left.fetch_sub(1, Ordering::Relaxed) > 1 {
            return None;
        }
        plan.take().map(|(_, at, error)| (at, error))
    }
}

pub(crate) fn full() -> StoreError {
    StoreError::DiskFull { path: "tidemark.db".into() }
}

pub(crate) fn broken() -> StoreError {
    StoreError::Io { path: "tidemark.db".into(), why: "it was told to fail".into() }
}

pub(crate) async fn open(inner: Keep) -> (World, Arc<Once>) {
    let faults = Arc::new(Once::default());
    let keep = Keep::Faulty(Box::new(inner), Arc::clone(&faults) as _);
    (Stage { keep, ..Stage::tasks(4) }.open().await, faults)
}

/// A person's morning. Which of the edits were called saved.
async fn morning(world: &World) -> [bool; 4] {
    let engine = world.engine();
    let done = [FieldEdit { path: "/state".into(), set: Some(r#""done""#.into()) }];
    let saved = [
        engine.update_record(LINK, TASKS, "t001", &done, None).await.is_ok(),
        engine.create_record(LINK, TASKS, &task(9).to_string(), None).await.is_ok(),
        engine.delete_record(LINK, TASKS, "t003", None).await.is_ok(),
        engine.update_record(LINK, TASKS, "t004", &done, None).await.is_ok(),
    ];
    // What fails in here is the engine's own to mend.
    let _ = engine.sync(Some(LINK), None).await;
    saved
}

/// What the server has of each of them.
fn there(world: &World) -> [bool; 4] {
    let done = |rid: &str| world.there(rid).is_some_and(|task| task["state"] == "done");
    [done("t001"), world.there("t009").is_some(), world.there("t003").is_none(), done("t004")]
}

/// The time that other tries take.
async fn afterwards(world: &World) {
    for _ in 0..3 {
        world.clock.advance_s(20 * 60);
        world.sync().await;
    }
}

async fn fails_at(number: usize, at: FaultAt, error: StoreError, restarts: bool) -> bool {
    let (mut world, faults) = open(Keep::OnDisk(WriterMode::Inline)).await;
    faults.set(number, Access::Write, at, error);
    let saved = morning(&world).await;
    let failed = faults.end();
    if restarts {
        world.drop_engine();
        world.open_engine().await;
    }
    afterwards(&world).await;
    let there = there(&world);
    for (number, (saved, there)) in saved.into_iter().zip(there).enumerate() {
        let may_be = at == FaultAt::After && !saved;
        assert!(saved == there || may_be, "edit {number}: called saved: {saved}, there: {there}");
    }
    world.finish().await;
    failed
}

// proves A1, A2, A4, B6
#[tokio::test]
async fn a_write_that_fails_anywhere_loses_and_doubles_nothing() {
    for at in [FaultAt::Before, FaultAt::Commit, FaultAt::After] {
        for (error, restarts) in [(full(), false), (broken(), true)] {
            let mut number = 1;
            while fails_at(number, at, error.clone(), restarts).await {
                number += 1;
            }
            assert!(number > 8, "the morning has at least 8 writes, {} were failed", number - 1);
        }
    }
}

// proves A1, A2
#[tokio::test]
async fn a_look_that_fails_anywhere_is_told_and_harms_nothing() {
    let mut number = 1;
    loop {
        let (world, faults) = open(Keep::OnDisk(WriterMode::Inline)).await;
        faults.set(number, Access::Read, FaultAt::Before, broken());
        let saved = morning(&world).await;
        let failed = faults.end();
        afterwards(&world).await;
        for (saved, there) in saved.into_iter().zip(there(&world)) {
            // A look behind the commit may fail, and the edit is saved all the same.
            assert!(there || !saved);
        }
        world.finish().await;
        if !failed {
            break;
        }
        number += 1;
    }
    assert!(number > 10, "the morning has at least 10 looks, {} were failed", number - 1);
}

// proves A2, B6
#[tokio::test]
async fn a_store_in_memory_comes_to_the_same_and_outlives_the_engine() {
    let memory = Arc::new(Inline::in_memory().unwrap());
    let (mut world, faults) = open(Keep::In(memory)).await;
    world.wire.set_url(Some("http://127.0.0.1:9".into()));
    world.restart().await;
    assert_eq!(morning(&world).await, [true; 4]);
    assert_eq!(there(&world), [false; 4], "the server cannot be reached");
    world.drop_engine();
    world.wire.set_url(None);
    world.open_engine().await;
    assert_eq!(world.queue().len(), 4, "what was saved is there");
    faults.set(3, Access::Write, FaultAt::Commit, broken());
    let _ = world.engine().sync(Some(LINK), None).await;
    afterwards(&world).await;
    assert_eq!(there(&world), [true; 4]);
    let status = world.engine().status().unwrap();
    assert_eq!((status.queue_length.0, status.ledger.balanced), (0, true));
    assert!(world.server.report().unwrap().duplicates.is_empty());
    assert!(!world.folder().join("tidemark.db").exists(), "nothing of it is on the disk");
    world.finish_unaudited().await;
}
