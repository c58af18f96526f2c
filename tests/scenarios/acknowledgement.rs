//! What a pull brings for a record whose own change is not acknowledged is set aside and fetched afterwards.

use serde_json::json;
use tidemark_model::view::Resolution;
use tidemark_sandbox::Switch;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{NO_HOLD, Stage, World};

/// Our change is in, its answer is lost, and a colleague has changed another field on top of it.
async fn uncertain_and_changed_again() -> World {
    let world = Stage::tasks(2).open().await;
    let tap = &world.wire.tap;
    world.set("t001", "state", "done").await;
    world.fault(|faults| faults.drop_after = Some(Switch::always(true).method("PUT").times(1)));
    tap.hold(Point::Pull);
    let syncing = world.begin_sync();
    tap.reached(Point::Pull, 1).await;
    world.colleague_sets("t001", "rank", 50);
    world.colleague_sets("t002", "rank", 60);
    tap.release();
    syncing.await.unwrap();
    world
}

// proves C2, D1
#[tokio::test]
async fn a_pull_during_an_acknowledgement_is_not_planned() {
    let world = uncertain_and_changed_again().await;
    assert_eq!(world.here("t002").unwrap()["rank"], 60, "other records of the page came in");
    let record = world.record("t001").unwrap();
    assert_eq!((record.conflict, world.here("t001").unwrap()["rank"].clone()), (None, json!(1)));
    assert_eq!(serde_json::from_str::<serde_json::Value>(&record.base.unwrap()).unwrap()["state"], "open");
    world.check_books();

    world.clock.advance_s(5);
    world.wire.tap.forget();
    assert_eq!(world.sync().await.confirmed, 1);
    let fetched = world.wire.tap.passed(Point::Fetch);
    assert!(
        fetched.iter().any(|passed| passed.record == "t001"),
        "what was set aside is asked for by its id"
    );
    let both = json!({"id": "t001", "title": "Task 1", "state": "done", "rank": 50});
    assert_eq!((world.here("t001"), world.there("t001")), (Some(both.clone()), Some(both)));
    assert_eq!(world.effects("t001"), ["put"]);
    assert_eq!(world.engine().status().unwrap().stats.conflict_count.0, 0);
    world.finish().await;
}

// proves C2, D2
#[tokio::test]
async fn a_refusal_that_is_said_again_does_not_hide_what_was_set_aside_since() {
    let world = Stage::tasks(1).open().await;
    let tap = &world.wire.tap;
    world.set("t001", "state", "mine").await;
    world.colleague_sets("t001", "state", "theirs");
    world.fault(|faults| faults.drop_after = Some(Switch::always(true).method("PUT").times(1)));
    tap.hold(Point::Pull);
    let syncing = world.begin_sync();
    tap.reached(Point::Pull, 1).await;
    world.colleague_sets("t001", "state", "theirs, again");
    tap.release();
    syncing.await.unwrap();
    world.clock.advance_s(5);
    world.sync().await;
    let conflict = world.engine().list_conflicts(0, 1).unwrap().rows[0].id;
    let theirs = world.engine().get_conflict(conflict).unwrap().server_data.unwrap();
    assert!(
        theirs.contains("theirs, again"),
        "the answer was kept under the key, and the record was not: {theirs}"
    );
    world.engine().resolve_conflict(conflict, Resolution::ServerWins {}, None, NO_HOLD).await.unwrap();
    world.sync().await;
    assert_eq!(world.here("t001").unwrap()["state"], "theirs, again");
    assert_eq!(world.here("t001"), world.there("t001"));
    world.finish().await;
}

// proves C3
#[tokio::test]
async fn what_was_set_aside_is_fetched_after_a_restart_too() {
    let mut world = uncertain_and_changed_again().await;
    world.restart().await;
    world.clock.advance_s(5);
    world.sync().await;
    assert_eq!(world.here("t001").unwrap()["rank"], 50, "its page will not come again");
    assert_eq!(world.effects("t001"), ["put"]);
    world.finish().await;
}

// proves C2
#[tokio::test]
async fn an_echo_of_our_own_change_is_nothing_new() {
    let world = Stage::tasks(1).open().await;
    world.set("t001", "state", "done").await;
    world.sync().await;
    let revision = world.record("t001").unwrap().revision;
    world.sync().await;
    assert_eq!(world.record("t001").unwrap().revision, revision);
    assert_eq!(world.effects("t001"), ["put"]);
    world.finish().await;
}
