//! A pull that would remove much stops and asks.

use tidemark_engine::EngineSettings;
use tidemark_model::number::Count;
use tidemark_model::view::Stopped;
use tidemark_tests::world::{LINK, Stage, TASKS, World};

async fn deleted_there(page: usize, count: usize) -> World {
    let mut stage = Stage::tasks(200);
    stage.engine = EngineSettings { page, ..EngineSettings::default() };
    let world = stage.open().await;
    for number in 1..=count {
        world.colleague_deletes(&format!("t{number:03}"));
    }
    world
}

// proves C4
#[tokio::test]
async fn removing_60_of_200_is_asked_first() {
    let world = deleted_there(1_000, 60).await;
    world.sync().await;
    let asked =
        Some(Stopped::Deletions { collection: TASKS.into(), would_remove: Count(60), of: Count(200) });
    assert_eq!(world.engine().status().unwrap().links[0].stopped, asked);
    assert_eq!(world.count_here(), 200, "nothing of the page was applied");
    world.set("t150", "state", "done").await;
    assert_eq!(world.sync().await.confirmed, 1, "sending goes on");
    assert_eq!(world.count_here(), 200, "it goes on asking");
    world.check_books();

    world.engine().allow_removals(LINK, TASKS).await.unwrap();
    world.sync().await;
    assert_eq!(world.count_here(), 140);
    assert_eq!(world.engine().status().unwrap().links[0].stopped, None);
    world.finish().await;
}

// proves C4
#[tokio::test]
async fn many_small_pages_are_counted_together() {
    let world = deleted_there(20, 60).await;
    world.sync().await;
    assert!(matches!(world.engine().status().unwrap().links[0].stopped, Some(Stopped::Deletions { .. })));
    assert!(world.count_here() >= 150, "at most 50 went before it asked, {} are left", world.count_here());
    world.engine().allow_removals(LINK, TASKS).await.unwrap();
    world.sync().await;
    assert_eq!(world.count_here(), 140);
    world.finish().await;
}

// proves C4
#[tokio::test]
async fn removing_a_few_is_not_asked() {
    let world = deleted_there(1_000, 50).await;
    world.sync().await;
    assert_eq!((world.count_here(), world.engine().status().unwrap().links[0].stopped.clone()), (150, None));
    world.finish().await;
}
