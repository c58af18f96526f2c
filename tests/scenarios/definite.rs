//! What the server said no to stays undone however often it says so; only a try in between that may have worked makes it
//! uncertain.

use tidemark_model::mutation::MutationState;
use tidemark_model::request::Method;
use tidemark_model::view::NewRequest;
use tidemark_sandbox::Switch;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{LINK, Stage, World};

const KEYS: &str = "{}";
const NO_KEYS: &str = r#"{"write":{"keys":{"honoured":false}}}"#;

fn says(world: &World, status: u16) {
    world.fault(|faults| faults.status = Some(Switch::always(vec![status]).method("PUT,POST")));
}

async fn tries(world: &World) -> MutationState {
    world.clock.advance_s(600);
    world.engine().reconnect(LINK).await.unwrap();
    world.sync().await;
    world.check_books();
    let mut rows = world.queue();
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows.remove(0).mutation_state
}

// proves A4, A7
#[tokio::test]
async fn a_change_that_was_refused_twice_is_as_certain_as_after_once() {
    for settings in [KEYS, NO_KEYS] {
        for status in [426, 429, 401] {
            let mut world = Stage::tasks(1).settings(settings).open().await;
            world.set("t001", "state", "done").await;
            says(&world, status);
            for _ in 0..4 {
                assert_eq!(tries(&world).await, MutationState::Queued, "{status}: it is certainly not there");
            }
            world.restart().await;
            assert_eq!(tries(&world).await, MutationState::Queued);
            let sent = world.wire.tap.passed(Point::Push);
            assert!(sent.len() >= 5 && sent.iter().all(|passed| passed.token == sent[0].token), "{sent:?}");
            world.server.clear_faults();
            world.clock.advance_s(600);
            world.engine().reconnect(LINK).await.unwrap();
            assert_eq!(world.sync().await.confirmed, 1);
            assert_eq!(world.wire.tap.count(Point::Fetch), 0, "there was nothing to look up");
            assert_eq!(world.effects("t001"), ["put"]);
            world.finish().await;
        }
    }
}

// proves A1, A4, A7
#[tokio::test]
async fn a_request_that_was_refused_twice_goes_without_asking_anybody() {
    for status in [426, 429] {
        let world = Stage::default().settings(NO_KEYS).open().await;
        let request = NewRequest {
            method: Method::Post,
            target: "/c/tasks".into(),
            body: Some(r#"{"id":"r1"}"#.into()),
            label: None,
            metadata: None,
            priority: None,
            depends_on: vec![],
        };
        world.engine().send_request(LINK, request).await.unwrap();
        says(&world, status);
        for _ in 0..3 {
            assert_eq!(tries(&world).await, MutationState::Queued, "{status}");
        }
        world.server.clear_faults();
        world.clock.advance_s(600);
        world.engine().reconnect(LINK).await.unwrap();
        assert_eq!(world.sync().await.confirmed, 1);
        assert_eq!(world.effects("r1"), ["create"]);
        world.finish().await;
    }
}

// proves A4
#[tokio::test]
async fn a_refusal_after_a_lost_answer_does_not_make_it_certain() {
    for lost in ["the answer", "503 with a wait"] {
        let world = Stage::tasks(1).open().await;
        world.set("t001", "state", "done").await;
        says(&world, 429);
        assert_eq!(tries(&world).await, MutationState::Queued);
        world.fault(|faults| match lost {
            "the answer" => faults.drop_after = Some(Switch::always(true).method("PUT")),
            _ => {
                faults.status = Some(Switch::always(vec![503]).method("PUT"));
                faults.retry_after = Some(Switch::always(5));
            }
        });
        assert_eq!(tries(&world).await, MutationState::Uncertain, "{lost}");
        says(&world, 429);
        for _ in 0..2 {
            assert_eq!(tries(&world).await, MutationState::Uncertain, "{lost}: that one may have worked");
        }
        world.server.clear_faults();
        world.clock.advance_s(600);
        world.sync().await;
        assert_eq!(world.effects("t001"), ["put"], "{lost}");
        world.finish().await;
    }
}

// proves A4, D1
#[tokio::test]
async fn a_conflict_after_a_refusal_is_not_taken_for_a_lost_answer() {
    let world = Stage::tasks(1).settings(NO_KEYS).open().await;
    world.set("t001", "state", "done").await;
    says(&world, 429);
    assert_eq!(tries(&world).await, MutationState::Queued);
    world.server.clear_faults();
    // Just before it goes again a colleague gets in; what both changed merges by itself.
    world.wire.tap.hold(Point::Push);
    world.clock.advance_s(600);
    let syncing = world.begin_sync();
    world.wire.tap.reached(Point::Push, 2).await;
    world.colleague_sets("t001", "rank", 7);
    world.wire.tap.release();
    syncing.await.unwrap();
    world.sync().await;
    let there = world.there("t001").unwrap();
    assert_eq!((&there["state"], &there["rank"]), (&"done".into(), &7.into()));
    assert!(world.queue().is_empty(), "nobody was asked");
    world.finish().await;
}
