//! Settings apply without a restart, and one that is refused changes nothing.

use tidemark_model::clock::Clock as _;
use tidemark_model::number::{Count, Millis};
use tidemark_model::sync_settings::SyncSettings;
use tidemark_sandbox::Switch;
use tidemark_tests::tap::Point;
use tidemark_tests::world::Stage;

// proves E7, A11
#[tokio::test]
async fn a_shorter_poll_holds_for_the_wait_that_is_under_way() {
    let world = Stage::tasks(1).open().await;
    world.engine().start();
    world.clock.sleeps_until(world.clock.now().plus(25_000)..).await;
    world.wire.tap.forget();
    let settings = SyncSettings { poll_interval: Millis(2_000), ..world.engine().sync_settings() };
    world.engine().set_sync_settings(&settings).await.unwrap();
    let due = world.clock.now().plus(2_000);
    world.clock.sleeps_until(due..=due).await;
    world.clock.advance(2_000);
    world.wire.tap.reached(Point::PullAnswer, 1).await;
    world.finish().await;
}

// proves E7, A6
#[tokio::test]
async fn fewer_retries_hold_for_changes_that_are_tried_already() {
    let world = Stage::tasks(2).open().await;
    world.set("t001", "state", "done").await;
    world.fault(|faults| faults.status = Some(Switch::always(vec![500]).method("PUT").path("t001")));
    assert_eq!(world.sync().await.parked, 0);
    let settings = SyncSettings { max_retries: Count(1), ..world.engine().sync_settings() };
    world.engine().set_sync_settings(&settings).await.unwrap();
    world.clock.advance_s(60);
    assert_eq!(world.sync().await.parked, 1, "the second counted attempt is the last now");
    world.server.clear_faults();
    world.engine().reprocess_failed().await.unwrap();
    world.finish().await;
}

// proves E7
#[tokio::test]
async fn a_refused_value_names_its_key_and_range_and_the_old_one_stays() {
    let world = Stage::tasks(1).open().await;
    let before = world.engine().sync_settings();
    let bad = SyncSettings { in_flight: Count(0), ..before };
    let refusal = world.engine().set_sync_settings(&bad).await.unwrap_err().to_string();
    assert!(refusal.contains("in_flight") && refusal.contains("1 to 32"), "{refusal}");
    assert_eq!(world.engine().sync_settings(), before);
    world.finish().await;
}

// proves A11, E3
#[tokio::test]
async fn ticks_look_at_the_queue_and_ask_no_server() {
    let world = Stage::tasks(1).open().await;
    let saved = world.set("t001", "state", "done").await;
    world.engine().hold(vec![saved.change.unwrap()], true).await.unwrap();
    let slow = SyncSettings { poll_interval: Millis(600_000), ..world.engine().sync_settings() };
    world.engine().set_sync_settings(&slow).await.unwrap();
    world.engine().start();
    world.wire.tap.reached(Point::PullAnswer, 1).await;
    // Its first look at what other programs did is over too.
    let begun = world.clock.now().plus(10_000);
    world.until(|world| world.clock.now() >= begun).await;
    world.wire.tap.forget();
    let later = world.clock.now().plus(300_000);
    world.until(|world| world.clock.now() >= later).await;
    assert_eq!(world.wire.tap.count(Point::Pull) + world.wire.tap.count(Point::Push), 0);
    assert_eq!(world.queue().len(), 1);
    world.finish().await;
}

// proves A11, E7
#[tokio::test]
async fn the_batch_is_what_the_first_group_seals() {
    for (batch, sealed) in [(3, 6), (8, 8)] {
        let world = Stage::tasks(20).open().await;
        let settings = SyncSettings { sync_batch_size: Count(batch), ..world.engine().sync_settings() };
        world.engine().set_sync_settings(&settings).await.unwrap();
        for number in 1..=20 {
            world.set(&format!("t{number:03}"), "state", "done").await;
        }
        world.wire.tap.hold(Point::Push);
        let syncing = world.begin_sync();
        world.wire.tap.reached(Point::Push, 6).await;
        let counts = world.engine().queue_stats().unwrap().counts;
        assert_eq!(counts.sealed.0, sealed, "a batch of {batch}");
        world.wire.tap.release();
        assert_eq!(syncing.await.unwrap().confirmed, 20);
        world.finish().await;
    }
}
