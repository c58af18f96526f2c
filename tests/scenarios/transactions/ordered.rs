use super::{apply, create, now, path, refuse, set, state};
use serde_json::json;
use tidemark_model::transaction::Strategy::Ordered;
use tidemark_model::transaction::TransactionState::{Completed, Failed, Pending, Persisting, Queued};
use tidemark_model::view::{ChangeState, TransactionError, WaitReason};
use tidemark_sandbox::{ColleagueEdit, Switch};
use tidemark_tests::world::{Stage, TASKS, task};

// proves B1, B7, A5
#[tokio::test]
async fn its_changes_go_in_order_and_its_history_is_kept() {
    let world = Stage::tasks(2).open().await;
    let row =
        apply(&world, Ordered, vec![set("t002", "state", "done"), create(&task(9)), set("t001", "rank", 7)])
            .await;
    assert_eq!((row.state, row.changes.0), (Pending, 3));
    assert_eq!(world.here("t002").unwrap()["state"], "done", "it shows at once");
    assert_eq!(world.sync().await.confirmed, 3);
    let order: Vec<String> = world.server.report().unwrap().effects.into_iter().map(|e| e.id).collect();
    assert_eq!(&order[order.len() - 3..], ["t002", "t009", "t001"]);
    assert_eq!(path(&world, &row), [Pending, Persisting, Completed]);
    assert!(now(&world, &row).ended_at.is_some());
    world.finish().await;
}

// proves B2, A3
#[tokio::test]
async fn a_later_one_on_the_same_record_is_queued_behind_it_and_nothing_joins_across_the_border() {
    let world = Stage::tasks(3).open().await;
    world.server.go_offline().await.unwrap();
    let first = apply(&world, Ordered, vec![set("t001", "rank", 1), set("t002", "rank", 1)]).await;
    let second = apply(&world, Ordered, vec![set("t002", "rank", 2), set("t003", "rank", 2)]).await;
    let third = apply(&world, Ordered, vec![set("t003", "rank", 3), set("t001", "rank", 3)]).await;
    assert_eq!((second.state, second.queued_behind.as_ref()), (Queued, Some(&first.id)));
    assert_eq!(
        (third.state, third.queued_behind.as_ref()),
        (Queued, Some(&second.id)),
        "the nearest is named"
    );
    let before = world.queue().len();
    world.set("t003", "state", "mine").await;
    assert_eq!(world.queue().len(), before + 1, "a single edit stands behind a transaction, not in it");
    let waits: Vec<_> = world.queue().into_iter().filter_map(|row| row.reason).collect();
    let behind = Some(first.id.clone());
    assert!(waits.contains(&WaitReason::Transaction { transaction: second.id.clone(), behind }), "{waits:?}");
    world.check_books();

    world.server.go_online().await.unwrap();
    world.clock.advance_s(60);
    world.sync().await;
    for row in [&first, &second, &third] {
        assert_eq!(state(&world, row), Completed);
    }
    let there = |rid| world.there(rid).unwrap()["rank"].clone();
    assert_eq!([there("t001"), there("t002"), there("t003")], [json!(3), json!(2), json!(3)]);
    assert_eq!(path(&world, &second), [Pending, Queued, Pending, Persisting, Completed]);
    world.finish().await;
}

// proves B2, B7, A8
#[tokio::test]
async fn a_refusal_rolls_back_what_it_showed_and_fails_what_stands_behind_it() {
    let world = Stage::tasks(4).open().await;
    refuse(&world, "t002");
    let first = apply(
        &world,
        Ordered,
        vec![set("t001", "rank", 11), set("t002", "rank", 12), create(&task(9)), set("t003", "rank", 13)],
    )
    .await;
    let behind = apply(&world, Ordered, vec![set("t003", "rank", 23), set("t004", "rank", 24)]).await;
    let last = apply(&world, Ordered, vec![set("t004", "rank", 34), set("t004", "state", "x")]).await;
    let apart = apply(&world, Ordered, vec![create(&task(8)), create(&task(7))]).await;
    world.set("t003", "state", "mine").await;
    world.set("t009", "state", "mine").await;
    world.sync().await;

    let failed = now(&world, &first);
    assert_eq!((failed.state, failed.confirmed.0), (Failed, 1));
    let Some(TransactionError::Refused { change, words, .. }) = failed.error else {
        panic!("it says why: {:?}", failed.error)
    };
    assert_eq!(world.engine().get_change(&change).unwrap().row.record, "t002");
    assert!(!words.is_empty());
    assert_eq!(
        now(&world, &behind).error,
        Some(TransactionError::DependencyFailed { transaction: first.id.clone() })
    );
    assert_eq!(
        now(&world, &last).error,
        Some(TransactionError::DependencyFailed { transaction: behind.id.clone() }),
        "what stands behind that one fails too"
    );
    assert_eq!(state(&world, &apart), Completed, "it touches none of their records");

    let rank = |rid| world.here(rid).map(|document| document["rank"].clone());
    assert_eq!(rank("t001"), Some(json!(11)), "what was accepted stays");
    assert_eq!([rank("t002"), rank("t003"), rank("t004")], [Some(json!(2)), Some(json!(3)), Some(json!(4))]);
    assert_eq!(rank("t009"), None, "the record that only the transaction made is gone with it");
    assert_eq!(world.there("t003").unwrap()["state"], "mine", "a single edit is no part of it and goes");
    let waiting = world.queue();
    assert!(waiting.iter().all(|row| row.state == ChangeState::NeedsYou), "{waiting:?}");
    let rolled_back =
        waiting.iter().filter(|row| matches!(row.reason, Some(WaitReason::RolledBack { .. }))).count();
    assert_eq!(rolled_back, waiting.len(), "all of it waits to be restored");
    world.finish().await;
}

// proves B1
#[tokio::test]
async fn one_change_alone_is_parked_and_rolls_nothing_back() {
    let world = Stage::tasks(1).open().await;
    refuse(&world, "t001");
    let row = apply(&world, Ordered, vec![set("t001", "rank", 5), set("t001", "state", "x")]).await;
    assert_eq!(row.changes.0, 1, "two edits of one record are one change");
    world.sync().await;
    assert_eq!(state(&world, &row), Failed);
    assert_eq!(world.here("t001").unwrap()["rank"], 5, "its overlay stays");
    world.server.clear_faults();
    assert_eq!(world.engine().retry(vec![world.queue()[0].id.clone()]).await.unwrap().done.0, 1);
    assert_eq!(world.sync().await.confirmed, 1);
    assert_eq!((state(&world, &row), now(&world, &row).error), (Completed, None));
    world.finish().await;
}

// proves B2, D1
#[tokio::test]
async fn what_is_pulled_for_its_records_waits_until_it_ends() {
    let world = Stage::tasks(3).open().await;
    // The second change is answered with 503: the transaction has begun and is not through.
    world.fault(|faults| {
        faults.status = Some(tidemark_sandbox::Switch::always(vec![503]).method("PUT").path("/tasks/t002"));
    });
    let changes = vec![set("t001", "rank", 5), set("t002", "rank", 6), set("t003", "rank", 7)];
    let row = apply(&world, Ordered, changes).await;
    world.sync().await;
    assert_eq!(state(&world, &row), Persisting);
    world.colleague_sets("t003", "title", "Theirs");
    world.sync().await;
    assert_eq!(world.here("t003").unwrap()["title"], "Task 3", "the third is not sent, and yet it is locked");
    world.server.clear_faults();
    world.clock.advance_s(600);
    world.sync().await;
    world.sync().await;
    assert_eq!(state(&world, &row), Completed);
    let here = world.here("t003").unwrap();
    assert_eq!((&here["title"], &here["rank"]), (&json!("Theirs"), &json!(7)));
    world.finish().await;
}

// proves B1, D1, D8
#[tokio::test]
async fn a_conflict_holds_it_and_its_resolution_takes_the_place_of_the_change() {
    let world = Stage::tasks(2).open().await;
    world.server.go_offline().await.unwrap();
    let row = apply(&world, Ordered, vec![set("t001", "rank", 5), set("t002", "rank", 6)]).await;
    world.colleague_sets("t001", "rank", 50);
    world.server.go_online().await.unwrap();
    world.clock.advance_s(60);
    world.sync().await;
    assert_eq!(state(&world, &row), super::TransactionState::Conflicted);
    assert_eq!(world.there("t002").unwrap()["rank"], 2, "the next waits for it");
    let conflict = world.engine().list_conflicts(0, 10).unwrap().rows[0].id;
    let resolution = tidemark_model::view::Resolution::LocalWins {};
    let held = tidemark_model::number::Millis(0);
    world.engine().resolve_conflict(conflict, resolution, None, held).await.unwrap();
    assert_eq!(state(&world, &row), Pending);
    world.check_books();
    world.sync().await;
    assert_eq!(state(&world, &row), Completed);
    let there = |rid| world.there(rid).unwrap()["rank"].clone();
    assert_eq!([there("t001"), there("t002")], [json!(5), json!(6)]);
    world.finish().await;
}

// proves B6, A4
#[tokio::test]
async fn it_survives_being_cut_off_and_goes_on_under_the_same_key() {
    let mut world = Stage::tasks(2).open().await;
    let row = apply(&world, Ordered, vec![set("t001", "rank", 5), set("t002", "rank", 6)]).await;
    world.fault(|faults| {
        faults.drop_after = Some(tidemark_sandbox::Switch::always(true).method("PUT").path("/tasks/t001"));
    });
    world.sync().await;
    assert_eq!(state(&world, &row), Persisting);
    world.server.clear_faults();
    world.restart().await;
    assert_eq!(state(&world, &row), Persisting, "a restart changes nothing about it");
    world.clock.advance_s(600);
    world.sync().await;
    assert_eq!(state(&world, &row), Completed);
    assert_eq!(world.effects("t001").len(), 1, "it took effect once");
    world.finish().await;
}

// proves B2, C2
#[tokio::test]
async fn a_record_of_the_same_name_that_a_colleague_made_meanwhile_shows_after_the_roll_back() {
    let world = Stage::tasks(3).open().await;
    world.fault(|faults| faults.status = Some(Switch::always(vec![503]).method("PUT").path("/tasks/t002")));
    let row =
        apply(&world, Ordered, vec![set("t001", "rank", 11), set("t002", "rank", 12), create(&task(9))])
            .await;
    world.sync().await;
    assert_eq!(state(&world, &row), Persisting);
    let theirs = json!({"id": "t009", "title": "Theirs", "state": "open", "rank": 99});
    world.colleague(ColleagueEdit {
        collection: TASKS.into(),
        id: "t009".into(),
        create: theirs.as_object().cloned(),
        ..ColleagueEdit::default()
    });
    world.clock.advance_s(3);
    world.sync().await;
    assert_eq!(
        world.here("t009"),
        Some(task(9)),
        "the transaction has begun: what is pulled waits for its end"
    );
    world.server.clear_faults();
    refuse(&world, "t002");
    world.clock.advance_s(600);
    world.sync().await;
    world.sync().await;
    assert_eq!(state(&world, &row), Failed);
    assert_eq!(world.here("t009"), Some(theirs));
    world.finish().await;
}
