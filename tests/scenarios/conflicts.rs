//! What both sides changed is shown to a person and never overwritten.

use serde_json::{Value, json};
use tidemark_engine::StoreError;
use tidemark_model::merge::MASK;
use tidemark_model::number::Count;
use tidemark_model::view::{
    ChoiceAt, ConflictType, ConflictView, FieldChoice, RecordState, RefusalCode, Resolution,
};
use tidemark_sandbox::ColleagueEdit;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{NO_HOLD, Stage, TASKS, World, task};

fn the_conflict(world: &World) -> ConflictView {
    let list = world.engine().list_conflicts(0, 10).unwrap();
    assert_eq!(list.total, Count(1), "one open conflict");
    world.engine().get_conflict(list.rows[0].id).unwrap()
}

fn field(text: Option<&String>, name: &str) -> Value {
    serde_json::from_str::<Value>(text.expect("this side has a document")).unwrap()[name].clone()
}

fn three_sides(conflict: &ConflictView) -> [Value; 3] {
    [&conflict.base_data, &conflict.local_data, &conflict.server_data]
        .map(|side| field(side.as_ref(), "state"))
}

// proves D1, D2, D8
#[tokio::test]
async fn a_conflict_met_by_a_push_has_three_sides_and_holds_only_its_record() {
    let world = Stage::tasks(3).open().await;
    for rid in ["t001", "t002"] {
        world.set(rid, "state", "mine").await;
    }
    world.colleague_sets("t001", "state", "theirs");
    let report = world.sync().await;
    assert_eq!((report.confirmed, report.conflicts), (1, 1));
    assert_eq!(world.there("t001").unwrap()["state"], "theirs", "nothing was overwritten");
    assert_eq!(world.there("t002").unwrap()["state"], "mine", "only that record waits");

    let conflict = the_conflict(&world);
    assert_eq!(three_sides(&conflict), [json!("open"), json!("mine"), json!("theirs")]);
    assert_eq!(conflict.row.conflict_type, ConflictType::BothUpdated);
    assert_eq!(conflict.row.server_by.as_deref(), Some("Anna K."));
    assert_eq!(world.here("t001").unwrap()["state"], "mine", "a clashing field shows mine");
    assert_eq!(world.record("t001").unwrap().row.state, RecordState::Conflict);
    assert_eq!(world.engine().status().unwrap().ledger.conflicts.0, 1);
    world.check_books();
    world.clock.advance_s(3_600);
    assert_eq!(world.sync().await.confirmed, 0, "it does not go by itself");
    world.finish().await;
}

// proves D1, A14
#[tokio::test]
async fn a_conflict_met_by_a_pull_is_there_before_anything_is_sent() {
    let world = Stage::tasks(1).open().await;
    let change = world.set("t001", "state", "mine").await.change.unwrap();
    world.engine().hold(vec![change.clone()], true).await.unwrap();
    world.colleague_sets("t001", "state", "theirs");
    assert_eq!(world.sync().await.conflicts, 1);
    assert_eq!(world.wire.tap.count(Point::Push), 0, "the pull saw it first");
    assert_eq!(three_sides(&the_conflict(&world)), [json!("open"), json!("mine"), json!("theirs")]);
    world.finish().await;
}

// proves D8
#[tokio::test]
async fn a_newer_server_version_and_a_later_edit_join_the_open_conflict() {
    let world = Stage::tasks(1).open().await;
    world.set("t001", "state", "mine").await;
    world.colleague_sets("t001", "state", "theirs");
    world.sync().await;
    let first = the_conflict(&world);
    world.colleague_sets("t001", "state", "theirs again");
    world.sync().await;
    world.set("t001", "state", "mine again").await;
    world.set("t001", "rank", 7).await;
    let now = the_conflict(&world);
    assert_eq!(now.row.id, first.row.id, "never a second one");
    assert_eq!(three_sides(&now), [json!("open"), json!("mine again"), json!("theirs again")]);
    assert_eq!(field(now.local_data.as_ref(), "rank"), 7);
    assert_ne!(now.server_version, first.server_version);
    assert_eq!(world.here("t001").unwrap()["rank"], 7);
    world.check_books();
    world.finish().await;
}

// proves D2
#[tokio::test]
async fn changed_here_and_deleted_there_is_a_conflict() {
    let world = Stage::tasks(1).open().await;
    world.set("t001", "state", "mine").await;
    world.colleague_deletes("t001");
    world.sync().await;
    let conflict = the_conflict(&world);
    assert_eq!(
        (conflict.row.conflict_type, conflict.server_data),
        (ConflictType::UpdatedHereDeletedThere, None)
    );
    assert_eq!(world.here("t001").unwrap()["state"], "mine", "what was typed is still here");
    world.finish().await;
}

// proves D2
#[tokio::test]
async fn deleted_here_and_changed_there_is_a_conflict() {
    let world = Stage::tasks(1).open().await;
    world.delete("t001").await;
    world.colleague_sets("t001", "state", "theirs");
    world.sync().await;
    let conflict = the_conflict(&world);
    assert_eq!(
        (conflict.row.conflict_type, conflict.local_data),
        (ConflictType::DeletedHereUpdatedThere, None)
    );
    assert_eq!(world.there("t001").unwrap()["state"], "theirs");
    world.finish().await;
}

// proves D2
#[tokio::test]
async fn made_on_both_sides_under_one_id_is_a_conflict() {
    let world = Stage::default().open().await;
    world.create(&json!({"id": "t009", "state": "mine"})).await;
    let theirs = json!({"id": "t009", "state": "theirs"}).as_object().cloned();
    let edit =
        ColleagueEdit { collection: TASKS.into(), id: "t009".into(), create: theirs, ..Default::default() };
    world.colleague(edit);
    world.sync().await;
    let conflict = the_conflict(&world);
    assert_eq!((conflict.row.conflict_type, conflict.base_data), (ConflictType::CreatedOnBoth, None));
    assert_eq!(world.there("t009").unwrap()["state"], "theirs");
    world.finish().await;
}

// proves D1
#[tokio::test]
async fn the_same_change_on_both_sides_is_no_conflict() {
    let world = Stage::tasks(2).open().await;
    world.set("t001", "state", "done").await;
    world.delete("t002").await;
    world.colleague_sets("t001", "state", "done");
    world.colleague_deletes("t002");
    assert_eq!(world.sync().await.conflicts, 0);
    assert_eq!((world.queue(), world.effect_count()), (vec![], 0), "there is nothing left to send");
    assert_eq!(
        world.here("t001"),
        Some(json!({"id": "t001", "title": "Task 1", "state": "done", "rank": 1}))
    );
    assert_ne!(world.here("t001"), Some(task(1)));
    world.finish().await;
}

// proves D1, D7
#[tokio::test]
async fn a_secret_is_chosen_without_being_shown_and_its_mask_is_never_sent() {
    let secret = r#"{"collections": [{"name": "tasks", "merge": {"secret": ["/pin", "/card"]}}]}"#;
    let world = Stage::tasks(1).settings(secret).open().await;
    world.colleague_sets("t001", "card", json!({"number": "first-1234", "until": "first-1234"}));
    world.sync().await;
    world.set("t001", "card", json!({"number": "mine-1234", "until": "mine-1234"})).await;
    world.set("t001", "pin", "mine-1234").await;
    world.colleague_sets("t001", "pin", "theirs-1234");
    world.sync().await;
    let id = the_conflict(&world).row.id;
    let seen = || {
        let view = the_conflict(&world);
        let text = serde_json::to_string(&view).unwrap();
        assert!(!text.contains("1234"), "{text}");
        view
    };
    let view = seen();
    assert_eq!(field(view.local_data.as_ref(), "pin"), MASK);
    assert_eq!(
        (field(view.result.as_ref(), "pin"), view.sends),
        (json!(MASK), vec!["/card".to_owned(), "/pin".to_owned()])
    );

    let resolve = async |choice: Option<FieldChoice>, document: Option<String>| {
        let choices =
            choice.into_iter().map(|choice| ChoiceAt { path: "/pin".into(), choice }).collect::<Vec<_>>();
        let manual = Resolution::Manual { choices, document };
        world.engine().resolve_conflict(id, manual, None, NO_HOLD).await
    };
    let mask = FieldChoice::Json(json!(MASK).to_string());
    for (choice, document) in [(None, view.local_data), (Some(mask.clone()), None)] {
        match resolve(choice, document).await {
            Err(StoreError::Refused(refusal)) => assert_eq!(refusal.code, RefusalCode::Invalid),
            other => panic!("{other:?}"),
        }
    }
    let typed = ChoiceAt { path: "/pin".into(), choice: FieldChoice::Json(r#""typed-1234""#.into()) };
    let later = Resolution::Skip { choices: vec![typed], until: None };
    world.engine().resolve_conflict(id, later, None, NO_HOLD).await.unwrap();
    let shown = seen().fields.into_iter().find(|field| field.path == "/pin").unwrap().choice;
    assert_eq!(shown, Some(mask), "what was typed is kept, and shown as little as the sides");
    let kept = Resolution::Skip {
        choices: vec![ChoiceAt { path: "/pin".into(), choice: shown.clone().unwrap() }],
        until: None,
    };
    world.engine().resolve_conflict(id, kept, None, NO_HOLD).await.unwrap();
    assert!(the_conflict(&world).open);
    resolve(shown, None).await.unwrap();
    assert!(!world.engine().get_conflict(id).unwrap().open, "it is shown as what it is by now");
    world.sync().await;
    assert_eq!(world.there("t001").unwrap()["pin"], "typed-1234");
    world.finish().await;
}

// proves D1, D2
#[tokio::test]
async fn where_one_side_deleted_it_a_changed_secret_is_told_and_not_shown() {
    let secret = r#"{"collections": [{"name": "tasks", "merge": {"secret": ["/card"]}}]}"#;
    for deleted_here in [false, true] {
        let world = Stage::tasks(1).settings(secret).open().await;
        world.colleague_sets("t001", "card", json!({"number": "first-1234", "until": "first-1234"}));
        world.sync().await;
        let changed = json!({"number": "second-1234", "until": "second-1234"});
        if deleted_here {
            world.delete("t001").await;
            world.colleague_sets("t001", "card", changed);
            world.colleague_sets("t001", "state", "theirs");
        } else {
            world.set("t001", "card", changed).await;
            world.set("t001", "state", "mine").await;
            world.colleague_deletes("t001");
        }
        world.sync().await;
        let view = the_conflict(&world);
        let text = serde_json::to_string(&view).unwrap();
        assert!(!text.contains("1234"), "{text}");
        let told: Vec<_> = view.changed.iter().map(|one| (one.path.as_str(), one.after.clone())).collect();
        let state = if deleted_here { json!("theirs") } else { json!("mine") };
        let expected = [("/state", Some(state.to_string())), ("/card", Some(json!(MASK).to_string()))];
        assert_eq!(told, expected, "deleted here: {deleted_here}");
        world.finish().await;
    }
}
