//! Two programs on one folder: one of them sends, and what the other saves is sent too.

use serde_json::json;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{LINK, Stage, TASKS, World, task};

async fn saves(engine: &tidemark_engine::Engine, id: &str) {
    engine.create_record(LINK, TASKS, &json!({ "id": id }).to_string(), None).await.unwrap();
}

async fn with_second() -> (World, tidemark_engine::Engine) {
    let world = Stage::tasks(1).open().await;
    let second = world.second_engine().await;
    assert!(world.engine().is_sender() && !second.is_sender(), "one sender");
    (world, second)
}

// proves H6, B6
#[tokio::test]
async fn what_the_other_program_saves_is_sent_by_the_one_that_sends() {
    let (world, second) = with_second().await;
    assert_eq!(second.get_record(LINK, TASKS, "t001").unwrap().document, Some(task(1).to_string()));
    saves(&second, "t100").await;
    second.sync(Some(LINK), None).await.unwrap();
    assert_eq!(world.wire.tap.count(Point::Push), 0, "the second never sends");
    assert_eq!(world.queue().len(), 1, "the first sees it");

    world.engine().start();
    let wish = second.ask_sender(Some(LINK)).await.unwrap();
    world.until(|_| !second.is_asked(wish).unwrap()).await;
    assert_eq!(world.effects("t100"), ["put"]);
    assert_eq!(second.queue_stats().unwrap().counts.confirmed.0, 1);
    second.shutdown().await;
    world.finish().await;
}

// proves H6, B6
#[tokio::test]
async fn when_the_sender_ends_the_other_takes_over() {
    let (mut world, second) = with_second().await;
    saves(world.engine(), "t101").await;
    saves(&second, "t102").await;
    world.close().await;
    world.goes_on_with(second);
    world.engine().start();
    world.until(|world| world.engine().is_sender() && world.queue().is_empty()).await;
    assert_eq!(world.effect_count(), 2);
    world.finish().await;
}

// proves B6
#[tokio::test]
async fn what_the_last_sender_had_sealed_is_uncertain_to_the_next_and_is_not_doubled() {
    let (mut world, second) = with_second().await;
    saves(world.engine(), "t101").await;
    let tap = world.wire.tap.clone();
    tap.hold(Point::PushAnswer);
    let syncing = world.begin_sync();
    tap.reached(Point::PushAnswer, 1).await;
    world.crash_leaving(syncing).await;
    world.goes_on_with(second);
    world.engine().start();
    world.until(|world| world.queue().is_empty()).await;
    assert_eq!(world.effects("t101"), ["put"]);
    world.finish().await;
}
