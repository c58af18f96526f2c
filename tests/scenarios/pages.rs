//! A page and its checkpoint come in together or not at all.

use rusqlite::Connection;
use tidemark_engine::EngineSettings;
use tidemark_sandbox::Switch;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{LINK, Stage, World, task};

async fn paged() -> World {
    let stage =
        Stage { engine: EngineSettings { page: 100, ..EngineSettings::default() }, ..Stage::default() };
    let world = stage.open().await;
    for number in 1..=250 {
        let document = task(number).as_object().cloned();
        world.colleague(tidemark_sandbox::ColleagueEdit {
            collection: "tasks".into(),
            create: document,
            ..Default::default()
        });
    }
    world
}

/// Where each page that was asked for began.
fn asked_after(world: &World) -> Vec<Option<String>> {
    world.wire.tap.passed(Point::Pull).into_iter().map(|passed| passed.token).collect()
}

// proves C3
#[tokio::test]
async fn a_page_that_breaks_off_leaves_nothing_behind_and_is_asked_for_again() {
    let world = paged().await;
    break_page(&world, 2).await;
    assert_eq!(world.count_here(), 100, "the first page whole, nothing of the second");
    let asked = asked_after(&world);
    world.wire.tap.forget();
    world.sync().await;
    assert_eq!(world.count_here(), 250);
    let again = asked_after(&world);
    assert_eq!(again[0], asked[1], "it goes on after the last page that was whole");
    assert_eq!(again.len(), 2, "and asks for nothing that it has");
    world.finish().await;
}

// proves C3
#[tokio::test]
async fn a_page_that_cannot_be_stored_whole_is_not_stored_at_all() {
    let mut world = paged().await;
    world.close().await;
    let db = Connection::open(world.folder().join("tidemark.db")).unwrap();
    db.execute_batch(
        "CREATE TRIGGER full_disk BEFORE INSERT ON records WHEN NEW.rid = 't150'
         BEGIN SELECT RAISE(ABORT, 'no more room'); END;",
    )
    .unwrap();
    world.open_engine().await;
    assert!(world.engine().sync(Some(LINK), None).await.is_err());
    assert_eq!(world.count_here(), 100, "the 49 rows before the fault went with their page");
    let asked = asked_after(&world);

    db.execute_batch("DROP TRIGGER full_disk").unwrap();
    world.wire.tap.forget();
    world.sync().await;
    assert_eq!(world.count_here(), 250);
    assert_eq!(asked_after(&world)[0], asked[1], "the checkpoint had not moved");
    world.finish().await;
}

// proves C3
#[tokio::test]
async fn a_pull_of_several_pages_goes_on_after_a_restart() {
    let mut world = paged().await;
    world.wire.tap.hold(Point::PullAnswer);
    let syncing = world.begin_sync();
    world.wire.tap.reached(Point::PullAnswer, 1).await;
    world.crash(syncing).await;
    assert_eq!(world.count_here(), 0, "the page had come and was not stored");

    break_page(&world, 3).await;
    assert_eq!(world.count_here(), 200);
    world.restart().await;
    world.wire.tap.forget();
    world.sync().await;
    assert_eq!((world.count_here(), asked_after(&world).len()), (250, 1));
    world.finish().await;
}

/// A sync in which the page of this number breaks off in the middle.
async fn break_page(world: &World, page: usize) {
    let tap = &world.wire.tap;
    tap.forget();
    tap.hold_from(Point::Pull, page);
    let syncing = world.begin_sync();
    tap.reached(Point::Pull, page).await;
    world.fault(|faults| faults.truncate = Some(Switch::always(true).path("limit=").times(1)));
    tap.release();
    assert!(syncing.await.unwrap().failure.is_some());
}
