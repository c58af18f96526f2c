//! Nothing goes to the trash unseen, and nothing goes out that refers to what was discarded.

use serde_json::json;
use tidemark_model::mutation::MutationState;
use tidemark_model::number::Count;
use tidemark_model::view::{ChangeRow, ChangeState, Fate, FieldEdit, QueueFilter, WaitReason};
use tidemark_sandbox::{CollectionSpec, Reference, Switch};
use tidemark_tests::world::{LINK, Stage, World};

const DAY: i64 = 24 * 60 * 60 * 1000;

fn family() -> Stage {
    let customer = Reference { path: "/customer".into(), collection: "customers".into() };
    let order = Reference { path: "/order".into(), collection: "orders".into() };
    Stage::tasks(3)
        .collection(CollectionSpec::named("customers"))
        .collection(CollectionSpec { references: vec![customer], ..CollectionSpec::named("orders") })
        .collection(CollectionSpec { references: vec![order], ..CollectionSpec::named("lines") })
}

async fn make(world: &World, collection: &str, document: serde_json::Value) -> String {
    let saved = world.engine().create_record(LINK, collection, &document.to_string(), None).await.unwrap();
    saved.change.unwrap()
}

async fn point(world: &World, order: &str, customer: &str) {
    let edit = FieldEdit { path: "/customer".into(), set: Some(json!(customer).to_string()) };
    world.engine().update_record(LINK, "orders", order, &[edit], None).await.unwrap();
}

/// A customer, an order of theirs and a line of that order, all made here and none sent.
async fn made(world: &World) -> [String; 3] {
    world.server.go_offline().await.unwrap();
    [
        make(world, "customers", json!({"id": "c1"})).await,
        make(world, "orders", json!({"id": "o1", "customer": "c1"})).await,
        make(world, "lines", json!({"id": "l1", "order": "o1"})).await,
    ]
}

fn in_state(world: &World, state: ChangeState) -> Vec<ChangeRow> {
    let filter = QueueFilter { state: Some(state), ..QueueFilter::default() };
    world.engine().list_queue(&filter, 0, 100).unwrap().rows
}

fn sent(world: &World) -> Vec<String> {
    world.server.report().unwrap().effects.into_iter().map(|effect| effect.id).collect()
}

// proves A8, C8
#[tokio::test]
async fn the_child_of_a_discarded_record_waits_for_a_person_and_never_goes_by_itself() {
    let world = family().open().await;
    let [customer, order, _] = made(&world).await;
    let bulk = world.engine().discard(vec![customer]).await.unwrap();
    assert_eq!((bulk.done, bulk.already_gone), (Count(1), Count(0)));
    world.check_books();
    world.server.go_online().await.unwrap();
    assert_eq!(world.sync().await.confirmed, 0, "the order names a customer that was never made");
    let parked = in_state(&world, ChangeState::NeedsYou);
    let Some(WaitReason::Refused { words, status: None, .. }) = &parked[0].reason else {
        panic!("{parked:?}")
    };
    assert_eq!(words, "customers 'c1', which it refers to, was discarded before it was sent");
    assert_eq!((parked.len(), &parked[0].id), (1, &order), "the line still waits for its order");
    // Neither a push at the button nor an edit elsewhere in it makes it go with that reference.
    let again = world.engine().reprocess_failed().await.unwrap();
    assert_eq!((again.done, again.kept), (Count(0), Count(1)));
    let edit = FieldEdit { path: "/note".into(), set: Some("\"x\"".into()) };
    world.engine().update_record(LINK, "orders", "o1", &[edit], None).await.unwrap();
    assert_eq!(world.sync().await.confirmed, 0);
    assert_eq!(sent(&world), [] as [&str; 0]);
    // Another customer puts it right.
    make(&world, "customers", json!({"id": "c2"})).await;
    point(&world, "o1", "c2").await;
    assert_eq!(world.sync().await.confirmed, 3);
    assert_eq!(sent(&world), ["c2", "o1", "l1"]);
    world.finish().await;
}

// proves A8, C8
#[tokio::test]
async fn a_parent_that_was_put_back_goes_before_its_child() {
    let world = family().open().await;
    let [customer, order, _] = made(&world).await;
    world.engine().discard(vec![customer.clone()]).await.unwrap();
    let back = world.engine().restore(vec![customer]).await.unwrap();
    assert_eq!((back.done, back.refused), (Count(1), Count(0)));
    assert_eq!(world.engine().retry(vec![order]).await.unwrap().done, Count(1));
    world.check_books();
    world.server.go_online().await.unwrap();
    assert_eq!(world.sync().await.confirmed, 3);
    assert_eq!(sent(&world), ["c1", "o1", "l1"]);
    world.finish().await;
}

// proves A8
#[tokio::test]
async fn what_depends_on_a_change_is_told_before_it_is_discarded() {
    let world = family().open().await;
    let [customer, order, line] = made(&world).await;
    let preview = world.engine().preview_discard(&[customer.clone(), "none".into()]).unwrap();
    assert_eq!((preview.there, preview.already_gone, preview.asks), (Count(1), Count(1), true));
    let waiting: Vec<_> = preview.dependants.iter().map(|one| (one.id.as_str(), one.fate)).collect();
    assert_eq!(waiting, [(order.as_str(), Fate::NeedsYou), (line.as_str(), Fate::NeedsYou)]);
    assert_eq!((preview.dependant_count, preview.later_count), (Count(2), Count(0)));
    assert_eq!(preview.together, [order, line.clone()]);
    assert_eq!(preview.until, tidemark_tests::clock::START.plus(30 * DAY));
    assert_eq!(world.queue().len(), 3, "looking does nothing");
    assert!(!world.engine().preview_discard(&[line]).unwrap().asks, "nothing waits for the line");
    let all = preview.together.into_iter().chain([customer]).collect();
    assert_eq!(world.engine().discard(all).await.unwrap().done, Count(3));
    assert_eq!(world.queue(), []);
    assert_eq!(in_state(&world, ChangeState::InTrash).len(), 3);
    world.server.go_online().await.unwrap();
    world.finish().await;
}

/// Two changes of one record that did not become one: the first was on the wire when the second was made, and refused.
async fn two_in_line(world: &World, first: (&str, &str), second: (&str, &str)) -> [String; 2] {
    use tidemark_tests::tap::Point;
    let refusing = Switch::always(vec![422]).method("PUT,PATCH");
    world.fault(|faults| faults.status = Some(refusing));
    let edit = FieldEdit { path: first.0.into(), set: Some(first.1.into()) };
    let older = world.engine().update_record(LINK, "tasks", "t001", &[edit], None).await.unwrap();
    world.wire.tap.hold(Point::Push);
    let syncing = world.begin_sync();
    world.wire.tap.reached(Point::Push, 1).await;
    let edit = FieldEdit { path: second.0.into(), set: Some(second.1.into()) };
    let newer = world.engine().update_record(LINK, "tasks", "t001", &[edit], None).await.unwrap();
    world.wire.tap.release();
    syncing.await.unwrap();
    world.server.clear_faults();
    [older.change.unwrap(), newer.change.unwrap()]
}

// proves A8, A5
#[tokio::test]
async fn a_later_change_that_stays_goes_out_on_top_of_the_servers_version() {
    let world = family().open().await;
    let [older, newer] = two_in_line(&world, ("/a", "1"), ("/b", "2")).await;
    let preview = world.engine().preview_discard(std::slice::from_ref(&older)).unwrap();
    assert_eq!(
        preview.later.iter().map(|one| (&one.id, one.fate)).collect::<Vec<_>>(),
        [(&newer, Fate::GoesOutAlone)]
    );
    assert_eq!((preview.together, preview.asks), (vec![newer], true));
    world.engine().discard(vec![older]).await.unwrap();
    assert_eq!(world.here("t001").unwrap().get("a"), None);
    world.sync().await;
    let there = world.there("t001").unwrap();
    assert_eq!((there.get("a"), &there["b"]), (None, &json!(2)));
    world.finish().await;
}

// proves A8
#[tokio::test]
async fn a_later_change_inside_what_is_discarded_is_told_apart() {
    let world = family().open().await;
    let [older, newer] = two_in_line(&world, ("/rank", r#"{"x":1}"#), ("/rank/y", "2")).await;
    let preview = world.engine().preview_discard(std::slice::from_ref(&older)).unwrap();
    assert_eq!(
        preview.later.iter().map(|one| (&one.id, one.fate)).collect::<Vec<_>>(),
        [(&newer, Fate::WillNotFit)]
    );
    let both = vec![older, newer];
    assert_eq!(world.engine().discard(both).await.unwrap().done, Count(2), "together");
    assert_eq!(world.queue(), []);
    world.finish().await;
}

// proves A8
#[tokio::test]
async fn more_than_twenty_are_asked_about_and_the_ids_stay_those_that_were_meant() {
    let world = Stage::tasks(30).open().await;
    world.server.go_offline().await.unwrap();
    let mut ids = Vec::new();
    for number in 1..=21 {
        ids.push(world.set(&format!("t{number:03}"), "rank", 0).await.change.unwrap());
    }
    assert!(world.engine().preview_discard(&ids).unwrap().asks);
    assert!(!world.engine().preview_discard(&ids[..20]).unwrap().asks);
    let newcomer = world.set("t030", "rank", 0).await.change.unwrap();
    let bulk = world.engine().discard(ids.clone()).await.unwrap();
    assert_eq!(bulk.done, Count(21));
    assert_eq!(world.queue().into_iter().map(|row| row.id).collect::<Vec<_>>(), [newcomer]);
    let again = world.engine().discard(ids).await.unwrap();
    assert_eq!((again.done, again.already_gone), (Count(0), Count(21)));
    world.server.go_online().await.unwrap();
    world.finish().await;
}

// proves A8
#[tokio::test]
async fn a_create_takes_its_later_changes_with_it_and_each_is_counted_once() {
    use tidemark_tests::tap::Point;
    let world = Stage::default().open().await;
    world.fault(|faults| faults.status = Some(Switch::always(vec![422]).method("PUT")));
    let made = world.create(&json!({"id": "n1"})).await.change.unwrap();
    world.wire.tap.hold(Point::Push);
    let syncing = world.begin_sync();
    world.wire.tap.reached(Point::Push, 1).await;
    let changed = world.set("n1", "a", 1).await.change.unwrap();
    world.wire.tap.release();
    syncing.await.unwrap();
    let preview = world.engine().preview_discard(std::slice::from_ref(&made)).unwrap();
    assert_eq!(preview.later.iter().map(|one| one.fate).collect::<Vec<_>>(), [Fate::GoesToo]);
    let bulk = world.engine().discard(vec![made, changed]).await.unwrap();
    assert_eq!((bulk.done, bulk.already_gone), (Count(2), Count(0)));
    assert_eq!(in_state(&world, ChangeState::InTrash).len(), 2);
    assert!(
        in_state(&world, ChangeState::InTrash)
            .iter()
            .all(|row| row.mutation_state == MutationState::Discarded)
    );
    world.finish().await;
}
