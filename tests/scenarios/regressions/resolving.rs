//! Edits made around a resolution are never dropped by it.

use serde_json::json;
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::Resolution;
use tidemark_sandbox::ColleagueEdit;
use tidemark_tests::world::{NO_HOLD, Stage, TASKS, World};

/// `state` of t001 clashes.
async fn met() -> (World, Count) {
    let world = Stage::tasks(1).open().await;
    world.set("t001", "state", "mine").await;
    world.colleague_sets("t001", "state", "theirs");
    assert_eq!(world.sync().await.conflicts, 1);
    let id = conflict(&world);
    (world, id)
}

fn conflict(world: &World) -> Count {
    world.engine().list_conflicts(0, 1).unwrap().rows[0].id
}

async fn keep_mine(world: &World, id: Count, hold: Millis) {
    world.engine().resolve_conflict(id, Resolution::LocalWins {}, None, hold).await.unwrap();
}

// proves D7, D9
#[tokio::test]
async fn an_edit_made_in_the_undo_window_outlives_the_undo() {
    let (world, id) = met().await;
    keep_mine(&world, id, Millis(10_000)).await;
    world.set("t001", "title", "Later").await;
    world.engine().undo_resolution(id).await.unwrap();
    assert_eq!(world.here("t001").unwrap()["title"], "Later");
    world.check_books();
    keep_mine(&world, id, NO_HOLD).await;
    world.sync().await;
    let both = json!({"id": "t001", "title": "Later", "state": "mine", "rank": 1});
    assert_eq!((world.here("t001"), world.there("t001")), (Some(both.clone()), Some(both)));
    world.finish().await;
}

// proves D7, A8
#[tokio::test]
async fn what_was_edited_during_a_conflict_is_not_half_discarded() {
    let (world, id) = met().await;
    let later = world.set("t001", "rank", 9).await.change.unwrap();
    world.engine().discard(vec![later]).await.unwrap();
    let shown = world.here("t001");
    assert_eq!(shown.as_ref().unwrap()["rank"], 9, "the conflict decides about all of it");
    keep_mine(&world, id, NO_HOLD).await;
    world.sync().await;
    assert_eq!(world.there("t001"), shown, "what was shown is what was sent");
    world.finish().await;
}

// proves D2, D7
#[tokio::test]
async fn a_field_that_only_the_server_has_can_be_edited_while_the_conflict_is_open() {
    let stage = Stage::default().record(TASKS, r#"{"id":"t001","state":"open","note":"text"}"#);
    let world = stage.open().await;
    world.set("t001", "state", "mine").await;
    let mut theirs = ColleagueEdit::set(TASKS, "t001", "state", "theirs");
    theirs.set.insert("note".into(), json!({"a": 1}));
    world.colleague(theirs);
    assert_eq!(world.sync().await.conflicts, 1);
    assert_eq!(world.here("t001").unwrap()["note"], json!({"a": 1}), "what is shown has their note");

    world.set("t001", "note/a", 2).await;
    assert_eq!(world.here("t001").unwrap()["note"], json!({"a": 2}));
    keep_mine(&world, conflict(&world), NO_HOLD).await;
    world.sync().await;
    assert_eq!(world.there("t001"), Some(json!({"id": "t001", "state": "mine", "note": {"a": 2}})));
    world.finish().await;
}
