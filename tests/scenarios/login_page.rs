//! A 200 that is not the server's own acknowledgement acknowledges nothing.

use tidemark_model::mutation::MutationState;
use tidemark_model::view::Stopped;
use tidemark_sandbox::Switch;
use tidemark_tests::world::{LINK, Stage};

// proves A7, A4
#[tokio::test]
async fn a_login_page_on_a_write_is_no_acknowledgement() {
    let world = Stage::tasks(1).open().await;
    world.set("t001", "state", "done").await;
    world.fault(|faults| faults.html_200 = Some(Switch::always(true).method("PUT").times(1)));
    let report = world.sync().await;
    assert_eq!((report.confirmed, report.parked), (0, 0));
    let status = world.engine().status().unwrap();
    assert_eq!((status.ledger.confirmed.0, status.ledger.not_confirmed.0), (0, 1));
    assert!(matches!(status.links[0].stopped, Some(Stopped::Intercepted { .. })));
    assert_eq!(world.queue()[0].mutation_state, MutationState::Uncertain);
    assert!(world.record("t001").unwrap().base.unwrap().contains(r#""open""#), "the base did not move");

    world.clock.advance_s(5);
    assert_eq!(world.sync().await.confirmed, 1);
    assert_eq!(world.effects("t001"), ["put"]);
    assert_eq!(world.engine().status().unwrap().links[0].stopped, None, "the server itself answers again");
    world.finish().await;
}

// proves A7, C4
#[tokio::test]
async fn a_login_page_for_everything_deletes_nothing_and_confirms_nothing() {
    let world = Stage::tasks(60).open().await;
    world.set("t001", "state", "done").await;
    world.delete("t002").await;
    world.fault(|faults| faults.html_200 = Some(Switch::always(true)));
    for _ in 0..20 {
        assert_eq!(world.sync().await.confirmed, 0);
        world.clock.advance_s(30);
    }
    assert_eq!((world.queue().len(), world.here("t001").unwrap()["state"].as_str()), (2, Some("done")));
    assert!(world.engine().get_record(LINK, "tasks", "t060").is_ok());
    world.server.clear_faults();
    assert_eq!(world.sync().await.confirmed, 2);
    world.finish().await;
}

// proves A4
#[tokio::test]
async fn a_damaged_or_cut_answer_on_a_write_is_no_acknowledgement() {
    for cut in [true, false] {
        let world = Stage::tasks(1).open().await;
        world.set("t001", "state", "done").await;
        world.fault(|faults| {
            let once = Some(Switch::always(true).method("PUT").times(1));
            if cut { faults.truncate = once } else { faults.garble = once }
        });
        assert_eq!(world.sync().await.confirmed, 0);
        assert_eq!(world.queue()[0].mutation_state, MutationState::Uncertain);
        world.clock.advance_s(5);
        assert_eq!(world.sync().await.confirmed, 1);
        assert_eq!(world.effects("t001"), ["put"]);
        world.finish().await;
    }
}
