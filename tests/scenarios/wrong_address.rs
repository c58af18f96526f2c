//! A wrong address deletes nothing, here or there, and drops no change.

use tidemark_model::settings::LinkSettings;
use tidemark_model::view::Stopped;
use tidemark_tests::world::{LINK, Stage, World};

async fn pending() -> World {
    let world = Stage::tasks(60).open().await;
    world.set("t001", "state", "done").await;
    world.delete("t002").await;
    world.create(&tidemark_tests::world::task(99)).await;
    world
}

async fn nothing_is_lost(world: &World) {
    for _ in 0..5 {
        let report = world.sync().await;
        assert_eq!((report.confirmed, report.parked, report.conflicts), (0, 0, 0));
        world.clock.advance_s(60);
    }
    assert_eq!(world.queue().len(), 3, "every change still waits");
    assert_eq!(world.count_here(), 61, "59 of the server, one deleted here, one made here");
    assert_eq!(world.effect_count(), 0);
    let stopped = world.engine().status().unwrap().links[0].stopped.clone();
    assert!(matches!(stopped, Some(Stopped::Intercepted { .. } | Stopped::NotFound { .. })), "{stopped:?}");
    world.check_books();
}

async fn all_goes_on(world: World) {
    world.clock.advance_s(300);
    assert_eq!(world.sync().await.confirmed, 3);
    assert_eq!((world.effect_count(), world.count_here()), (3, 60));
    world.finish().await;
}

// proves A7, C4
#[tokio::test]
async fn a_wrong_base_path_deletes_nothing() {
    let world = pending().await;
    let wrong = format!("{}/other", world.server.origin());
    world.engine().set_link_url(LINK, &wrong).await.unwrap();
    nothing_is_lost(&world).await;
    world.engine().set_link_url(LINK, &world.server.url()).await.unwrap();
    all_goes_on(world).await;
}

// proves A7, C4
#[tokio::test]
async fn a_collection_that_is_not_found_deletes_nothing() {
    let world = pending().await;
    let moved = LinkSettings::parse(r#"{"collections":[{"name":"tasks","path":"c/nowhere"}]}"#).unwrap();
    world.wire.set_settings(Some(moved));
    world.engine().reconnect(LINK).await.unwrap();
    nothing_is_lost(&world).await;
    world.wire.set_settings(None);
    world.engine().reconnect(LINK).await.unwrap();
    all_goes_on(world).await;
}
