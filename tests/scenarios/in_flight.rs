//! An edit of a record whose earlier change is on its way waits behind it.

use crate::offline_pushes::is_gone_when_it_leaves;
use serde_json::json;
use tidemark_model::mutation::MutationState;
use tidemark_sandbox::Switch;
use tidemark_tests::tap::Point;
use tidemark_tests::world::Stage;

// proves A3, A5
#[tokio::test]
async fn what_is_on_its_way_is_left_alone_and_later_edits_join_one_successor() {
    let world = Stage::tasks(1).open().await;
    let tap = &world.wire.tap;
    world.set("t001", "state", "first").await;
    tap.hold(Point::PushAnswer);
    let syncing = world.begin_sync();
    tap.reached(Point::PushAnswer, 1).await;
    assert_eq!(world.there("t001").unwrap()["state"], "first", "the server has it; its answer is held");

    let second = world.set("t001", "state", "second").await;
    assert_eq!(second.combined_into, None, "never into one that is sealed");
    let third = world.set("t001", "rank", 9).await;
    assert_eq!(third.combined_into, second.change, "into the one behind it");
    let states: Vec<MutationState> = world.queue().iter().map(|row| row.mutation_state).collect();
    assert_eq!(states, [MutationState::Sealed, MutationState::Queued]);
    assert_eq!(world.here("t001").unwrap()["state"], "second");
    world.check_books();

    tap.release();
    assert_eq!(syncing.await.unwrap().confirmed, 2);
    assert_eq!(world.effects("t001"), ["put", "put"]);
    let last = json!({"id": "t001", "title": "Task 1", "state": "second", "rank": 9});
    assert_eq!(world.there("t001"), Some(last));
    world.finish().await;
}

// proves A3
#[tokio::test]
async fn a_create_on_its_way_does_not_vanish_with_its_delete() {
    let world = Stage::default().open().await;
    let tap = &world.wire.tap;
    world.create(&json!({"id": "t009"})).await;
    tap.hold(Point::Push);
    let syncing = world.begin_sync();
    tap.reached(Point::Push, 1).await;
    world.delete("t009").await;
    assert_eq!(world.queue().len(), 2);
    tap.release();
    syncing.await.unwrap();
    assert_eq!(world.effects("t009"), ["put", "delete"]);
    assert_eq!((world.there("t009"), world.here("t009")), (None, None));
    world.finish().await;
}

// proves A3, A4
#[tokio::test]
async fn an_edit_after_a_lost_answer_goes_on_top_of_what_the_server_did() {
    let world = Stage::tasks(1).open().await;
    world.set("t001", "state", "first").await;
    world.fault(|faults| faults.drop_after = Some(Switch::always(true).method("PUT").times(1)));
    world.sync().await;
    let next = world.set("t001", "rank", 9).await;
    assert_eq!(next.combined_into, None, "never into one that is uncertain");
    world.clock.advance_s(5);
    assert_eq!(world.sync().await.confirmed, 2);
    assert_eq!(world.effects("t001"), ["put", "put"]);
    let last = json!({"id": "t001", "title": "Task 1", "state": "first", "rank": 9});
    assert_eq!(world.there("t001"), Some(last));
    world.finish().await;
}

// proves A3, A4
#[tokio::test]
async fn an_edit_after_a_try_that_the_server_put_off_is_not_lost_in_the_old_request() {
    for status in [401, 425, 429, 503] {
        let world = Stage::tasks(1).open().await;
        world.set("t001", "state", "first").await;
        world.fault(|faults| faults.status = Some(Switch::always(vec![status]).method("PUT").times(1)));
        assert_eq!(world.sync().await.confirmed, 0);
        world.set("t001", "rank", 9).await;
        world.check_books();
        world.clock.advance_s(60);
        world.sync().await;
        let last = json!({"id": "t001", "title": "Task 1", "state": "first", "rank": 9});
        assert_eq!((world.there("t001"), world.queue()), (Some(last), vec![]), "after {status}");
        world.finish().await;
    }
}

// proves A3
#[tokio::test]
async fn an_edit_joins_a_change_that_certainly_never_left() {
    let world = Stage::tasks(1).open().await;
    let first = world.set("t001", "state", "first").await;
    is_gone_when_it_leaves(&world).await;
    assert_eq!(world.wire.tap.count(Point::Push), 1, "it was on its way");
    let joined = world.set("t001", "rank", 9).await;
    assert_eq!(joined.combined_into, first.change);
    assert_eq!(world.sync().await.confirmed, 1);
    assert_eq!(world.effects("t001"), ["put"]);
    world.finish().await;
}
