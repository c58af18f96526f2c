//! A host's own word about failures, per collection.

use serde_json::json;
use std::sync::Arc;
use tidemark_engine::{Judgement, Verdict};
use tidemark_model::failure::{Effect, Failure};
use tidemark_model::mutation::MutationState;
use tidemark_model::number::Millis;
use tidemark_model::request::Method;
use tidemark_model::view::{ChangeState, NewRequest, WaitReason};
use tidemark_sandbox::{CollectionSpec, Switch};
use tidemark_tests::world::{LINK, Stage, TASKS, World, task};

fn stage(verdict: impl Fn(&str, &Failure) -> Judgement + Send + Sync + 'static) -> Stage {
    let verdict: Arc<dyn Verdict> = Arc::new(verdict);
    Stage { verdict, ..Stage::default() }.collection(CollectionSpec::named("notes"))
}

/// A refusal of notes is one of a lock that goes away; a fault of the server about a task is a refusal.
fn both(collection: &str, failure: &Failure) -> Judgement {
    match (collection, failure.status) {
        ("notes", Some(422)) => Judgement::Retriable { after: Some(Millis(90_000)), counts: true },
        (TASKS, Some(500)) => Judgement::NonRetriable { effect: Effect::None },
        _ => Judgement::AsClassified,
    }
}

async fn note(world: &World) -> String {
    let text = json!({"id": "n1", "text": "x"}).to_string();
    world.engine().create_record(LINK, "notes", &text, None).await.unwrap().change.unwrap()
}

fn answers(world: &World, status: u16, part: &str) {
    world.fault(|faults| faults.status = Some(Switch::always(vec![status]).method("PUT").path(part)));
}

fn state(world: &World, id: &str) -> MutationState {
    world.engine().get_change(id).unwrap().row.mutation_state
}

// proves A7, A6
#[tokio::test]
async fn a_refusal_that_goes_away_is_tried_again_under_a_new_key() {
    let world = stage(both).open().await;
    let id = note(&world).await;
    answers(&world, 422, "/notes/");
    assert_eq!(world.sync().await.parked, 0);
    let waits = world.engine().get_change(&id).unwrap();
    assert_eq!(waits.row.state, ChangeState::TryingAgain);
    let planned = waits.attempts[0].retry_at.unwrap().0 - waits.attempts[0].ended_at.unwrap().0;
    assert!(planned >= 90_000, "not before the span that the host named: {planned}");
    world.check_books();
    world.create(&task(1)).await;
    assert_eq!(world.sync().await.confirmed, 1, "the server itself is well: nothing else waits");
    world.server.clear_faults();
    world.clock.advance_s(60);
    assert_eq!(world.sync().await.confirmed, 0);
    world.clock.advance_s(40);
    assert_eq!(world.sync().await.confirmed, 1);
    let attempts = world.engine().get_change(&id).unwrap().attempts;
    assert_ne!(attempts[0].key, attempts[1].key, "it was definitely not applied");
    world.finish().await;
}

// proves A7, A6, A8
#[tokio::test]
async fn a_refusal_that_does_not_go_away_gives_up_after_its_tries() {
    let world = stage(both).open().await;
    let id = note(&world).await;
    answers(&world, 422, "/notes/");
    for _ in 0..12 {
        world.sync().await;
        world.clock.advance_s(400);
    }
    let detail = world.engine().get_change(&id).unwrap();
    assert_eq!((detail.row.mutation_state, detail.attempts.len()), (MutationState::Parked, 5));
    world.engine().discard(vec![id]).await.unwrap();
    world.finish().await;
}

// proves A7, A8
#[tokio::test]
async fn a_fault_that_does_not_go_away_parks_at_once() {
    let world = stage(both).open().await;
    let task = world.create(&task(1)).await.change.unwrap();
    answers(&world, 500, "/tasks/");
    assert_eq!(world.sync().await.parked, 1);
    let row = world.engine().get_change(&task).unwrap().row;
    assert!(matches!(row.reason, Some(WaitReason::Refused { status: Some(500), .. })), "{:?}", row.reason);
    let note = note(&world).await;
    answers(&world, 500, "/notes/");
    world.sync().await;
    assert_eq!(state(&world, &note), MutationState::Uncertain, "of another collection it is as it was");
    world.server.clear_faults();
    world.engine().retry(vec![task]).await.unwrap();
    world.clock.advance_s(60);
    assert_eq!(world.sync().await.confirmed, 2);
    world.finish().await;
}

// proves A7, A4
#[tokio::test]
async fn what_may_have_been_done_all_the_same_is_parked_as_that() {
    let world = stage(|_, failure| match failure.status {
        Some(500) => Judgement::NonRetriable { effect: Effect::Unknown },
        _ => Judgement::AsClassified,
    })
    .open()
    .await;
    let request = NewRequest {
        method: Method::Put,
        target: "c/tasks/t9".into(),
        body: Some(r#"{"id":"t9"}"#.into()),
        label: None,
        metadata: None,
        priority: None,
        depends_on: vec![],
    };
    world.engine().send_request(LINK, request).await.unwrap();
    answers(&world, 500, "/tasks/");
    assert_eq!(world.sync().await.parked, 1);
    let row = world.queue().remove(0);
    assert_eq!(row.reason, Some(WaitReason::MayHaveBeenSent));
    world.server.clear_faults();
    world.engine().send_again(&row.id).await.unwrap();
    assert_eq!(world.sync().await.confirmed, 1);
    world.finish().await;
}

// proves A7
#[tokio::test]
async fn an_outage_is_nobodys_to_judge() {
    let world = stage(|_, _| Judgement::NonRetriable { effect: Effect::None }).open().await;
    let id = note(&world).await;
    for status in [503, 429, 502, 504, 408] {
        answers(&world, status, "/notes/");
        world.sync().await;
        world.clock.advance_s(600);
        assert_ne!(state(&world, &id), MutationState::Parked, "{status}");
    }
    world.server.clear_faults();
    world.server.go_offline().await.unwrap();
    world.sync().await;
    world.server.go_online().await.unwrap();
    world.clock.advance_s(600);
    world.sync().await;
    assert_eq!(state(&world, &id), MutationState::Confirmed);
    world.finish().await;
}
