//! A server that did what was asked and whose answer was lost is not made to do it twice.

use serde_json::json;
use tidemark_model::mutation::MutationState;
use tidemark_model::view::Resolution;
use tidemark_sandbox::Switch;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{NO_HOLD, Stage, World, task};

/// A server that ignores idempotency keys.
const NO_KEYS: &str = r#"{"write":{"keys":{"honoured":false}}}"#;

async fn lose_three_answers(world: &World) {
    world.create(&task(9)).await;
    world.set("t001", "state", "done").await;
    world.delete("t002").await;
    world.fault(|faults| faults.drop_after = Some(Switch::always(true).method("POST,PUT,PATCH,DELETE")));
    assert_eq!(world.sync().await.confirmed, 0);
    let states: Vec<MutationState> = world.queue().iter().map(|row| row.mutation_state).collect();
    assert_eq!(states, [MutationState::Uncertain; 3], "nobody can know yet");
    assert_eq!(world.effect_count(), 3, "the server did all of it");
    assert_eq!(world.engine().status().unwrap().ledger.not_confirmed.0, 3);
    world.check_books();
    world.server.clear_faults();
    world.clock.advance_s(5);
}

async fn all_is_in_once(world: &World) {
    assert_eq!(world.queue(), []);
    assert_eq!(world.effect_count(), 3, "nothing was done twice");
    assert_eq!(world.there("t001").unwrap()["state"], "done");
    assert_eq!((world.there("t002"), world.there("t009")), (None, Some(task(9))));
}

// proves A4
#[tokio::test]
async fn a_lost_answer_is_asked_for_again_under_the_same_key() {
    let world = Stage::tasks(2).open().await;
    lose_three_answers(&world).await;
    let first = world.wire.tap.passed(Point::Push);
    world.wire.tap.forget();
    assert_eq!(world.sync().await.confirmed, 3);
    let mut again = world.wire.tap.passed(Point::Push);
    let mut first = first;
    for sent in [&mut first, &mut again] {
        sent.sort_by(|a, b| a.record.cmp(&b.record));
    }
    assert_eq!(again, first, "the same records under the same keys");
    all_is_in_once(&world).await;
    world.finish().await;
}

// proves A4
#[tokio::test]
async fn a_server_without_keys_is_read_before_anything_is_written_again() {
    let world = Stage::tasks(2).settings(NO_KEYS).open().await;
    lose_three_answers(&world).await;
    world.wire.tap.forget();
    assert_eq!(world.sync().await.confirmed, 3);
    assert_eq!(world.wire.tap.count(Point::Push), 0, "what is there need not be sent");
    let looked = world.wire.tap.passed(Point::Fetch);
    for rid in ["t001", "t002", "t009"] {
        assert!(looked.iter().any(|passed| passed.record == rid), "{rid} was looked at");
    }
    all_is_in_once(&world).await;
    world.finish().await;
}

// proves A4, D1, D7
#[tokio::test]
async fn what_a_look_shows_of_others_is_compared_with_what_was_typed_behind_it() {
    let world = Stage::tasks(2).settings(NO_KEYS).open().await;
    for record in ["t001", "t002"] {
        world.set(record, "state", "done").await;
    }
    world.fault(|faults| faults.drop_after = Some(Switch::always(true).method("PUT")));
    world.sync().await;
    world.server.clear_faults();
    assert_eq!(world.effect_count(), 2, "both are in, and nobody heard of it");
    world.colleague_sets("t001", "rank", 111);
    world.colleague_sets("t002", "title", "Theirs");
    world.set("t001", "rank", 7).await;
    world.set("t002", "rank", 8).await;
    world.clock.advance_s(5);
    world.sync().await;
    assert_eq!(world.there("t001").unwrap()["rank"], 111, "what nobody here saw is not overwritten");
    let open = world.engine().list_conflicts(0, 10).unwrap().rows;
    assert_eq!(open.len(), 1, "{open:?}");
    let conflict = world.engine().get_conflict(open[0].id).unwrap();
    let fields: Vec<&str> = conflict.fields.iter().map(|field| field.path.as_str()).collect();
    assert!(fields.contains(&"/rank"), "{fields:?}");
    let two = world.there("t002").unwrap();
    assert_eq!((&two["state"], &two["rank"], &two["title"]), (&json!("done"), &json!(8), &json!("Theirs")));
    world.engine().resolve_conflict(open[0].id, Resolution::LocalWins {}, None, NO_HOLD).await.unwrap();
    world.sync().await;
    let one = world.there("t001").unwrap();
    assert_eq!((&one["state"], &one["rank"]), (&json!("done"), &json!(7)));
    world.finish().await;
}

// proves A4
#[tokio::test]
async fn a_request_that_never_arrived_is_sent_after_the_look_showed_it() {
    let world = Stage::tasks(1).settings(NO_KEYS).open().await;
    world.set("t001", "state", "done").await;
    world.fault(|faults| faults.drop_before = Some(Switch::always(true).method("PUT")));
    world.sync().await;
    assert_eq!(world.effect_count(), 0, "the server saw nothing of it");
    world.server.clear_faults();
    world.clock.advance_s(5);
    assert_eq!(world.sync().await.confirmed, 1);
    assert_eq!(world.effects("t001"), ["put"]);
    world.finish().await;
}

// proves A4
#[tokio::test]
async fn a_key_that_the_server_may_have_forgotten_is_not_relied_on() {
    let mut stage = Stage::tasks(1);
    stage.server.key_ttl_s = 600;
    let world = stage.open().await;
    world.set("t001", "state", "done").await;
    world.fault(|faults| faults.drop_after = Some(Switch::always(true).method("PUT")));
    world.sync().await;
    world.server.clear_faults();
    world.clock.advance_s(601);
    world.wire.tap.forget();
    assert_eq!(world.sync().await.confirmed, 1);
    assert_eq!(world.wire.tap.count(Point::Push), 0, "it was looked at instead");
    assert_eq!(world.effects("t001"), ["put"]);
    world.finish().await;
}
