//! Nothing is asked for again and again without a pause.

use serde_json::json;
use tidemark_model::clock::Clock as _;
use tidemark_model::settings::LinkSettings;
use tidemark_sandbox::Switch;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{LINK, Stage, World};

// proves A6, E3
#[tokio::test]
async fn behind_a_login_page_the_server_is_looked_for_with_pauses() {
    let world = Stage::tasks(1).open().await;
    world.set("t001", "state", "done").await;
    world.fault(|faults| faults.html_200 = Some(Switch::always(true)));
    world.engine().start();
    let tap = &world.wire.tap;
    world.until(|_| tap.count(Point::Check) > 0).await;
    let looked = tap.count(Point::Check);
    tokio::select! {
        () = world.clock.sleeps_until(world.clock.now().plus(1_000)..) => {}
        () = tap.reached(Point::Check, looked + 20) => panic!("it looks without a pause while no time passes"),
    }
    let before = world.clock.now();
    world.until(|world| world.clock.now() >= before.plus(120_000)).await;
    let looks = tap.count(Point::Check) - looked;
    assert!((2..=25).contains(&looks), "{looks} looks in two minutes");

    world.server.clear_faults();
    world.until(|world| world.queue().is_empty()).await;
    assert_eq!(world.effects("t001"), ["put"]);
    world.finish().await;
}

/// From now on the server's answers show no version.
async fn versions(world: &World, shown: bool) {
    let hidden = r#"{"collections":[{"name":"tasks","version":{"field":"no-such-field"}}]}"#;
    world.wire.set_settings((!shown).then(|| LinkSettings::parse(hidden).unwrap()));
    world.engine().reconnect(LINK).await.unwrap();
}

// proves A6, D1
#[tokio::test]
async fn a_record_whose_version_is_not_told_is_asked_for_with_pauses() {
    let world = Stage::tasks(1).open().await;
    world.set("t001", "state", "first").await;
    versions(&world, false).await;
    world.sync().await;
    assert_eq!(world.effects("t001"), ["put"], "it goes on the version that was known");
    let tap = &world.wire.tap;
    tap.forget();

    world.set("t001", "state", "second").await;
    let mut syncing = world.begin_sync();
    tokio::select! {
        report = &mut syncing => assert_eq!(report.unwrap().confirmed, 0),
        () = tap.reached(Point::Fetch, 10) => panic!("it asks without a pause while no time passes"),
    }
    assert_eq!(world.queue().len(), 1);
    assert!(world.queue()[0].next_at.is_some_and(|at| at > world.clock.now()), "it waits for its time");

    versions(&world, true).await;
    world.clock.advance_s(600);
    assert_eq!(world.sync().await.confirmed, 1);
    assert_eq!(world.there("t001").unwrap()["state"], json!("second"));
    world.finish().await;
}
