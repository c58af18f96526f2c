use super::{apply, now, refuse, set, state};
use tidemark_model::transaction::Strategy::{Ordered, Parallel};
use tidemark_model::transaction::TransactionState::{Completed, Failed, Pending};
use tidemark_model::view::WaitReason;
use tidemark_tests::world::Stage;

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
