//! A decision that is taken back puts every change back into its own transaction, at its own place.

use super::{apply, delete, now, refuse, set, state};
use serde_json::{Value, json};
use tidemark_model::number::{Count, Millis};
use tidemark_model::transaction::Strategy::{Ordered, Parallel};
use tidemark_model::transaction::TransactionState::{Completed, Failed, Queued};
use tidemark_model::view::{ConflictType, NewChange, Resolution, TransactionRow};
use tidemark_sandbox::Switch;
use tidemark_tests::world::{LINK, NO_HOLD, Stage, World};

const HOLD: Millis = Millis(10_000);

/// What was done here to t001 has met a colleague's change.
async fn met(world: &World) -> Count {
    world.server.go_online().await.unwrap();
    world.colleague_sets("t001", "rank", 111);
    world.sync().await;
    world.engine().list_conflicts(0, 1).unwrap().rows[0].id
}

/// One changes t001, and two, behind it, deletes it among other changes.
async fn deleted_behind(two: Vec<NewChange>) -> (World, [TransactionRow; 2], Count) {
    let world = Stage::tasks(3).open().await;
    world.server.go_offline().await.unwrap();
    let one = apply(&world, Ordered, vec![set("t001", "rank", 11), set("t002", "rank", 12)]).await;
    let two = apply(&world, Ordered, two).await;
    let conflict = met(&world).await;
    (world, [one, two], conflict)
}

fn typed() -> Value {
    json!({"id": "t001", "title": "Typed", "state": "typed", "rank": 7})
}

/// A document is typed for t001; it may be taken back for a while.
async fn decide(world: &World, conflict: Count, hold: Millis) {
    let manual = Resolution::Manual { document: Some(typed().to_string()), choices: Vec::new() };
    world.engine().resolve_conflict(conflict, manual, None, hold).await.unwrap();
    assert_eq!(world.here("t001"), Some(typed()));
    world.check_books();
}

async fn take_back(world: &World, conflict: Count) {
    world.engine().undo_resolution(conflict).await.unwrap();
    world.check_books();
}

async fn mine(world: &World, conflict: Count) {
    world.engine().resolve_conflict(conflict, Resolution::LocalWins {}, None, NO_HOLD).await.unwrap();
    world.check_books();
}

async fn settle(world: &World) {
    for _ in 0..3 {
        world.sync().await;
        world.clock.advance_s(60);
    }
}

// proves D9, B2
#[tokio::test]
async fn a_deletion_that_a_typed_document_ended_is_its_own_transactions_again() {
    let (world, [one, two], conflict) = deleted_behind(vec![set("t003", "rank", 23), delete("t001")]).await;
    let before = world.queue();
    decide(&world, conflict, HOLD).await;
    take_back(&world, conflict).await;
    assert_eq!(world.queue(), before, "every change is where it was");
    assert_eq!(world.here("t001"), None, "what was shown before it was typed");
    mine(&world, conflict).await;
    refuse(&world, "t003");
    settle(&world).await;
    assert_eq!((state(&world, &one), state(&world, &two)), (Completed, Failed));
    assert_eq!(world.there("t001").unwrap()["rank"], 11, "the second failed, and its deletion with it");
    world.server.clear_faults();
    world.engine().restore_transaction(&two.id).await.unwrap();
    settle(&world).await;
    assert_eq!((state(&world, &two), world.here("t001"), world.there("t001")), (Completed, None, None));
    world.finish().await;
}

// proves D9, B2
#[tokio::test]
async fn what_waited_for_that_deletion_waits_for_it_again() {
    let (world, [one, two], conflict) = deleted_behind(vec![delete("t001"), set("t003", "rank", 23)]).await;
    let before = world.queue();
    decide(&world, conflict, HOLD).await;
    take_back(&world, conflict).await;
    assert_eq!(world.queue(), before, "every change is where it was");
    mine(&world, conflict).await;
    world.fault(|faults| faults.status = Some(Switch::always(vec![422]).method("DELETE")));
    settle(&world).await;
    assert_eq!((state(&world, &one), state(&world, &two)), (Completed, Failed));
    assert_eq!(
        (&world.there("t001").unwrap()["rank"], &world.there("t003").unwrap()["rank"]),
        (&json!(11), &json!(3))
    );
    world.server.clear_faults();
    world.engine().restore_transaction(&two.id).await.unwrap();
    settle(&world).await;
    assert_eq!((world.there("t001"), &world.there("t003").unwrap()["rank"]), (None, &json!(23)));
    world.finish().await;
}

// proves D9, B1, B2
#[tokio::test]
async fn a_transaction_whose_deletion_was_decided_against_waits_until_that_is_final() {
    let (world, [one, two], conflict) = deleted_behind(vec![set("t003", "rank", 23), delete("t001")]).await;
    decide(&world, conflict, HOLD).await;
    world.sync().await;
    assert_eq!(now(&world, &two).queued_behind.as_ref(), Some(&one.id));
    assert_eq!((state(&world, &two), &world.there("t003").unwrap()["rank"]), (Queued, &json!(3)));
    settle(&world).await;
    assert_eq!([&one, &two].map(|row| state(&world, row)), [Completed; 2]);
    assert_eq!((world.there("t001"), &world.there("t003").unwrap()["rank"]), (Some(typed()), &json!(23)));
    assert_eq!(world.effects("t001").len(), 1, "what was typed, and nothing of the second");
    world.finish().await;
}

// proves D9, B3
#[tokio::test]
async fn one_that_locks_nothing_has_its_deletion_back_too() {
    let world = Stage::tasks(3).open().await;
    world.server.go_offline().await.unwrap();
    world.set("t001", "rank", 11).await;
    world.set("t001", "title", "Mine").await;
    let two = apply(&world, Parallel, vec![set("t003", "rank", 23), delete("t001")]).await;
    let conflict = met(&world).await;
    let before = world.queue();
    decide(&world, conflict, HOLD).await;
    world.sync().await;
    take_back(&world, conflict).await;
    assert_eq!(world.queue(), before, "what was sent meanwhile had been sent before");
    mine(&world, conflict).await;
    settle(&world).await;
    assert_eq!((state(&world, &two), world.there("t001")), (Completed, None));
    world.finish().await;
}

// proves D9, D8
#[tokio::test]
async fn an_edit_that_joined_the_conflict_is_a_change_of_its_own_again() {
    let world = Stage::tasks(2).open().await;
    world.server.go_offline().await.unwrap();
    world.set("t001", "rank", 11).await;
    let conflict = met(&world).await;
    world.set("t001", "title", "Mine").await;
    let (before, seen) = (world.queue(), world.engine().get_conflict(conflict).unwrap());
    decide(&world, conflict, HOLD).await;
    world.set("t001", "state", "later").await;
    take_back(&world, conflict).await;
    let after = world.queue();
    assert_eq!((&after[..2], after.len()), (&before[..], 3), "every change is where it was");
    let conflicted = world.engine().get_conflict(conflict).unwrap();
    assert_eq!((conflicted.base_data, conflicted.server_data), (seen.base_data, seen.server_data));
    mine(&world, conflict).await;
    settle(&world).await;
    let both = json!({"id": "t001", "title": "Mine", "state": "later", "rank": 11});
    assert_eq!((world.here("t001"), world.there("t001")), (Some(both.clone()), Some(both)));
    world.finish().await;
}

// proves D9, D8
#[tokio::test]
async fn what_was_saved_on_a_typed_document_outlives_it() {
    let (world, [one, two], conflict) = deleted_behind(vec![set("t003", "rank", 23), delete("t001")]).await;
    decide(&world, conflict, HOLD).await;
    world.set("t001", "state", "later").await;
    take_back(&world, conflict).await;
    let shown = json!({"id": "t001", "title": "Typed", "state": "later", "rank": 7});
    let conflicted = world.engine().get_conflict(conflict).unwrap();
    assert_eq!(conflicted.row.conflict_type, ConflictType::BothUpdated);
    assert_eq!(conflicted.local_data.map(|text| serde_json::from_str(&text).unwrap()), Some(shown.clone()));
    mine(&world, conflict).await;
    settle(&world).await;
    assert_eq!([&one, &two].map(|row| state(&world, row)), [Completed; 2]);
    assert_eq!((world.here("t001"), world.there("t001")), (Some(shown.clone()), Some(shown)));
    assert_eq!(world.there("t003").unwrap()["rank"], 23);
    world.finish().await;
}

// proves D9, A12
#[tokio::test]
async fn what_a_decision_took_in_is_kept_as_long_as_it_may_be_taken_back() {
    let world = Stage::tasks(3).open().await;
    world.server.go_offline().await.unwrap();
    world.set("t001", "rank", 11).await;
    let two = apply(&world, Ordered, vec![set("t003", "rank", 23), set("t001", "title", "Second")]).await;
    let conflict = met(&world).await;
    let before = world.queue();
    // The link does not run, so that the decision stays one that may be taken back.
    world.engine().pause(Some(LINK), None).await.unwrap();
    decide(&world, conflict, HOLD).await;
    world.clock.advance_s(40 * 24 * 60 * 60);
    world.engine().tidy_up().await.unwrap();
    world.engine().clear_old_requests().await.unwrap();
    take_back(&world, conflict).await;
    world.engine().resume(Some(LINK), None).await.unwrap();
    assert_eq!(world.queue(), before, "every change is where it was");
    mine(&world, conflict).await;
    refuse(&world, "t003");
    settle(&world).await;
    assert_eq!(state(&world, &two), Failed);
    let there = world.there("t001").unwrap();
    assert_eq!((&there["rank"], &there["title"]), (&json!(11), &json!("Task 1")));
    world.server.clear_faults();
    world.finish().await;
}
