//! What can go and whose wake-up got lost goes with the next look at the queue.

use rusqlite::Connection;
use std::sync::Arc;
use tidemark_engine::{Inline, Keep, Storage as _, StoreError, Write};
use tidemark_model::clock::Clock as _;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{Stage, World};

/// A write beside the engine, by its own connection: nobody is told of it.
struct Quietly(String);

impl Write for Quietly {
    fn run(&mut self, tx: &Connection, _alone: bool) -> bool {
        tx.execute(&self.0, []).unwrap() == 1
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        committed.unwrap();
    }
}

fn becomes_due(memory: &Inline, at: i64) {
    memory.submit(Box::new(Quietly(format!("UPDATE outbox SET due_at = {at}")))).unwrap();
}

/// The worker has had its turn and sleeps.
async fn rests(world: &World) {
    let laid_down = world.clock.lie_downs();
    world.clock.advance(0);
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
    world.wire.tap.idle().await;
    assert!(world.clock.lie_downs() >= laid_down);
}

// proves A11
#[tokio::test]
async fn what_nobody_woke_is_sent_with_the_next_tick() {
    let memory = Arc::new(Inline::in_memory().unwrap());
    let world = Stage { keep: Keep::In(Arc::clone(&memory) as _), ..Stage::tasks(1) }.open().await;
    world.engine().start();
    world.clock.sleeps_until(world.clock.now().plus(25_000)..).await;
    world.set("t001", "state", "done").await;
    let hour = world.clock.now().plus(3_600_000).0;
    becomes_due(&memory, hour);
    world.wire.tap.forget();
    // The edit's own wake-up finds nothing to send; the next is the poll in half a minute.
    for _ in 0..20 {
        world.clock.advance(100);
        rests(&world).await;
    }
    assert_eq!(world.wire.tap.count(Point::Push), 0);
    becomes_due(&memory, 0);
    let lost_at = world.clock.now();
    world.until(|world| world.queue().is_empty()).await;
    let waited = world.clock.now().0 - lost_at.0;
    assert!(waited <= 5_100, "an interval and not a poll, but {waited} ms");
    assert_eq!(world.effects("t001"), ["put"]);
    world.finish_unaudited().await;
}
