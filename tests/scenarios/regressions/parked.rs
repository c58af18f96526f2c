//! What needs a person is sent on top of what the server has now, and can be put right.

use serde_json::json;
use tidemark_model::mutation::MutationState;
use tidemark_sandbox::Switch;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{Stage, World};

fn refuse_writes(world: &World) {
    world.fault(|faults| faults.status = Some(Switch::always(vec![422]).method("PUT")));
}

/// Changes a record that is there or makes a new one, in a way that the server will not take.
async fn save_what_is_refused(world: &World, exists: bool) -> &'static str {
    let rid = if exists { "t001" } else { "t009" };
    match exists {
        true => drop(world.set(rid, "rank", -1).await),
        false => drop(world.create(&json!({"id": rid, "rank": -1})).await),
    }
    refuse_writes(world);
    rid
}

// proves A8, D1
#[tokio::test]
async fn a_refused_change_sent_again_keeps_what_a_colleague_did_meanwhile() {
    let world = Stage::tasks(1).settings(r#"{"write":{"precondition":"none"}}"#).open().await;
    world.set("t001", "state", "mine").await;
    refuse_writes(&world);
    assert_eq!(world.sync().await.parked, 1);
    world.server.clear_faults();
    world.colleague_sets("t001", "rank", 9);
    world.sync().await;
    let both = json!({"id": "t001", "title": "Task 1", "state": "mine", "rank": 9});
    assert_eq!(world.here("t001"), Some(both.clone()));
    let parked = world.queue().remove(0);
    assert_eq!(parked.mutation_state, MutationState::Parked, "it waits for a person all the same");
    world.engine().retry(vec![parked.id]).await.unwrap();
    assert_eq!(world.sync().await.confirmed, 1);
    assert_eq!(world.there("t001"), Some(both));
    world.finish().await;
}

// proves A8
#[tokio::test]
async fn an_edit_puts_a_refused_change_right() {
    for exists in [false, true] {
        let world = Stage::tasks(1).open().await;
        let rid = save_what_is_refused(&world, exists).await;
        assert_eq!(world.sync().await.parked, 1);
        let refused = world.wire.tap.passed(Point::Push).remove(0).token;
        world.server.clear_faults();
        world.wire.tap.forget();
        world.set(rid, "rank", 7).await;
        world.check_books();
        assert_eq!(world.sync().await.confirmed, 1);
        let sent = world.wire.tap.passed(Point::Push);
        assert_eq!(sent.len(), 1, "as one change");
        assert_ne!(sent[0].token, refused, "under a new key: other bytes never go under an old one");
        assert_eq!((world.effects(rid).len(), &world.there(rid).unwrap()["rank"]), (1, &json!(7)));
        assert_eq!(world.queue(), []);
        world.finish().await;
    }
}

// proves A8, A3
#[tokio::test]
async fn an_edit_puts_a_refused_change_right_also_when_another_stands_behind_it() {
    for exists in [false, true] {
        let world = Stage::tasks(1).open().await;
        let rid = save_what_is_refused(&world, exists).await;
        let tap = &world.wire.tap;
        tap.hold(Point::Push);
        let syncing = world.begin_sync();
        tap.reached(Point::Push, 1).await;
        let behind = world.set(rid, "note", "typed meanwhile").await.change.unwrap();
        tap.release();
        assert_eq!(syncing.await.unwrap().parked, 1);
        world.server.clear_faults();
        assert_eq!(world.queue().len(), 2);
        let refused = world.queue().remove(0).id;
        world.set(rid, "rank", 7).await;
        world.check_books();
        assert_eq!(world.queue().len(), 1, "all of it is one change again");
        assert_eq!(world.engine().get_change(&behind).unwrap().combined_into, Some(refused));
        assert_eq!(world.sync().await.confirmed, 1);
        let there = world.there(rid).unwrap();
        assert_eq!((&there["rank"], &there["note"]), (&json!(7), &json!("typed meanwhile")));
        assert_eq!(world.effects(rid).len(), 1);
        world.finish().await;
    }
}
