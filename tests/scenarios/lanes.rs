//! Changes of one record keep their order; different records do not wait for each other.

use serde_json::json;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{Stage, task};

// proves A5
#[tokio::test]
async fn changes_of_one_record_take_effect_in_the_order_in_which_they_were_made() {
    let world = Stage::tasks(4).open().await;
    let tap = &world.wire.tap;
    world.create(&task(9)).await;
    for number in 1..=4 {
        world.set(&format!("t00{number}"), "state", "first").await;
    }
    // While the first of each record is on its way, a second one is made behind it, and a third joins that one.
    tap.hold(Point::Push);
    let syncing = world.begin_sync();
    tap.reached(Point::Push, 5).await;
    for rid in ["t001", "t002", "t003", "t009"] {
        world.set(rid, "state", "second").await;
        world.set(rid, "rank", 7).await;
    }
    world.delete("t004").await;
    assert_eq!(world.engine().queue_stats().unwrap().counts.sealed.0, 5);
    tap.release();
    syncing.await.unwrap();

    assert_eq!(world.effects("t009"), ["put", "put"]);
    assert_eq!(world.effects("t001"), ["put", "put"]);
    assert_eq!(world.effects("t004"), ["put", "delete"]);
    let whole = json!({"id": "t009", "title": "Task 9", "state": "second", "rank": 7});
    assert_eq!(world.there("t009"), Some(whole));
    assert_eq!(world.queue(), []);
    world.finish().await;
}

// proves A5
#[tokio::test]
async fn one_of_a_record_is_in_flight_and_six_records_at_once() {
    let world = Stage::tasks(20).open().await;
    let tap = &world.wire.tap;
    for number in 1..=20 {
        world.set(task(number)["id"].as_str().unwrap(), "state", "done").await;
    }
    tap.hold(Point::Push);
    let syncing = world.begin_sync();
    tap.reached(Point::Push, 6).await;
    world.set("t001", "rank", 50).await;
    world.check_books();
    assert_eq!(tap.count(Point::Push), 6, "the link's limit");
    tap.release();
    syncing.await.unwrap();
    assert_eq!(world.effects("t001"), ["put", "put"]);
    assert_eq!(world.effect_count(), 21);
    world.finish().await;
}
