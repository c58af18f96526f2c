use super::{apply, create, delete, now, path, set, state};
use serde_json::json;
use tidemark_model::mutation::MutationState;
use tidemark_model::transaction::Strategy::{Atomic, Ordered, Parallel, Saga};
use tidemark_model::transaction::TransactionState::{Completed, Failed, Pending, Persisting};
use tidemark_model::view::{Fate, TransactionError};
use tidemark_sandbox::Switch;
use tidemark_tests::world::{Stage, task};

// proves A8, B2
#[tokio::test]
async fn what_goes_back_with_a_part_in_the_trash_is_told_before() {
    for strategy in [Ordered, Atomic, Parallel] {
        let world = Stage::tasks(3).open().await;
        world.server.go_offline().await.unwrap();
        let changes = vec![set("t001", "rank", 11), set("t002", "rank", 12), create(&task(9))];
        let row = apply(&world, strategy, changes).await;
        let behind = apply(&world, Ordered, vec![set("t002", "rank", 22), set("t003", "rank", 23)]).await;
        world.set("t009", "state", "later").await;
        let queue = world.queue();
        let one = queue.iter().find(|change| change.record == "t001").unwrap();
        let preview = world.engine().preview_discard(std::slice::from_ref(&one.id)).unwrap();
        let mut told: Vec<_> = preview.dependants.iter().map(|one| (one.id.clone(), one.fate)).collect();
        told.sort_by(|one, other| one.0.cmp(&other.0));
        assert_eq!((preview.asks, preview.later_count.0), (!told.is_empty(), 0), "{strategy:?}");
        world.engine().discard(vec![one.id.clone()]).await.unwrap();
        let back = world.queue().into_iter().filter(|one| one.mutation_state == MutationState::Parked);
        let mut back: Vec<_> = back.map(|one| (one.id, Fate::RollsBack)).collect();
        back.sort_by(|one, other| one.0.cmp(&other.0));
        assert_eq!(told, back, "{strategy:?}: what is told is what comes about");
        assert_eq!(back.len(), if strategy == Parallel { 0 } else { 5 });
        let states = [&row, &behind].map(|row| state(&world, row));
        assert_eq!(states.contains(&Failed), strategy != Parallel, "{states:?}");
        world.server.go_online().await.unwrap();
        world.finish().await;
    }
}

// proves B4
#[tokio::test]
async fn one_request_carries_all_of_it() {
    let world = Stage::tasks(3).open().await;
    let row = apply(&world, Atomic, vec![set("t001", "rank", 11), delete("t002"), create(&task(9))]).await;
    assert_eq!(row.strategy, Atomic);
    assert_eq!(world.sync().await.confirmed, 3);
    assert_eq!(path(&world, &row), [Pending, Persisting, Completed]);
    assert_eq!(world.there("t001").unwrap()["rank"], 11);
    assert_eq!((world.there("t002"), world.there("t009")), (None, Some(task(9))));
    world.finish().await;
}

// proves B4, B2
#[tokio::test]
async fn refused_it_is_seen_not_at_all() {
    let world = Stage::tasks(2).open().await;
    world.fault(|faults| faults.status = Some(Switch::always(vec![422]).method("POST").path("/batch")));
    let row = apply(&world, Atomic, vec![set("t001", "rank", 11), set("t002", "rank", 12)]).await;
    world.sync().await;
    assert_eq!((state(&world, &row), now(&world, &row).rolled_back.0), (Failed, 2));
    assert_eq!(world.effect_count(), 0);
    assert_eq!(world.here("t001").unwrap()["rank"], 1, "what it showed is rolled back");
    world.server.clear_faults();
    let row = world.engine().restore_transaction(&row.id).await.unwrap();
    assert_eq!((row.state, row.changes.0), (Pending, 2));
    world.sync().await;
    assert_eq!(state(&world, &row), Completed);
    assert_eq!(world.there("t002").unwrap()["rank"], 12);
    world.finish().await;
}

// proves B4, D1, D3
#[tokio::test]
async fn a_version_that_moved_keeps_all_of_it_back_until_that_is_settled() {
    let world = Stage::tasks(2).open().await;
    world.server.go_offline().await.unwrap();
    let row = apply(&world, Atomic, vec![set("t001", "rank", 11), set("t002", "rank", 12)]).await;
    world.server.go_online().await.unwrap();
    world.clock.advance_s(60);
    world.colleague_sets("t002", "title", "Theirs");
    assert_eq!(world.sync().await.confirmed, 2, "different fields merge, and all of it goes again");
    assert_eq!(state(&world, &row), Completed);
    let there = world.there("t002").unwrap();
    assert_eq!((&there["title"], &there["rank"]), (&json!("Theirs"), &json!(12)));
    assert_eq!(world.effects("t001").len(), 1, "nothing of the first try remained");
    world.finish().await;
}

// proves B4, A4
#[tokio::test]
async fn a_lost_answer_is_asked_for_again_with_the_same_request() {
    let world = Stage::tasks(2).open().await;
    world.fault(|faults| faults.drop_after = Some(Switch::always(true).method("POST").path("/batch")));
    let row = apply(&world, Atomic, vec![set("t001", "rank", 11), set("t002", "rank", 12)]).await;
    world.sync().await;
    assert_eq!(state(&world, &row), Persisting);
    world.server.clear_faults();
    world.clock.advance_s(600);
    assert_eq!(world.sync().await.confirmed, 2);
    assert_eq!((world.effects("t001").len(), world.effects("t002").len()), (1, 1));
    assert_eq!(state(&world, &row), Completed);
    world.finish().await;
}

// proves B4
#[tokio::test]
async fn a_lost_answer_whose_key_has_ended_is_read_back_record_by_record() {
    let world = Stage::tasks(2).open().await;
    world.fault(|faults| faults.drop_after = Some(Switch::always(true).method("POST").path("/batch")));
    let row = apply(&world, Atomic, vec![set("t001", "rank", 11), set("t002", "rank", 12)]).await;
    world.sync().await;
    world.server.clear_faults();
    world.clock.advance_s(3 * 24 * 3600);
    world.sync().await;
    assert_eq!((world.effects("t001").len(), world.effects("t002").len()), (1, 1));
    assert_eq!(state(&world, &row), Completed);
    world.finish().await;
}

// proves B4, A5
#[tokio::test]
async fn one_change_on_hold_keeps_the_others_and_nobody_else() {
    let world = Stage::tasks(3).open().await;
    world.server.go_offline().await.unwrap();
    let row = apply(&world, Atomic, vec![set("t001", "rank", 11), set("t002", "rank", 12)]).await;
    let held = world.queue().into_iter().find(|row| row.record == "t002").unwrap().id;
    world.engine().hold(vec![held.clone()], true).await.unwrap();
    world.set("t003", "rank", 13).await;
    world.server.go_online().await.unwrap();
    world.clock.advance_s(60);
    assert_eq!(world.sync().await.confirmed, 1);
    assert_eq!((state(&world, &row), world.effect_count()), (Pending, 1));
    world.engine().hold(vec![held], false).await.unwrap();
    assert_eq!(world.sync().await.confirmed, 2);
    world.finish().await;
}

// proves B4, A8
#[tokio::test]
async fn one_in_the_trash_rolls_the_others_back_and_stays_there_when_they_are_restored() {
    let world = Stage::tasks(3).open().await;
    world.server.go_offline().await.unwrap();
    let changes = vec![set("t001", "rank", 11), set("t002", "rank", 12), set("t003", "rank", 13)];
    let row = apply(&world, Atomic, changes).await;
    let two = world.queue().into_iter().find(|change| change.record == "t002").unwrap();
    assert_eq!(world.engine().discard(vec![two.id]).await.unwrap().done.0, 1);
    let failed = now(&world, &row);
    assert_eq!((failed.state, failed.rolled_back.0), (Failed, 2));
    assert_eq!(failed.error, Some(TransactionError::Discarded));
    for (record, rank) in [("t001", 1), ("t002", 2), ("t003", 3)] {
        assert_eq!(world.here(record).unwrap()["rank"], rank, "nothing of it is seen");
    }
    world.check_books();
    let again = world.engine().restore_transaction(&row.id).await.unwrap();
    assert_eq!((again.state, again.changes.0, again.error), (Pending, 2, None));
    world.server.go_online().await.unwrap();
    world.clock.advance_s(600);
    assert_eq!(world.sync().await.confirmed, 2);
    assert_eq!(state(&world, &row), Completed);
    let there = |record| world.there(record).unwrap()["rank"].clone();
    assert_eq!([there("t001"), there("t002"), there("t003")], [json!(11), json!(2), json!(13)]);
    world.finish().await;
}

// proves B4
#[tokio::test]
async fn where_the_server_takes_no_atomic_batch_it_is_a_saga_and_says_so() {
    let world = Stage::tasks(2).settings(r#"{"write": {"batch": null}}"#).open().await;
    let row = apply(&world, Atomic, vec![set("t001", "rank", 11), set("t002", "rank", 12)]).await;
    assert_eq!(row.strategy, Saga, "nothing pretends to be atomic");
    assert_eq!(world.sync().await.confirmed, 2);
    world.finish().await;
}
