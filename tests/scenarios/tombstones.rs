//! A deleted record does not come back by itself.

use tidemark_sandbox::Switch;
use tidemark_tests::world::{Stage, task};

// proves C4
#[tokio::test]
async fn a_tombstone_does_not_come_back() {
    let mut world = Stage::tasks(4).open().await;
    world.colleague_deletes("t001");
    world.delete("t002").await;
    world.sync().await;
    assert_eq!([world.here("t001"), world.here("t002")], [None, None]);
    // A comparison of whole sets shows what is there and no tombstones.
    world.server.with_world(|server| server.forget_tombstones()).unwrap();
    world.restart().await;
    for _ in 0..3 {
        world.sync().await;
    }
    assert_eq!([world.here("t001"), world.here("t002")], [None, None]);
    assert_eq!([world.there("t001"), world.there("t002")], [None, None], "and nothing was put back there");
    assert_eq!(world.count_here(), 2);
    world.finish().await;
}

// proves C4
#[tokio::test]
async fn an_old_version_that_comes_in_while_the_deletion_is_on_its_way_changes_nothing() {
    let world = Stage::tasks(3).open().await;
    world.delete("t001").await;
    world.fault(|faults| faults.drop_before = Some(Switch::always(true).method("DELETE")));
    // Everything is listed anew, the record that we deleted among it: the server has not heard of it yet.
    world.server.new_epoch(0).unwrap();
    world.sync().await;
    assert_eq!((world.here("t001"), world.count_here()), (None, 3 - 1 + 1), "it shows as deleted here");
    world.check_books();
    world.server.clear_faults();
    world.clock.advance_s(5);
    assert_eq!(world.sync().await.confirmed, 1);
    assert_eq!((world.here("t001"), world.there("t001")), (None, None));
    assert_eq!(world.count_here(), 2);
    world.finish().await;
}

// proves C4
#[tokio::test]
async fn a_record_made_anew_under_its_old_id_is_a_new_record() {
    let world = Stage::tasks(1).open().await;
    world.delete("t001").await;
    world.sync().await;
    world.create(&task(1)).await;
    assert_eq!(world.sync().await.confirmed, 1);
    assert_eq!((world.here("t001"), world.there("t001")), (Some(task(1)), Some(task(1))));
    world.finish().await;
}
