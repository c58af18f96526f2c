//! A record that the server has named and that a pull brings before anybody here knows that it is ours.

use super::stage::{KEYS, NO_KEYS, here, make, nothing_temporary_left, open, record, set, there, title};
use serde_json::json;
use tidemark_sandbox::{ColleagueEdit, Switch};
use tidemark_tests::world::{LINK, World};

async fn loses_the_answer(world: &World) -> String {
    let customer = make(world, "customers", title("Acme")).await;
    make(world, "orders", json!({ "customer": customer })).await;
    world.fault(|faults| faults.drop_after = Some(Switch::always(true).method("POST")));
    world.sync().await;
    world.sync().await;
    world.server.clear_faults();
    customer
}

fn the_one_there(world: &World) -> String {
    let mut customers = there(world, "customers");
    assert_eq!(customers.len(), 1);
    customers.remove(0)["id"].as_str().unwrap().to_owned()
}

fn count(world: &World) -> i64 {
    world.engine().list_records(LINK, "customers", &Default::default(), 0, 10).unwrap().total.0
}

/// Nobody can ask for the answer again; a pull brings the record beside the one that was made here.
async fn twins(world: &World) -> (String, String, String) {
    let customer = loses_the_answer(world).await;
    world.clock.advance_s(30);
    world.sync().await;
    assert_eq!(count(world), 2, "until a person says that they are one");
    let doubtful = world.queue().into_iter().find(|row| row.collection == "customers").unwrap();
    world.engine().pause(Some(LINK), None).await.unwrap();
    (customer, the_one_there(world), doubtful.id)
}

async fn are_one(world: &World, change: &str, twin: &str) {
    world.engine().is_there(change, twin).await.unwrap();
    world.check_books();
    assert_eq!(count(world), 1);
    world.engine().resume(Some(LINK), None).await.unwrap();
    world.sync().await;
    world.clock.advance_s(60);
    world.sync().await;
}

// proves A4, C3, C8
#[tokio::test]
async fn while_the_answer_can_still_come_nothing_is_shown_twice() {
    let world = open(KEYS).await;
    let customer = loses_the_answer(&world).await;
    assert_eq!(count(&world), 1, "the pull waits for the name");
    world.colleague(ColleagueEdit::set("customers", &the_one_there(&world), "town", "Ulm"));
    set(&world, "customers", &customer, "phone", json!("1")).await;
    world.clock.advance_s(30);
    world.sync().await;
    assert_eq!((count(&world), record(&world, "customers", &customer).row.id), (1, the_one_there(&world)));
    let all = json!({"id": the_one_there(&world), "title": "Acme", "town": "Ulm", "phone": "1"});
    assert_eq!(there(&world, "customers"), vec![all.clone()]);
    assert_eq!(here(&world, "customers", &customer), all);
    nothing_temporary_left(&world);
    world.finish().await;
}

// proves A4, C8, D1
#[tokio::test]
async fn edits_of_both_and_of_a_colleague_are_all_kept() {
    let world = open(NO_KEYS).await;
    let (customer, twin, change) = twins(&world).await;
    set(&world, "customers", &customer, "phone", json!("1")).await;
    set(&world, "customers", &twin, "mail", json!("a@b")).await;
    world.colleague(ColleagueEdit::set("customers", &twin, "town", "Ulm"));
    are_one(&world, &change, &twin).await;
    let all = json!({"id": twin, "title": "Acme", "town": "Ulm", "phone": "1", "mail": "a@b"});
    assert_eq!((here(&world, "customers", &customer), there(&world, "customers")), (all.clone(), vec![all]));
    nothing_temporary_left(&world);
    world.finish().await;
}

// proves A4, C8
#[tokio::test]
async fn a_double_that_was_deleted_here_does_not_take_the_record_with_it() {
    let world = open(NO_KEYS).await;
    let (customer, twin, change) = twins(&world).await;
    world.engine().delete_record(LINK, "customers", &twin, None).await.unwrap();
    are_one(&world, &change, &twin).await;
    assert_eq!((count(&world), the_one_there(&world)), (1, twin));
    assert_eq!(here(&world, "customers", &customer)["title"], "Acme");
    nothing_temporary_left(&world);
    world.finish().await;
}

// proves A4, C8, D2
#[tokio::test]
async fn an_open_conflict_of_the_double_is_looked_at_anew() {
    let world = open(NO_KEYS).await;
    let (customer, twin, change) = twins(&world).await;
    world.engine().resume(Some(LINK), None).await.unwrap();
    world.server.go_offline().await.unwrap();
    set(&world, "customers", &twin, "title", json!("Acme Ltd")).await;
    world.server.go_online().await.unwrap();
    world.colleague(ColleagueEdit::set("customers", &twin, "title", "ACME"));
    world.sync().await;
    assert_eq!(world.engine().list_conflicts(0, 10).unwrap().rows.len(), 1);
    are_one(&world, &change, &twin).await;
    let conflicts = world.engine().list_conflicts(0, 10).unwrap().rows;
    assert_eq!(conflicts.len(), 1, "nobody has decided about it: {:?}", here(&world, "customers", &customer));
    assert_eq!(there(&world, "customers").remove(0)["title"], "ACME", "nothing is overwritten");
    let mine = tidemark_model::view::Resolution::LocalWins {};
    world
        .engine()
        .resolve_conflict(conflicts[0].id, mine, None, tidemark_tests::world::NO_HOLD)
        .await
        .unwrap();
    world.sync().await;
    assert_eq!(there(&world, "customers").remove(0)["title"], "Acme Ltd");
    nothing_temporary_left(&world);
    world.finish().await;
}
