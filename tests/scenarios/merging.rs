//! Fields that only one side touched are merged without asking, and the merge is on record.

use rusqlite::Connection;
use serde_json::{Value, json};
use tidemark_tests::world::{Stage, World};

fn logged(world: &World) -> Vec<[Value; 4]> {
    let db = Connection::open(world.folder().join("tidemark.db")).unwrap();
    let mut statement = db.prepare("SELECT base, local, server, merged FROM merges ORDER BY id").unwrap();
    let rows =
        statement.query_map([], |row| Ok([0, 1, 2, 3].map(|column| row.get::<_, String>(column)))).unwrap();
    rows.map(|row| row.unwrap().map(|text| serde_json::from_str(&text.unwrap()).unwrap())).collect()
}

// proves D3
#[tokio::test]
async fn disjoint_fields_merge_and_the_merge_is_logged_with_all_sides() {
    let world = Stage::tasks(1).open().await;
    world.set("t001", "state", "mine").await;
    world.colleague_sets("t001", "title", "Theirs");
    let report = world.sync().await;
    assert_eq!((report.confirmed, report.conflicts), (1, 0));
    let both = json!({"id": "t001", "title": "Theirs", "state": "mine", "rank": 1});
    assert_eq!((world.here("t001"), world.there("t001")), (Some(both.clone()), Some(both.clone())));

    let [base, local, server, merged] = logged(&world).pop().expect("the merge is on record");
    assert_eq!((base["title"].clone(), base["state"].clone()), (json!("Task 1"), json!("open")));
    assert_eq!((&local["state"], &server["title"], merged), (&json!("mine"), &json!("Theirs"), both));
    assert_eq!(logged(&world).len(), 1);
    assert_eq!(world.engine().status().unwrap().merged_week.0, 1);
    world.finish().await;
}

// proves D3, C2
#[tokio::test]
async fn a_pull_puts_what_is_pending_on_top_of_the_new_base() {
    let world = Stage::tasks(1).open().await;
    let change = world.set("t001", "state", "mine").await.change.unwrap();
    world.engine().hold(vec![change.clone()], true).await.unwrap();
    world.colleague_sets("t001", "title", "Theirs");
    world.sync().await;
    let shown = world.here("t001").unwrap();
    assert_eq!((&shown["state"], &shown["title"]), (&json!("mine"), &json!("Theirs")));
    assert_eq!(world.queue()[0].id, change, "the change still waits, on the new base");
    world.check_books();
    world.engine().hold(vec![change], false).await.unwrap();
    world.wire.tap.forget();
    assert_eq!(world.sync().await.confirmed, 1);
    assert_eq!(world.wire.tap.count(tidemark_tests::tap::Point::Push), 1, "it needed no second try");
    world.finish().await;
}
