use super::{apply, create, delete, now, refuse, set, state};
use serde_json::json;
use tidemark_model::transaction::Strategy::{Ordered, Parallel};
use tidemark_model::transaction::TransactionState::{Completed, Conflicted, Failed, Pending};
use tidemark_model::view::{
    ChoiceAt, FieldChoice, NewTransaction, RefusalCode, Resolution, TransactionError, TransactionRow,
};
use tidemark_sandbox::ColleagueEdit;
use tidemark_tests::world::{LINK, NO_HOLD, Stage, TASKS, World, task};

fn refusal(error: tidemark_engine::StoreError) -> tidemark_model::view::Refusal {
    match error {
        tidemark_engine::StoreError::Refused(refusal) => refusal,
        other => panic!("no refusal: {other:?}"),
    }
}

/// A transaction over t001 (refused), t002 and a new record, rolled back.
async fn rolled_back(world: &World) -> tidemark_model::view::TransactionRow {
    refuse(world, "t001");
    let changes = vec![set("t001", "rank", 11), set("t002", "rank", 12), create(&task(9)), delete("t003")];
    let row = apply(world, Ordered, changes).await;
    world.sync().await;
    assert_eq!((state(world, &row), now(world, &row).rolled_back.0), (Failed, 4));
    world.server.clear_faults();
    row
}

// proves B2, B7
#[tokio::test]
async fn all_of_it_comes_back_with_its_values() {
    let world = Stage::tasks(3).open().await;
    let row = rolled_back(&world).await;
    world.set("t002", "state", "later").await;
    let row = world.engine().restore_transaction(&row.id).await.unwrap();
    assert_eq!(row.error, None);
    assert_eq!(world.here("t002").unwrap()["rank"], 12);
    assert_eq!(world.here("t003"), None);
    world.check_books();
    world.sync().await;
    assert_eq!(state(&world, &row), Completed);
    let there = world.there("t002").unwrap();
    assert_eq!((&there["rank"], &there["state"]), (&json!(12), &json!("later")));
    assert_eq!((world.there("t003"), world.there("t009")), (None, Some(task(9))));
    let again = refusal(world.engine().restore_transaction(&row.id).await.unwrap_err());
    assert_eq!(again.code, RefusalCode::NotNow);
    world.finish().await;
}

// proves B2, D1
#[tokio::test]
async fn a_record_that_a_colleague_made_under_the_same_name_is_asked_about() {
    for changes in [vec![delete("t009")], vec![set("t009", "rank", 7)]] {
        let world = Stage::tasks(1).open().await;
        world.server.go_offline().await.unwrap();
        apply(&world, Ordered, vec![create(&task(9)), set("t001", "rank", 11)]).await;
        let behind = apply(&world, Ordered, changes).await;
        let first = world.queue().iter().find(|row| row.record == "t001").unwrap().id.clone();
        world.engine().discard(vec![first]).await.unwrap();
        assert_eq!(state(&world, &behind), Failed, "it stood behind");
        let theirs = json!({"id": "t009", "title": "Theirs", "rank": 90}).as_object().cloned();
        world.colleague(ColleagueEdit { collection: TASKS.into(), create: theirs, ..Default::default() });
        world.server.go_online().await.unwrap();
        world.sync().await;
        world.engine().restore_transaction(&behind.id).await.unwrap();
        world.check_books();
        world.sync().await;
        let there = world.there("t009").unwrap();
        assert_eq!(
            (&there["title"], &there["rank"]),
            (&json!("Theirs"), &json!(90)),
            "it is as they made it"
        );
        assert_eq!(
            (state(&world, &behind), world.engine().list_conflicts(0, 9).unwrap().total.0),
            (Conflicted, 1)
        );
        world.finish().await;
    }
}

// proves B2, D1
#[tokio::test]
async fn what_a_colleague_changed_meanwhile_is_merged_or_asked_about_never_written_over() {
    let world = Stage::tasks(3).open().await;
    let row = rolled_back(&world).await;
    world.colleague_sets("t001", "rank", 111);
    world.colleague_sets("t002", "title", "Theirs");
    world.colleague_deletes("t003");
    world.sync().await;
    world.engine().restore_transaction(&row.id).await.unwrap();
    world.check_books();
    assert_eq!(state(&world, &row), Conflicted);
    world.sync().await;
    assert_eq!(world.there("t001").unwrap()["rank"], 111, "both set the same field: a person decides");
    let conflicts = world.engine().list_conflicts(0, 10).unwrap();
    assert_eq!(conflicts.total.0, 1);
    let resolution = tidemark_model::view::Resolution::LocalWins {};
    let held = tidemark_model::number::Millis(0);
    world.engine().resolve_conflict(conflicts.rows[0].id, resolution, None, held).await.unwrap();
    world.sync().await;
    let (one, two) = (world.there("t001").unwrap(), world.there("t002").unwrap());
    assert_eq!((&one["rank"], &two["rank"], &two["title"]), (&json!(11), &json!(12), &json!("Theirs")));
    assert_eq!(state(&world, &row), Completed);
    world.finish().await;
}

// proves B2, A8
#[tokio::test]
async fn one_of_it_sent_again_brings_all_of_it_back() {
    let world = Stage::tasks(3).open().await;
    let row = rolled_back(&world).await;
    let ids: Vec<String> = world.queue().into_iter().map(|change| change.id).collect();
    assert_eq!(world.engine().retry(vec![ids[1].clone()]).await.unwrap().done.0, 1);
    let again = now(&world, &row);
    assert_eq!((again.state, again.rolled_back.0, again.changes.0), (Pending, 0, 4), "{again:?}");
    assert_eq!((world.here("t001").unwrap()["rank"].clone(), world.here("t003")), (json!(11), None));
    assert_eq!(world.engine().retry(ids).await.unwrap().already_gone.0, 4, "others stand in their place");
    assert_eq!(world.sync().await.confirmed, 4);
    assert_eq!(state(&world, &row), Completed);
    assert_eq!((world.there("t003"), world.there("t009")), (None, Some(task(9))));
    world.finish().await;
}

// proves B2, A8
#[tokio::test]
async fn all_of_it_named_to_be_sent_again_comes_back_once() {
    let world = Stage::tasks(3).open().await;
    let row = rolled_back(&world).await;
    let ids = world.queue().into_iter().map(|change| change.id).collect();
    assert_eq!(world.engine().retry(ids).await.unwrap().done.0, 4);
    assert_eq!((world.queue().len(), world.sync().await.confirmed), (4, 4));
    assert_eq!(state(&world, &row), Completed);
    world.finish().await;
}

// proves B2, B7
#[tokio::test]
async fn what_comes_back_and_needs_no_sending_is_done() {
    let world = Stage::tasks(1).open().await;
    refuse(&world, "t009");
    let row = apply(&world, Ordered, vec![create(&task(8)), create(&task(9))]).await;
    world.engine().delete_record(LINK, TASKS, "t009", None).await.unwrap();
    world.sync().await;
    assert_eq!((state(&world, &row), now(&world, &row).rolled_back.0), (Failed, 2));
    world.server.clear_faults();
    let row = world.engine().restore_transaction(&row.id).await.unwrap();
    assert_eq!((row.state, row.error), (Completed, None), "made and deleted again: nothing is left to send");
    world.finish().await;
}

// proves B2, A3
#[tokio::test]
async fn what_was_typed_again_meanwhile_leads_to_the_change_that_holds_it() {
    let world = Stage::tasks(2).open().await;
    refuse(&world, "t001");
    let row = apply(&world, Ordered, vec![set("t001", "rank", 11), set("t002", "rank", 12)]).await;
    world.sync().await;
    assert_eq!(state(&world, &row), Failed);
    world.server.clear_faults();
    let back = |record: &str| world.queue().into_iter().find(|one| one.record == record).unwrap().id;
    let (one, two) = (back("t001"), back("t002"));
    world.server.go_offline().await.unwrap();
    let again = world.set("t001", "rank", 11).await;
    let row = world.engine().restore_transaction(&row.id).await.unwrap();
    assert_eq!(row.state, Pending, "{row:?}");
    let detail = world.engine().get_change(&one).unwrap();
    assert_eq!(detail.combined_into, again.change, "the one that holds its value");
    let two = world.engine().get_change(&two).unwrap().combined_into.unwrap();
    assert!(world.engine().get_change(&two).is_ok(), "nothing leads nowhere");
    world.server.go_online().await.unwrap();
    world.sync().await;
    assert_eq!((state(&world, &row), world.effect_count()), (Completed, 2));
    world.finish().await;
}

// proves B2, A5
#[tokio::test]
async fn nothing_waits_for_what_came_back_and_needs_no_sending() {
    let world = Stage::tasks(2).open().await;
    refuse(&world, "t001");
    let changes = vec![set("t001", "rank", 11), create(&task(9)), set("t002", "rank", 12)];
    let row = apply(&world, Ordered, changes).await;
    world.delete("t009").await;
    world.sync().await;
    assert_eq!(state(&world, &row), Failed);
    world.server.clear_faults();
    world.engine().restore_transaction(&row.id).await.unwrap();
    world.sync().await;
    assert_eq!(state(&world, &row), Completed);
    assert_eq!(world.there("t002").unwrap()["rank"], 12);
    world.finish().await;
}

// proves B2, D8
#[tokio::test]
async fn a_conflict_of_other_edits_outlives_a_roll_back() {
    for stands_behind in [false, true] {
        let world = Stage::tasks(3).open().await;
        // What clashes on its own stands before the transaction's change, or behind it.
        if !stands_behind {
            world.set("t001", "rank", 11).await;
        }
        let first = apply(&world, Ordered, vec![set("t002", "state", "mine"), set("t003", "rank", 33)]).await;
        let changes = vec![set("t001", "state", "mine"), set("t002", "rank", 22)];
        let row = apply(&world, Ordered, changes).await;
        if stands_behind {
            world.set("t001", "rank", 11).await;
        }
        let ids = |row: &TransactionRow| {
            let detail = world.engine().get_transaction(&row.id).unwrap();
            detail.changes.into_iter().map(|change| change.id).collect::<Vec<String>>()
        };
        let held = ids(&first);
        world.engine().hold(held.clone(), true).await.unwrap();
        world.colleague(ColleagueEdit {
            collection: TASKS.into(),
            id: "t001".into(),
            set: json!({"rank": 111, "state": "theirs"}).as_object().cloned().unwrap(),
            ..ColleagueEdit::default()
        });
        world.sync().await;
        let open = world.engine().list_conflicts(0, 10).unwrap().rows;
        assert_eq!(open.len(), 1);
        let choices = vec![ChoiceAt { path: "/rank".into(), choice: FieldChoice::Mine }];
        let later = Resolution::Skip { choices, until: None };
        world.engine().resolve_conflict(open[0].id, later, None, NO_HOLD).await.unwrap();
        world.engine().discard(vec![held[1].clone()]).await.unwrap();
        assert_eq!([&first, &row].map(|row| state(&world, row)), [Failed, Failed]);
        world.check_books();
        world.sync().await;
        let there = world.there("t001").unwrap();
        assert_eq!((&there["rank"], &there["state"]), (&json!(111), &json!("theirs")));
        let open = world.engine().list_conflicts(0, 10).unwrap().rows;
        assert_eq!(open.len(), 1, "the other edit still clashes");
        let conflict = world.engine().get_conflict(open[0].id).unwrap();
        let chosen: Vec<_> =
            conflict.fields.iter().map(|field| (field.path.as_str(), field.choice.clone())).collect();
        assert!(chosen.contains(&("/rank", Some(FieldChoice::Mine))), "what was chosen stays: {chosen:?}");
        assert!(!conflict.fields.iter().any(|field| field.undecided), "no other clashes: {chosen:?}");
        world.engine().resolve_conflict(open[0].id, Resolution::LocalWins {}, None, NO_HOLD).await.unwrap();
        world.sync().await;
        let there = world.there("t001").unwrap();
        assert_eq!((&there["rank"], &there["state"]), (&json!(11), &json!("theirs")));
        world.finish().await;
    }
}

// proves A8
#[tokio::test]
async fn what_is_discarded_stays_away() {
    let world = Stage::tasks(3).open().await;
    let row = rolled_back(&world).await;
    let two = world.queue().into_iter().find(|change| change.record == "t002").unwrap();
    assert_eq!(world.engine().discard(vec![two.id]).await.unwrap().done.0, 1);
    assert_eq!(state(&world, &row), Failed);
    world.engine().restore_transaction(&row.id).await.unwrap();
    world.sync().await;
    assert_eq!(world.there("t002").unwrap()["rank"], 2);
    assert_eq!(world.there("t001").unwrap()["rank"], 11);
    world.finish().await;
}

// proves B1, A8
#[tokio::test]
async fn bad_input_is_refused_whole_and_says_which_change() {
    let world = Stage::tasks(2).open().await;
    let refused = async |changes| {
        refusal(world.engine().apply_transaction(super::new(Ordered, changes)).await.unwrap_err())
    };
    let missing = refused(vec![set("t001", "rank", 1), set("t999", "rank", 1)]).await;
    assert_eq!(missing.code, RefusalCode::NotFound);
    assert!(missing.message.contains("change 2 of 2") && missing.message.contains("t999"), "{missing:?}");
    assert_eq!(world.here("t001").unwrap()["rank"], 1, "nothing of it was saved");
    assert_eq!(refused(Vec::new()).await.code, RefusalCode::Invalid);
    let many = (0..=tidemark_engine::MOST_CHANGES).map(|n| create(&task(n + 10))).collect();
    assert!(refused(many).await.message.contains("1 to 1000"));
    let same = refused(vec![set("t001", "rank", 1)]).await;
    assert!(same.message.contains("changes nothing"), "{same:?}");
    assert_eq!(world.engine().list_transactions(false, 0, 10).unwrap().total.0, 0);
    let unknown = refusal(world.engine().get_transaction("nobody").map(drop).unwrap_err());
    assert_eq!(unknown.code, RefusalCode::NotFound);
    world.finish().await;
}

// proves B2, A3
#[tokio::test]
async fn what_made_a_record_again_behind_a_deletion_that_is_rolled_back_takes_its_place() {
    let world = Stage::tasks(1).open().await;
    world.server.go_offline().await.unwrap();
    world.create(&task(8)).await;
    refuse(&world, "t001");
    let row = apply(&world, Ordered, vec![set("t001", "rank", 11), delete("t008")]).await;
    let mut again = task(8);
    again["state"] = json!("again");
    let apart = apply(&world, Parallel, vec![create(&again)]).await;
    world.server.go_online().await.unwrap();
    for _ in 0..3 {
        world.clock.advance_s(600);
        world.sync().await;
    }
    assert_eq!((state(&world, &row), state(&world, &apart)), (Failed, Completed));
    assert_eq!(world.there("t008"), Some(again), "made, never deleted, and made anew");
    world.finish().await;
}

// proves B2, D1
#[tokio::test]
async fn what_comes_after_one_that_comes_back_into_a_conflict_waits_for_the_decision() {
    let world = Stage::tasks(3).open().await;
    refuse(&world, "t001");
    let changes = vec![set("t001", "rank", 11), set("t002", "rank", 12), set("t003", "rank", 13)];
    let row = apply(&world, Ordered, changes).await;
    world.sync().await;
    world.server.clear_faults();
    world.colleague_sets("t002", "rank", 112);
    world.sync().await;
    world.engine().restore_transaction(&row.id).await.unwrap();
    world.check_books();
    world.sync().await;
    assert_eq!(state(&world, &row), Conflicted);
    let ranks = |ids: [&str; 3]| ids.map(|id| world.there(id).unwrap()["rank"].clone());
    let all = ["t001", "t002", "t003"];
    assert_eq!(ranks(all), [json!(11), json!(112), json!(3)], "one after the other");
    let conflict = world.engine().list_conflicts(0, 1).unwrap().rows[0].id;
    let mine = tidemark_model::view::Resolution::LocalWins {};
    world.engine().resolve_conflict(conflict, mine, None, NO_HOLD).await.unwrap();
    world.sync().await;
    assert_eq!((state(&world, &row), ranks(all)), (Completed, [json!(11), json!(12), json!(13)]));
    world.finish().await;
}

// proves B2, B3
#[tokio::test]
async fn what_loses_its_record_stays_with_its_own_transaction_or_goes_with_what_made_the_record() {
    let world = Stage::tasks(3).open().await;
    refuse(&world, "t001");
    let ahead = vec![set("t001", "rank", 11), set("t002", "rank", 12), set("t003", "rank", 13)];
    apply(&world, Ordered, ahead).await;
    let maker = apply(&world, Ordered, vec![create(&task(9)), set("t003", "rank", 23)]).await;
    let behind = apply(&world, Ordered, vec![set("t002", "rank", 32), set("t009", "rank", 39)]).await;
    let apart =
        apply(&world, Parallel, vec![set("t009", "state", "apart"), set("t003", "state", "apart")]).await;
    world.set("t009", "title", "Later").await;
    world.sync().await;
    world.check_books();
    let failed = now(&world, &apart);
    let because = TransactionError::DependencyFailed { transaction: maker.id.clone() };
    assert_eq!((failed.state, failed.rolled_back.0, failed.error), (Failed, 1, Some(because)));
    assert_eq!(world.there("t003").unwrap()["state"], "apart", "its other change stands apart");
    world.server.clear_faults();
    let absent = refusal(world.engine().restore_transaction(&apart.id).await.unwrap_err());
    assert!(absent.message.contains("no record 't009'"), "{absent:?}");
    world.engine().restore_transaction(&maker.id).await.unwrap();
    assert_eq!(
        world.here("t009").unwrap()["title"],
        "Later",
        "the edit comes back with what made the record"
    );
    world.engine().restore_transaction(&apart.id).await.unwrap();
    world.engine().restore_transaction(&behind.id).await.unwrap();
    world.sync().await;
    assert_eq!([&maker, &apart, &behind].map(|row| state(&world, row)), [Completed; 3]);
    let there = world.there("t009").unwrap();
    assert_eq!(
        (&there["rank"], &there["state"], &there["title"]),
        (&json!(39), &json!("apart"), &json!("Later"))
    );
    world.finish().await;
}

// proves B2, B5
#[tokio::test]
async fn what_had_begun_before_goes_on_behind_one_that_waited_to_be_seen() {
    let world = Stage::tasks(3).open().await;
    refuse(&world, "t003");
    let changes = vec![set("t003", "rank", 33), set("t002", "state", "ahead")];
    let ahead = NewTransaction { await_sync: true, ..super::new(Ordered, changes) };
    let ahead = world.engine().apply_transaction(ahead).await.unwrap();
    world.sync().await;
    refuse(&world, "t002");
    let changes = vec![set("t001", "rank", 11), set("t002", "rank", 12), set("t003", "rank", 13)];
    let row = apply(&world, Ordered, changes).await;
    world.sync().await;
    assert_eq!((now(&world, &ahead).rolled_back.0, now(&world, &row).rolled_back.0), (2, 2));
    world.server.clear_faults();
    world.engine().restore_transaction(&ahead.id).await.unwrap();
    world.engine().restore_transaction(&row.id).await.unwrap();
    for _ in 0..3 {
        world.sync().await;
        world.clock.advance_s(120);
    }
    assert_eq!((state(&world, &ahead), state(&world, &row)), (Completed, Completed));
    assert_eq!(world.there("t003").unwrap()["rank"], 13);
    world.finish().await;
}

// proves B2, A5
#[tokio::test]
async fn what_made_the_record_anew_behind_several_that_lost_it_goes_on() {
    let world = Stage::tasks(2).open().await;
    refuse(&world, "t009");
    let row = apply(&world, Ordered, vec![create(&task(9)), set("t001", "rank", 11)]).await;
    apply(&world, Parallel, vec![set("t009", "rank", 21), set("t002", "rank", 22)]).await;
    apply(&world, Parallel, vec![delete("t009"), set("t002", "rank", 32)]).await;
    let anew = serde_json::json!({"id": "t009", "state": "anew"});
    world.create(&anew).await;
    world.sync().await;
    world.check_books();
    assert_eq!(state(&world, &row), Failed);
    world.server.clear_faults();
    for change in world.queue() {
        if change.transaction.is_none() {
            world.engine().retry(vec![change.id]).await.unwrap();
        }
    }
    world.sync().await;
    assert_eq!(world.there("t009"), Some(anew));
    world.finish().await;
}
