//! A server that was put back to an old copy takes nothing away that was not sent, and nothing comes back to life.

use serde_json::json;
use tidemark_model::view::{ConflictType, Resolution};
use tidemark_sandbox::{ColleagueEdit, Switch};
use tidemark_tests::world::{NO_HOLD, Stage, TASKS, World, task};

fn made_by_a_colleague(world: &World, number: usize) {
    let create = task(number).as_object().cloned();
    world.colleague(ColleagueEdit { collection: TASKS.into(), create, ..Default::default() });
}

async fn settle(world: &World) {
    for _ in 0..3 {
        world.sync().await;
        world.clock.advance_s(60);
    }
}

// proves F2, C4, A1
#[tokio::test]
async fn a_server_restored_from_an_old_copy_loses_no_unsent_work() {
    let world = Stage::tasks(4).open().await;
    world.set("t001", "title", "sent before").await;
    world.sync().await;
    world.fault(|faults| faults.status = Some(Switch::always(vec![503]).method("PUT,DELETE")));
    world.set("t001", "state", "mine").await;
    world.set("t002", "state", "mine").await;
    world.create(&task(9)).await;
    world.sync().await;
    // Only our own sent title is lost with it.
    world.server.new_epoch(1).unwrap();
    world.server.clear_faults();
    settle(&world).await;
    let asked = world.engine().list_conflicts(0, 10).unwrap().rows;
    assert_eq!(asked, [], "different fields are no question");
    assert_eq!(world.there("t001").unwrap()["state"], "mine");
    assert_eq!(world.there("t002").unwrap()["state"], "mine");
    assert_eq!(world.there("t009"), Some(task(9)));
    assert_eq!(world.queue(), []);
    world.finish().await;
}

// proves F2, C4
#[tokio::test]
async fn a_server_restored_from_an_old_copy_resurrects_no_delete() {
    let world = Stage::tasks(4).open().await;
    made_by_a_colleague(&world, 11);
    made_by_a_colleague(&world, 12);
    world.sync().await;
    world.fault(|faults| faults.status = Some(Switch::always(vec![503]).method("PUT,DELETE")));
    world.delete("t001").await;
    world.delete("t011").await;
    world.set("t012", "state", "mine").await;
    world.sync().await;
    world.server.new_epoch(2).unwrap();
    world.server.clear_faults();
    settle(&world).await;
    assert_eq!((world.here("t001"), world.there("t001")), (None, None), "a deletion that waited is done");
    assert_eq!((world.here("t011"), world.there("t011")), (None, None));
    let asked = world.engine().list_conflicts(0, 10).unwrap().rows;
    assert_eq!(asked.len(), 1, "what the copy does not have is not put there by itself: {asked:?}");
    assert_eq!(
        (asked[0].resource_id.as_str(), asked[0].conflict_type),
        ("t012", ConflictType::UpdatedHereDeletedThere)
    );
    world.engine().resolve_conflict(asked[0].id, Resolution::LocalWins {}, None, NO_HOLD).await.unwrap();
    settle(&world).await;
    assert_eq!(world.there("t012").unwrap()["state"], "mine", "a person may");
    world.finish().await;
}

// proves F2, A4
#[tokio::test]
async fn a_deletion_whose_answer_was_lost_is_done_again_on_the_old_copy() {
    for keys in [true, false] {
        let settings = json!({"write": {"keys": {"honoured": keys}}}).to_string();
        let world = Stage::tasks(2).settings(&settings).open().await;
        world.delete("t001").await;
        world.fault(|faults| faults.drop_after = Some(Switch::always(true).method("DELETE")));
        world.sync().await;
        assert_eq!(world.there("t001"), None);
        world.server.new_epoch(1).unwrap();
        world.server.clear_faults();
        settle(&world).await;
        assert_eq!((world.here("t001"), world.there("t001")), (None, None), "keys: {keys}");
        assert_eq!(world.queue(), []);
        world.finish().await;
    }
}
