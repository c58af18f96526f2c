use super::{apply, path, set, state};
use serde_json::json;
use tidemark_model::transaction::Strategy::Ordered;
use tidemark_model::transaction::TransactionState::{
    Completed, Pending, PersistedAwaitingSync, Persisting, Queued,
};
use tidemark_model::view::{NewChange, NewTransaction};
use tidemark_sandbox::{CollectionSpec, Switch};
use tidemark_tests::world::{Stage, World};

async fn awaited(world: &World) -> tidemark_model::view::TransactionRow {
    let new = super::new(Ordered, vec![set("t001", "rank", 11), set("t002", "rank", 12)]);
    world.engine().apply_transaction(NewTransaction { await_sync: true, ..new }).await.unwrap()
}

fn no_pull(world: &World) {
    world.fault(|faults| faults.status = Some(Switch::always(vec![503]).method("GET").path("/c/tasks")));
}

// proves B5, B1
#[tokio::test]
async fn it_is_done_when_a_whole_pull_has_shown_it() {
    let world = Stage::tasks(2).open().await;
    let row = awaited(&world).await;
    no_pull(&world);
    world.sync().await;
    assert_eq!(state(&world, &row), PersistedAwaitingSync);
    assert_eq!(world.here("t001").unwrap()["rank"], 11, "what it shows does not flicker");
    let next = apply(&world, Ordered, vec![set("t001", "rank", 21), set("t002", "rank", 22)]).await;
    assert_eq!((next.state, next.queued_behind.as_ref()), (Queued, Some(&row.id)), "its records are locked");
    world.server.clear_faults();
    world.clock.advance_s(30);
    world.sync().await;
    assert_eq!(path(&world, &row), [Pending, Persisting, PersistedAwaitingSync, Completed]);
    world.sync().await;
    assert_eq!(state(&world, &next), Completed);
    world.finish().await;
}

/// Another collection cannot be pulled, so that no pull is whole.
fn no_whole_pull(world: &World) {
    world.fault(|faults| faults.status = Some(Switch::always(vec![503]).method("GET").path("/c/notes")));
}

// proves B5, C5
#[tokio::test]
async fn it_is_done_when_each_of_its_versions_came_in_although_the_pull_was_not_whole() {
    let world = Stage::tasks(2).collection(CollectionSpec::named("notes")).open().await;
    let row = awaited(&world).await;
    no_whole_pull(&world);
    let report = world.sync().await;
    assert!(report.failure.is_some(), "the pull was not whole");
    assert_eq!(path(&world, &row), [Pending, Persisting, PersistedAwaitingSync, Completed]);
    world.server.clear_faults();
    world.clock.advance_s(60);
    world.finish().await;
}

// proves B5
#[tokio::test]
async fn it_goes_on_waiting_while_one_of_its_versions_has_not_come_in() {
    let world = Stage::tasks(2).collection(CollectionSpec::named("notes")).open().await;
    let note = NewChange::Create {
        collection: "notes".into(),
        document: json!({"id": "n1"}).to_string(),
        depends_on: vec![],
        metadata: None,
    };
    let new = NewTransaction { await_sync: true, ..super::new(Ordered, vec![set("t001", "rank", 11), note]) };
    let row = world.engine().apply_transaction(new).await.unwrap();
    no_whole_pull(&world);
    world.sync().await;
    assert_eq!(state(&world, &row), PersistedAwaitingSync, "the note was not shown");
    world.server.clear_faults();
    world.clock.advance_s(30);
    world.sync().await;
    assert_eq!(state(&world, &row), Completed);
    world.finish().await;
}

// proves B5
#[tokio::test]
async fn an_older_version_that_comes_in_again_ends_nothing() {
    let world = Stage::tasks(2).collection(CollectionSpec::named("notes")).open().await;
    no_whole_pull(&world);
    // Of another transaction, whose version comes in.
    let before = awaited(&world).await;
    world.sync().await;
    assert_eq!(state(&world, &before), Completed);
    // The page with the newer one does not come.
    let both = Switch::always(vec![503]).method("GET").path("/c/");
    world.fault(|faults| faults.status = Some(both));
    let changes = vec![set("t001", "rank", 21), set("t002", "rank", 22)];
    let new = NewTransaction { await_sync: true, ..super::new(Ordered, changes) };
    let row = world.engine().apply_transaction(new).await.unwrap();
    world.clock.advance_s(30);
    world.sync().await;
    assert_eq!(state(&world, &row), PersistedAwaitingSync);
    no_whole_pull(&world);
    world.colleague_sets("t002", "state", "theirs");
    world.clock.advance_s(5);
    world.sync().await;
    assert_eq!(state(&world, &row), PersistedAwaitingSync, "of t002 only a colleague's version was seen");
    world.server.clear_faults();
    world.clock.advance_s(60);
    world.sync().await;
    assert_eq!(state(&world, &row), Completed);
    world.finish().await;
}

// proves B5
#[tokio::test]
async fn it_waits_sixty_seconds_at_most() {
    let world = Stage::tasks(2).open().await;
    let row = awaited(&world).await;
    no_pull(&world);
    world.sync().await;
    world.clock.advance_s(59);
    world.sync().await;
    assert_eq!(state(&world, &row), PersistedAwaitingSync);
    world.clock.advance_s(1);
    world.sync().await;
    assert_eq!(state(&world, &row), Completed);
    world.server.clear_faults();
    world.clock.advance_s(600);
    world.finish().await;
}

// proves B5, B6
#[tokio::test]
async fn at_a_restart_it_counts_as_done() {
    let mut world = Stage::tasks(2).open().await;
    let row = awaited(&world).await;
    no_pull(&world);
    world.sync().await;
    world.restart().await;
    assert_eq!(state(&world, &row), Completed);
    world.server.clear_faults();
    world.clock.advance_s(600);
    world.finish().await;
}
