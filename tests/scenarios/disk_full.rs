//! A disk that is full is said, and saving works again by itself once there is room.
//!
//! The test starts itself again as a child whose folder lies on a small disk of its own, in a mount namespace that ends
//! with the child.

use std::process::Command;
use tidemark_engine::StoreError;
use tidemark_model::view::{Sentence, StoreFault};
use tidemark_tests::world::{LINK, Stage, TASKS, World, task};

/// In the child: it runs on the small disk.
const SMALL: &str = "TIDEMARK_SCENARIO_SMALL_DISK";

// proves A1, A8
#[tokio::test]
async fn a_full_disk_is_said_and_ends_by_itself() {
    if std::env::var_os(SMALL).is_some() {
        return on_the_small_disk().await;
    }
    let disk = tempfile::tempdir().unwrap();
    let script = "mount -t tmpfs -o size=6m small \"$1\" && cd \"$1\" && TMPDIR=\"$1\" exec \"$2\" --exact \"$3\" --nocapture";
    let child = Command::new("unshare")
        .args(["--mount", "--map-root-user", "sh", "-c", script, "sh"])
        .arg(disk.path())
        .arg(std::env::current_exe().unwrap())
        .arg("disk_full::a_full_disk_is_said_and_ends_by_itself")
        .env(SMALL, "1")
        .output()
        .unwrap();
    let said =
        String::from_utf8_lossy(&child.stdout).into_owned() + String::from_utf8_lossy(&child.stderr).as_ref();
    assert!(child.status.success() && said.contains("1 passed"), "{said}");
}

fn fault(world: &World) -> Option<StoreFault> {
    world.engine().status().unwrap().store_fault
}

async fn on_the_small_disk() {
    let world = Stage::tasks(3).open().await;
    world.set("t001", "state", "done").await;
    // Nothing is written by itself: the state has to be looked at on purpose.
    world.engine().pause(None, None).await.unwrap();
    world.engine().start();
    let ballast = world.folder().join("ballast");
    let filled = std::fs::write(&ballast, vec![0u8; 16 << 20]);
    assert!(filled.is_err(), "the disk is smaller than that");
    let refused = until_refused(&world).await;
    assert!(matches!(refused, StoreError::DiskFull { .. }), "{refused:?}");
    let status = world.engine().status().unwrap();
    assert_eq!(status.sentence, Sentence::CannotSave { fault: StoreFault::DiskFull });

    let mut rounds = 0;
    world
        .until(|_| {
            rounds += 1;
            rounds > 100
        })
        .await;
    assert_eq!(fault(&world), Some(StoreFault::DiskFull), "it is full for as long as it is");
    world.check_books();
    std::fs::remove_file(ballast).unwrap();
    world.until(|world| fault(world).is_none()).await;
    world.set("t002", "state", "done").await;
    world.engine().resume(None, None).await.unwrap();
    world.until(|world| world.queue().is_empty()).await;
    assert_eq!(world.there("t002").unwrap()["state"], "done");
    world.finish().await;
}

/// Saves records until the disk takes no more.
async fn until_refused(world: &World) -> StoreError {
    for number in 100..10_000 {
        let mut document = task(number);
        document["title"] = "word ".repeat(500).into();
        let text = document.to_string();
        if let Err(error) = world.engine().create_record(LINK, TASKS, &text, None).await {
            return error;
        }
    }
    panic!("the disk never was full");
}
