//! Several pending edits of one record are sent as one; what is on its way is left alone.

use serde_json::json;
use tidemark_engine::EngineSettings;
use tidemark_model::mutation::MutationState;
use tidemark_model::mutation::Operation::{Create, Delete, Replace, Update};
use tidemark_model::view::Saved;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{Stage, World, task};

async fn offline() -> World {
    let world = Stage::tasks(2).open().await;
    world.server.go_offline().await.unwrap();
    world
}

fn queued(world: &World) -> Vec<(String, tidemark_model::mutation::Operation)> {
    world.queue().into_iter().map(|row| (row.record, row.operation)).collect()
}

/// Undone before it was sent: nothing took it in.
const UNDONE: (MutationState, Option<String>) = (MutationState::Cancelled, None);

/// What is found under the id that a caller was given.
fn what_became_of(world: &World, saved: &Saved) -> (MutationState, Option<String>) {
    let detail = world.engine().get_change(saved.change.as_ref().unwrap()).unwrap();
    (detail.row.mutation_state, detail.combined_into)
}

async fn send(world: World, requests: usize) -> World {
    world.check_books();
    world.server.go_online().await.unwrap();
    world.sync().await;
    assert_eq!(world.effect_count(), requests, "so many requests have an effect");
    world
}

// proves A3
#[tokio::test]
async fn a_create_takes_in_its_updates() {
    let world = offline().await;
    world.create(&task(9)).await;
    let joined = world.set("t009", "state", "done").await;
    world.unset("t009", "rank").await;
    assert_eq!(queued(&world), [("t009".into(), Create)]);
    assert_eq!(joined.combined_into, Some(world.queue()[0].id.clone()), "its id leads to what took it in");
    let world = send(world, 1).await;
    assert_eq!(world.there("t009"), Some(json!({"id": "t009", "title": "Task 9", "state": "done"})));
    assert_eq!(world.engine().status().unwrap().ledger.combined.0, 2);
    world.finish().await;
}

// proves A3
#[tokio::test]
async fn two_updates_are_one_with_the_fields_of_both_on_the_base_of_the_first() {
    let world = offline().await;
    world.set("t001", "state", "half").await;
    world.set("t001", "rank", 5).await;
    world.set("t001", "state", "done").await;
    assert_eq!(queued(&world), [("t001".into(), Update)]);
    let world = send(world, 1).await;
    let both = json!({"id": "t001", "title": "Task 1", "state": "done", "rank": 5});
    assert_eq!(world.there("t001"), Some(both));
    world.finish().await;
}

// proves A3
#[tokio::test]
async fn a_create_and_its_delete_vanish() {
    let world = offline().await;
    let made = world.create(&task(9)).await;
    let changed = world.set("t009", "state", "done").await;
    let deleted = world.delete("t009").await;
    assert_eq!(queued(&world), []);
    assert_eq!(world.record("t009"), None);
    let found = [&made, &changed, &deleted].map(|saved| what_became_of(&world, saved));
    let taken_in = (MutationState::Combined, made.change);
    assert_eq!(found, [UNDONE, taken_in, UNDONE], "each id is found, and leads on where it was taken in");
    let ledger = world.engine().status().unwrap().ledger;
    assert_eq!((ledger.saved.0, ledger.cancelled.0, ledger.combined.0), (3, 2, 1));
    let world = send(world, 0).await;
    world.finish().await;
}

// proves A3
#[tokio::test]
async fn an_update_and_its_delete_are_a_delete_on_the_base_of_the_first() {
    let world = offline().await;
    world.set("t001", "state", "done").await;
    world.delete("t001").await;
    assert_eq!(queued(&world), [("t001".into(), Delete)]);
    // Somebody changed it meanwhile: a delete on a later base would run over that.
    world.colleague_sets("t001", "title", "Not to be lost");
    world.server.go_online().await.unwrap();
    assert_eq!(world.sync().await.conflicts, 1);
    assert_eq!(world.there("t001").unwrap()["title"], "Not to be lost");
    world.finish().await;
}

// proves A3
#[tokio::test]
async fn a_delete_and_a_create_are_one_replacement() {
    let world = offline().await;
    world.delete("t001").await;
    world.create(&json!({"id": "t001", "only": "this"})).await;
    assert_eq!(queued(&world), [("t001".into(), Replace)]);
    let world = send(world, 1).await;
    assert_eq!(world.there("t001"), Some(json!({"id": "t001", "only": "this"})));
    world.finish().await;
}

// proves A3
#[tokio::test]
async fn an_update_back_to_the_base_vanishes() {
    let world = offline().await;
    let there = world.set("t001", "state", "done").await;
    let back = world.set("t001", "state", "open").await;
    assert_eq!(queued(&world), []);
    assert_eq!([&there, &back].map(|saved| what_became_of(&world, saved)), [UNDONE, UNDONE]);
    let saved = world.set("t002", "state", "open").await;
    assert_eq!(saved.change, None, "an edit that changes nothing is no change");
    let world = send(world, 0).await;
    world.finish().await;
}

// proves A3
#[tokio::test]
async fn a_delete_and_a_create_of_the_same_content_vanish() {
    let world = offline().await;
    world.delete("t001").await;
    world.create(&task(1)).await;
    assert_eq!(queued(&world), [], "the record is as it was");
    let world = send(world, 0).await;
    world.finish().await;
}

// proves A3, A5
#[tokio::test]
async fn what_was_joined_keeps_the_older_place() {
    let engine = EngineSettings { in_flight: 1, ..EngineSettings::default() };
    let world = Stage { engine, ..Stage::tasks(2) }.open().await;
    world.set("t001", "state", "done").await;
    world.set("t002", "state", "done").await;
    world.set("t001", "rank", 9).await;
    assert_eq!(world.sync().await.confirmed, 2);
    let order: Vec<String> =
        world.wire.tap.passed(Point::Push).into_iter().map(|passed| passed.record).collect();
    assert_eq!(order, ["t001", "t002"], "its last edit does not put it behind the other");
    let both = json!({"id": "t001", "title": "Task 1", "state": "done", "rank": 9});
    assert_eq!(world.there("t001"), Some(both), "and it went with both");
    world.finish().await;
}
