//! The check of the store after an end without a goodbye goes on beside work.

use std::sync::mpsc;
use tidemark_tests::store_files::meta;
use tidemark_tests::world::Stage;
use tokio::runtime::Builder;

// proves A1, B6
#[test]
fn an_edit_during_the_check_after_an_unclean_end_does_not_wait_for_it() {
    // One thread for what takes its time, so that a test can keep the check from ending.
    let runtime = Builder::new_current_thread().enable_all().max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let mut world = Stage::tasks(1).open().await;
        world.drop_engine();
        world.open_engine().await;
        let (go_on, held) = mpsc::channel::<()>();
        let holding = tokio::task::spawn_blocking(move || held.recv());
        let engine = world.engine().clone();
        let checking = tokio::spawn(async move { engine.look_after_store().await });
        for _ in 0..64 {
            tokio::task::yield_now().await;
        }
        world.set("t001", "state", "done").await;
        assert_eq!(world.here("t001").unwrap()["state"], "done");
        assert!(!checking.is_finished(), "the check was not done yet");
        assert!(meta(world.folder(), "check_due").is_some(), "and nobody says that it was");
        drop(go_on);
        let _ = holding.await.unwrap();
        checking.await.unwrap();
        assert_eq!(meta(world.folder(), "check_due"), None, "then it was done and noted");
        assert_eq!(world.sync().await.confirmed, 1);
        world.finish().await;
    });
}
