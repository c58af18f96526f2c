//! Members of which nobody knows whether the server took them: nothing is rolled back, or sent without them, on a guess.

use super::references::{apply, new, set, state};
use crate::naming::stage::{NO_KEYS, make, nothing_temporary_left, open, there, title};
use tidemark_model::transaction::Strategy::{Atomic, Ordered};
use tidemark_model::transaction::TransactionState::{Completed, Failed, Persisting};
use tidemark_model::view::{TransactionError, TransactionRow, WaitReason};
use tidemark_sandbox::Switch;
use tidemark_tests::world::World;

/// A new customer and an order's new title in one transaction; what is written gets no answer.
async fn unanswered(
    strategy: tidemark_model::transaction::Strategy,
    arrives: bool,
) -> (World, TransactionRow) {
    let world = open(NO_KEYS).await;
    let order = make(&world, "orders", title("first")).await;
    world.sync().await;
    let lost = Some(Switch::always(true).method("POST"));
    world.fault(|faults| match arrives {
        true => faults.drop_after = lost,
        false => faults.drop_before = lost,
    });
    let changes = vec![new("customers", &title("Acme")), set("orders", &order, "title", "1st")];
    let row = apply(&world, strategy, changes).await;
    assert_eq!((row.strategy, world.sync().await.confirmed), (strategy, 0));
    world.server.clear_faults();
    for _ in 0..3 {
        world.clock.advance_s(600);
        world.sync().await;
    }
    world.check_books();
    (world, row)
}

/// The customer that may have been sent.
fn in_doubt(world: &World) -> String {
    let doubtful = world.queue().into_iter().find(|row| row.collection == "customers").unwrap();
    assert!(matches!(doubtful.reason, Some(WaitReason::MayHaveBeenSent)), "{doubtful:?}");
    doubtful.id
}

fn order_title(world: &World) -> String {
    there(world, "orders").remove(0)["title"].as_str().unwrap().to_owned()
}

fn customer(world: &World) -> String {
    there(world, "customers").remove(0)["id"].as_str().unwrap().to_owned()
}

// proves B2, A4
#[tokio::test]
async fn one_that_may_have_been_sent_keeps_the_others_waiting_until_a_person_knows() {
    let (world, row) = unanswered(Ordered, true).await;
    let change = in_doubt(&world);
    assert_eq!((state(&world, &row), order_title(&world).as_str()), (Persisting, "first"));
    world.engine().is_there(&change, &customer(&world)).await.unwrap();
    assert_eq!(world.sync().await.confirmed, 1);
    assert_eq!((state(&world, &row), order_title(&world).as_str()), (Completed, "1st"));
    assert_eq!(there(&world, "customers").len(), 1);
    nothing_temporary_left(&world);
    world.finish().await;
}

// proves B2, A4, A8
#[tokio::test]
async fn put_in_the_trash_it_takes_the_others_along() {
    let (world, row) = unanswered(Ordered, false).await;
    assert_eq!(world.engine().discard(vec![in_doubt(&world)]).await.unwrap().done.0, 1);
    assert_eq!(state(&world, &row), Failed);
    let failed = world.engine().get_transaction(&row.id).unwrap().row;
    assert_eq!((failed.error, failed.rolled_back.0), (Some(TransactionError::Discarded), 1));
    world.engine().restore_transaction(&row.id).await.unwrap();
    world.sync().await;
    assert_eq!((state(&world, &row), order_title(&world).as_str()), (Completed, "1st"));
    world.finish().await;
}

// proves B4, A4
#[tokio::test]
async fn of_all_or_none_nothing_goes_without_the_one_in_doubt() {
    let (world, row) = unanswered(Atomic, false).await;
    let change = in_doubt(&world);
    assert_eq!((state(&world, &row), order_title(&world).as_str()), (Persisting, "first"));
    world.engine().send_again(&change).await.unwrap();
    assert_eq!(world.sync().await.confirmed, 2);
    assert_eq!((state(&world, &row), order_title(&world).as_str()), (Completed, "1st"));
    assert_eq!(there(&world, "customers").len(), 1);
    world.finish().await;
}

// proves B4, A4
#[tokio::test]
async fn of_all_or_none_what_can_be_read_is_and_the_rest_is_asked_about() {
    let (world, row) = unanswered(Atomic, true).await;
    let change = in_doubt(&world);
    assert_eq!((state(&world, &row), order_title(&world).as_str()), (Persisting, "1st"));
    world.engine().is_there(&change, &customer(&world)).await.unwrap();
    world.sync().await;
    assert_eq!(state(&world, &row), Completed);
    assert_eq!((there(&world, "customers").len(), world.effect_count()), (1, 3));
    nothing_temporary_left(&world);
    world.finish().await;
}
