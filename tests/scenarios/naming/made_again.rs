//! A record that was deleted there and is kept here: the server names what is made again, and it is another record.

use super::stage::{KEYS, NO_KEYS, here, make, open, record, set, there, title};
use serde_json::{Value, json};
use tidemark_model::view::{ConflictType, Resolution};
use tidemark_sandbox::ColleagueEdit;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{LINK, NO_HOLD, World};

/// A customer who was changed here and deleted there; the person has kept what is here.
async fn kept(settings: &str) -> (World, String) {
    let world = open(settings).await;
    let made = make(&world, "customers", title("Acme")).await;
    world.sync().await;
    let customer = record(&world, "customers", &made).row.id;
    set(&world, "customers", &customer, "title", json!("Acme & Sons")).await;
    world.colleague(ColleagueEdit::delete("customers", &customer));
    world.sync().await;
    let met = world.engine().list_conflicts(0, 10).unwrap().rows.remove(0);
    assert_eq!(met.conflict_type, ConflictType::UpdatedHereDeletedThere);
    world.engine().resolve_conflict(met.id, Resolution::LocalWins {}, None, NO_HOLD).await.unwrap();
    (world, customer)
}

fn titles(world: &World) -> Vec<Value> {
    there(world, "customers").iter().map(|customer| customer["title"].clone()).collect()
}

// proves D7, A4
#[tokio::test]
async fn what_is_kept_is_made_once_under_its_new_name() {
    for settings in [KEYS, NO_KEYS] {
        let (world, customer) = kept(settings).await;
        assert_eq!(world.sync().await.confirmed, 1);
        assert_eq!(titles(&world), [json!("Acme & Sons")]);
        let id = there(&world, "customers").remove(0)["id"].as_str().unwrap().to_owned();
        assert_ne!(id, customer);
        assert_eq!(here(&world, "customers", &id)["title"], "Acme & Sons");
        let shown = world.engine().list_records(LINK, "customers", &Default::default(), 0, 10).unwrap().rows;
        assert_eq!(shown.len(), 1, "{shown:?}");
        world.finish().await;
    }
}

// proves D7, A4
#[tokio::test]
async fn a_colleague_who_makes_the_deleted_one_again_meanwhile_leads_to_no_third() {
    let (world, customer) = kept(KEYS).await;
    world.colleague(ColleagueEdit {
        collection: "customers".into(),
        id: customer.clone(),
        create: title("Anna's own").as_object().cloned(),
        ..Default::default()
    });
    world.sync().await;
    world.engine().reprocess_failed().await.unwrap();
    world.sync().await;
    let mut both = titles(&world);
    both.sort_by_key(Value::to_string);
    assert_eq!(both, [json!("Acme & Sons"), json!("Anna's own")]);
    assert_eq!(here(&world, "customers", &customer)["title"], "Anna's own");
    world.finish().await;
}

// proves D7, D8
#[tokio::test]
async fn what_a_colleague_makes_of_it_at_once_is_shown_and_it_is_not_made_twice() {
    let (world, _) = kept(KEYS).await;
    world.wire.tap.forget();
    world.wire.tap.hold(Point::Fetch);
    let syncing = world.begin_sync();
    world.wire.tap.reached(Point::Fetch, 1).await;
    let id = there(&world, "customers").remove(0)["id"].as_str().unwrap().to_owned();
    world.colleague(ColleagueEdit::set("customers", &id, "title", "Acme Ltd"));
    world.wire.tap.release();
    assert_eq!(syncing.await.unwrap().conflicts, 1);
    let met = world.engine().list_conflicts(0, 10).unwrap().rows.remove(0);
    assert_eq!((met.resource_id.as_str(), met.conflict_type), (id.as_str(), ConflictType::CreatedOnBoth));
    let detail = world.engine().get_conflict(met.id).unwrap();
    let clashes: Vec<&str> =
        detail.fields.iter().filter(|field| field.undecided).map(|field| field.path.as_str()).collect();
    assert_eq!(clashes, ["/title"]);
    world.engine().resolve_conflict(met.id, Resolution::LocalWins {}, None, NO_HOLD).await.unwrap();
    world.sync().await;
    assert_eq!(titles(&world), [json!("Acme & Sons")]);
    world.finish().await;
}

// proves D7, A4
#[tokio::test]
async fn what_was_edited_meanwhile_follows_it() {
    let (world, customer) = kept(KEYS).await;
    world.wire.tap.forget();
    world.wire.tap.hold(Point::Fetch);
    let syncing = world.begin_sync();
    world.wire.tap.reached(Point::Fetch, 1).await;
    set(&world, "customers", &customer, "phone", json!("42")).await;
    world.wire.tap.release();
    syncing.await.unwrap();
    world.sync().await;
    let there = there(&world, "customers").remove(0);
    assert_eq!((&there["title"], &there["phone"]), (&json!("Acme & Sons"), &json!("42")));
    world.finish().await;
}
