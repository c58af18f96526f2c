//! An update in front of a transaction that deletes the record, which a colleague deletes too: where that transaction fails
//! after all, what was typed is asked about and not gone.

use super::{apply, delete, now, refuse, set, state};
use serde_json::{Value, json};
use tidemark_model::number::Count;
use tidemark_model::transaction::Strategy;
use tidemark_model::transaction::Strategy::{Atomic, Ordered, Parallel, Saga};
use tidemark_model::transaction::TransactionState::{Completed, Failed};
use tidemark_model::view::{ConflictType, ConflictView, Resolution, TransactionRow};
use tidemark_sandbox::Switch;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{NO_HOLD, Stage, World, task};

fn mine() -> Value {
    let mut mine = task(1);
    mine["state"] = json!("mine");
    mine
}

async fn settle(world: &World) {
    for _ in 0..4 {
        world.clock.advance_s(600);
        world.sync().await;
        world.check_books();
    }
}

/// t001 is updated here, deleted by a transaction behind that, and deleted there; that is pulled before anything is sent.
async fn deleted_on_both_sides(world: &World, strategy: Strategy) -> TransactionRow {
    world.set("t001", "state", "mine").await;
    let row = apply(world, strategy, vec![set("t003", "rank", 23), delete("t001")]).await;
    pulled(world).await;
    row
}

async fn pulled(world: &World) {
    world.fault(|faults| faults.status = Some(Switch::always(vec![429]).method("PUT,DELETE,POST")));
    world.sync().await;
    world.colleague_deletes("t001");
    world.clock.advance_s(60);
    world.sync().await;
    world.check_books();
    world.server.clear_faults();
}

fn asked(world: &World) -> ConflictView {
    let open = world.engine().list_conflicts(0, 10).unwrap();
    assert_eq!(open.total, Count(1));
    let conflict = world.engine().get_conflict(open.rows[0].id).unwrap();
    assert_eq!(conflict.row.conflict_type, ConflictType::UpdatedHereDeletedThere);
    let side = |text: &Option<String>| serde_json::from_str::<Value>(text.as_ref().unwrap()).unwrap();
    assert_eq!((side(&conflict.local_data), side(&conflict.base_data)), (mine(), task(1)));
    assert!(!conflict.row.may_already_be_in, "it was never sent");
    conflict
}

// proves A8, B2, C4, D2
#[tokio::test]
async fn where_that_transaction_fails_a_person_is_asked_about_the_update() {
    for decision in [Resolution::LocalWins {}, Resolution::ServerWins {}] {
        let mut world = Stage::tasks(3).open().await;
        let row = deleted_on_both_sides(&world, Ordered).await;
        assert_eq!(world.here("t001"), None);
        refuse(&world, "t003");
        settle(&world).await;
        assert_eq!(state(&world, &row), Failed);
        world.restart().await;
        assert_eq!(world.here("t001"), Some(mine()), "the deletion is rolled back");
        let (conflict, wins) = (asked(&world), matches!(decision, Resolution::LocalWins {}));
        world.server.clear_faults();
        world.engine().resolve_conflict(conflict.row.id, decision, None, NO_HOLD).await.unwrap();
        settle(&world).await;
        assert_eq!(world.there("t001"), wins.then(mine));
        assert_eq!(world.here("t001"), wins.then(mine));
        if wins {
            world.engine().restore_transaction(&row.id).await.unwrap();
            settle(&world).await;
            let here_and_there = (world.here("t001"), world.there("t001"));
            assert_eq!((state(&world, &row), here_and_there), (Completed, (None, None)));
        }
        world.finish().await;
    }
}

// proves B2, C4
#[tokio::test]
async fn where_it_goes_through_nobody_is_asked_and_nothing_is_sent_for_the_record() {
    for strategy in [Ordered, Saga, Parallel, Atomic] {
        let world = Stage::tasks(3).open().await;
        let row = deleted_on_both_sides(&world, strategy).await;
        settle(&world).await;
        assert_eq!(state(&world, &row), Completed, "{strategy:?}");
        assert_eq!(world.engine().list_conflicts(0, 1).unwrap().total, Count(0));
        assert_eq!((world.here("t001"), world.there("t001")), (None, None));
        assert!(world.effects("t001").is_empty());
        assert_eq!(world.there("t003").unwrap()["rank"], 23);
        world.finish().await;
    }
}

// proves A8, C4
#[tokio::test]
async fn a_deletion_that_goes_to_the_trash_gives_the_update_back() {
    let world = Stage::tasks(3).open().await;
    world.set("t003", "rank", 13).await;
    let row = deleted_on_both_sides(&world, Ordered).await;
    world.fault(|faults| faults.status = Some(Switch::always(vec![503]).method("PUT").path("/tasks/t003")));
    settle(&world).await;
    let waiting = world.queue().into_iter().find(|change| change.record == "t001").unwrap();
    assert_eq!(waiting.transaction.as_ref(), Some(&row.id), "the update went into the deletion");
    world.engine().discard(vec![waiting.id]).await.unwrap();
    world.check_books();
    asked(&world);
    assert_eq!(world.here("t001"), Some(mine()));
    world.server.clear_faults();
    settle(&world).await;
    asked(&world);
    world.finish().await;
}

// proves B2, C4, D2
#[tokio::test]
async fn an_update_of_another_transaction_comes_back_too() {
    let world = Stage::tasks(3).open().await;
    let first = apply(&world, Ordered, vec![set("t001", "state", "mine"), set("t002", "rank", 12)]).await;
    let row = apply(&world, Ordered, vec![set("t003", "rank", 23), delete("t001")]).await;
    world.wire.tap.forget();
    pulled(&world).await;
    assert!(world.wire.tap.count(Point::Push) > 0);
    refuse(&world, "t003");
    settle(&world).await;
    assert_eq!((state(&world, &first), state(&world, &row)), (Completed, Failed));
    assert_eq!(now(&world, &row).rolled_back, Count(2));
    asked(&world);
    assert_eq!(world.there("t002").unwrap()["rank"], 12);
    world.server.clear_faults();
    world.finish().await;
}
