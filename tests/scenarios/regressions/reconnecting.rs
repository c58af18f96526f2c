//! A connection is made anew only when the answers of the old one are in, and an answer counts for what it answers.

use rusqlite::Connection;
use tidemark_model::mutation::MutationState;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{LINK, Stage};

const NO_KEYS: &str = r#"{"write":{"keys":{"honoured":false}}}"#;

/// Everything that waits for nothing has had its turn.
async fn gets_its_turn() {
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
}

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
        gets_its_turn().await;
        // The store works in order: when this edit is on disk, whatever was asked of it before is done too.
        world.set("t001", "state", "second").await;
        gets_its_turn().await;
        assert!(!reconnecting.is_finished(), "the old connection still has requests under way");

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
    gets_its_turn().await;
    world.set("t002", "state", "done").await;
    tap.release();
    assert_eq!(first.await.unwrap().confirmed, 1);
    assert_eq!(waiting.await.unwrap().confirmed, 0, "its connection is gone");
    reconnecting.await.unwrap();
    assert_eq!((tap.count(Point::Check), tap.count(Point::Push)), (1, 1), "it asked for nothing either");
    assert_eq!(world.sync().await.confirmed, 1);
    world.finish().await;
}

// proves A3, A4
#[tokio::test]
async fn an_answer_to_an_earlier_sealing_says_nothing_about_a_later_one() {
    let world = Stage::tasks(1).open().await;
    world.set("t001", "state", "done").await;
    let tap = &world.wire.tap;
    tap.hold(Point::PushAnswer);
    let syncing = world.begin_sync();
    tap.reached(Point::PushAnswer, 1).await;
    // As if it had been taken back and sealed once more while the answer was under way.
    let db = Connection::open(world.folder().join("tidemark.db")).unwrap();
    let sealed_again = "UPDATE outbox SET attempts = attempts + 1 WHERE state = 'sealed'";
    assert_eq!(db.execute(sealed_again, []).unwrap(), 1);
    drop(db);
    tap.release();
    assert_eq!(syncing.await.unwrap().confirmed, 0);
    assert_eq!(world.queue()[0].mutation_state, MutationState::Sealed);

    assert_eq!(world.sync().await.confirmed, 1, "its own answer confirms it");
    assert_eq!((world.queue(), world.effects("t001")), (vec![], vec!["put".to_owned()]));
    world.finish().await;
}
