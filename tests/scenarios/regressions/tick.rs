//! The green tick follows a check that saw everything, and no other.

use tidemark_model::view::Sentence;
use tidemark_sandbox::{CollectionSpec, Switch};
use tidemark_tests::world::{LINK, Stage, TASKS, World};

async fn just_started() -> World {
    let mut world = Stage::tasks(2).collection(CollectionSpec::named("notes")).open().await;
    world.restart().await;
    world
}

fn has_a_tick(world: &World) -> bool {
    matches!(world.engine().status().unwrap().sentence, Sentence::UpToDate { .. })
}

// proves E1
#[tokio::test]
async fn no_tick_after_a_pull_that_failed() {
    for (status, wait) in [(429, Some(60)), (500, None), (503, None), (403, None)] {
        let world = just_started().await;
        world.fault(|faults| {
            faults.status = Some(Switch::always(vec![status]).path("limit="));
            faults.retry_after = wait.map(Switch::always);
        });
        assert!(world.sync().await.failure.is_some(), "{status}");
        assert!(!has_a_tick(&world), "nothing was pulled since the start: {status}");
        world.server.clear_faults();
        world.clock.advance_s(61);
        world.sync().await;
        assert!(has_a_tick(&world), "now everything was: {:?}", world.engine().status().unwrap().sentence);
        world.finish().await;
    }
}

// proves E1
#[tokio::test]
async fn no_tick_after_a_look_at_one_collection_only() {
    let world = just_started().await;
    world.engine().sync(Some(LINK), Some(TASKS)).await.unwrap();
    assert!(!has_a_tick(&world));
    world.sync().await;
    assert!(has_a_tick(&world));
    world.finish().await;
}

// proves E1
#[tokio::test]
async fn a_failed_check_does_not_make_an_older_tick_younger() {
    let world = just_started().await;
    world.sync().await;
    let first = world.engine().status().unwrap().sentence;
    world.clock.advance_s(30);
    world.fault(|faults| faults.status = Some(Switch::always(vec![500]).path("limit=")));
    world.sync().await;
    let later = world.engine().status().unwrap().sentence;
    assert!(!has_a_tick(&world) || later == first, "{later:?}");
    world.server.clear_faults();
    world.finish().await;
}
