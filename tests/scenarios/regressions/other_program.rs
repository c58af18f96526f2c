//! What another program asks for reaches a push that is under way.

use tidemark_engine::Engine;
use tidemark_model::clock::Clock as _;
use tidemark_model::mutation::MutationState;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{Stage, World};

/// Twenty changes of which six are on the wire and held there, and a second program on the same folder.
async fn in_the_middle() -> (World, Engine) {
    let world = Stage::tasks(20).open().await;
    for number in 1..=20 {
        world.set(&format!("t{number:03}"), "state", "done").await;
    }
    world.wire.tap.hold(Point::Push);
    world.engine().start();
    world.wire.tap.reached(Point::Push, 6).await;
    let second = world.second_engine().await;
    (world, second)
}

/// The first program looks at what the other did, as it does every 500 ms.
async fn watch_goes_round(world: &World) {
    for _ in 0..2 {
        let looks = world.clock.now().plus(500);
        world.clock.sleeps_until(looks..=looks).await;
        world.clock.advance_to(looks);
    }
    // The last look is over when it lies down again.
    let again = world.clock.now().plus(500);
    world.clock.sleeps_until(again..=again).await;
}

async fn comes_to_rest(world: &World) {
    world.wire.tap.release();
    let sealed = |world: &World| world.queue().iter().any(|row| row.mutation_state == MutationState::Sealed);
    world.until(|world| !sealed(world)).await;
}

// proves A14, H6
#[tokio::test]
async fn a_pause_by_another_program_takes_back_what_was_not_sent() {
    let (world, second) = in_the_middle().await;
    second.pause(None, None).await.unwrap();
    watch_goes_round(&world).await;
    comes_to_rest(&world).await;
    assert_eq!(world.effect_count(), 6, "what was on its way may finish, and nothing more goes");
    second.resume(None, None).await.unwrap();
    world.until(|world| world.queue().is_empty()).await;
    assert_eq!(world.effect_count(), 20);
    second.shutdown().await;
    world.finish().await;
}
