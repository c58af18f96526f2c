//! Changes that are told to wait for others.

use crate::transactions::{apply, set as in_transaction};
use serde_json::{Value, json};
use tidemark_engine::{Beside, StoreError};
use tidemark_model::mutation::MutationState;
use tidemark_model::request::Method;
use tidemark_model::transaction::Strategy;
use tidemark_model::view::{
    FieldEdit, NewChange, NewRequest, NewTransaction, Refusal, RefusalCode, Resolution, Saved, WaitReason,
};
use tidemark_sandbox::{CollectionSpec, Reference, Switch};
use tidemark_tests::world::{LINK, NO_HOLD, Stage, TASKS, World, task};

fn after(ids: &[&str]) -> Beside {
    Beside { depends_on: ids.iter().map(|id| (*id).to_owned()).collect(), ..Beside::default() }
}

async fn set(world: &World, rid: &str, state: &str, ids: &[&str]) -> Result<Saved, StoreError> {
    let edit = FieldEdit { path: "/state".into(), set: Some(json!(state).to_string()) };
    world.engine().update_record_with(LINK, TASKS, rid, &[edit], after(ids)).await
}

async fn change(world: &World, rid: &str, state: &str, ids: &[&str]) -> String {
    set(world, rid, state, ids).await.unwrap().change.unwrap()
}

async fn make(world: &World, document: &Value, ids: &[&str]) -> String {
    let text = document.to_string();
    let saved = world.engine().create_record_with(LINK, TASKS, &text, after(ids)).await.unwrap();
    saved.change.unwrap()
}

async fn request(world: &World, id: &str, ids: &[&str]) -> String {
    let new = NewRequest {
        method: Method::Post,
        target: "c/tasks".into(),
        body: Some(json!({ "id": id }).to_string()),
        label: None,
        metadata: None,
        priority: Some(9),
        depends_on: after(ids).depends_on,
    };
    world.engine().send_request(LINK, new).await.unwrap().change.unwrap()
}

/// Ids in the order in which our changes took effect.
fn effects(world: &World) -> Vec<String> {
    world.server.report().unwrap().effects.into_iter().map(|effect| effect.id).collect()
}

fn refusal(result: Result<Saved, StoreError>) -> Refusal {
    Refusal::from(result.unwrap_err())
}

fn refuse(world: &World, record: &str) {
    let path = format!("/tasks/{record}");
    world.fault(|faults| faults.status = Some(Switch::always(vec![422]).path(&path)));
}

// proves C8, A5, A1
#[tokio::test]
async fn an_edit_a_new_record_a_deletion_and_a_request_each_wait_for_what_they_are_told() {
    let world = Stage::tasks(3).open().await;
    let first = change(&world, "t001", "a", &[]).await;
    let made = make(&world, &task(9), &[&first]).await;
    let asked = request(&world, "q1", &[&made]).await;
    world.engine().delete_record_with(LINK, TASKS, "t002", after(&[&asked])).await.unwrap();
    let last = change(&world, "t003", "b", &[&first, &asked, &first]).await;
    refuse(&world, "t001");
    let report = world.sync().await;
    assert_eq!((report.parked, report.confirmed), (1, 0), "all of them wait, however urgent they are");
    let number = |id: &str| world.engine().get_change(id).unwrap().row.number;
    let detail = world.engine().get_change(&last).unwrap();
    assert_eq!(detail.waits_for, [number(&first), number(&asked)]);
    assert_eq!(detail.row.reason, Some(WaitReason::Dependency { change: number(&first) }));
    world.check_books();
    world.server.clear_faults();
    world.engine().reprocess_failed().await.unwrap();
    assert_eq!(world.sync().await.confirmed, 5);
    let order = effects(&world);
    assert_eq!(order[..3], ["t001", "t009", "q1"]);
    world.finish().await;
}

// proves C8
#[tokio::test]
async fn an_unknown_id_is_refused_with_words_and_nothing_of_the_edit_is_kept() {
    let world = Stage::tasks(1).open().await;
    let edited = refusal(set(&world, "t001", "a", &["nowhere"]).await);
    assert_eq!(edited.code, RefusalCode::NotFound);
    assert!(edited.message.contains("no change 'nowhere' to wait for"), "{edited:?}");
    let text = task(9).to_string();
    let made = world.engine().create_record_with(LINK, TASKS, &text, after(&["nowhere"])).await;
    assert_eq!(refusal(made).code, RefusalCode::NotFound);
    let many = vec![edited.message.clone(); 1_001];
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert!(refusal(set(&world, "t001", "a", &many).await).message.contains("at most 1000"));
    assert_eq!(world.queue(), []);
    assert_eq!((world.here("t001").unwrap()["state"].clone(), world.here("t009")), (json!("open"), None));
    world.finish().await;
}

// proves C8
#[tokio::test]
async fn a_change_waits_for_changes_of_its_own_connection_only() {
    let world = Stage::tasks(1).open().await;
    world.add_link_named("other", Default::default()).await;
    let edit = FieldEdit { path: "/state".into(), set: Some(r#""x""#.into()) };
    world.engine().sync(Some("other"), None).await.unwrap();
    let there = world.engine().update_record("other", TASKS, "t001", &[edit], None).await.unwrap();
    let refused = refusal(set(&world, "t001", "a", &[&there.change.unwrap()]).await);
    assert!(refused.message.contains("belongs to another connection"), "{refused:?}");
    world.engine().sync(None, None).await.unwrap();
    world.finish().await;
}

// proves C8
#[tokio::test]
async fn what_has_ended_is_not_waited_for_and_what_was_taken_in_is_what_took_it_in() {
    let world = Stage::tasks(3).open().await;
    let done = change(&world, "t001", "a", &[]).await;
    world.sync().await;
    let discarded = change(&world, "t001", "b", &[]).await;
    world.engine().discard(vec![discarded.clone()]).await.unwrap();
    let free = change(&world, "t002", "a", &[&done, &discarded]).await;
    assert!(world.engine().get_change(&free).unwrap().waits_for.is_empty());

    let older = change(&world, "t001", "c", &[]).await;
    let joined = set(&world, "t001", "d", &[]).await.unwrap();
    assert_eq!(joined.combined_into.as_ref(), Some(&older));
    let waits = change(&world, "t003", "a", &[&joined.change.unwrap()]).await;
    let older = world.engine().get_change(&older).unwrap().row.number;
    assert_eq!(world.engine().get_change(&waits).unwrap().waits_for, [older]);
    assert_eq!(world.sync().await.confirmed, 3);
    world.finish().await;
}

// proves C8, A3
#[tokio::test]
async fn an_edit_joins_an_older_one_only_where_both_can_still_go() {
    let world = Stage::tasks(3).open().await;
    let tail = change(&world, "t001", "a", &[]).await;
    let behind = change(&world, "t002", "a", &[&tail]).await;
    let apart = set(&world, "t001", "b", &[&behind]).await.unwrap();
    assert_eq!(apart.combined_into, None, "t002 stands between the two");
    let own = set(&world, "t003", "a", &[]).await.unwrap().change.unwrap();
    let after_own = set(&world, "t003", "b", &[&own]).await.unwrap();
    assert_eq!(after_own.combined_into, None, "who waits for a change is no part of it");
    assert_eq!(world.sync().await.confirmed, 5);
    assert_eq!(
        effects(&world).iter().filter(|id| *id != "t003").collect::<Vec<_>>(),
        ["t001", "t002", "t001"]
    );
    assert_eq!(world.there("t001").unwrap()["state"], "b");
    world.finish().await;
}

// proves C8
#[tokio::test]
async fn a_circle_through_a_reference_is_refused_with_the_ids_in_it() {
    let customer = Reference { path: "/customer".into(), collection: TASKS.into() };
    let world = Stage::tasks(1)
        .collection(CollectionSpec { references: vec![customer], ..CollectionSpec::named("orders") })
        .open()
        .await;
    let order = r#"{"id":"o1","customer":"c1"}"#;
    let child = world.engine().create_record(LINK, "orders", order, None).await.unwrap().change.unwrap();
    let between = change(&world, "t001", "a", &[&child]).await;
    let text = r#"{"id":"c1"}"#;
    let closing = world.engine().create_record_with(LINK, TASKS, text, after(&[&between])).await;
    let refused = refusal(closing);
    let way = format!("tasks 'c1' → {between} → {child} → tasks 'c1'");
    assert!(refused.code == RefusalCode::Invalid && refused.message.contains(&way), "{refused:?}");
    assert_eq!((world.queue().len(), world.here("c1")), (2, None), "nothing of it was saved");
    make(&world, &json!({"id": "c1"}), &[]).await;
    assert_eq!(world.sync().await.confirmed, 3);
    assert_eq!(effects(&world), ["c1", "o1", "t001"]);
    world.finish().await;
}

// proves C8
#[tokio::test]
async fn a_refused_change_is_not_put_right_by_waiting_for_what_waits_for_it() {
    let world = Stage::tasks(2).open().await;
    let refused = change(&world, "t001", "wrong", &[]).await;
    let behind = change(&world, "t002", "a", &[&refused]).await;
    refuse(&world, "t001");
    world.sync().await;
    world.server.clear_faults();
    let said = refusal(set(&world, "t001", "right", &[&behind]).await);
    let way = format!("this one → {behind} → {refused} → this one");
    assert!(said.message.contains(&way), "{said:?}");
    assert_eq!(world.here("t001").unwrap()["state"], "wrong");
    set(&world, "t001", "right", &[]).await.unwrap();
    assert_eq!(world.sync().await.confirmed, 2);
    assert_eq!(effects(&world), ["t001", "t002"]);
    world.finish().await;
}

// proves C8, B2
#[tokio::test]
async fn a_transaction_waits_with_all_its_changes_for_what_one_of_them_is_told() {
    let world = Stage::tasks(4).open().await;
    let first = change(&world, "t001", "a", &[]).await;
    let update = |record: &str, depends_on: Vec<String>| NewChange::Update {
        collection: TASKS.into(),
        record: record.into(),
        fields: vec![FieldEdit { path: "/state".into(), set: Some(r#""tx""#.into()) }],
        depends_on,
        metadata: None,
    };
    let new = |strategy, changes| NewTransaction {
        link: LINK.into(),
        strategy,
        await_sync: false,
        label: None,
        changes,
    };
    let unknown =
        new(Strategy::Ordered, vec![update("t002", vec![]), update("t003", vec!["nowhere".into()])]);
    let refused = world.engine().apply_transaction(unknown).await.unwrap_err().to_string();
    assert!(refused.contains("change 2 of 2: there is no change 'nowhere'"), "{refused}");
    let one = new(Strategy::Ordered, vec![update("t002", vec![first.clone()]), update("t003", vec![])]);
    world.engine().apply_transaction(one).await.unwrap();
    refuse(&world, "t001");
    assert_eq!(world.sync().await.confirmed, 0);
    world.check_books();
    world.server.clear_faults();
    world.engine().reprocess_failed().await.unwrap();
    assert_eq!(world.sync().await.confirmed, 3);
    assert_eq!(effects(&world), ["t001", "t002", "t003"]);
    world.finish().await;
}

// proves C8, A8
#[tokio::test]
async fn what_waited_for_a_discarded_change_needs_a_person_who_may_send_it() {
    let world = Stage::tasks(2).open().await;
    let first = change(&world, "t001", "a", &[]).await;
    let waits = request(&world, "q1", &[&first]).await;
    world.engine().discard(vec![first]).await.unwrap();
    assert_eq!(world.sync().await.confirmed, 0);
    let row = world.engine().get_change(&waits).unwrap().row;
    assert_eq!(row.mutation_state, MutationState::Parked);
    assert!(format!("{:?}", row.reason).contains("which it waits for, was discarded"), "{:?}", row.reason);
    world.engine().retry(vec![waits]).await.unwrap();
    assert_eq!(world.sync().await.confirmed, 1);
    assert_eq!(effects(&world), ["q1"]);
    world.finish().await;
}

// proves C8, D7
#[tokio::test]
async fn a_decision_takes_the_place_of_what_is_waited_for() {
    let world = Stage::tasks(3).open().await;
    let first = change(&world, "t001", "mine", &[]).await;
    let between = change(&world, "t002", "a", &[&first]).await;
    let second = change(&world, "t001", "mine too", &[&between]).await;
    let waits = change(&world, "t003", "a", &[&first, &second]).await;
    world.colleague_sets("t001", "state", "theirs");
    assert_eq!(world.sync().await.confirmed, 0);
    let met = world.engine().list_conflicts(0, 10).unwrap().rows.remove(0);
    world.engine().resolve_conflict(met.id, Resolution::LocalWins {}, None, NO_HOLD).await.unwrap();
    world.check_books();
    world.sync().await;
    assert_eq!(world.queue(), [], "nobody waits for ever, though one stood between both");
    let confirmed = world.engine().get_change(&waits).unwrap().row.mutation_state;
    assert_eq!(confirmed, MutationState::Confirmed);
    assert_eq!(world.there("t001").unwrap()["state"], "mine too");
    world.finish().await;
}

// proves C8, B2
#[tokio::test]
async fn nothing_waits_for_ever_where_what_is_restored_would_come_behind_what_waits_for_it() {
    let world = Stage::tasks(3).open().await;
    let row = apply(
        &world,
        Strategy::Ordered,
        vec![in_transaction("t001", "state", "tx"), in_transaction("t002", "state", "tx")],
    )
    .await;
    let first = world.queue().into_iter().find(|row| row.record == "t001").unwrap().id;
    let between = change(&world, "t003", "a", &[&first]).await;
    refuse(&world, "t001");
    assert_eq!(world.sync().await.confirmed, 0);
    world.server.clear_faults();
    // It stands in no lane now; a later edit of its record goes before it, and waits for what waits for it.
    let later = change(&world, "t001", "b", &[&between]).await;
    let refused = Refusal::from(world.engine().restore_transaction(&row.id).await.unwrap_err());
    assert_eq!(refused.code, RefusalCode::NotNow, "{refused:?}");
    assert!(refused.message.contains(&between) && refused.message.contains(&later), "{refused:?}");
    world.check_books();
    world.engine().discard(vec![later]).await.unwrap();
    world.engine().restore_transaction(&row.id).await.unwrap();
    assert_eq!(world.sync().await.confirmed, 3);
    assert_eq!(effects(&world)[0], "t001", "{between} waits for it");
    world.finish().await;
}

// proves C8, B2
#[tokio::test]
async fn what_is_restored_waits_for_what_it_was_told_to_wait_for() {
    for done_meanwhile in [false, true] {
        let world = Stage::tasks(3).open().await;
        let first = change(&world, "t003", "first", &[]).await;
        world.engine().hold(vec![first.clone()], true).await.unwrap();
        let told = NewChange::Update {
            collection: TASKS.into(),
            record: "t001".into(),
            fields: vec![FieldEdit { path: "/state".into(), set: Some(r#""tx""#.into()) }],
            depends_on: vec![first.clone()],
            metadata: None,
        };
        let row = apply(&world, Strategy::Ordered, vec![told, in_transaction("t002", "state", "tx")]).await;
        let other = world.queue().into_iter().find(|row| row.record == "t002").unwrap().id;
        assert_eq!(world.engine().discard(vec![other]).await.unwrap().done.0, 1);
        let waits_for = |world: &World| {
            let one = world.queue().into_iter().find(|row| row.record == "t001").unwrap();
            world.engine().get_change(&one.id).unwrap().waits_for
        };
        let number = world.engine().get_change(&first).unwrap().row.number;
        assert_eq!(waits_for(&world), [number], "rolled back, it says so still");
        assert!(
            !world.engine().preview_discard(std::slice::from_ref(&first)).unwrap().asks,
            "it stays as it is"
        );
        world.check_books();
        if done_meanwhile {
            world.engine().hold(vec![first.clone()], false).await.unwrap();
            assert_eq!(world.sync().await.confirmed, 1);
            world.check_books();
        }
        world.engine().restore_transaction(&row.id).await.unwrap();
        world.check_books();
        if !done_meanwhile {
            assert_eq!(waits_for(&world), [number]);
            assert_eq!(world.sync().await.confirmed, 0, "the other is held");
            world.engine().hold(vec![first], false).await.unwrap();
        }
        world.sync().await;
        assert_eq!(effects(&world), ["t003", "t001"]);
        world.finish().await;
    }
}
