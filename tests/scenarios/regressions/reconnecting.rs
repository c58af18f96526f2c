//! A connection is made anew only when the answers of the old one are in.

use tidemark_tests::tap::Point;
use tidemark_tests::world::{LINK, Stage};

const NO_KEYS: &str = r#"{"write":{"keys":{"honoured":false}}}"#;

// proves A3, A4
#[tokio::test]
async fn what_is_on_its_way_is_answered_before_a_new_connection_sends() {
    for settings in ["{}", NO_KEYS] {
        let world = Stage::tasks(20).settings(settings).open().await;
        for number in 1..=20 {
            world.set(&format!("t{number:03}"), "state", "first").await;
        }
        let tap = &world.wire.tap;
        tap.hold(Point::Push);
        let syncing = world.begin_sync();
        tap.reached(Point::Push, 6).await;

        let engine = world.engine().clone();
        let reconnecting = tokio::spawn(async move { engine.reconnect(LINK).await.unwrap() });
        // Everything that does not wait for the held requests has had its turn.
        for _ in 0..64 {
            tokio::task::yield_now().await;
        }
        assert!(!reconnecting.is_finished(), "the old connection still has requests under way");
        world.set("t001", "state", "second").await;

        tap.release();
        assert_eq!(syncing.await.unwrap().confirmed, 6, "the rest is given back");
        reconnecting.await.unwrap();
        world.check_books();
        world.sync().await;
        assert_eq!(world.there("t001").unwrap()["state"], "second");
        assert_eq!((world.effects("t001").len(), world.effect_count()), (2, 21), "nothing twice");
        assert_eq!(world.queue(), []);
        world.finish().await;
    }
}

// proves A3
#[tokio::test]
async fn a_sync_that_waited_for_the_old_connection_does_not_send_by_it() {
    let world = Stage::tasks(2).open().await;
    world.set("t001", "state", "done").await;
    let tap = &world.wire.tap;
    tap.hold(Point::PushAnswer);
    let first = world.begin_sync();
    tap.reached(Point::PushAnswer, 1).await;
    let waiting = world.begin_sync();
    let engine = world.engine().clone();
    let reconnecting = tokio::spawn(async move { engine.reconnect(LINK).await.unwrap() });
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
    world.set("t002", "state", "done").await;
    tap.release();
    assert_eq!(first.await.unwrap().confirmed, 1);
    assert_eq!(waiting.await.unwrap().confirmed, 0, "its connection is gone");
    reconnecting.await.unwrap();
    assert_eq!(world.sync().await.confirmed, 1);
    world.finish().await;
}
