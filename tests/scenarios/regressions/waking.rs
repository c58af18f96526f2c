//! What waits for a time goes at that time, without anybody doing anything, and tries that never left are none.

use crate::offline_pushes::is_gone_when_it_leaves;
use tidemark_model::mutation::MutationState;
use tidemark_sandbox::Switch;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{Stage, World};

fn state(world: &World) -> Option<MutationState> {
    world.queue().first().map(|row| row.mutation_state)
}

// proves A6, A7
#[tokio::test]
async fn offline_attempts_do_not_count() {
    let world = Stage::tasks(2).open().await;
    let change = world.set("t001", "state", "done").await.change.unwrap();
    for _ in 0..50 {
        is_gone_when_it_leaves(&world).await;
        world.clock.advance_s(400);
    }
    assert_eq!(world.engine().get_change(&change).unwrap().attempts.len(), 50);
    // Refused as often as it may be, less one: had any of the fifty counted, it would be parked by now.
    for _ in 0..4 {
        // A success beside it: the fault is this change's own.
        world.set("t002", "rank", world.clock.lie_downs()).await;
        world.fault(|faults| faults.status = Some(Switch::always(vec![500]).path("/t001").method("PUT")));
        world.sync().await;
        assert_ne!(state(&world), Some(MutationState::Parked));
        world.clock.advance_s(400);
    }
    world.server.clear_faults();
    world.sync().await;
    assert_eq!(state(&world), None);
    world.finish().await;
}

// proves A6, B6
#[tokio::test]
async fn a_restart_keeps_wake_ups_and_does_not_reset_them() {
    let mut world = Stage::tasks(1).open().await;
    world.set("t001", "state", "done").await;
    world.fault(|faults| faults.status = Some(Switch::always(vec![500]).method("PUT")));
    for _ in 0..3 {
        world.sync().await;
        let due = world.queue()[0].next_at.unwrap();
        world.restart().await;
        assert_eq!(world.queue()[0].next_at, Some(due), "the same time as before");
        world.wire.tap.forget();
        world.clock.advance_to(due.plus(-1));
        world.sync().await;
        assert_eq!(world.wire.tap.count(Point::Push), 0, "not before its time");
        world.clock.advance_to(due);
    }
    world.server.clear_faults();
    world.restart().await;
    world.engine().start();
    world.until(|world| world.queue().is_empty()).await;
    assert_eq!(world.effects("t001"), ["put"]);
    world.finish().await;
}

// proves A6, A11
#[tokio::test]
async fn a_failed_upload_is_tried_again_without_a_new_edit() {
    let world = Stage::tasks(1).open().await;
    world.engine().start();
    for (number, status) in [500, 502, 503, 408, 425].into_iter().enumerate() {
        world.fault(|faults| faults.status = Some(Switch::always(vec![status]).method("PUT").times(2)));
        world.set("t001", "rank", 10 + number).await;
        world.until(|world| world.queue().is_empty()).await;
        assert_eq!(world.there("t001").unwrap()["rank"], 10 + number, "after {status}");
    }
    world.fault(|faults| faults.drop_after = Some(Switch::always(true).method("PUT").times(1)));
    world.set("t001", "state", "done").await;
    world.until(|world| world.queue().is_empty()).await;
    world.finish().await;
}
