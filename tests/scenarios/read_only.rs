//! A store that turns read-only under a running engine: it is said, edits are refused with words, and it ends by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tidemark_engine::{Access, FaultAt, Faults, Keep, StoreError, WriterMode};
use tidemark_model::view::{FieldEdit, Refusal, Sentence, StoreFault};
use tidemark_tests::world::{LINK, Stage, TASKS, World};

/// Takes no write for as long as it is set.
#[derive(Default)]
struct Protected(AtomicBool);

impl Faults for Protected {
    fn next(&self, access: Access) -> Option<(FaultAt, StoreError)> {
        let refuses = access == Access::Write && self.0.load(Ordering::Relaxed);
        let why = "attempt to write a readonly database".to_owned();
        refuses.then(|| (FaultAt::Before, StoreError::ReadOnly { path: "tidemark.db".into(), why }))
    }
}

fn fault(world: &World) -> Option<StoreFault> {
    world.engine().status().unwrap().store_fault
}

// proves A1, A8
#[tokio::test]
async fn a_store_that_turns_read_only_is_said_and_ends_by_itself() {
    let protected = Arc::new(Protected::default());
    let inner = Keep::OnDisk(WriterMode::Threaded);
    let keep = Keep::Faulty(Box::new(inner), Arc::clone(&protected) as _);
    let world = Stage { keep, ..Stage::tasks(2) }.open().await;
    world.engine().start();
    world.set("t001", "state", "done").await;
    world.until(|world| world.queue().is_empty()).await;

    protected.0.store(true, Ordering::Relaxed);
    // Nobody edits: the engine meets it in its own work.
    world.until(|world| fault(world).is_some()).await;
    let sentence = world.engine().status().unwrap().sentence;
    assert_eq!(sentence, Sentence::CannotSave { fault: StoreFault::ReadOnly });
    let edit = [FieldEdit { path: "/state".into(), set: Some(r#""done""#.into()) }];
    let refused = world.engine().update_record(LINK, TASKS, "t002", &edit, None).await.unwrap_err();
    let words = Refusal::from(refused);
    assert!(words.message.contains("tidemark.db cannot be written"), "{words:?}");
    assert!(!words.hint.is_empty(), "it says what to do: {words:?}");
    assert_eq!((world.here("t002").unwrap()["state"].clone(), world.queue()), ("open".into(), vec![]));
    let mut looks = 0;
    world
        .until(|_| {
            looks += 1;
            looks > 100
        })
        .await;
    assert_eq!(fault(&world), Some(StoreFault::ReadOnly), "for as long as it is");

    protected.0.store(false, Ordering::Relaxed);
    world.until(|world| fault(world).is_none()).await;
    world.set("t002", "state", "done").await;
    world.until(|world| world.queue().is_empty()).await;
    assert_eq!(world.there("t002").unwrap()["state"], "done");
    world.finish().await;
}
