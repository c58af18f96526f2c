//! A record that another refers to is made first.

use serde_json::{Value, json};
use tidemark_model::number::Millis;
use tidemark_model::view::Resolution;
use tidemark_sandbox::{ColleagueEdit, CollectionSpec, Reference, Switch};
use tidemark_tests::tap::Point;
use tidemark_tests::world::{LINK, Stage, World};

fn stage() -> Stage {
    let customer = Reference { path: "/customer".into(), collection: "customers".into() };
    Stage::default()
        .collection(CollectionSpec::named("customers"))
        .collection(CollectionSpec { references: vec![customer], ..CollectionSpec::named("orders") })
}

async fn make(world: &World, collection: &str, document: &Value) {
    world.engine().create_record(LINK, collection, &document.to_string(), None).await.unwrap();
}

async fn set(world: &World, collection: &str, rid: &str, field: &str, value: Value) {
    let edit = tidemark_model::view::FieldEdit { path: format!("/{field}"), set: Some(value.to_string()) };
    world.engine().update_record(LINK, collection, rid, &[edit], None).await.unwrap();
}

/// Ids in the order in which our changes took effect.
fn effects(world: &World) -> Vec<String> {
    world.server.report().unwrap().effects.into_iter().map(|effect| effect.id).collect()
}

// proves C8, A10
#[tokio::test]
async fn a_parent_is_made_before_its_child_whatever_their_priorities() {
    let settings = r#"{"collections":[{"name":"customers","priority":0},{"name":"orders","priority":9},{"name":"tasks"}]}"#;
    let world = stage().settings(settings).open().await;
    let tap = &world.wire.tap;
    make(&world, "customers", &json!({"id": "c1"})).await;
    make(&world, "orders", &json!({"id": "o1", "customer": "c1"})).await;
    make(&world, "orders", &json!({"id": "o2"})).await;
    tap.hold(Point::PushAnswer);
    let syncing = world.begin_sync();
    tap.reached(Point::PushAnswer, 2).await;
    let mut first: Vec<String> = tap.passed(Point::Push).into_iter().map(|passed| passed.record).collect();
    first.sort();
    assert_eq!(first, ["c1", "o2"], "o1 waits until c1 is acknowledged");
    world.check_books();
    tap.release();
    assert_eq!(syncing.await.unwrap().confirmed, 3);
    assert_eq!(effects(&world).last().map(String::as_str), Some("o1"));
    world.finish().await;
}

// proves C8, A3
#[tokio::test]
async fn an_edit_that_refers_to_a_later_record_stays_behind_it() {
    let world = stage().open().await;
    world.server.go_offline().await.unwrap();
    make(&world, "orders", &json!({"id": "o1"})).await;
    make(&world, "customers", &json!({"id": "c1"})).await;
    set(&world, "orders", "o1", "customer", json!("c1")).await;
    assert_eq!(world.queue().len(), 3, "joining the create of o1 would carry it before c1");
    world.server.go_online().await.unwrap();
    assert_eq!(world.sync().await.confirmed, 3);
    let order = effects(&world);
    let place = |id: &str| order.iter().rposition(|effect| effect == id).unwrap();
    assert!(place("c1") < place("o1"), "{order:?}");
    world.finish().await;
}

// proves C8, A5
#[tokio::test]
async fn a_parent_that_is_refused_holds_its_child_and_nothing_else() {
    let world = stage().open().await;
    make(&world, "customers", &json!({"id": "c1"})).await;
    make(&world, "orders", &json!({"id": "o1", "customer": "c1"})).await;
    make(&world, "orders", &json!({"id": "o2"})).await;
    world.fault(|faults| faults.status = Some(Switch::always(vec![422]).path("/c1")));
    let report = world.sync().await;
    assert_eq!((report.confirmed, report.parked), (1, 1));
    assert_eq!(effects(&world), ["o2"]);
    world.server.clear_faults();
    world.engine().reprocess_failed().await.unwrap();
    assert_eq!(world.sync().await.confirmed, 2);
    assert_eq!(effects(&world), ["o2", "c1", "o1"]);
    world.finish().await;
}

// proves C8, A3
#[tokio::test]
async fn a_create_that_another_record_refers_to_does_not_vanish() {
    let world = stage().open().await;
    world.server.go_offline().await.unwrap();
    make(&world, "customers", &json!({"id": "c1"})).await;
    make(&world, "orders", &json!({"id": "o1", "customer": "c1"})).await;
    world.engine().delete_record(LINK, "customers", "c1", None).await.unwrap();
    assert_eq!(world.queue().len(), 3);
    world.server.go_online().await.unwrap();
    assert_eq!(world.sync().await.confirmed, 3);
    world.finish().await;
}

// proves C8
#[tokio::test]
async fn records_that_refer_to_each_other_are_not_hung_on() {
    let customer = Reference { path: "/customer".into(), collection: "customers".into() };
    let order = Reference { path: "/order".into(), collection: "orders".into() };
    let world = Stage::default()
        .collection(CollectionSpec { references: vec![order], ..CollectionSpec::named("customers") })
        .collection(CollectionSpec { references: vec![customer], ..CollectionSpec::named("orders") })
        .open()
        .await;
    make(&world, "customers", &json!({"id": "c1"})).await;
    make(&world, "orders", &json!({"id": "o1", "customer": "c1"})).await;
    set(&world, "customers", "c1", "order", json!("o1")).await;
    assert_eq!(world.sync().await.confirmed, 3);
    assert_eq!(effects(&world), ["c1", "o1", "c1"]);
    world.finish().await;
}

fn both_ways() -> Stage {
    let customer = Reference { path: "/customer".into(), collection: "customers".into() };
    let order = Reference { path: "/order".into(), collection: "orders".into() };
    let parent = Reference { path: "/parent".into(), collection: "customers".into() };
    Stage::default()
        .collection(CollectionSpec { references: vec![order, parent], ..CollectionSpec::named("customers") })
        .collection(CollectionSpec { references: vec![customer], ..CollectionSpec::named("orders") })
}

// proves C8
#[tokio::test]
async fn a_circle_of_new_records_is_refused_with_the_ids_in_it() {
    let world = both_ways().open().await;
    world.server.go_offline().await.unwrap();
    make(&world, "orders", &json!({"id": "o1", "customer": "c1"})).await;
    make(&world, "customers", &json!({"id": "c2", "order": "o1"})).await;
    make(&world, "orders", &json!({"id": "o2", "customer": "c2"})).await;
    let closing = json!({"id": "c1", "order": "o2"}).to_string();
    let refused = world.engine().create_record(LINK, "customers", &closing, None).await.unwrap_err();
    let refused = tidemark_model::view::Refusal::from(refused);
    let way = "customers 'c1' → orders 'o2' → customers 'c2' → orders 'o1' → customers 'c1'";
    assert!(refused.message.contains(way), "{refused:?}");
    assert_eq!(world.queue().len(), 3, "nothing of it was saved");
    assert!(world.engine().get_record(LINK, "customers", "c1").is_err());
    make(&world, "customers", &json!({"id": "c1"})).await;
    set(&world, "customers", "c1", "order", json!("o2")).await;
    assert_eq!(world.queue().len(), 5, "saved without it, the reference follows as a change of its own");
    world.check_books();
    world.server.go_online().await.unwrap();
    assert_eq!(world.sync().await.confirmed, 5);
    assert_eq!(effects(&world), ["c1", "o1", "c2", "o2", "c1"]);
    world.finish().await;
}

// proves C8, D9
#[tokio::test]
async fn a_decision_about_records_that_refer_to_each_other_hangs_on_neither() {
    let world = both_ways().open().await;
    world.server.go_offline().await.unwrap();
    make(&world, "customers", &json!({"id": "c1", "name": "mine"})).await;
    make(&world, "orders", &json!({"id": "o1", "customer": "c1"})).await;
    set(&world, "customers", "c1", "order", json!("o1")).await;
    world.server.go_online().await.unwrap();
    let create = json!({"id": "c1", "name": "theirs"}).as_object().cloned();
    world.colleague(ColleagueEdit { collection: "customers".into(), create, ..Default::default() });
    world.sync().await;
    make(&world, "orders", &json!({"id": "o2"})).await;
    let (conflict, before) = (world.engine().list_conflicts(0, 1).unwrap().rows.remove(0).id, world.queue());
    assert_eq!(before.len(), 4);
    let typed = json!({"id": "c1", "name": "typed", "order": "o2"}).to_string();
    let typed = Resolution::Manual { document: Some(typed), choices: Vec::new() };
    let decide = |what, hold| world.engine().resolve_conflict(conflict, what, None, Millis(hold));
    for what in [typed, Resolution::LocalWins {}] {
        decide(what.clone(), 10_000).await.unwrap();
        world.check_books();
        world.engine().undo_resolution(conflict).await.unwrap();
        assert_eq!(world.queue(), before, "every change waits for what it waited for, after {what:?}");
        world.check_books();
    }
    decide(Resolution::LocalWins {}, 0).await.unwrap();
    world.fault(|faults| faults.status = Some(Switch::always(vec![422]).path("/orders/o2")));
    world.sync().await;
    let left: Vec<String> = world.queue().into_iter().map(|row| row.record).collect();
    assert_eq!(left, ["o2"], "only what was typed and taken back referred to it");
    world.server.clear_faults();
    world.finish().await;
}

// proves C8
#[tokio::test]
async fn a_child_that_was_saved_before_its_parent_waits_for_it() {
    let world = both_ways().open().await;
    world.server.go_offline().await.unwrap();
    make(&world, "orders", &json!({"id": "o1", "customer": "c1"})).await;
    make(&world, "customers", &json!({"id": "c1", "parent": "c0"})).await;
    make(&world, "customers", &json!({"id": "c0"})).await;
    world.server.go_online().await.unwrap();
    assert_eq!(world.sync().await.confirmed, 3);
    assert_eq!(effects(&world), ["c0", "c1", "o1"]);
    world.finish().await;
}

// proves C8
#[tokio::test]
async fn a_child_of_several_parents_and_a_long_chain_go_in_order() {
    let world = both_ways().open().await;
    world.server.go_offline().await.unwrap();
    make(&world, "customers", &json!({"id": "c000"})).await;
    for number in 1..40 {
        let (id, parent) = (format!("c{number:03}"), format!("c{:03}", number - 1));
        make(&world, "customers", &json!({"id": id, "parent": parent})).await;
    }
    make(&world, "orders", &json!({"id": "o1", "customer": "c039"})).await;
    make(&world, "customers", &json!({"id": "last", "parent": "c020", "order": "o1"})).await;
    world.server.go_online().await.unwrap();
    assert_eq!(world.sync().await.confirmed, 42);
    let order = effects(&world);
    let place = |id: &str| order.iter().position(|effect| effect == id).unwrap();
    assert!((1..40).all(|n| place(&format!("c{:03}", n - 1)) < place(&format!("c{n:03}"))), "{order:?}");
    assert!(place("c039") < place("o1") && place("o1") < place("last") && place("c020") < place("last"));
    world.finish().await;
}

// proves C8
#[tokio::test]
async fn a_record_that_refers_to_itself_goes_by_itself() {
    let world = both_ways().open().await;
    make(&world, "customers", &json!({"id": "c1", "parent": "c1"})).await;
    make(&world, "customers", &json!({"id": "c2"})).await;
    set(&world, "customers", "c2", "parent", json!("c2")).await;
    assert!(world.sync().await.confirmed >= 2);
    assert_eq!(world.queue(), []);
    world.finish().await;
}

// proves C8, G1
#[tokio::test]
async fn references_that_only_the_settings_of_the_link_declare_are_kept_to_as_well() {
    let settings = r#"{"collections":[{"name":"customers","priority":0},{"name":"tasks"},
        {"name":"orders","priority":9,"references":[{"path":"/customer","collection":"customers"}]}]}"#;
    let world = Stage::default()
        .collection(CollectionSpec::named("customers"))
        .collection(CollectionSpec::named("orders"))
        .settings(settings)
        .open()
        .await;
    make(&world, "orders", &json!({"id": "o1", "customer": "c1"})).await;
    make(&world, "customers", &json!({"id": "c1"})).await;
    make(&world, "orders", &json!({"id": "o2", "customer": "c1"})).await;
    assert_eq!(world.sync().await.confirmed, 3);
    assert_eq!(effects(&world)[0], "c1", "the server told of no reference: {:?}", effects(&world));
    world.finish().await;
}
