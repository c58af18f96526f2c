//! Lists that are read page after page while the queue moves.

use std::collections::BTreeMap;
use tidemark_engine::EngineSettings;
use tidemark_model::view::{ChangeState, QueueFilter};
use tidemark_tests::tap::Point;
use tidemark_tests::world::{Stage, World, task};

/// Rows of a page.
const SIZE: usize = 7;
/// Changes confirmed between two pages.
const SENT: usize = 3;

async fn sixty_one_by_one() -> World {
    let engine = EngineSettings { in_flight: 1, batch: 1, ..EngineSettings::default() };
    let world = Stage { engine, ..Stage::default() }.open().await;
    for number in 1..=60 {
        world.create(&task(number)).await;
    }
    world
}

// proves A13
#[tokio::test]
async fn a_queue_is_read_whole_by_places_while_changes_are_confirmed_and_added() {
    let world = sixty_one_by_one().await;
    let (filter, tap) = (QueueFilter::default(), world.wire.tap.clone());
    tap.hold(Point::Push);
    let syncing = world.begin_sync();
    let mut shown: BTreeMap<String, usize> = BTreeMap::new();
    let mut page = world.engine().list_queue(&filter, 0, SIZE).unwrap();
    let (mut pages, mut added) = (1, 60);
    loop {
        page.rows.iter().for_each(|row| *shown.entry(row.record.clone()).or_default() += 1);
        let Some(next) = page.next else { break };
        tap.hold_from(Point::Push, pages * SENT);
        tap.reached(Point::Push, pages * SENT).await;
        added += 1;
        world.create(&task(added)).await;
        page = world.engine().list_queue_after(&filter, &next, SIZE).unwrap();
        pages += 1;
    }
    let confirmed = world.engine().queue_stats().unwrap().counts.confirmed.0;
    assert!(confirmed >= 20, "the queue moved: {confirmed}");
    assert!(added > 65, "and grew: {added}");
    let standing = world.queue().into_iter().filter(|row| row.state == ChangeState::Waiting);
    for row in standing {
        assert_eq!(shown.get(&row.record), Some(&1), "{} stood still: {shown:?}", row.record);
    }
    tap.release();
    syncing.await.unwrap();
    world.finish().await;
}
