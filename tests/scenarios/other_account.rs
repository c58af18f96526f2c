//! What one account saved is never sent by another; a refusal of the account is told from one of a record.

use crate::transactions::{apply, set};
use tidemark_model::mutation::MutationState;
use tidemark_model::transaction::Strategy;
use tidemark_model::view::{ChangeRow, Stopped, WaitReason};
use tidemark_sandbox::Switch;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{LINK, Stage};

// proves A7, C7
#[tokio::test]
async fn after_signing_in_as_somebody_else_nothing_of_the_former_is_sent_and_all_of_it_is_kept() {
    let mut world = Stage::tasks(4).open().await;
    world.set("t001", "state", "first").await;
    world.set("t002", "state", "first").await;
    world.engine().set_account(LINK, Some("bob")).await.unwrap();
    world.sync().await;
    assert_eq!(world.effect_count(), 0);
    let reasons: Vec<_> = world.queue().into_iter().map(|row| row.reason).collect();
    assert_eq!(reasons, [Some(WaitReason::OtherAccount), Some(WaitReason::OtherAccount)]);

    world.set("t001", "state", "second").await;
    world.set("t003", "state", "second").await;
    assert_eq!(world.sync().await.confirmed, 1, "what the new account saved goes");
    assert_eq!(world.effects("t003"), ["put"]);
    assert_eq!(world.queue().len(), 3, "an edit behind the former's waits for it and is not mixed with it");
    let first = world.queue().remove(0);
    let detail = world.engine().get_change(&first.id).unwrap();
    assert_eq!(detail.changes[0].after.as_deref(), Some("\"first\""), "it is listed whole");
    world.restart().await;
    world.sync().await;
    assert_eq!(world.effect_count(), 1);
    world.check_books();

    world.engine().set_account(LINK, None).await.unwrap();
    assert_eq!(world.sync().await.confirmed, 2);
    world.engine().set_account(LINK, Some("bob")).await.unwrap();
    assert_eq!(world.sync().await.confirmed, 1);
    assert_eq!(world.there("t001").unwrap()["state"], "second");
    world.engine().set_account(LINK, None).await.unwrap();
    world.finish().await;
}

// proves A7, A4, C7
#[tokio::test]
async fn what_is_sealed_and_not_sent_when_somebody_else_signs_in_goes_back_and_waits_for_its_account() {
    for settings in ["{}", r#"{"write":{"keys":{"honoured":false}}}"#] {
        let world = Stage::tasks(20).settings(settings).open().await;
        for number in 1..=20 {
            world.set(&format!("t{number:03}"), "state", "first").await;
        }
        let tap = &world.wire.tap;
        tap.hold(Point::Push);
        let syncing = world.begin_sync();
        tap.reached(Point::Push, 6).await;
        let counts = world.engine().queue_stats().unwrap().counts;
        assert!(counts.sealed.0 > 6, "more are sealed than are on their way: {counts:?}");
        let engine = world.engine().clone();
        let signing_in = tokio::spawn(async move { engine.set_account(LINK, Some("bob")).await });
        for _ in 0..64 {
            tokio::task::yield_now().await;
        }
        // The store works in order: when this has been done, so has what was asked of it before.
        world.engine().hold(Vec::new(), true).await.unwrap();
        for _ in 0..64 {
            tokio::task::yield_now().await;
        }
        tap.release();
        assert_eq!(
            syncing.await.unwrap().confirmed,
            6,
            "what was on its way is the former's and is answered"
        );
        signing_in.await.unwrap().unwrap();
        world.sync().await;
        assert_eq!(world.effect_count(), 6, "{settings}: nothing more under the new name");
        let rest = world.queue();
        let waits = |row: &ChangeRow| (row.mutation_state, row.reason.clone());
        assert!(
            rest.len() == 14
                && rest
                    .iter()
                    .all(|row| waits(row) == (MutationState::Queued, Some(WaitReason::OtherAccount))),
            "{rest:?}"
        );
        world.check_books();
        // It may still grow: an edit joins what certainly never left, once its account is back.
        world.engine().set_account(LINK, None).await.unwrap();
        let joined = world.set("t020", "rank", 7).await;
        assert_eq!(joined.combined_into.as_ref(), Some(&rest[13].id));
        assert_eq!(world.sync().await.confirmed, 14);
        assert_eq!(world.effect_count(), 20, "each once");
        world.finish().await;
    }
}

// proves A7, C7, B2
#[tokio::test]
async fn what_is_restored_stays_the_accounts_that_saved_it() {
    let world = Stage::tasks(3).open().await;
    world.fault(|faults| faults.status = Some(Switch::always(vec![422]).method("PUT")));
    let changes = vec![set("t001", "state", "first"), set("t002", "state", "first")];
    let row = apply(&world, Strategy::Ordered, changes).await;
    world.sync().await;
    world.server.clear_faults();
    world.engine().set_account(LINK, Some("bob")).await.unwrap();
    world.engine().restore_transaction(&row.id).await.unwrap();
    world.sync().await;
    assert_eq!(world.effect_count(), 0, "nothing of it is sent by the other account");
    assert_eq!(world.queue()[0].reason, Some(WaitReason::OtherAccount), "the other stands behind it");
    world.engine().set_account(LINK, None).await.unwrap();
    assert_eq!(world.sync().await.confirmed, 2);
    world.finish().await;
}

// proves A7
#[tokio::test]
async fn one_record_that_is_forbidden_is_parked_and_the_others_go_on() {
    let world = Stage::tasks(10).open().await;
    for number in 1..=10 {
        world.set(&format!("t{number:03}"), "state", "done").await;
    }
    world.fault(|faults| faults.status = Some(Switch::always(vec![403]).method("PUT").path("t003")));
    let report = world.sync().await;
    assert_eq!((report.confirmed, report.parked), (9, 1));
    assert_eq!(world.engine().status().unwrap().links[0].stopped, None);
    world.server.clear_faults();
    world.engine().reprocess_failed().await.unwrap();
    world.finish().await;
}

// proves A7
#[tokio::test]
async fn two_records_forbidden_one_after_the_other_are_a_matter_of_the_account() {
    let world = Stage::tasks(10).open().await;
    for number in 1..=10 {
        world.set(&format!("t{number:03}"), "state", "done").await;
    }
    world.fault(|faults| faults.status = Some(Switch::always(vec![403]).method("PUT")));
    world.sync().await;
    let status = world.engine().status().unwrap();
    assert!(matches!(status.links[0].stopped, Some(Stopped::SignIn { .. })), "{:?}", status.links[0].stopped);
    assert_eq!((status.ledger.needs_you.0, status.queue_length.0), (0, 10), "no change was parked for it");
    assert!(world.queue().iter().all(|row| row.mutation_state == MutationState::Queued));
    world.check_books();
    world.server.clear_faults();
    world.engine().reconnect(LINK).await.unwrap();
    assert_eq!(world.sync().await.confirmed, 10);
    world.finish().await;
}
