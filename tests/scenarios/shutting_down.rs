//! A program that ends begins nothing new, waits ten seconds for what is on its way, and leaves the rest to the next start.

use tidemark_model::clock::Clock as _;
use tidemark_model::mutation::MutationState;
use tidemark_tests::deadline::soon;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{Stage, World};
use tokio::task::JoinHandle;

/// A running engine with ten changes, of which the six that may be on their way at once are.
async fn with_six_on_their_way() -> World {
    let world = Stage::tasks(10).open().await;
    for number in 1..=10 {
        world.set(&format!("t{number:03}"), "state", "done").await;
    }
    world.wire.tap.hold(Point::PushAnswer);
    world.engine().start();
    world.wire.tap.reached(Point::PushAnswer, 6).await;
    world
}

/// The engine is told to end; it sleeps until its last moment.
async fn begin_to_end(world: &World) -> JoinHandle<()> {
    // Nobody else sleeps until that moment.
    world.clock.advance(1);
    let engine = world.engine().clone();
    let last = world.clock.now().plus(10_000);
    let ending = tokio::spawn(async move { engine.shutdown().await });
    world.clock.sleeps_until(last..=last).await;
    ending
}

/// Everything that can run has had its turn.
async fn gets_its_turn() {
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
}

fn keys(world: &World) -> Vec<Option<String>> {
    let mut keys: Vec<_> =
        world.wire.tap.passed(Point::Push).into_iter().map(|passed| passed.token).collect();
    keys.sort();
    keys
}

// proves E4, B6
#[tokio::test]
async fn what_is_on_its_way_may_be_answered_in_time_and_nothing_else_is_sent() {
    let mut world = with_six_on_their_way().await;
    let ending = begin_to_end(&world).await;
    world.clock.advance(9_999);
    gets_its_turn().await;
    assert!(!ending.is_finished(), "it waits for the answers");
    world.wire.tap.release();
    soon("it ends", ending).await.unwrap();
    assert_eq!(world.wire.tap.count(Point::Push), 6, "no other was begun");
    world.drop_engine();

    world.open_engine().await;
    let waits: Vec<MutationState> = world.queue().iter().map(|row| row.mutation_state).collect();
    assert_eq!(waits, [MutationState::Queued; 4], "the six answers were written down");
    assert_eq!(world.sync().await.confirmed, 4);
    assert_eq!(world.effect_count(), 10);
    world.finish().await;
}

// proves E4, B6, A4
#[tokio::test]
async fn what_is_not_answered_in_time_is_asked_for_under_its_key_at_the_next_start() {
    let mut world = with_six_on_their_way().await;
    let first = keys(&world);
    let ending = begin_to_end(&world).await;
    world.clock.advance(10_000);
    soon("it ends", ending).await.unwrap();
    world.drop_engine();
    world.wire.tap.release();
    world.wire.tap.forget();

    world.open_engine().await;
    let uncertain = world.queue().iter().filter(|row| row.mutation_state == MutationState::Uncertain).count();
    assert_eq!((uncertain, world.queue().len()), (6, 10), "of the others it is known that they never left");
    assert_eq!(world.sync().await.confirmed, 10);
    let again = keys(&world);
    assert!(first.iter().all(|key| again.contains(key)), "under the same keys");
    assert_eq!(world.effect_count(), 10, "nothing twice");
    world.finish().await;
}
