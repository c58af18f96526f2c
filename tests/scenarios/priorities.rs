//! What is more urgent goes first, and no record's changes overtake each other.

use serde_json::json;
use tidemark_engine::{Beside, EngineSettings};
use tidemark_sandbox::CollectionSpec;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{LINK, Stage, World};

async fn urgent_and_not() -> World {
    let settings = r#"{"collections":[{"name":"tasks","priority":1},{"name":"alarms","priority":9}]}"#;
    let mut stage = Stage::default().collection(CollectionSpec::named("alarms")).settings(settings);
    stage.engine = EngineSettings { in_flight: 1, batch: 1, ..EngineSettings::default() };
    stage.open().await
}

async fn alarm(world: &World, id: &str) {
    world.engine().create_record(LINK, "alarms", &json!({"id": id}).to_string(), None).await.unwrap();
}

fn effects(world: &World) -> Vec<String> {
    world.server.report().unwrap().effects.into_iter().map(|effect| effect.id).collect()
}

// proves A10
#[tokio::test]
async fn urgent_changes_go_before_older_ones() {
    let world = urgent_and_not().await;
    for id in ["t1", "t2"] {
        world.create(&json!({ "id": id })).await;
    }
    for id in ["a1", "a2"] {
        alarm(&world, id).await;
    }
    assert_eq!(world.sync().await.confirmed, 4);
    assert_eq!(effects(&world), ["a1", "a2", "t1", "t2"]);
    world.finish().await;
}

// proves A10, A5
#[tokio::test]
async fn priorities_do_not_break_the_order_of_a_record() {
    let world = urgent_and_not().await;
    let tap = &world.wire.tap;
    alarm(&world, "a1").await;
    tap.hold(Point::Push);
    let syncing = world.begin_sync();
    tap.reached(Point::Push, 1).await;
    let edit = tidemark_model::view::FieldEdit { path: "/rung".into(), set: Some("true".into()) };
    world.engine().update_record(LINK, "alarms", "a1", &[edit], None).await.unwrap();
    world.engine().delete_record(LINK, "alarms", "a1", None).await.unwrap();
    world.create(&json!({"id": "t1"})).await;
    alarm(&world, "a2").await;
    tap.release();
    syncing.await.unwrap();
    let report = world.server.report().unwrap();
    assert_eq!(report.order_violations, []);
    let of_a1: Vec<_> =
        report.effects.iter().filter(|effect| effect.id == "a1").map(|effect| effect.op.as_str()).collect();
    assert_eq!(of_a1, ["put", "delete"]);
    assert_eq!(effects(&world).last().map(String::as_str), Some("t1"), "the least urgent is last");
    world.finish().await;
}

// proves A10
#[tokio::test]
async fn one_change_can_be_more_urgent_than_its_collection() {
    let world = urgent_and_not().await;
    alarm(&world, "a1").await;
    world.create(&json!({"id": "t1"})).await;
    let beside = |priority| Beside { priority: Some(priority), ..Beside::default() };
    let made = |id: &str| json!({ "id": id }).to_string();
    world.engine().create_record_with(LINK, "tasks", &made("t2"), beside(9)).await.unwrap();
    world.engine().create_record_with(LINK, "alarms", &made("a2"), beside(0)).await.unwrap();
    // An urgent edit of what waits makes all of it urgent: both go as one.
    let edit = tidemark_model::view::FieldEdit { path: "/now".into(), set: Some("true".into()) };
    world.engine().update_record_with(LINK, "tasks", "t1", &[edit], beside(8)).await.unwrap();
    let none = world.engine().delete_record_with(LINK, "tasks", "t1", beside(10)).await;
    assert!(none.is_err(), "there is no priority 10");
    assert_eq!(world.sync().await.confirmed, 4);
    assert_eq!(effects(&world), ["a1", "t2", "t1", "a2"]);
    world.finish().await;
}

// proves A10, A5
#[tokio::test]
async fn what_is_moved_first_goes_first_but_never_before_its_own_record() {
    let world = urgent_and_not().await;
    let tap = &world.wire.tap;
    world.create(&json!({"id": "t1"})).await;
    tap.hold(Point::Push);
    let syncing = world.begin_sync();
    tap.reached(Point::Push, 1).await;
    let behind = world.set("t1", "b", 1).await.change.unwrap();
    alarm(&world, "a1").await;
    let last = world.create(&json!({"id": "t2"})).await.change.unwrap();
    let moved = world.engine().set_priority(vec![behind, last, "none".into()], 9).await.unwrap();
    assert_eq!((moved.done.0, moved.already_gone.0), (2, 1));
    let first: Vec<u8> = world.queue().iter().map(|row| row.priority).collect();
    assert_eq!(first, [1, 9, 9, 9]);
    tap.release();
    syncing.await.unwrap();
    let order = effects(&world);
    assert_eq!(order[0], "t1", "what makes the record stays before what changes it: {order:?}");
    assert_eq!(world.server.report().unwrap().order_violations, []);
    assert!(world.engine().set_priority(vec![], 10).await.is_err());
    world.finish().await;
}
