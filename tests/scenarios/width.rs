//! How many changes go at once follows what the server keeps up with.

use tidemark_engine::{Keep, WriterMode};
use tidemark_sandbox::Switch;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{Stage, World};

/// Enough that the server, not the work, sets the limit.
const TASKS: usize = 40;

// proves A5
#[tokio::test]
async fn fewer_go_at_once_after_an_overload_and_more_again_as_answers_are_good() {
    for status in [408, 429, 503] {
        let mut stage = Stage::tasks(TASKS);
        // With the writer inline nothing runs beside the test but requests: that no more come can be seen.
        stage.keep = Keep::OnDisk(WriterMode::Inline);
        let world = stage.open().await;
        for number in 1..=TASKS {
            world.set(&format!("t{number:03}"), "state", "done").await;
        }
        world.wire.tap.hold(Point::Push);
        let syncing = world.begin_sync();
        stands(&world, 0, 6).await;

        world.fault(|faults| faults.status = Some(Switch::always(vec![status]).method("PUT").times(1)));
        // The first is put off; those that were under way with it say nothing of three at once.
        letting_pass(&world, 1, 6).await;
        letting_pass(&world, 6, 9).await;
        // Three good answers make it four, four make it five, five make it six.
        letting_pass(&world, 9, 13).await;
        letting_pass(&world, 13, 18).await;
        letting_pass(&world, 18, 24).await;

        world.wire.tap.release();
        assert_eq!(syncing.await.unwrap().confirmed, TASKS as i64 - 1, "one was put off, with {status}");
        world.clock.advance_s(60);
        assert_eq!(world.sync().await.confirmed, 1);
        world.finish().await;
    }
}

/// Lets the first so many requests pass; then so many have come in all, and no more.
async fn letting_pass(world: &World, passing: usize, came: usize) {
    world.wire.tap.hold_from(Point::Push, passing + 1);
    stands(world, passing, came).await;
}

async fn stands(world: &World, answered: usize, came: usize) {
    world.wire.tap.reached(Point::PushAnswer, answered).await;
    world.wire.tap.reached(Point::Push, came).await;
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.wire.tap.count(Point::Push), came, "after {answered} answers");
}
