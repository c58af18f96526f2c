use super::{apply, create, delete, new, now, path, references, refuse, set, state};
use crate::naming::stage::{KEYS, make, open, there, title};
use serde_json::json;
use tidemark_model::transaction::Strategy::{Atomic, Ordered, Saga};
use tidemark_model::transaction::TransactionState::{Completed, Failed, Pending, Persisting};
use tidemark_model::view::{
    ChangeState, NewChange, Refusal, RefusalCode, TransactionError, TransactionRow, WaitReason,
};
use tidemark_sandbox::Switch;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{Stage, World, task};

// proves B4, B7
#[tokio::test]
async fn what_was_accepted_before_a_refusal_is_taken_back_last_first() {
    let world = Stage::tasks(4).open().await;
    refuse(&world, "t004");
    let changes = vec![
        set("t001", "rank", 11),
        create(&task(9)),
        delete("t002"),
        set("t004", "rank", 14),
        set("t003", "rank", 13),
    ];
    let row = apply(&world, Saga, changes).await;
    world.sync().await;
    let failed = now(&world, &row);
    assert_eq!((failed.state, failed.confirmed.0, failed.rolled_back.0), (Failed, 3, 2), "{failed:?}");
    assert!(matches!(failed.error, Some(TransactionError::Refused { kept, .. }) if kept.0 == 0));
    assert_eq!(world.there("t001"), Some(task(1)), "the field is as it was");
    assert_eq!(world.there("t009"), None, "what was made is gone");
    assert_eq!(world.there("t002"), Some(task(2)), "what was deleted is back");
    assert_eq!(world.there("t003").unwrap()["rank"], 3);
    let order: Vec<String> = world.server.report().unwrap().effects.into_iter().map(|e| e.id).collect();
    assert_eq!(&order[order.len() - 6..], ["t001", "t009", "t002", "t002", "t009", "t001"]);
    assert_eq!(path(&world, &row), [Pending, Persisting, Failed]);
    let detail = world.engine().get_transaction(&row.id).unwrap();
    let confirmed = detail.changes.iter().filter(|row| row.state == ChangeState::Confirmed).count();
    assert_eq!(confirmed, 6, "what took them back is shown with it: {:?}", detail.changes);
    world.finish().await;
}

// proves B4
#[tokio::test]
async fn what_somebody_changed_since_is_left_alone_and_told() {
    let world = Stage::tasks(2).open().await;
    let row = apply(&world, Saga, vec![set("t001", "rank", 11), set("t002", "rank", 12)]).await;
    world.fault(|faults| {
        faults.status = Some(Switch::always(vec![503]).method("PUT").path("/tasks/t002"));
    });
    world.sync().await;
    world.set("t001", "rank", 99).await;
    refuse(&world, "t002");
    world.clock.advance_s(600);
    world.sync().await;
    let failed = now(&world, &row);
    assert_eq!(failed.state, Failed);
    assert!(
        matches!(failed.error, Some(TransactionError::Refused { kept, .. }) if kept.0 == 1),
        "{failed:?}"
    );
    assert_eq!(world.here("t001").unwrap()["rank"], 99, "a person's later edit is not taken back");
    world.finish().await;
}

// proves B4, B6
#[tokio::test]
async fn taking_back_goes_on_after_a_restart() {
    let mut world = Stage::tasks(3).open().await;
    refuse(&world, "t003");
    let row =
        apply(&world, Saga, vec![set("t001", "rank", 11), set("t002", "rank", 12), set("t003", "rank", 13)])
            .await;
    // The answer of the refusal comes; then the server goes away before anything was taken back.
    let syncing = world.begin_sync();
    world.until(|world| now(world, &row).undoing || state(world, &row) == Failed).await;
    world.crash(syncing).await;
    world.clock.advance_s(600);
    world.sync().await;
    world.sync().await;
    assert_eq!(state(&world, &row), Failed);
    assert_eq!((world.there("t001"), world.there("t002")), (Some(task(1)), Some(task(2))));
    world.finish().await;
}

/// Two of three were accepted, the third was refused, and the server does not take the second one back.
async fn cannot_be_taken_back(world: &World) -> TransactionRow {
    let tap = &world.wire.tap;
    tap.hold_from(Point::Push, 3);
    let changes = vec![set("t001", "rank", 11), set("t002", "rank", 12), set("t003", "rank", 13)];
    let row = apply(world, Saga, changes).await;
    let syncing = world.begin_sync();
    tap.reached(Point::Push, 3).await;
    let refusing = Switch::always(vec![422]).method("PUT").path("/tasks/t00");
    world.fault(|faults| faults.status = Some(refusing));
    tap.release();
    assert_eq!(syncing.await.unwrap().parked, 2);
    row
}

// proves B4, B6, B7, A8
#[tokio::test]
async fn what_cannot_be_taken_back_needs_a_person_and_is_shown_with_it_to_its_end() {
    let mut world = Stage::tasks(3).open().await;
    let row = cannot_be_taken_back(&world).await;
    world.restart().await;
    world.clock.advance_s(3_600);
    world.sync().await;
    let told = now(&world, &row);
    assert_eq!((told.state, told.undoing), (Persisting, true), "it is not called over: {told:?}");
    let waiting = world.queue();
    let of = |record: &str, reason: fn(&WaitReason) -> bool| {
        let mut found = waiting.iter().filter(|change| change.record == record);
        let found = found.find(|change| change.reason.as_ref().is_some_and(reason));
        found.unwrap_or_else(|| panic!("{record}: {waiting:#?}"))
    };
    let refused = of("t002", |reason| matches!(reason, WaitReason::Refused { status: Some(422), .. }));
    let behind = of("t001", |reason| matches!(reason, WaitReason::Dependency { .. }));
    of("t003", |reason| matches!(reason, WaitReason::RolledBack { .. }));
    let detail = world.engine().get_transaction(&row.id).unwrap();
    for one in [refused, behind] {
        assert!(detail.changes.iter().any(|change| change.id == one.id), "{} is shown with it", one.record);
    }
    assert_eq!(
        (&world.there("t001").unwrap()["rank"], &world.there("t002").unwrap()["rank"]),
        (&json!(11), &json!(12))
    );
    let early = world.engine().restore_transaction(&row.id).await;
    assert!(early.is_err(), "nothing is sent once more before it is taken back");
    world.check_books();

    world.server.clear_faults();
    world.engine().retry(vec![refused.id.clone()]).await.unwrap();
    assert_eq!(world.sync().await.confirmed, 2);
    assert_eq!((world.there("t001"), world.there("t002")), (Some(task(1)), Some(task(2))));
    assert_eq!(path(&world, &row), [Pending, Persisting, Failed]);
    world.finish().await;
}

// proves B4, A8
#[tokio::test]
async fn what_a_person_leaves_as_it_is_holds_up_nothing_else() {
    let world = Stage::tasks(3).open().await;
    let row = cannot_be_taken_back(&world).await;
    world.server.clear_faults();
    let parked = world.queue().into_iter().find(|change| change.record == "t002").unwrap().id;
    assert_eq!(world.engine().discard(vec![parked]).await.unwrap().done.0, 1);
    world.check_books();
    world.sync().await;
    // What waited for it is a person's too, and goes when they say so; nothing of it comes back before.
    let again = world.engine().reprocess_failed().await.unwrap();
    assert_eq!((again.done.0, again.kept.0), (1, 1), "one was to be taken back still");
    world.sync().await;
    let ranks = || ["t001", "t002", "t003"].map(|task| world.there(task).unwrap()["rank"].clone());
    assert_eq!(ranks(), [1, 12, 3], "the one is taken back, the other was left");
    let told = now(&world, &row);
    assert_eq!((told.state, told.rolled_back.0), (Failed, 1), "{told:?}");
    assert_eq!(world.here("t002").unwrap()["rank"], 12, "what is there is shown");
    world.engine().restore_transaction(&row.id).await.unwrap();
    world.sync().await;
    assert_eq!((ranks(), state(&world, &row)), ([json!(11), json!(12), json!(13)], Completed));
    world.finish().await;
}

// proves B4, B2
#[tokio::test]
async fn restored_it_does_all_of_it_once_more() {
    let world = Stage::tasks(2).open().await;
    refuse(&world, "t002");
    let row = apply(&world, Saga, vec![set("t001", "rank", 11), set("t002", "rank", 12)]).await;
    world.sync().await;
    assert_eq!(world.there("t001"), Some(task(1)));
    world.server.clear_faults();
    let row = world.engine().restore_transaction(&row.id).await.unwrap();
    world.sync().await;
    assert_eq!(state(&world, &row), Completed);
    let there = |rid| world.there(rid).unwrap()["rank"].clone();
    assert_eq!([there("t001"), there("t002")], [json!(11), json!(12)]);
    world.finish().await;
}

// proves B4, B2
#[tokio::test]
async fn restored_three_times_it_makes_a_record_once_each_time() {
    let world = open(KEYS).await;
    make(&world, "orders", title("first")).await;
    world.sync().await;
    world.fault(|faults| faults.status = Some(Switch::always(vec![422]).method("PUT")));
    let named = there(&world, "orders").remove(0)["id"].as_str().unwrap().to_owned();
    let made = NewChange::Create {
        collection: "customers".into(),
        document: title("Acme").to_string(),
        depends_on: vec![],
        metadata: None,
    };
    let changes = vec![made, references::set("orders", &named, "title", "1st")];
    let row = world.engine().apply_transaction(new(Saga, changes)).await.unwrap();
    let made = |world: &World| {
        let effects = world.server.report().unwrap().effects;
        effects.iter().filter(|effect| effect.collection == "customers").count()
    };
    world.sync().await;
    assert_eq!((state(&world, &row), made(&world)), (Failed, 2), "made, and taken back");
    for time in 1..=3 {
        world.engine().restore_transaction(&row.id).await.unwrap();
        world.sync().await;
        assert_eq!((state(&world, &row), made(&world)), (Failed, 2 + 2 * time));
        world.check_books();
    }
    world.server.clear_faults();
    world.engine().restore_transaction(&row.id).await.unwrap();
    world.sync().await;
    assert_eq!((state(&world, &row), there(&world, "customers").len()), (Completed, 1));
    world.finish().await;
}

// proves B4
#[tokio::test]
async fn one_that_could_not_be_taken_back_is_refused_before_anything_is_saved() {
    let world = open(KEYS).await;
    let gone = make(&world, "customers", title("Acme")).await;
    let order = make(&world, "orders", title("first")).await;
    world.sync().await;
    let delete = NewChange::Delete {
        collection: "customers".into(),
        record: gone,
        depends_on: vec![],
        metadata: None,
    };
    let changes = || vec![references::set("orders", &order, "title", "1st"), delete.clone()];
    let refused = world.engine().apply_transaction(new(Saga, changes())).await.unwrap_err();
    let refused = Refusal::from(refused);
    assert_eq!(refused.code, RefusalCode::Invalid);
    assert!(refused.message.contains("change 2") && refused.message.contains("taken back"), "{refused:?}");
    assert_eq!(world.queue(), []);
    assert!(world.engine().list_transactions(false, 0, 10).unwrap().rows.is_empty());
    // Where one failure holds what comes behind, nothing has to be taken back.
    let row = world.engine().apply_transaction(new(Ordered, changes())).await.unwrap();
    world.sync().await;
    assert_eq!(state(&world, &row), Completed);
    assert_eq!(there(&world, "customers"), Vec::<serde_json::Value>::new());
    world.finish().await;
}

// proves B4
#[tokio::test]
async fn all_or_none_that_would_become_one_is_refused_just_the_same() {
    let mut settings = serde_json::from_str::<serde_json::Value>(KEYS).unwrap();
    settings["write"]["batch"] = serde_json::Value::Null;
    let world = open(&settings.to_string()).await;
    let gone = make(&world, "customers", title("Acme")).await;
    let order = make(&world, "orders", title("first")).await;
    world.sync().await;
    let delete = NewChange::Delete {
        collection: "customers".into(),
        record: gone,
        depends_on: vec![],
        metadata: None,
    };
    let changes = vec![references::set("orders", &order, "title", "1st"), delete];
    let refused = Refusal::from(world.engine().apply_transaction(new(Atomic, changes)).await.unwrap_err());
    assert!(refused.message.contains("taken back"), "{refused:?}");
    world.finish().await;
}
