//! A connection that was removed takes in no edits and no pages.

use rusqlite::Connection;
use tidemark_engine::LinkDraft;
use tidemark_model::settings::LinkSettings;
use tidemark_model::view::{FieldEdit, Refusal, RefusalCode};
use tidemark_tests::tap::Point;
use tidemark_tests::world::{Stage, TASKS, World};

const OTHER: &str = "field";

/// A second connection to the same server, which has not synced yet.
async fn with_other(stage: Stage) -> World {
    let world = stage.open().await;
    let (url, settings) = (world.server.url(), LinkSettings::default());
    let connector = tidemark_connectors::connect("rest", &url, settings.clone(), None, None).unwrap();
    let collections = connector.discover().await.unwrap();
    let (name, kind) = (OTHER.to_owned(), "rest".to_owned());
    let draft = LinkDraft { name, kind, url, user: None, settings, collections, secret_kept: false };
    world.engine().add_link(draft).await.unwrap();
    world
}

fn records_of_other(world: &World) -> i64 {
    let db = Connection::open(world.folder().join("tidemark.db")).unwrap();
    let sql = "SELECT count(*) FROM records r JOIN collections c ON c.id = r.collection_id
                 JOIN links l ON l.id = c.link_id WHERE l.name = ?1";
    db.query_row(sql, [OTHER], |row| row.get(0)).unwrap()
}

// proves A1, A2
#[tokio::test]
async fn an_edit_of_a_connection_that_another_program_removed_is_refused() {
    let world = with_other(Stage::tasks(1)).await;
    world.engine().sync(Some(OTHER), None).await.unwrap();
    let second = world.second_engine().await;
    world.engine().remove_link(OTHER, false).await.unwrap();

    let edits = [FieldEdit { path: "/state".into(), set: Some(r#""lost""#.into()) }];
    let refused = second.update_record(OTHER, TASKS, "t001", &edits, None).await.unwrap_err();
    assert_eq!(Refusal::from(refused).code, RefusalCode::NotFound);
    let refused = second.create_record(OTHER, TASKS, "{}", None).await.unwrap_err();
    assert_eq!(Refusal::from(refused).code, RefusalCode::NotFound);
    assert_eq!((world.queue(), records_of_other(&world)), (vec![], 0));
    second.shutdown().await;
    world.finish().await;
}

// proves C3
#[tokio::test]
async fn a_page_that_comes_after_the_connection_was_removed_is_thrown_away() {
    let mut stage = Stage::tasks(30);
    stage.engine.page = 10;
    let world = with_other(stage).await;
    let tap = &world.wire.tap;
    tap.hold_from(Point::PullAnswer, 2);
    let engine = world.engine().clone();
    let syncing = tokio::spawn(async move { engine.sync(Some(OTHER), None).await.unwrap() });
    tap.reached(Point::PullAnswer, 2).await;
    assert_eq!(records_of_other(&world), 10, "the first page is in");
    world.engine().remove_link(OTHER, false).await.unwrap();
    assert_eq!(records_of_other(&world), 0);
    tap.release();
    syncing.await.unwrap();
    assert_eq!(records_of_other(&world), 0, "nothing comes back");
    assert_eq!(tap.count(Point::Pull), 2, "and nothing more is asked for");
    world.finish().await;
}
