use super::{apply, create, now, refuse, set, state};
use tidemark_model::transaction::Strategy::{Ordered, Parallel};
use tidemark_model::transaction::TransactionState::{Completed, Failed, Pending, Persisting};
use tidemark_model::view::{TransactionError, WaitReason};
use tidemark_tests::world::{Stage, task};

// proves B3
#[tokio::test]
async fn a_refusal_of_one_leaves_the_others_alone() {
    let world = Stage::tasks(3).open().await;
    refuse(&world, "t002");
    let changes = vec![set("t001", "rank", 11), set("t002", "rank", 12), set("t003", "rank", 13)];
    let row = apply(&world, Parallel, changes).await;
    assert_eq!(world.sync().await.confirmed, 2);
    assert_eq!(state(&world, &row), Failed);
    assert_eq!(world.here("t002").unwrap()["rank"], 12, "the refused one keeps its overlay");
    assert_eq!(now(&world, &row).rolled_back.0, 0);
    let parked = world.queue();
    assert!(matches!(parked[0].reason, Some(WaitReason::Refused { .. })));
    world.server.clear_faults();
    world.engine().retry(vec![parked[0].id.clone()]).await.unwrap();
    world.sync().await;
    assert_eq!(state(&world, &row), Completed, "put right, it is done after all");
    world.finish().await;
}

// proves B3
#[tokio::test]
async fn it_locks_nothing_and_stands_behind_nobody() {
    let world = Stage::tasks(2).open().await;
    world.server.go_offline().await.unwrap();
    apply(&world, Ordered, vec![set("t001", "rank", 1), set("t002", "rank", 1)]).await;
    let row = apply(&world, Parallel, vec![set("t001", "rank", 2), set("t002", "rank", 2)]).await;
    assert_eq!((row.state, row.queued_behind), (Pending, None));
    world.server.go_online().await.unwrap();
    world.clock.advance_s(60);
    world.colleague_sets("t001", "title", "Theirs");
    world.sync().await;
    world.sync().await;
    assert_eq!(world.there("t001").unwrap()["rank"], 2);
    assert_eq!(world.there("t001").unwrap()["title"], "Theirs");
    world.finish().await;
}

// proves B2, B3
#[tokio::test]
async fn it_goes_on_where_one_of_it_goes_back_with_what_it_was_made_on() {
    let world = Stage::tasks(3).open().await;
    let maker = apply(&world, Ordered, vec![set("t001", "rank", 11), create(&task(9))]).await;
    let changes = vec![set("t009", "state", "apart"), set("t002", "state", "apart")];
    let row = apply(&world, Parallel, changes).await;
    let first = world.queue().into_iter().find(|change| change.record == "t001").unwrap().id;
    world.engine().discard(vec![first]).await.unwrap();
    assert_eq!(state(&world, &maker), Failed);
    assert_eq!((state(&world, &row), now(&world, &row).rolled_back.0), (Persisting, 1));
    world.check_books();
    world.sync().await;
    assert_eq!(world.there("t002").unwrap()["state"], "apart");
    let because = TransactionError::DependencyFailed { transaction: maker.id.clone() };
    assert_eq!((state(&world, &row), now(&world, &row).error), (Failed, Some(because)));
    world.finish().await;
}
