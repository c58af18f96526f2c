//! Members that refer to records which are not on the server yet, under ids of their own and on a server that names
//! records itself.

use crate::naming::stage::{KEYS, make, nothing_temporary_left, open, there, title};
use serde_json::{Value, json};
use tidemark_engine::StoreError;
use tidemark_model::transaction::Strategy::{self, Atomic, Ordered};
use tidemark_model::transaction::TransactionState::{Completed, Failed};
use tidemark_model::view::{
    FieldEdit, NewChange, NewTransaction, Refusal, RefusalCode, TransactionRow, WaitReason,
};
use tidemark_sandbox::{CollectionSpec, Reference, Switch};
use tidemark_tests::world::{LINK, Stage, World};

/// A world whose server takes the ids of orders and their customers.
async fn open_with_own_ids() -> World {
    let customer = Reference { path: "/customer".into(), collection: "customers".into() };
    let orders = CollectionSpec { references: vec![customer], ..CollectionSpec::named("orders") };
    Stage::default().collection(CollectionSpec::named("customers")).collection(orders).open().await
}

pub fn new(collection: &str, document: &Value) -> NewChange {
    NewChange::Create {
        collection: collection.into(),
        document: document.to_string(),
        depends_on: vec![],
        metadata: None,
    }
}

pub fn set(collection: &str, record: &str, field: &str, value: &str) -> NewChange {
    let fields = vec![FieldEdit { path: format!("/{field}"), set: Some(json!(value).to_string()) }];
    NewChange::Update {
        collection: collection.into(),
        record: record.into(),
        fields,
        depends_on: vec![],
        metadata: None,
    }
}

async fn tried(
    world: &World,
    strategy: Strategy,
    changes: Vec<NewChange>,
) -> Result<TransactionRow, StoreError> {
    let new = NewTransaction { link: LINK.into(), strategy, await_sync: false, label: None, changes };
    world.engine().apply_transaction(new).await
}

pub async fn apply(world: &World, strategy: Strategy, changes: Vec<NewChange>) -> TransactionRow {
    tried(world, strategy, changes).await.unwrap()
}

fn refusal(result: Result<TransactionRow, StoreError>) -> Refusal {
    match result {
        Err(StoreError::Refused(refusal)) => refusal,
        other => panic!("no refusal: {other:?}"),
    }
}

pub fn state(world: &World, row: &TransactionRow) -> tidemark_model::transaction::TransactionState {
    world.engine().get_transaction(&row.id).unwrap().row.state
}

/// What of a field the server has, over all records of a collection.
fn fields(world: &World, collection: &str, field: &str) -> Vec<Value> {
    there(world, collection).into_iter().map(|document| document[field].clone()).collect()
}

/// The temporary id of the only record of a collection that waits to be made.
fn temporary(world: &World, collection: &str) -> String {
    let waits = world.queue().into_iter().find(|change| change.collection == collection).unwrap();
    assert!(waits.record.starts_with("tidemark-new-"), "{waits:?}");
    waits.record
}

// proves B4, C8, G1
#[tokio::test]
async fn a_create_and_an_update_take_the_servers_name_of_what_they_refer_to() {
    for strategy in Strategy::ALL {
        let world = open(KEYS).await;
        let first = make(&world, "orders", title("first")).await;
        world.sync().await;
        let acme = make(&world, "customers", title("Acme")).await;
        let second = new("orders", &json!({"title": "second", "customer": acme}));
        let row = apply(&world, strategy, vec![second, set("orders", &first, "customer", &acme)]).await;
        assert_eq!(row.strategy, strategy);
        world.check_books();
        assert_eq!(world.sync().await.confirmed, 3, "{strategy:?}");
        assert_eq!(state(&world, &row), Completed);
        let name = there(&world, "customers").remove(0)["id"].clone();
        assert_eq!(fields(&world, "orders", "customer"), [name.clone(), name], "{strategy:?}");
        nothing_temporary_left(&world);
        world.finish().await;
    }
}

// proves B2, C8
#[tokio::test]
async fn what_a_transaction_makes_has_a_temporary_id_that_others_may_refer_to() {
    let world = open(KEYS).await;
    let order = make(&world, "orders", title("first")).await;
    world.sync().await;
    let own = new("customers", &json!({"id": "acme"}));
    let own = refusal(tried(&world, Ordered, vec![set("orders", &order, "title", "1st"), own]).await);
    assert_eq!(own.code, RefusalCode::Invalid);
    assert!(own.message.starts_with("change 2") && own.message.contains("names new records"), "{own:?}");
    let made =
        apply(&world, Ordered, vec![new("customers", &title("Acme")), new("lines", &title("bolts"))]).await;
    let acme = temporary(&world, "customers");
    let refers = apply(&world, Ordered, vec![set("orders", &order, "customer", &acme)]).await;
    assert_eq!(world.sync().await.confirmed, 3);
    assert_eq!((state(&world, &made), state(&world, &refers)), (Completed, Completed));
    assert_eq!(fields(&world, "orders", "customer"), fields(&world, "customers", "id"));
    nothing_temporary_left(&world);
    world.finish().await;
}

// proves B2, C8, A5
#[tokio::test]
async fn a_child_of_what_was_rolled_back_waits_for_it_and_takes_the_name_when_it_is_restored() {
    let world = open(KEYS).await;
    let order = make(&world, "orders", title("first")).await;
    world.sync().await;
    let name = there(&world, "orders").remove(0)["id"].as_str().unwrap().to_owned();
    world.server.go_offline().await.unwrap();
    let changes = vec![set("orders", &order, "title", "1st"), new("customers", &title("Acme"))];
    let row = apply(&world, Ordered, changes).await;
    let acme = temporary(&world, "customers");
    make(&world, "orders", json!({"title": "second", "customer": acme})).await;
    world.server.go_online().await.unwrap();
    world.clock.advance_s(600);
    let path = format!("/orders/{name}");
    world.fault(|faults| faults.status = Some(Switch::always(vec![422]).method("PUT").path(&path)));
    assert_eq!(world.sync().await.confirmed, 0);
    assert_eq!(state(&world, &row), Failed);
    let child = world
        .queue()
        .into_iter()
        .find(|change| change.record.starts_with("tidemark-new-") && change.collection == "orders")
        .unwrap();
    assert!(matches!(child.reason, Some(WaitReason::Dependency { .. })), "{child:?}");
    world.check_books();
    world.server.clear_faults();
    let parent = world.queue().into_iter().find(|change| change.collection == "customers").unwrap();
    assert_eq!(world.engine().retry(vec![parent.id]).await.unwrap().done.0, 1);
    world.check_books();
    assert_eq!(world.sync().await.confirmed, 3);
    assert_eq!(state(&world, &row), Completed);
    let customers = fields(&world, "orders", "customer");
    assert!(customers.contains(&there(&world, "customers").remove(0)["id"]), "{customers:?}");
    nothing_temporary_left(&world);
    world.finish().await;
}

// proves B4, C8
#[tokio::test]
async fn a_parent_and_its_child_go_in_one_request() {
    let world = open_with_own_ids().await;
    let changes =
        vec![new("customers", &json!({"id": "c1"})), new("orders", &json!({"id": "o1", "customer": "c1"}))];
    world.fault(|faults| faults.status = Some(Switch::always(vec![422]).method("POST").path("/batch")));
    let row = apply(&world, Atomic, changes).await;
    assert_eq!(row.strategy, Atomic);
    world.check_books();
    world.sync().await;
    assert_eq!((state(&world, &row), world.effect_count()), (Failed, 0), "all or none");
    world.server.clear_faults();
    world.engine().restore_transaction(&row.id).await.unwrap();
    world.check_books();
    assert_eq!(world.sync().await.confirmed, 2);
    assert_eq!(state(&world, &row), Completed);
    world.finish().await;
}

// proves B2, C8
#[tokio::test]
async fn a_record_that_refers_to_a_later_one_is_changed_again_behind_it() {
    let world = open_with_own_ids().await;
    let changes = || {
        vec![
            new("orders", &json!({"id": "o1"})),
            new("customers", &json!({"id": "c1"})),
            set("orders", "o1", "customer", "c1"),
        ]
    };
    let refused = refusal(tried(&world, Atomic, changes()).await);
    assert!(refused.message.contains("'o1' is changed twice"), "{refused:?}");
    let row = apply(&world, Ordered, changes()).await;
    world.check_books();
    assert_eq!(world.sync().await.confirmed, 3);
    assert_eq!(state(&world, &row), Completed);
    assert_eq!(fields(&world, "orders", "customer"), [json!("c1")]);
    world.finish().await;
}

// proves C8, B2
#[tokio::test]
async fn a_circle_inside_one_transaction_is_refused_whole_with_the_ids_in_it() {
    let customer = Reference { path: "/customer".into(), collection: "customers".into() };
    let order = Reference { path: "/order".into(), collection: "orders".into() };
    let world = Stage::tasks(1)
        .collection(CollectionSpec { references: vec![order], ..CollectionSpec::named("customers") })
        .collection(CollectionSpec { references: vec![customer], ..CollectionSpec::named("orders") })
        .open()
        .await;
    for strategy in Strategy::ALL {
        let changes = vec![
            set("tasks", "t001", "state", "done"),
            new("orders", &json!({"id": "o1", "customer": "c1"})),
            new("customers", &json!({"id": "c1", "order": "o1"})),
        ];
        let refused = refusal(tried(&world, strategy, changes).await);
        assert!(refused.message.starts_with("change 3"), "{refused:?}");
        let way = "customers 'c1' → orders 'o1' → customers 'c1'";
        assert!(refused.message.contains(way), "{refused:?}");
        assert_eq!(world.queue(), [], "nothing of it was saved");
        assert_eq!(world.here("t001").unwrap()["state"], "open");
        assert!(world.engine().list_transactions(false, 0, 10).unwrap().rows.is_empty());
    }
    world.finish().await;
}

// proves B4, C8
#[tokio::test]
async fn what_goes_in_one_request_does_not_wait_for_a_parent_that_stands_behind_it() {
    let world = open_with_own_ids().await;
    let order = |id: &str, customer: &str| new("orders", &json!({"id": id, "customer": customer}));
    let ahead = apply(&world, Atomic, vec![order("o5", "c1"), order("o6", "c6")]).await;
    let customer = new("customers", &json!({"id": "c6"}));
    let behind = apply(&world, Ordered, vec![set("orders", "o5", "title", "later"), customer]).await;
    world.sync().await;
    assert_eq!((state(&world, &ahead), state(&world, &behind)), (Completed, Completed));
    assert_eq!((there(&world, "orders").len(), there(&world, "customers").len()), (2, 1));
    world.finish().await;
}
