//! A program that dies in the middle of sending goes on where it was, and sends nothing twice.

use tidemark_model::mutation::MutationState;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{Stage, World};

async fn twenty_edits(settings: &str) -> World {
    let world = Stage::tasks(20).settings(settings).open().await;
    for number in 1..=20 {
        world.set(&format!("t{number:03}"), "state", "done").await;
    }
    world
}

async fn die_holding(world: &mut World, point: Point) {
    let tap = world.wire.tap.clone();
    tap.hold(point);
    let syncing = world.begin_sync();
    tap.reached(point, 6).await;
    world.crash(syncing).await;
    let counts = world.engine().queue_stats().unwrap().counts;
    assert_eq!(counts.sealed.0, 0, "nobody knows of a sealed one after a start whether it is in");
    assert!(counts.uncertain.0 >= 6, "{counts:?}");
    assert_eq!(counts.uncertain.0 + counts.queued.0, 20, "nothing is lost: {counts:?}");
    world.check_books();
}

// proves B6, A4
#[tokio::test]
async fn answers_that_died_with_the_program_are_asked_for_again() {
    let mut world = twenty_edits("{}").await;
    die_holding(&mut world, Point::PushAnswer).await;
    assert_eq!(world.effect_count(), 6, "these were done, and nobody knows here");
    assert_eq!(world.sync().await.confirmed, 20);
    assert_eq!(world.effect_count(), 20, "each took effect once");
    world.finish().await;
}

// proves B6, A4
#[tokio::test]
async fn so_it_is_on_a_server_without_keys() {
    let mut world = twenty_edits(r#"{"write":{"keys":{"honoured":false}}}"#).await;
    die_holding(&mut world, Point::PushAnswer).await;
    assert_eq!(world.sync().await.confirmed, 20);
    assert_eq!(world.effect_count(), 20, "each took effect once");
    world.finish().await;
}

// proves B6
#[tokio::test]
async fn what_was_sealed_and_never_sent_is_sent() {
    let mut world = twenty_edits("{}").await;
    die_holding(&mut world, Point::Push).await;
    assert_eq!(world.effect_count(), 0);
    assert_eq!(world.sync().await.confirmed, 20);
    assert_eq!(world.effect_count(), 20);
    world.finish().await;
}

// proves B6, A3
#[tokio::test]
async fn an_edit_after_the_restart_waits_behind_what_nobody_knows_of() {
    let mut world = twenty_edits("{}").await;
    die_holding(&mut world, Point::PushAnswer).await;
    let uncertain =
        world.queue().into_iter().find(|row| row.mutation_state == MutationState::Uncertain).unwrap();
    let next = world.set(&uncertain.record, "rank", 99).await;
    assert_eq!(next.combined_into, None);
    assert_eq!(world.sync().await.confirmed, 21);
    assert_eq!(world.effects(&uncertain.record), ["put", "put"]);
    assert_eq!(world.there(&uncertain.record).unwrap()["rank"], 99);
    world.finish().await;
}
