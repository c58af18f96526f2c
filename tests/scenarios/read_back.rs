//! A resolution is confirmed by reading back what the server stored.

use tidemark_model::view::{Resolution, WaitReason};
use tidemark_tests::tap::Point;
use tidemark_tests::world::{NO_HOLD, Stage, World};

/// A resolution was accepted, and what is read back afterwards is something else.
async fn stored_otherwise() -> World {
    let world = Stage::tasks(1).open().await;
    world.set("t001", "state", "mine").await;
    world.colleague_sets("t001", "state", "theirs");
    world.sync().await;
    let id = world.engine().list_conflicts(0, 1).unwrap().rows[0].id;
    world.engine().resolve_conflict(id, Resolution::LocalWins {}, None, NO_HOLD).await.unwrap();
    let tap = &world.wire.tap;
    tap.forget();
    tap.hold(Point::Fetch);
    let syncing = world.begin_sync();
    tap.reached(Point::Fetch, 1).await;
    assert_eq!(world.there("t001").unwrap()["state"], "mine", "it was accepted");
    world.colleague_sets("t001", "state", "something else");
    tap.release();
    let report = syncing.await.unwrap();
    assert_eq!((report.confirmed, report.parked), (0, 1));
    world
}

// proves D7, A8
#[tokio::test]
async fn a_server_that_stored_something_else_needs_a_person() {
    let world = stored_otherwise().await;
    let queue = world.queue();
    let Some(WaitReason::Refused { words, .. }) = &queue[0].reason else { panic!("{:?}", queue[0].reason) };
    assert!(words.contains("stored something else in 1 field"), "{words}");
    assert_eq!(world.engine().status().unwrap().ledger.needs_you.0, 1);
    assert_eq!(world.here("t001").unwrap()["state"], "mine", "the choice is still here");
    world.check_books();
    world.clock.advance_s(3_600);
    world.sync().await;
    assert_eq!(world.there("t001").unwrap()["state"], "something else", "nothing is overwritten blindly");
    world.finish().await;
}

// proves D7, D8
#[tokio::test]
async fn trying_it_again_compares_anew_and_overwrites_nothing() {
    let world = stored_otherwise().await;
    world.engine().reprocess_failed().await.unwrap();
    assert_eq!(world.sync().await.conflicts, 1);
    assert_eq!(world.there("t001").unwrap()["state"], "something else");
    let rows = world.engine().list_conflicts(0, 10).unwrap().rows;
    assert_eq!(rows.len(), 1);
    world.engine().resolve_conflict(rows[0].id, Resolution::LocalWins {}, None, NO_HOLD).await.unwrap();
    assert_eq!(world.sync().await.confirmed, 1);
    assert_eq!(world.there("t001").unwrap()["state"], "mine");
    world.finish().await;
}

// proves D8
#[tokio::test]
async fn a_later_change_there_brings_the_conflict_back() {
    let world = stored_otherwise().await;
    world.colleague_sets("t001", "state", "yet another");
    world.sync().await;
    let rows = world.engine().list_conflicts(0, 10).unwrap().rows;
    assert_eq!(rows.len(), 1);
    let conflict = world.engine().get_conflict(rows[0].id).unwrap();
    assert!(conflict.server_data.unwrap().contains("yet another"));
    assert!(conflict.local_data.unwrap().contains(r#""state":"mine""#));
    world.finish().await;
}
