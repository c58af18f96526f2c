//! A new record whose answer was lost, which is deleted on the server by now and which a later transaction deletes here: it is
//! never made once more by itself, and what was typed is asked about where that transaction fails.

use super::{apply, create, delete, now, refuse, set, state};
use serde_json::{Value, json};
use tidemark_model::mutation::Operation;
use tidemark_model::number::Count;
use tidemark_model::transaction::Strategy;
use tidemark_model::transaction::Strategy::{Atomic, Ordered, Parallel, Saga};
use tidemark_model::transaction::TransactionState::{Completed, Failed};
use tidemark_model::view::{ConflictType, ConflictView, NewChange, Resolution, TransactionRow};
use tidemark_sandbox::{ColleagueEdit, Switch};
use tidemark_tests::world::{NO_HOLD, Stage, TASKS, World, task};

fn mine() -> Value {
    json!({"id": "t009", "state": "mine"})
}

async fn open() -> World {
    Stage::tasks(3).settings(r#"{"write":{"keys":{"honoured":false}}}"#).open().await
}

/// The server makes the record, the answer is lost, and a colleague deletes it.
async fn made_and_deleted(world: &World) {
    world.fault(|faults| faults.drop_after = Some(Switch::always(true).method("PUT").path("/tasks/t009")));
    world.sync().await;
    world.server.clear_faults();
    world.colleague_deletes("t009");
    assert_eq!(world.effects("t009").len(), 1, "it had arrived");
}

async fn later(world: &World, strategy: Strategy, changes: Vec<NewChange>) -> TransactionRow {
    world.create(&mine()).await;
    made_and_deleted(world).await;
    apply(world, strategy, changes).await
}

async fn settle(world: &World) {
    for _ in 0..4 {
        world.clock.advance_s(600);
        world.sync().await;
        world.check_books();
    }
}

fn asked(world: &World) -> ConflictView {
    let open = world.engine().list_conflicts(0, 10).unwrap();
    assert_eq!(open.total, Count(1));
    let conflict = world.engine().get_conflict(open.rows[0].id).unwrap();
    assert_eq!(conflict.row.conflict_type, ConflictType::UpdatedHereDeletedThere);
    assert!(conflict.row.may_already_be_in, "the server may have had it");
    conflict
}

fn local(conflict: &ConflictView) -> Value {
    serde_json::from_str(conflict.local_data.as_ref().unwrap()).unwrap()
}

async fn decide(world: &World, conflict: &ConflictView, decision: Resolution) {
    world.engine().resolve_conflict(conflict.row.id, decision, None, NO_HOLD).await.unwrap();
    world.check_books();
}

/// The later transaction failed: nothing came back by itself, and a person is shown what was typed.
fn nothing_came_back(world: &World, row: &TransactionRow) -> ConflictView {
    assert_eq!(state(world, row), Failed);
    assert_eq!((world.effects("t009").len(), world.there("t009")), (1, None));
    assert_eq!(world.here("t009"), Some(mine()), "the deletion is rolled back");
    let conflict = asked(world);
    assert_eq!(local(&conflict), mine());
    conflict
}

// proves A4, C4, B2
#[tokio::test]
async fn it_is_not_made_once_more_for_the_deletion_to_delete() {
    for strategy in [Ordered, Saga, Parallel, Atomic] {
        let world = open().await;
        let row = later(&world, strategy, vec![set("t003", "rank", 23), delete("t009")]).await;
        settle(&world).await;
        assert_eq!(state(&world, &row), Completed, "{strategy:?}");
        assert_eq!((world.here("t009"), world.there("t009")), (None, None));
        assert_eq!(world.effects("t009").len(), 1, "it was made once, and deleted by the colleague");
        assert_eq!(world.there("t003").unwrap()["rank"], 23);
        assert_eq!(world.engine().list_conflicts(0, 1).unwrap().total, Count(0), "there is nothing to ask");
        world.finish().await;
    }
}

// proves A4, B2, C4, D2
#[tokio::test]
async fn where_the_deletion_fails_a_person_is_asked() {
    let world = open().await;
    let row = later(&world, Ordered, vec![set("t003", "rank", 23), delete("t009")]).await;
    refuse(&world, "t003");
    settle(&world).await;
    let conflict = nothing_came_back(&world, &row);
    world.server.clear_faults();
    decide(&world, &conflict, Resolution::ServerWins {}).await;
    settle(&world).await;
    assert_eq!((world.here("t009"), world.there("t009"), world.effects("t009").len()), (None, None, 1));
    world.finish().await;
}

// proves A8, B2, D7
#[tokio::test]
async fn a_person_may_have_it_made_again_and_then_restore_the_deletion() {
    let mut world = open().await;
    let row = later(&world, Ordered, vec![set("t003", "rank", 23), delete("t009")]).await;
    refuse(&world, "t003");
    settle(&world).await;
    world.restart().await;
    let conflict = nothing_came_back(&world, &row);
    world.server.clear_faults();
    decide(&world, &conflict, Resolution::LocalWins {}).await;
    settle(&world).await;
    assert_eq!((world.here("t009"), world.there("t009")), (Some(mine()), Some(mine())));
    world.engine().restore_transaction(&row.id).await.unwrap();
    settle(&world).await;
    assert_eq!((state(&world, &row), world.here("t009"), world.there("t009")), (Completed, None, None));
    world.finish().await;
}

// proves B2, C4
#[tokio::test]
async fn a_deletion_that_was_done_before_the_others_failed_stays_done() {
    let world = open().await;
    let row = later(&world, Ordered, vec![delete("t009"), set("t003", "rank", 23)]).await;
    refuse(&world, "t003");
    settle(&world).await;
    assert_eq!((state(&world, &row), now(&world, &row).rolled_back), (Failed, Count(1)));
    assert_eq!((world.here("t009"), world.there("t009"), world.effects("t009").len()), (None, None, 1));
    assert_eq!(world.engine().list_conflicts(0, 1).unwrap().total, Count(0));
    world.server.clear_faults();
    world.engine().restore_transaction(&row.id).await.unwrap();
    settle(&world).await;
    assert_eq!((state(&world, &row), &world.there("t003").unwrap()["rank"]), (Completed, &json!(23)));
    world.finish().await;
}

// proves A8, C4
#[tokio::test]
async fn a_deletion_that_is_put_in_the_trash_is_not_done_either() {
    let world = open().await;
    world.create(&mine()).await;
    made_and_deleted(&world).await;
    // The transaction has not begun: it stands behind a change that gets no answer.
    world.set("t003", "rank", 13).await;
    let row = apply(&world, Ordered, vec![set("t003", "rank", 23), delete("t009")]).await;
    world.fault(|faults| faults.status = Some(Switch::always(vec![503]).method("PUT").path("/tasks/t003")));
    settle(&world).await;
    let waiting = world.queue().into_iter().find(|change| change.record == "t009").unwrap();
    assert_eq!((waiting.operation, waiting.transaction.as_ref()), (Operation::Delete, Some(&row.id)));
    assert_eq!(world.engine().discard(vec![waiting.id]).await.unwrap().done, Count(1));
    world.check_books();
    world.server.clear_faults();
    settle(&world).await;
    let conflict = nothing_came_back(&world, &row);
    decide(&world, &conflict, Resolution::LocalWins {}).await;
    settle(&world).await;
    assert_eq!(world.there("t009"), Some(mine()));
    world.finish().await;
}

// proves D2, C4
#[tokio::test]
async fn another_change_behind_it_is_one_of_a_record_that_is_deleted_there() {
    let world = open().await;
    let row = later(&world, Ordered, vec![set("t009", "rank", 9), set("t003", "rank", 23)]).await;
    settle(&world).await;
    let conflict = asked(&world);
    let both = json!({"id": "t009", "state": "mine", "rank": 9});
    assert_eq!((local(&conflict), world.there("t009"), world.effects("t009").len()), (both.clone(), None, 1));
    decide(&world, &conflict, Resolution::LocalWins {}).await;
    settle(&world).await;
    assert_eq!((state(&world, &row), world.there("t009")), (Completed, Some(both)));
    world.finish().await;
}

// proves B2, C4, D2
#[tokio::test]
async fn whatever_stands_before_the_deletion_is_asked_about_with_it() {
    let world = open().await;
    let first = vec![create(&mine()), set("t001", "rank", 11)];
    let one = apply(&world, Ordered, first).await;
    made_and_deleted(&world).await;
    let two = apply(&world, Ordered, vec![set("t009", "rank", 9), set("t002", "rank", 12)]).await;
    let three = apply(&world, Ordered, vec![set("t003", "rank", 23), delete("t009")]).await;
    refuse(&world, "t003");
    settle(&world).await;
    assert_eq!(state(&world, &one), Completed, "what comes back is no part of one that has ended");
    assert_eq!(state(&world, &three), Failed);
    assert_eq!((world.there("t009"), world.effects("t009").len()), (None, 1));
    assert_eq!(["t001", "t002"].map(|rid| world.there(rid).unwrap()["rank"].clone()), [json!(11), json!(12)]);
    let both = json!({"id": "t009", "state": "mine", "rank": 9});
    let conflict = asked(&world);
    assert_eq!((local(&conflict), world.here("t009")), (both.clone(), Some(both.clone())));
    decide(&world, &conflict, Resolution::LocalWins {}).await;
    settle(&world).await;
    assert_eq!((world.there("t009"), state(&world, &two)), (Some(both), Completed));
    world.server.clear_faults();
    world.finish().await;
}

// proves A12, C4
#[tokio::test]
async fn what_would_be_asked_about_is_kept_as_long_as_the_deletion_waits() {
    let world = open().await;
    world.create(&mine()).await;
    made_and_deleted(&world).await;
    let row = apply(&world, Ordered, vec![set("t003", "rank", 23), delete("t009")]).await;
    world.fault(|faults| faults.status = Some(Switch::always(vec![503]).method("PUT").path("/tasks/t003")));
    settle(&world).await;
    world.clock.advance_s(40 * 24 * 60 * 60);
    world.engine().tidy_up().await.unwrap();
    world.server.clear_faults();
    refuse(&world, "t003");
    settle(&world).await;
    nothing_came_back(&world, &row);
    world.server.clear_faults();
    world.finish().await;
}

// proves A4, C4, B2
#[tokio::test]
async fn a_tombstone_of_an_earlier_life_is_asked_about_too() {
    let world = open().await;
    let theirs = task(9).as_object().cloned();
    world.colleague(ColleagueEdit { collection: TASKS.into(), create: theirs, ..Default::default() });
    world.colleague_deletes("t009");
    world.create(&mine()).await;
    let row = apply(&world, Ordered, vec![set("t003", "rank", 23), delete("t009")]).await;
    world.fault(|faults| faults.drop_before = Some(Switch::always(true).method("PUT")));
    world.sync().await;
    world.server.clear_faults();
    refuse(&world, "t003");
    settle(&world).await;
    // Nobody can tell it from one that was made and deleted: nothing is made by itself, and nothing is lost.
    assert_eq!((state(&world, &row), world.here("t009"), world.there("t009")), (Failed, Some(mine()), None));
    let conflict = asked(&world);
    assert_eq!(local(&conflict), mine());
    decide(&world, &conflict, Resolution::LocalWins {}).await;
    settle(&world).await;
    assert_eq!(world.there("t009"), Some(mine()));
    world.server.clear_faults();
    world.engine().restore_transaction(&row.id).await.unwrap();
    settle(&world).await;
    assert_eq!((state(&world, &row), world.here("t009"), world.there("t009")), (Completed, None, None));
    world.finish().await;
}
