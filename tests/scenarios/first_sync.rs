//! The first sync of a large collection: its newest rows can be used at once, and whatever cuts it off it goes on.

use tidemark_engine::EngineSettings;
use tidemark_model::settings::LinkSettings;
use tidemark_model::view::RecordFilter;
use tidemark_tests::by_time::{ByTime, Manners};
use tidemark_tests::tap::Point;
use tidemark_tests::world::{Stage, TASKS, World};

const SETTINGS: &str = r#"{"pull":{"kind":"time","since_param":"since","newest":"sort=-modified_at"}}"#;
const BRANCH: &str = "branch";

/// A world with a second link that was never synced, to a server of thirty tasks with ten on a page.
async fn never_synced(manners: Manners) -> (World, ByTime) {
    let engine = EngineSettings { page: 10, ..EngineSettings::default() };
    let world = Stage { engine, ..Stage::tasks(30) }.open().await;
    for number in 1..=30 {
        world.clock.advance_s(60);
        world.colleague_sets(&format!("t{number:03}"), "state", "touched");
    }
    world.sync().await;
    let desk = ByTime::before(&world, manners).await;
    world.wire.set_url(Some(desk.url()));
    world.wire.set_settings(Some(LinkSettings::parse(SETTINGS).unwrap()));
    world.add_link_named(BRANCH, LinkSettings::default()).await;
    (world, desk)
}

fn listed(world: &World) -> Vec<String> {
    let found = world.engine().list_records(BRANCH, TASKS, &RecordFilter::default(), 0, 100).unwrap();
    let mut ids: Vec<String> = found.rows.into_iter().map(|row| row.id).collect();
    ids.sort();
    ids
}

fn tasks(numbers: impl Iterator<Item = usize>) -> Vec<String> {
    numbers.map(|number| format!("t{number:03}")).collect()
}

// proves C3
#[tokio::test]
async fn the_newest_rows_can_be_used_at_once_and_move_no_checkpoint() {
    let (mut world, desk) = never_synced(Manners::default()).await;
    world.wire.tap.forget();
    world.wire.tap.hold(Point::Pull);
    let engine = world.engine().clone();
    let syncing =
        tokio::spawn(async move { engine.sync(Some(BRANCH), None).await.expect("the store works") });
    world.wire.tap.reached(Point::Pull, 1).await;
    assert_eq!(listed(&world), tasks(21..=30), "before the first page from the beginning");
    let first = world.wire.tap.passed(Point::Pull).remove(0);
    assert_eq!(first.token, None, "the listing begins at the beginning");
    // Killed here nothing is lost: the listing begins at the beginning, and the newest are not asked for twice.
    world.crash(syncing).await;
    world.colleague_deletes("t030");
    world.engine().sync(Some(BRANCH), None).await.unwrap();
    assert_eq!(listed(&world), tasks(1..=29), "all of it, and what was deleted meanwhile is gone");
    let sorted = desk.asked().into_iter().filter(|asked| asked.sorted).count();
    assert_eq!(sorted, 1);
    world.engine().sync(Some(BRANCH), None).await.unwrap();
    assert!(desk.asked().iter().all(|asked| !asked.sorted), "only before a first sync");
    let received =
        world.engine().status().unwrap().links.into_iter().find(|link| link.name == BRANCH).unwrap();
    assert!(received.collections[0].records.0 == 29);
    world.wire.set_settings(None);
    world.wire.set_url(None);
    world.restart().await;
    world.finish().await;
}

// proves C3, A6
#[tokio::test]
async fn a_server_that_asks_for_a_pace_with_every_answer_is_brought_in_all_the_same() {
    let (mut world, desk) = never_synced(Manners { paces: true, ..Manners::default() }).await;
    for _ in 0..6 {
        world.engine().sync(Some(BRANCH), None).await.unwrap();
        world.restart().await;
        world.clock.advance_s(11);
    }
    assert_eq!(listed(&world), tasks(1..=30), "{:?}", desk.asked());
    world.wire.set_settings(None);
    world.wire.set_url(None);
    world.restart().await;
    world.finish().await;
}
