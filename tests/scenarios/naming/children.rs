//! References to a record that has no name yet wait, and take the name when it comes.

use super::stage::{KEYS, here, make, nothing_temporary_left, open, record, set, there, title};
use serde_json::{Value, json};
use tidemark_model::settings::LinkSettings;
use tidemark_model::view::WaitReason;
use tidemark_sandbox::Switch;
use tidemark_tests::tap::Point;
use tidemark_tests::world::LINK;

// proves C8, G1
#[tokio::test]
async fn a_chain_made_offline_is_sent_in_order_under_the_servers_names() {
    let world = open(KEYS).await;
    world.server.go_offline().await.unwrap();
    let customer = make(&world, "customers", title("Acme")).await;
    let order = make(&world, "orders", json!({"title": "first", "customer": customer})).await;
    let line = make(
        &world,
        "lines",
        json!({"title": "bolts", "order": order, "see": [customer, format!("for {customer}")]}),
    )
    .await;
    assert!(customer.starts_with("tidemark-new-"), "a temporary id is known by its form: {customer}");
    assert_eq!(here(&world, "lines", &line)["order"], json!(order), "here the reference works at once");
    world.server.go_online().await.unwrap();
    assert_eq!(world.sync().await.confirmed, 3);
    let (acme, first) = (there(&world, "customers").remove(0), there(&world, "orders").remove(0));
    assert_eq!(first["customer"], acme["id"]);
    let bolts = there(&world, "lines").remove(0);
    assert_eq!(bolts["order"], first["id"]);
    assert_eq!(bolts["see"], json!([acme["id"], format!("for {}", acme["id"].as_str().unwrap())]));
    assert_eq!(world.effect_count(), 3, "no reference was mended by a second write");
    nothing_temporary_left(&world);
    assert_eq!(
        record(&world, "lines", &line).row.id,
        bolts["id"].as_str().unwrap(),
        "the old id still leads to it"
    );
    set(&world, "lines", &line, "title", json!("nuts")).await;
    world.engine().delete_record(LINK, "orders", &order, None).await.unwrap();
    assert_eq!(world.sync().await.confirmed, 2, "and can be edited and deleted under it");
    assert_eq!(
        (there(&world, "lines").remove(0)["title"].clone(), there(&world, "orders").len()),
        (json!("nuts"), 0)
    );
    world.finish().await;
}

// proves C8
#[tokio::test]
async fn a_child_waits_for_all_its_parents() {
    let world = open(KEYS).await;
    let one = make(&world, "customers", title("one")).await;
    let two = make(&world, "customers", title("two")).await;
    make(&world, "orders", json!({"customer": one, "also": {"billed": two}})).await;
    world.fault(|faults| {
        faults.status = Some(Switch::always(vec![422]).times(1).method("POST").path("/customers"))
    });
    let report = world.sync().await;
    assert_eq!((report.confirmed, report.parked), (1, 1), "the other parent goes");
    assert_eq!(there(&world, "orders").len(), 0, "the child knows one name only");
    let waits = world.queue().into_iter().find(|row| row.collection == "orders").unwrap();
    assert!(matches!(waits.reason, Some(WaitReason::Dependency { .. })), "{:?}", waits.reason);
    world.server.clear_faults();
    world.engine().reprocess_failed().await.unwrap();
    assert_eq!(world.sync().await.confirmed, 2);
    let order = there(&world, "orders").remove(0);
    assert!(order["customer"] != order["also"]["billed"] && order["customer"].is_string());
    nothing_temporary_left(&world);
    world.finish().await;
}

// proves C8, A3
#[tokio::test]
async fn a_record_may_refer_to_itself_and_to_its_child_once_it_is_named() {
    let world = open(KEYS).await;
    let customer = make(&world, "customers", title("Acme")).await;
    set(&world, "customers", &customer, "parent", json!(customer)).await;
    let order = make(&world, "orders", json!({ "customer": customer })).await;
    set(&world, "customers", &customer, "last", json!(order)).await;
    assert_eq!(world.sync().await.confirmed, 4, "what cannot be in the first request follows in a second");
    let (acme, first) = (there(&world, "customers").remove(0), there(&world, "orders").remove(0));
    assert_eq!(
        (&acme["parent"], &acme["last"], &first["customer"]),
        (&acme["id"], &first["id"], &acme["id"])
    );
    nothing_temporary_left(&world);
    world.finish().await;
}

// proves C8, A5
#[tokio::test]
async fn an_edit_made_while_the_create_is_on_its_way_takes_the_name_too() {
    let world = open(KEYS).await;
    let customer = make(&world, "customers", title("Acme")).await;
    let tap = &world.wire.tap;
    tap.hold(Point::PushAnswer);
    let syncing = world.begin_sync();
    tap.reached(Point::PushAnswer, 1).await;
    set(&world, "customers", &customer, "title", json!("Acme Ltd")).await;
    make(&world, "orders", json!({ "customer": customer })).await;
    world.check_books();
    tap.release();
    syncing.await.unwrap();
    world.sync().await;
    assert_eq!(there(&world, "customers").remove(0)["title"], "Acme Ltd");
    assert_eq!(there(&world, "orders").remove(0)["customer"], there(&world, "customers").remove(0)["id"]);
    nothing_temporary_left(&world);
    world.finish().await;
}

// proves C8, C2
#[tokio::test]
async fn a_form_that_was_open_meanwhile_saves_the_name_and_not_the_old_id() {
    let world = open(KEYS).await;
    let customer = make(&world, "customers", title("Acme")).await;
    let order = make(&world, "orders", title("open in a form")).await;
    assert_eq!(world.sync().await.confirmed, 2);
    set(&world, "orders", &order, "customer", json!(customer)).await;
    make(&world, "orders", json!({"title": "new", "customer": customer})).await;
    assert_eq!(world.sync().await.confirmed, 2);
    let acme = there(&world, "customers").remove(0)["id"].clone();
    assert!(
        there(&world, "orders").iter().all(|order| order["customer"] == acme),
        "{:?}",
        there(&world, "orders")
    );
    world.finish().await;
}

// proves C8, A8
#[tokio::test]
async fn a_child_of_a_record_that_was_thrown_away_needs_a_person_and_is_never_sent() {
    let world = open(KEYS).await;
    world.server.go_offline().await.unwrap();
    let customer = make(&world, "customers", title("Acme")).await;
    let order = make(&world, "orders", json!({ "customer": customer })).await;
    let create = world.queue().remove(0).id;
    world.engine().discard(vec![create]).await.unwrap();
    world.server.go_online().await.unwrap();
    let report = world.sync().await;
    assert_eq!((report.confirmed, there(&world, "orders").len()), (0, 0));
    let queue = world.queue();
    let Some(WaitReason::Refused { words, .. }) = &queue[0].reason else { panic!("{:?}", queue[0].reason) };
    assert!(words.contains(&customer), "it says which record is missing: {words}");
    set(&world, "orders", &order, "customer", Value::Null).await;
    assert_eq!(world.sync().await.confirmed, 1, "corrected, it goes");
    nothing_temporary_left(&world);
    world.finish().await;
}

// proves C8
#[tokio::test]
async fn an_id_from_before_the_connection_was_added_anew_needs_a_person_and_is_never_sent() {
    let world = open(KEYS).await;
    let old = make(&world, "customers", title("Acme")).await;
    assert_eq!(world.sync().await.confirmed, 1);
    world.engine().remove_link(LINK, true).await.unwrap();
    world.add_link_named(LINK, LinkSettings::parse(KEYS).unwrap()).await;
    let order = make(&world, "orders", json!({ "customer": old })).await;
    world.check_books();
    let report = world.sync().await;
    assert_eq!((report.confirmed, there(&world, "orders").len()), (0, 0));
    let queue = world.queue();
    let Some(WaitReason::Refused { words, .. }) = &queue[0].reason else { panic!("{:?}", queue[0].reason) };
    assert!(words.contains(&old) && words.contains("this connection made no such record"), "{words}");
    let acme = there(&world, "customers").remove(0)["id"].clone();
    set(&world, "orders", &order, "customer", acme.clone()).await;
    assert_eq!(world.sync().await.confirmed, 1, "corrected, it goes");
    assert_eq!(there(&world, "orders").remove(0)["customer"], acme);
    nothing_temporary_left(&world);
    world.finish().await;
}

// proves C8, A3
#[tokio::test]
async fn an_id_that_the_server_would_not_keep_is_refused_at_once() {
    let world = open(KEYS).await;
    let refused =
        world.engine().create_record(LINK, "customers", r#"{"id":"mine"}"#, None).await.unwrap_err();
    assert!(refused.to_string().contains("names new records itself"), "{refused}");
    let gone = make(&world, "customers", title("never sent")).await;
    world.engine().delete_record(LINK, "customers", &gone, None).await.unwrap();
    assert_eq!(
        (world.queue().len(), world.sync().await.confirmed),
        (0, 0),
        "made and deleted, it leaves no trace"
    );
    world.finish().await;
}

// proves C8, D2
#[tokio::test]
async fn an_open_conflict_takes_the_name_too() {
    let world = open(KEYS).await;
    let order = make(&world, "orders", title("first")).await;
    world.sync().await;
    let order = record(&world, "orders", &order).row.id;
    world.server.go_offline().await.unwrap();
    let customer = make(&world, "customers", title("Acme")).await;
    set(&world, "orders", &order, "customer", json!(customer)).await;
    set(&world, "orders", &order, "title", json!("mine")).await;
    world.server.go_online().await.unwrap();
    world.colleague(tidemark_sandbox::ColleagueEdit::set("orders", &order, "title", "theirs"));
    let create = world.queue().into_iter().find(|row| row.collection == "customers").unwrap().id;
    world.engine().hold(vec![create.clone()], true).await.unwrap();
    world.sync().await;
    let met = world.engine().list_conflicts(0, 10).unwrap().rows.remove(0);
    world.engine().hold(vec![create], false).await.unwrap();
    world.sync().await;
    let detail = world.engine().get_conflict(met.id).unwrap();
    assert!(!detail.local_data.unwrap().contains("tidemark-new-"));
    let mine = tidemark_model::view::Resolution::LocalWins {};
    world.engine().resolve_conflict(met.id, mine, None, tidemark_tests::world::NO_HOLD).await.unwrap();
    world.sync().await;
    let acme = there(&world, "customers").remove(0)["id"].clone();
    let order = there(&world, "orders").remove(0);
    assert_eq!((&order["customer"], &order["title"]), (&acme, &json!("mine")));
    nothing_temporary_left(&world);
    world.finish().await;
}
