//! Every change is acknowledged by its own answer, and by nothing that happens to its neighbours.

use serde_json::json;
use tidemark_model::mutation::MutationState;
use tidemark_sandbox::Switch;
use tidemark_tests::fault_proxy::{Canned, Fault, FaultProxy, Rule};
use tidemark_tests::world::{LINK, Stage, World, task};

// proves A8, F5
#[tokio::test]
async fn a_later_success_does_not_acknowledge_an_earlier_create_that_failed() {
    for (status, state) in [(500, MutationState::Uncertain), (422, MutationState::Parked)] {
        let world = Stage::default().open().await;
        for number in 1..=8 {
            world.create(&task(number)).await;
        }
        world.fault(|faults| faults.status = Some(Switch::always(vec![status]).path("/t003").method("PUT")));
        assert_eq!(world.sync().await.confirmed, 7, "after {status}");
        let queue = world.queue();
        let left: Vec<_> = queue.iter().map(|row| (row.record.as_str(), row.mutation_state)).collect();
        assert_eq!(left, [("t003", state)], "after {status}");
        assert_eq!(world.here("t003"), Some(task(3)), "what was typed is still here");
        world.restart_and_check(7).await;
    }
}

trait RestartAndCheck {
    async fn restart_and_check(self, there: usize);
}

impl RestartAndCheck for World {
    async fn restart_and_check(mut self, there: usize) {
        self.restart().await;
        assert_eq!((self.effect_count(), self.queue().len()), (there, 1), "a restart forgets nothing either");
        self.server.clear_faults();
        self.clock.advance_s(60);
        self.engine().reprocess_failed().await.unwrap();
        assert_eq!(self.sync().await.confirmed, 1);
        assert_eq!((self.effects("t003"), self.there("t003")), (vec!["put".to_owned()], Some(task(3))));
        self.finish().await;
    }
}

// proves C2, A1
#[tokio::test]
async fn a_pull_does_not_overwrite_edits_that_wait() {
    let world = Stage::tasks(3).open().await;
    world.set("t001", "state", "mine").await;
    world.delete("t002").await;
    world.create(&task(9)).await;
    world.fault(|faults| faults.status = Some(Switch::always(vec![503]).method("PUT,DELETE")));
    for (rid, field) in [("t001", "title"), ("t002", "title"), ("t003", "title")] {
        world.colleague_sets(rid, field, "theirs");
    }
    // Everything is sent anew, as after a restore: the pull brings each of them, and some of them twice.
    world.server.new_epoch(0).unwrap();
    // Twice: after three equal refusals each would be looked at instead.
    for _ in 0..2 {
        world.sync().await;
        world.clock.advance_s(5);
    }
    assert_eq!(world.here("t003").unwrap()["title"], "theirs", "a pull did come in");
    assert_eq!(world.here("t001").unwrap()["state"], "mine");
    assert_eq!((world.here("t002"), world.here("t009")), (None, Some(task(9))));
    assert_eq!(world.queue().len(), 3);
    world.check_books();
    world.server.clear_faults();
    world.clock.advance_s(600);
    world.sync().await;
    let both = json!({"id": "t001", "title": "theirs", "state": "mine", "rank": 1});
    assert_eq!(world.there("t001"), Some(both));
    assert_eq!(world.there("t009"), Some(task(9)));
    let asked = world.engine().list_conflicts(0, 10).unwrap().rows;
    assert_eq!(asked.len(), 1, "a deletion of something that a colleague changed is asked about: {asked:?}");
    world.finish().await;
}

/// A server behind a proxy that gives up waiting although the server went on.
async fn gateway(settings: &str) -> (World, FaultProxy) {
    let mut world = Stage::tasks(1).settings(settings).open().await;
    let proxy = FaultProxy::start(&world.server.origin()).await.unwrap();
    world.wire.set_url(Some(proxy.url("/v1/")));
    world.restart().await;
    world.sync().await;
    (world, proxy)
}

// proves A4
#[tokio::test]
async fn a_504_after_the_commit_makes_no_double() {
    for settings in ["{}", r#"{"write":{"keys":{"honoured":false}}}"#, r#"{"write":{"create":"post"}}"#] {
        let (world, proxy) = gateway(settings).await;
        let page = Canned::new(504, "text/html", "<h1>504 Gateway Time-out</h1>");
        for method in ["PUT", "POST", "DELETE"] {
            proxy.add(Rule::once(Fault::SayAfter(page.clone())).method(method));
        }
        world.create(&task(9)).await;
        world.sync().await;
        world.set("t009", "state", "done").await;
        for _ in 0..4 {
            world.clock.advance_s(60);
            world.sync().await;
        }
        world.delete("t001").await;
        for _ in 0..3 {
            world.clock.advance_s(60);
            world.sync().await;
        }
        assert_eq!(world.effects("t009").len(), 2, "{settings}: {:?}", world.effects("t009"));
        assert_eq!((world.effects("t001"), world.queue()), (vec!["delete".to_owned()], vec![]), "{settings}");
        assert_eq!(world.there("t009").unwrap()["state"], "done");
        assert_eq!(world.engine().list_conflicts(0, 1).unwrap().rows, [], "{settings}");
        world.finish().await;
    }
}

// proves A8
#[tokio::test]
async fn a_pile_of_changes_with_one_refused_is_not_taken_for_done() {
    let world = Stage::tasks(30).open().await;
    for number in 1..=30 {
        world.set(&format!("t{number:03}"), "state", "done").await;
    }
    world.fault(|faults| faults.status = Some(Switch::always(vec![422]).path("/t01").method("PUT")));
    let report = world.sync().await;
    assert_eq!((report.confirmed, report.parked), (20, 10));
    let parked = world.queue();
    assert!(parked.iter().all(|row| row.record.starts_with("t01")), "{parked:?}");
    assert_eq!(world.engine().status().unwrap().ledger.needs_you.0, 10);
    assert_eq!(world.engine().list_queue(&Default::default(), 0, 100).unwrap().total.0, 10);
    world.engine().sync(Some(LINK), None).await.unwrap();
    world.finish().await;
}
