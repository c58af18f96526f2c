//! What was discarded can be put back for 30 days, on the record as it is by then.

use serde_json::json;
use tidemark_engine::LinkDraft;
use tidemark_model::number::Count;
use tidemark_model::settings::LinkSettings;
use tidemark_model::view::{ChangeRow, ChangeState, FieldEdit, QueueFilter, RestoreResult};
use tidemark_tests::world::{Stage, TASKS, World};

const DAY: i64 = 24 * 60 * 60 * 1000;

fn trash(world: &World) -> Vec<ChangeRow> {
    let filter = QueueFilter { state: Some(ChangeState::InTrash), ..QueueFilter::default() };
    world.engine().list_queue(&filter, 0, 100).unwrap().rows
}

async fn restore(world: &World, ids: &[&String]) -> RestoreResult {
    world.engine().restore(ids.iter().map(|id| (*id).clone()).collect()).await.unwrap()
}

fn told(result: &RestoreResult) -> (i64, i64, i64) {
    (result.done.0, result.already_gone.0, result.refused.0)
}

// proves A8
#[tokio::test]
async fn a_change_is_put_back_on_what_a_colleague_made_of_the_record() {
    let world = Stage::tasks(1).open().await;
    let id = world.set("t001", "state", "mine").await.change.unwrap();
    world.engine().discard(vec![id.clone()]).await.unwrap();
    let in_trash = trash(&world);
    assert_eq!(in_trash[0].gone_at, Some(tidemark_tests::clock::START.plus(30 * DAY)));
    world.colleague_sets("t001", "rank", 9);
    world.sync().await;
    assert_eq!(told(&restore(&world, &[&id]).await), (1, 0, 0));
    world.check_books();
    assert_eq!(trash(&world), [], "it is in the trash no longer");
    let new = world.queue().remove(0);
    assert_ne!(new.id, id);
    assert_eq!(world.engine().get_change(&id).unwrap().combined_into, Some(new.id), "the old id leads to it");
    assert_eq!(world.sync().await.confirmed, 1);
    assert_eq!(
        world.there("t001"),
        Some(json!({"id": "t001", "title": "Task 1", "state": "mine", "rank": 9}))
    );
    assert_eq!(told(&restore(&world, &[&id]).await), (0, 1, 0), "once");
    world.finish().await;
}

// proves A8
#[tokio::test]
async fn records_made_changed_and_deleted_are_put_back_in_the_order_they_were_saved() {
    let world = Stage::tasks(1).open().await;
    world.server.go_offline().await.unwrap();
    let made = world.create(&json!({"id": "n1", "n": 1.10})).await.change.unwrap();
    let deleted = world.delete("t001").await.change.unwrap();
    world.engine().discard(vec![made.clone(), deleted.clone()]).await.unwrap();
    assert_eq!(world.here("n1"), None);
    assert_eq!(told(&restore(&world, &[&deleted, &made, &made]).await), (2, 0, 0));
    assert_eq!(world.here("n1"), Some(json!({"id": "n1", "n": 1.10})));
    assert_eq!(world.here("t001"), None);
    world.check_books();
    world.server.go_online().await.unwrap();
    assert_eq!(world.sync().await.confirmed, 2);
    assert_eq!((world.there("t001"), world.there("n1").is_some()), (None, true));
    world.finish().await;
}

// proves A8
#[tokio::test]
async fn what_cannot_be_put_back_stays_in_the_trash_with_the_reason() {
    let world = Stage::tasks(2).open().await;
    world.server.go_offline().await.unwrap();
    let made = world.create(&json!({"id": "n1"})).await.change.unwrap();
    let same = world.set("t001", "state", "mine").await.change.unwrap();
    let gone = world.set("t002", "state", "mine").await.change.unwrap();
    world.engine().discard(vec![made.clone(), same.clone(), gone.clone()]).await.unwrap();
    world.server.go_online().await.unwrap();
    world.create(&json!({"id": "n1", "other": true})).await;
    world.set("t001", "state", "mine").await;
    world.colleague_deletes("t002");
    world.sync().await;
    let result = restore(&world, &[&made, &same, &gone]).await;
    assert_eq!(told(&result), (0, 0, 3));
    let whys: Vec<&str> = result.reasons.iter().map(|one| one.why.as_str()).collect();
    assert_eq!(
        whys,
        [
            "tasks has a record 'n1' by now",
            "'t001' already has these values",
            "tasks has no record 't002' here; what made it comes first"
        ]
    );
    assert_eq!(trash(&world).len(), 3);
    world.finish().await;
}

// proves A8, A12
#[tokio::test]
async fn after_thirty_days_nothing_is_put_back() {
    let world = Stage::tasks(1).open().await;
    let id = world.set("t001", "state", "mine").await.change.unwrap();
    world.engine().discard(vec![id.clone()]).await.unwrap();
    world.clock.advance(30 * DAY - 1);
    assert_eq!(world.engine().clear_old_requests().await.unwrap(), Count(0));
    world.clock.advance(1);
    let result = restore(&world, &[&id]).await;
    assert_eq!(result.reasons[0].why, "its 30 days in the trash are over");
    world.clock.advance(1);
    assert_eq!(world.engine().clear_old_requests().await.unwrap(), Count(1));
    assert_eq!(told(&restore(&world, &[&id]).await), (0, 1, 0));
    world.finish().await;
}

// proves A8
#[tokio::test]
async fn a_change_of_a_removed_connection_stays_readable_and_is_not_put_back() {
    let world = Stage::tasks(1).open().await;
    let (url, settings) = (world.server.url(), LinkSettings::default());
    let connector = tidemark_connectors::connect("rest", &url, settings.clone(), None, None).unwrap();
    let collections = connector.discover().await.unwrap();
    let (name, kind) = ("field".to_owned(), "rest".to_owned());
    let draft = LinkDraft { name, kind, url, user: None, settings, collections, secret_kept: false };
    world.engine().add_link(draft).await.unwrap();
    world.engine().sync(Some("field"), None).await.unwrap();
    let edit = FieldEdit { path: "/state".into(), set: Some("\"mine\"".into()) };
    let saved = world.engine().update_record("field", TASKS, "t001", &[edit], None).await.unwrap();
    let id = saved.change.unwrap();
    world.engine().remove_link("field", true).await.unwrap();
    let result = restore(&world, &[&id]).await;
    assert_eq!((told(&result), result.reasons[0].why.as_str()), ((0, 0, 1), "its connection was removed"));
    assert_eq!(world.engine().get_change(&id).unwrap().changes[0].after.as_deref(), Some("\"mine\""));
    world.finish().await;
}
