//! A checkpoint that is void leads to a comparison of whole sets, in which no local change is lost.

use serde_json::json;
use tidemark_model::view::{ConflictType, Resolution};
use tidemark_sandbox::ColleagueEdit;
use tidemark_tests::world::{NO_HOLD, Stage, TASKS, World};

fn types(world: &World) -> Vec<(String, ConflictType)> {
    let rows = world.engine().list_conflicts(0, 10).unwrap().rows;
    rows.into_iter().map(|row| (row.resource_id, row.conflict_type)).collect()
}

// proves F2, C3, C4
#[tokio::test]
async fn a_new_epoch_compares_whole_sets_and_loses_no_local_change() {
    let world = Stage::tasks(5).open().await;
    for id in ["t011", "t012"] {
        let create = json!({"id": id, "state": "new"}).as_object().cloned();
        world.colleague(ColleagueEdit { collection: TASKS.into(), create, ..Default::default() });
    }
    world.colleague_sets("t001", "title", "Later");
    world.sync().await;
    assert_eq!(world.count_here(), 7);
    world.set("t001", "state", "mine").await;
    world.set("t002", "state", "mine").await;
    world.set("t012", "state", "mine").await;

    // An old copy is put back: the two new records and the title are gone from it.
    world.server.new_epoch(3).unwrap();
    world.sync().await;
    world.clock.advance_s(60);
    world.sync().await;
    assert_eq!(world.here("t011"), None, "a clean record that is not there goes");
    assert_eq!(
        types(&world),
        [("t012".to_owned(), ConflictType::UpdatedHereDeletedThere)],
        "nothing is uploaded by itself"
    );
    assert_eq!(world.here("t012").unwrap()["state"], "mine");
    assert_eq!(world.there("t012"), None);
    let back = json!({"id": "t001", "title": "Task 1", "state": "mine", "rank": 1});
    assert_eq!((world.here("t001"), world.there("t001")), (Some(back.clone()), Some(back)));
    assert_eq!(world.there("t002").unwrap()["state"], "mine");
    world.finish().await;
}

// proves F4, C4
#[tokio::test]
async fn an_expired_checkpoint_compares_whole_sets_and_loses_no_local_change() {
    let world = Stage::tasks(6).open().await;
    let changes = [world.set("t005", "state", "mine").await, world.set("t006", "state", "mine").await];
    let held: Vec<String> = changes.into_iter().filter_map(|saved| saved.change).collect();
    world.engine().hold(held, true).await.unwrap();
    for rid in ["t001", "t005"] {
        world.colleague_deletes(rid);
    }
    world.colleague_sets("t002", "state", "theirs");
    world.server.with_world(|server| server.forget_tombstones()).unwrap();
    world.sync().await;
    assert_eq!((world.here("t001"), world.here("t002").unwrap()["state"].as_str()), (None, Some("theirs")));
    assert_eq!(types(&world), [("t005".to_owned(), ConflictType::UpdatedHereDeletedThere)]);
    assert_eq!(world.here("t006").unwrap()["state"], "mine");
    assert_eq!(world.effect_count(), 0, "held changes were not sent");
    world.finish().await;
}

/// Found by the simulation (seed 50209): a record made on both sides has no base, and a comparison looked for bases alone.
// proves D2, C4, F4
#[tokio::test]
async fn a_record_in_a_conflict_that_has_no_base_is_missed_by_a_comparison_too() {
    for theirs in [true, false] {
        let world = Stage::tasks(3).open().await;
        world.create(&json!({"id": "t009", "state": "mine"})).await;
        let create = json!({"id": "t009", "state": "theirs"}).as_object().cloned();
        world.colleague(ColleagueEdit { collection: TASKS.into(), create, ..Default::default() });
        world.sync().await;
        assert_eq!(types(&world), [("t009".to_owned(), ConflictType::CreatedOnBoth)]);

        world.colleague_deletes("t009");
        world.server.with_world(|server| server.forget_tombstones()).unwrap();
        world.clock.advance_s(60);
        world.sync().await;
        let resolution = || if theirs { Resolution::ServerWins {} } else { Resolution::LocalWins {} };
        for open in world.engine().list_conflicts(0, 9).unwrap().rows {
            world.engine().resolve_conflict(open.id, resolution(), None, NO_HOLD).await.unwrap();
        }
        for _ in 0..3 {
            world.sync().await;
            world.clock.advance_s(60);
        }
        assert_eq!(world.here("t009"), world.there("t009"), "theirs: {theirs}");
        assert_eq!(world.there("t009").is_some(), !theirs);
        world.finish().await;
    }
}
