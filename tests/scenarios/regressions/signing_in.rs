//! A change is its author's: after signing in as somebody else nothing of the former is sent.

use rusqlite::Connection;
use tidemark_engine::LinkDraft;
use tidemark_model::settings::LinkSettings;
use tidemark_tests::world::{LINK, Stage, TASKS, World, task};

/// The link's account as stored, as a sign-in leaves it.
async fn sign_in_as(world: &mut World, user: &str) {
    world.close().await;
    let db = Connection::open(world.folder().join("tidemark.db")).unwrap();
    db.execute("UPDATE links SET user = ?1, principal = ?1 || '@' || url", [user]).unwrap();
    drop(db);
    world.open_engine().await;
}

// proves A7, C7
#[tokio::test]
async fn signing_in_as_another_person_sends_nothing_of_the_former() {
    let mut world = Stage::tasks(3).open().await;
    sign_in_as(&mut world, "anna").await;
    world.server.go_offline().await.unwrap();
    world.set("t001", "state", "anna's").await;
    world.create(&task(9)).await;
    sign_in_as(&mut world, "ben").await;
    world.server.go_online().await.unwrap();
    world.set("t002", "state", "ben's").await;
    for _ in 0..3 {
        world.sync().await;
        world.clock.advance_s(600);
    }
    world.engine().reprocess_failed().await.unwrap();
    world.sync().await;
    assert_eq!((world.there("t001").unwrap()["state"].as_str(), world.there("t009")), (Some("open"), None));
    assert_eq!(world.there("t002").unwrap()["state"], "ben's");
    let kept: Vec<String> = world.queue().into_iter().map(|row| row.record).collect();
    assert_eq!(kept, ["t001", "t009"], "it is kept and listed");
    world.check_books();
    sign_in_as(&mut world, "anna").await;
    assert_eq!(world.sync().await.confirmed, 2, "and goes when its author is back");
    world.finish().await;
}

// proves A7, A8
#[tokio::test]
async fn a_connection_made_anew_for_another_person_sends_nothing_of_the_former() {
    let world = Stage::tasks(2).open().await;
    world.server.go_offline().await.unwrap();
    world.set("t001", "state", "anna's").await;
    let change = world.queue().remove(0).id;
    world.engine().remove_link(LINK, true).await.unwrap();
    world.server.go_online().await.unwrap();
    let (url, settings) = (world.server.url(), LinkSettings::default());
    let connector = tidemark_connectors::connect("rest", &url, settings.clone(), None, None).unwrap();
    let collections = connector.discover().await.unwrap();
    let (name, kind, user) = (LINK.to_owned(), "rest".to_owned(), Some("ben".to_owned()));
    let draft = LinkDraft { name, kind, url, user, settings, collections, secret_kept: false };
    world.engine().add_link(draft).await.unwrap();
    world.sync().await;
    world.engine().retry(vec![change.clone()]).await.unwrap();
    world.sync().await;
    assert_eq!((world.effect_count(), world.here("t001")), (0, Some(task(1))));
    let thrown = world.engine().get_change(&change).unwrap();
    assert_eq!(
        (thrown.row.collection.as_str(), thrown.row.record.as_str()),
        (TASKS, "t001"),
        "it is in the trash"
    );
    world.finish().await;
}
