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
    watch_goes_round(&world).await;
    (world, second)
}

/// The first program looks at what the other did, which it does every 500 ms.
async fn watch_goes_round(world: &World) {
    let looks_next = world.clock.next_of(500).await;
    world.clock.advance_to(looks_next);
    let again = looks_next.plus(500);
    world.clock.sleeps_until(again..=again).await;
}
