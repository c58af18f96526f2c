//! What is confirmed while whole sets are compared is not taken away by the older list.

use serde_json::json;
use tidemark_sandbox::{ColleagueEdit, Switch};
use tidemark_tests::tap::Point;
use tidemark_tests::world::{Stage, TASKS};

// proves C3, C4
#[tokio::test]
async fn a_record_confirmed_in_the_middle_of_a_comparison_stays() {
    let mut stage = Stage::tasks(6);
    stage.engine.page = 2;
    let world = stage.open().await;
    let create = json!({"id": "t050"}).as_object().cloned();
    world.colleague(ColleagueEdit { collection: TASKS.into(), create, ..Default::default() });
    world.sync().await;
    // An old copy is put back, without the last record: everything is listed anew.
    world.server.new_epoch(1).unwrap();
    let tap = &world.wire.tap;
    // The first wish for a page is told that its checkpoint is void.
    tap.forget();
    tap.hold_from(Point::PullAnswer, 2);
    let syncing = world.begin_sync();
    tap.reached(Point::PullAnswer, 2).await;
    world.create(&json!({"id": "t100"})).await;
    world.set("t006", "state", "mine").await;
    tap.release();
    let report = syncing.await.unwrap();
    assert_eq!((report.confirmed, report.conflicts), (2, 0));
    assert_eq!(world.here("t100"), Some(json!({"id": "t100"})), "the person saw it confirmed");
    assert_eq!(world.here("t006").unwrap()["state"], "mine");
    assert_eq!(world.here("t050"), None, "the comparison itself was made");
    world.finish().await;
}

// proves C3, A4
#[tokio::test]
async fn an_old_answer_that_is_said_again_does_not_keep_what_a_comparison_did_not_see() {
    let world = Stage::tasks(2).open().await;
    world.fault(|faults| faults.drop_after = Some(Switch::always(true).method("PUT")));
    world.create(&json!({"id": "t100"})).await;
    world.sync().await;
    assert!(world.there("t100").is_some(), "it arrived, and its answer was lost");
    world.colleague_deletes("t100");
    world.server.with_world(|server| server.forget_tombstones()).unwrap();
    world.sync().await;
    world.server.clear_faults();
    world.clock.advance_s(60);
    world.sync().await;
    world.sync().await;
    assert_eq!((world.here("t100"), world.queue()), (None, vec![]), "it is gone on the server");
    world.finish().await;
}
