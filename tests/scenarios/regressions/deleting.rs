//! A record that is deleted and made again, in every order of answers.

use serde_json::json;
use tidemark_model::view::Resolution;
use tidemark_sandbox::Switch;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{NO_HOLD, Stage, World, task};

async fn makes_again_and_deletes(world: &World) {
    world.create(&json!({"id": "t001", "state": "again"})).await;
    world.delete("t001").await;
    world.check_books();
}

// proves A3, A4
#[tokio::test]
async fn deleted_made_again_and_deleted_again_while_the_first_deletion_is_on_its_way() {
    let world = Stage::tasks(2).open().await;
    let tap = &world.wire.tap;
    world.delete("t001").await;
    tap.hold(Point::PushAnswer);
    let syncing = world.begin_sync();
    tap.reached(Point::PushAnswer, 1).await;
    makes_again_and_deletes(&world).await;
    tap.release();
    syncing.await.unwrap();
    assert_eq!((world.here("t001"), world.there("t001")), (None, None));
    assert_eq!(world.effects("t001"), ["delete"]);

    world.set("t002", "state", "done").await;
    assert_eq!(world.sync().await.confirmed, 1, "the connection goes on");
    world.finish().await;
}

// proves A3, A4
#[tokio::test]
async fn deleted_made_again_and_deleted_again_after_a_lost_answer() {
    let world = Stage::tasks(2).open().await;
    world.delete("t001").await;
    world.fault(|faults| faults.drop_before = Some(Switch::always(true).method("DELETE")));
    world.sync().await;
    makes_again_and_deletes(&world).await;
    world.server.clear_faults();
    world.clock.advance_s(5);
    world.set("t002", "state", "done").await;
    world.sync().await;
    assert_eq!((world.here("t001"), world.there("t001")), (None, None), "the deletion was not forgotten");
    assert_eq!(world.there("t002").unwrap()["state"], "done");
    assert_eq!(world.queue(), []);
    world.finish().await;
}

// proves D2, D7
#[tokio::test]
async fn deleted_made_again_and_deleted_again_in_a_conflict_that_can_still_be_resolved() {
    let world = Stage::tasks(1).open().await;
    world.delete("t001").await;
    world.colleague_sets("t001", "state", "theirs");
    assert_eq!(world.sync().await.conflicts, 1);
    makes_again_and_deletes(&world).await;
    let conflict = world.engine().list_conflicts(0, 1).unwrap().rows[0].id;
    world.engine().resolve_conflict(conflict, Resolution::LocalWins {}, None, NO_HOLD).await.unwrap();
    world.sync().await;
    assert_eq!((world.here("t001"), world.there("t001")), (None, None));
    world.finish().await;
}

// proves A8
#[tokio::test]
async fn a_discarded_deletion_lets_what_was_made_again_take_the_records_place() {
    let world = Stage::tasks(1).open().await;
    let deletion = world.delete("t001").await.change.unwrap();
    world.fault(|faults| faults.drop_before = Some(Switch::always(true).method("DELETE")));
    world.sync().await;
    world.create(&json!({"id": "t001", "state": "again"})).await;
    assert_eq!(world.engine().discard(vec![deletion]).await.unwrap().done.0, 1);
    world.check_books();
    world.server.clear_faults();
    world.clock.advance_s(600);
    assert_eq!(world.sync().await.confirmed, 1);
    assert_eq!(world.there("t001"), Some(json!({"id": "t001", "state": "again"})));
    assert_eq!(world.effects("t001"), ["put"]);
    world.finish().await;
}

// proves A3, A4, C4
#[tokio::test]
async fn a_create_after_one_that_vanished_is_still_told_from_the_tombstone_before_both() {
    let settings = r#"{"write":{"keys":{"honoured":false}}}"#;
    let world = Stage::tasks(1).settings(settings).open().await;
    world.delete("t001").await;
    world.sync().await;
    world.create(&task(1)).await;
    world.delete("t001").await;
    assert_eq!(
        (world.queue(), world.count_here()),
        (vec![], 0),
        "made and deleted, it leaves nothing to send"
    );
    world.create(&task(1)).await;
    world.fault(|faults| faults.drop_before = Some(Switch::always(true).method("PUT")));
    world.sync().await;
    world.server.clear_faults();
    world.clock.advance_s(60);
    world.sync().await;
    assert_eq!(world.engine().list_conflicts(0, 1).unwrap().rows, [], "nobody else was at work");
    assert_eq!((world.there("t001"), world.queue()), (Some(task(1)), vec![]));
    world.finish().await;
}
