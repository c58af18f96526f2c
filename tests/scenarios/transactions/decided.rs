//! A decision about one change of a record, and both sides being alike, leave alone what another transaction saved behind
//! it.

use super::{apply, create, delete, now, refuse, set, state};
use serde_json::json;
use tidemark_model::number::{Count, Millis};
use tidemark_model::transaction::Strategy::{Ordered, Parallel};
use tidemark_model::transaction::TransactionState::{Completed, Conflicted, Failed};
use tidemark_model::view::{ChoiceAt, FieldChoice, Refusal, RefusalCode, Resolution, TransactionRow};
use tidemark_tests::world::{NO_HOLD, Stage, World};

/// Two transactions stand on t001, of which the first has met a colleague's change.
async fn met() -> (World, [TransactionRow; 2], Count) {
    let world = Stage::tasks(3).open().await;
    world.server.go_offline().await.unwrap();
    let one = apply(&world, Ordered, vec![set("t001", "rank", 11), set("t002", "rank", 12)]).await;
    let two = apply(&world, Ordered, vec![set("t003", "rank", 23), set("t001", "rank", 21)]).await;
    world.server.go_online().await.unwrap();
    world.colleague_sets("t001", "rank", 111);
    world.sync().await;
    assert_eq!(state(&world, &one), Conflicted);
    let conflict = world.engine().list_conflicts(0, 1).unwrap().rows[0].id;
    (world, [one, two], conflict)
}

async fn decide(world: &World, conflict: Count, resolution: Resolution, hold: Millis) {
    world.engine().resolve_conflict(conflict, resolution, None, hold).await.unwrap();
    world.check_books();
}

async fn settle(world: &World) {
    for _ in 0..3 {
        world.sync().await;
        world.clock.advance_s(60);
    }
}

/// What the server got for t001, in order.
fn ranks(world: &World) -> Vec<serde_json::Value> {
    ["t001", "t002", "t003"].map(|id| world.there(id).unwrap()["rank"].clone()).into()
}

// proves B2, A3, D7
#[tokio::test]
async fn each_transaction_keeps_its_own_change_of_the_record() {
    let (world, [one, two], conflict) = met().await;
    decide(&world, conflict, Resolution::LocalWins {}, NO_HOLD).await;
    assert_eq!(world.here("t001").unwrap()["rank"], 21, "what was shown stays");
    refuse(&world, "t003");
    settle(&world).await;
    assert_eq!((state(&world, &one), state(&world, &two)), (Completed, Failed));
    assert_eq!(
        ranks(&world),
        [json!(11), json!(12), json!(3)],
        "the first has its own value, and none of the second's"
    );
    assert_eq!(now(&world, &two).rolled_back, Count(2));
    world.server.clear_faults();
    world.engine().restore_transaction(&two.id).await.unwrap();
    settle(&world).await;
    assert_eq!((state(&world, &two), ranks(&world)), (Completed, vec![json!(21), json!(12), json!(23)]));
    world.finish().await;
}

// proves D7, D8
#[tokio::test]
async fn what_a_person_chose_is_what_both_lead_to() {
    for (choice, rank) in [
        (FieldChoice::Mine, 21),
        (FieldChoice::Server, 111),
        (FieldChoice::Base, 1),
        (FieldChoice::Json("7".into()), 7),
    ] {
        let (world, [one, two], conflict) = met().await;
        let choices = vec![ChoiceAt { path: "/rank".into(), choice }];
        let manual = Resolution::Manual { document: None, choices };
        decide(&world, conflict, manual, NO_HOLD).await;
        assert_eq!(world.here("t001").unwrap()["rank"], rank);
        settle(&world).await;
        assert_eq!((state(&world, &one), state(&world, &two)), (Completed, Completed));
        assert_eq!(ranks(&world), [json!(rank), json!(12), json!(23)]);
        world.finish().await;
    }
}

// proves D2, D7
#[tokio::test]
async fn a_document_that_was_typed_is_there_also_where_a_later_transaction_deletes() {
    let world = Stage::tasks(2).open().await;
    world.server.go_offline().await.unwrap();
    let one = apply(&world, Ordered, vec![set("t001", "rank", 11)]).await;
    let two = apply(&world, Ordered, vec![set("t002", "rank", 22), delete("t001")]).await;
    world.server.go_online().await.unwrap();
    world.colleague_sets("t001", "rank", 111);
    world.sync().await;
    let conflict = world.engine().list_conflicts(0, 1).unwrap().rows[0].id;
    let typed = json!({"id": "t001", "rank": 7});
    let manual = Resolution::Manual { document: Some(typed.to_string()), choices: Vec::new() };
    decide(&world, conflict, manual, NO_HOLD).await;
    settle(&world).await;
    assert_eq!((world.here("t001"), world.there("t001")), (Some(typed.clone()), Some(typed)));
    assert_eq!([&one, &two].map(|row| state(&world, row)), [Completed; 2]);
    assert_eq!(world.there("t002").unwrap()["rank"], 22);
    world.finish().await;
}

// proves D2, D7
#[tokio::test]
async fn a_document_that_was_typed_is_there_also_where_a_later_transaction_makes_it_again() {
    let world = Stage::tasks(2).open().await;
    world.server.go_offline().await.unwrap();
    world.delete("t001").await;
    let again = json!({"id": "t001", "rank": 11});
    let one = apply(&world, Ordered, vec![set("t002", "rank", 12), create(&again)]).await;
    world.server.go_online().await.unwrap();
    world.colleague_sets("t001", "rank", 111);
    world.sync().await;
    let conflict = world.engine().list_conflicts(0, 1).unwrap().rows[0].id;
    let typed = json!({"id": "t001", "rank": 7});
    let manual = Resolution::Manual { document: Some(typed.to_string()), choices: Vec::new() };
    decide(&world, conflict, manual, NO_HOLD).await;
    world.set("t001", "state", "later").await;
    settle(&world).await;
    let later = json!({"id": "t001", "rank": 7, "state": "later"});
    assert_eq!((world.here("t001"), world.there("t001")), (Some(later.clone()), Some(later)));
    assert_eq!((state(&world, &one), world.queue()), (Completed, vec![]));
    world.finish().await;
}

// proves D9, B2
#[tokio::test]
async fn a_decision_that_is_taken_back_leaves_it_alone_too() {
    let (world, [one, two], conflict) = met().await;
    decide(&world, conflict, Resolution::LocalWins {}, Millis(10_000)).await;
    world.engine().undo_resolution(conflict).await.unwrap();
    world.check_books();
    assert_eq!(world.here("t001").unwrap()["rank"], 21);
    assert_eq!(now(&world, &two).queued_behind.as_ref(), Some(&one.id));
    decide(&world, conflict, Resolution::LocalWins {}, NO_HOLD).await;
    refuse(&world, "t003");
    settle(&world).await;
    assert_eq!((state(&world, &one), state(&world, &two)), (Completed, Failed));
    assert_eq!(ranks(&world), [json!(11), json!(12), json!(3)]);
    world.finish().await;
}

// proves D9, B2
#[tokio::test]
async fn a_document_that_was_typed_and_taken_back_is_not_sent() {
    let (world, [one, two], conflict) = met().await;
    let typed = json!({"id": "t001", "title": "Typed", "state": "typed", "rank": 7});
    let manual = Resolution::Manual { document: Some(typed.to_string()), choices: Vec::new() };
    decide(&world, conflict, manual, Millis(10_000)).await;
    world.engine().undo_resolution(conflict).await.unwrap();
    world.check_books();
    assert_eq!(world.here("t001").unwrap()["rank"], 21, "what was shown before it was typed");
    decide(&world, conflict, Resolution::LocalWins {}, NO_HOLD).await;
    refuse(&world, "t003");
    settle(&world).await;
    assert_eq!((state(&world, &one), state(&world, &two)), (Completed, Failed));
    let own = json!({"id": "t001", "title": "Task 1", "state": "open", "rank": 11});
    assert_eq!(world.there("t001"), Some(own));
    world.server.clear_faults();
    world.engine().restore_transaction(&two.id).await.unwrap();
    settle(&world).await;
    let both = json!({"id": "t001", "title": "Task 1", "state": "open", "rank": 21});
    assert_eq!(world.there("t001"), Some(both));
    world.finish().await;
}

// proves D9, B2
#[tokio::test]
async fn a_choice_that_is_taken_back_moves_no_value_into_another_transaction() {
    let world = Stage::tasks(3).open().await;
    world.server.go_offline().await.unwrap();
    let changes = vec![set("t001", "rank", 11), set("t001", "title", "Mine"), set("t002", "rank", 12)];
    let one = apply(&world, Ordered, changes).await;
    let two = apply(&world, Ordered, vec![set("t003", "rank", 23), set("t001", "rank", 21)]).await;
    world.server.go_online().await.unwrap();
    world.colleague_sets("t001", "rank", 111);
    world.colleague_sets("t001", "title", "Theirs");
    world.sync().await;
    let conflict = world.engine().list_conflicts(0, 1).unwrap().rows[0].id;
    let choose = |path: &str, choice| ChoiceAt { path: path.into(), choice };
    let choices = vec![choose("/rank", FieldChoice::Mine), choose("/title", FieldChoice::Server)];
    decide(&world, conflict, Resolution::Manual { document: None, choices }, Millis(10_000)).await;
    world.engine().undo_resolution(conflict).await.unwrap();
    world.check_books();
    decide(&world, conflict, Resolution::LocalWins {}, NO_HOLD).await;
    refuse(&world, "t003");
    settle(&world).await;
    assert_eq!((state(&world, &one), state(&world, &two)), (Completed, Failed));
    let there = world.there("t001").unwrap();
    assert_eq!((&there["rank"], &there["title"]), (&json!(11), &json!("Mine")));
    world.finish().await;
}

// proves D9, B2
#[tokio::test]
async fn what_is_saved_while_a_decision_may_be_taken_back_stays_with_what_it_was_saved_for() {
    let (world, [one, two], conflict) = met().await;
    let three = apply(&world, Ordered, vec![set("t001", "title", "Third")]).await;
    let typed = json!({"id": "t001", "title": "Typed", "state": "typed", "rank": 7});
    let manual = Resolution::Manual { document: Some(typed.to_string()), choices: Vec::new() };
    decide(&world, conflict, manual, Millis(10_000)).await;
    world.set("t001", "state", "later").await;
    world.engine().undo_resolution(conflict).await.unwrap();
    world.check_books();
    let shown = json!({"id": "t001", "title": "Third", "state": "later", "rank": 21});
    assert_eq!(world.here("t001"), Some(shown));
    decide(&world, conflict, Resolution::LocalWins {}, NO_HOLD).await;
    refuse(&world, "t003");
    settle(&world).await;
    assert_eq!([&one, &two, &three].map(|row| state(&world, row)), [Completed, Failed, Failed]);
    let there = json!({"id": "t001", "title": "Task 1", "state": "later", "rank": 11});
    assert_eq!(world.there("t001"), Some(there), "the first's and the single edit");
    world.server.clear_faults();
    world.engine().restore_transaction(&three.id).await.unwrap();
    settle(&world).await;
    let there = json!({"id": "t001", "title": "Third", "state": "later", "rank": 11});
    assert_eq!(world.there("t001"), Some(there), "the third has nothing of the second's");
    world.finish().await;
}

// proves A3, B3
#[tokio::test]
async fn a_single_edit_in_a_conflict_becomes_no_part_of_a_transaction_behind_it() {
    let world = Stage::tasks(2).open().await;
    world.server.go_offline().await.unwrap();
    world.set("t001", "rank", 11).await;
    let row = apply(&world, Parallel, vec![set("t001", "state", "mine"), set("t002", "rank", 12)]).await;
    world.server.go_online().await.unwrap();
    world.colleague_sets("t001", "rank", 111);
    world.sync().await;
    let conflict = world.engine().list_conflicts(0, 1).unwrap().rows[0].id;
    let saved =
        world.engine().resolve_conflict(conflict, Resolution::LocalWins {}, None, NO_HOLD).await.unwrap();
    let change = world.engine().get_change(&saved.change.unwrap()).unwrap();
    assert_eq!(change.row.transaction, None);
    settle(&world).await;
    assert_eq!(state(&world, &row), Completed);
    let there = world.there("t001").unwrap();
    assert_eq!((&there["rank"], &there["state"]), (&json!(11), &json!("mine")));
    assert_eq!(world.effects("t001").len(), 2, "mine, and then the transaction's");
    world.finish().await;
}

// proves B2, D7
#[tokio::test]
async fn what_comes_after_one_that_was_decided_for_the_server_still_waits_for_what_comes_before() {
    let world = Stage::tasks(3).open().await;
    world.server.go_offline().await.unwrap();
    let changes = vec![set("t001", "rank", 11), set("t002", "rank", 12), set("t003", "rank", 13)];
    world.set("t002", "rank", 22).await;
    let row = apply(&world, Ordered, changes).await;
    world.server.go_online().await.unwrap();
    world.colleague_sets("t001", "rank", 111);
    world.colleague_sets("t002", "rank", 112);
    world.sync().await;
    let conflicts = world.engine().list_conflicts(0, 2).unwrap().rows;
    let of = |record: &str| conflicts.iter().find(|one| one.resource_id == record).unwrap().id;
    decide(&world, of("t002"), Resolution::ServerWins {}, NO_HOLD).await;
    settle(&world).await;
    assert_eq!((state(&world, &row), ranks(&world)), (Conflicted, vec![json!(111), json!(112), json!(3)]));
    decide(&world, of("t001"), Resolution::LocalWins {}, NO_HOLD).await;
    settle(&world).await;
    assert_eq!((state(&world, &row), ranks(&world)), (Completed, vec![json!(11), json!(112), json!(13)]));
    world.finish().await;
}

// proves B2, D7, D9, A8
#[tokio::test]
async fn what_is_decided_in_one_that_was_refused_meanwhile_goes_back_with_it_and_comes_back_with_it() {
    let world = Stage::tasks(2).open().await;
    refuse(&world, "t002");
    let row = apply(&world, Ordered, vec![set("t002", "rank", 12), set("t001", "rank", 11)]).await;
    world.set("t001", "rank", 50).await;
    settle(&world).await;
    assert_eq!((state(&world, &row), world.there("t001").unwrap()["rank"].clone()), (Failed, json!(50)));
    // It comes back beside what was done since, and is refused once more before that is decided.
    world.engine().restore_transaction(&row.id).await.unwrap();
    settle(&world).await;
    assert_eq!(state(&world, &row), Conflicted, "the decision is waited for before anything is rolled back");
    let conflict = world.engine().list_conflicts(0, 10).unwrap().rows.remove(0);
    let typed = json!({"id": "t001", "title": "Typed", "state": "open", "rank": 60}).to_string();
    let typed = Resolution::Manual { document: Some(typed), choices: Vec::new() };
    world.engine().resolve_conflict(conflict.id, typed, None, Millis(60_000)).await.unwrap();
    world.check_books();
    assert_eq!((state(&world, &row), world.here("t001").unwrap()["rank"].clone()), (Failed, json!(50)));
    let refused = Refusal::from(world.engine().undo_resolution(conflict.id).await.unwrap_err());
    assert_eq!(refused.code, RefusalCode::NotNow, "it is not held any more: {refused:?}");
    world.server.clear_faults();
    world.engine().restore_transaction(&row.id).await.unwrap();
    world.sync().await;
    assert_eq!(state(&world, &row), Completed);
    let there = world.there("t001").unwrap();
    assert_eq!(
        (&there["title"], &there["rank"]),
        (&json!("Typed"), &json!(60)),
        "what was typed is not lost"
    );
    world.finish().await;
}

// proves B2, D1, D2
#[tokio::test]
async fn what_a_later_change_takes_back_does_not_go_over_a_colleagues_unseen() {
    for (choice, rank) in [(Resolution::LocalWins {}, 21), (Resolution::ServerWins {}, 1)] {
        let world = Stage::tasks(3).open().await;
        world.server.go_offline().await.unwrap();
        let one = apply(&world, Ordered, vec![set("t002", "rank", 12), set("t001", "state", "mine")]).await;
        world.set("t001", "state", "open").await;
        world.set("t001", "rank", 21).await;
        world.server.go_online().await.unwrap();
        world.colleague_sets("t001", "state", "theirs");
        settle(&world).await;
        assert!(world.effects("t001").is_empty());
        assert_eq!(state(&world, &one), Conflicted);
        let conflict = world.engine().list_conflicts(0, 1).unwrap().rows[0].id;
        decide(&world, conflict, choice, NO_HOLD).await;
        settle(&world).await;
        let there = world.there("t001").unwrap();
        assert_eq!((&there["state"], &there["rank"]), (&json!("theirs"), &json!(rank)));
        assert_eq!((state(&world, &one), world.here("t001")), (Completed, Some(there)));
        world.finish().await;
    }
}

// proves B2, A3, D7
#[tokio::test]
async fn a_field_that_is_decided_for_the_server_is_not_gone_over_by_what_stands_behind() {
    let (world, [_, two], conflict) = met().await;
    world.set("t001", "state", "mine").await;
    let choices = vec![ChoiceAt { path: "/rank".into(), choice: FieldChoice::Server }];
    decide(&world, conflict, Resolution::Manual { choices, document: None }, NO_HOLD).await;
    settle(&world).await;
    let there = world.there("t001").unwrap();
    assert_eq!((&there["rank"], &there["state"]), (&json!(111), &json!("mine")));
    let history = world.server.with_world(|server| server.history()).unwrap();
    let ranks: Vec<_> = history
        .iter()
        .filter(|(effect, _)| effect.id == "t001")
        .map(|(_, document)| document.as_ref().unwrap()["rank"].clone())
        .collect();
    assert!(!ranks.contains(&json!(21)), "for a moment it was the second's: {ranks:?}");
    assert_eq!((state(&world, &two), world.queue()), (Completed, vec![]));
    world.finish().await;
}
