//! A record that the server names, whose answer was lost: asked for again under its key, or a person is asked.

use super::stage::{KEYS, NO_KEYS, here, make, nothing_temporary_left, open, record, there, title};
use serde_json::json;
use tidemark_model::mutation::MutationState;
use tidemark_model::view::WaitReason;
use tidemark_sandbox::Switch;
use tidemark_tests::store_files::Copied;
use tidemark_tests::tap::Point;
use tidemark_tests::world::World;

async fn loses_the_answer(world: &World) {
    world.fault(|faults| faults.drop_after = Some(Switch::always(true).method("POST")));
    assert_eq!(world.sync().await.confirmed, 0);
    world.server.clear_faults();
    world.clock.advance_s(5);
}

/// A record and its child; the record's answer is lost and cannot be asked for again.
async fn in_doubt() -> (World, String, String) {
    let world = open(NO_KEYS).await;
    let customer = make(&world, "customers", title("Acme")).await;
    make(&world, "orders", json!({ "customer": customer })).await;
    loses_the_answer(&world).await;
    assert_eq!(there(&world, "customers").len(), 1, "it had arrived");
    for _ in 0..3 {
        world.sync().await;
        world.clock.advance_s(600);
    }
    assert_eq!(there(&world, "customers").len(), 1, "it is never repeated by itself");
    let doubtful = world.queue().into_iter().find(|row| row.collection == "customers").unwrap();
    assert_eq!(doubtful.mutation_state, MutationState::Parked);
    assert!(matches!(doubtful.reason, Some(WaitReason::MayHaveBeenSent)), "{:?}", doubtful.reason);
    assert_eq!(there(&world, "orders").len(), 0, "its child waits");
    (world, doubtful.id, customer)
}

// proves A4, C8
#[tokio::test]
async fn the_same_key_brings_the_name_and_no_second_record() {
    let world = open(KEYS).await;
    let customer = make(&world, "customers", title("Acme")).await;
    make(&world, "orders", json!({ "customer": customer })).await;
    loses_the_answer(&world).await;
    assert_eq!(world.sync().await.confirmed, 2);
    assert_eq!((there(&world, "customers").len(), world.effect_count()), (1, 2));
    nothing_temporary_left(&world);
    world.finish().await;
}

// proves A4, A8
#[tokio::test]
async fn without_keys_a_person_says_under_which_id_it_is_there() {
    let (world, change, customer) = in_doubt().await;
    let offered = world.engine().may_be(&change).await.unwrap();
    let there_id = there(&world, "customers").remove(0)["id"].as_str().unwrap().to_owned();
    assert_eq!(offered.iter().map(|it| it.record.as_str()).collect::<Vec<_>>(), [there_id.as_str()]);
    let wrong = world.engine().is_there(&change, "s999").await.unwrap_err();
    assert!(wrong.to_string().contains("no record 's999'"), "{wrong}");
    world.engine().is_there(&change, &there_id).await.unwrap();
    assert_eq!(record(&world, "customers", &customer).row.id, there_id);
    assert_eq!(world.sync().await.confirmed, 1, "the child goes");
    assert_eq!(there(&world, "orders").remove(0)["customer"], json!(there_id));
    assert_eq!((there(&world, "customers").len(), world.effect_count()), (1, 2));
    nothing_temporary_left(&world);
    world.finish().await;
}

// proves A4, A8
#[tokio::test]
async fn without_keys_a_person_may_send_it_again() {
    let world = open(NO_KEYS).await;
    make(&world, "customers", title("Acme")).await;
    world.fault(|faults| faults.drop_before = Some(Switch::always(true).method("POST")));
    world.sync().await;
    world.server.clear_faults();
    world.clock.advance_s(5);
    assert_eq!(world.sync().await.parked, 0);
    let change = world.queue().remove(0);
    assert!(matches!(change.reason, Some(WaitReason::MayHaveBeenSent)), "{:?}", change.reason);
    assert_eq!(world.engine().may_be(&change.id).await.unwrap(), []);
    world.engine().reprocess_failed().await.unwrap();
    world.sync().await;
    assert_eq!(world.effect_count(), 0, "trying everything again does not answer the question");
    world.engine().send_again(&change.id).await.unwrap();
    assert_eq!(world.sync().await.confirmed, 1);
    assert_eq!(there(&world, "customers").len(), 1);
    assert!(world.engine().send_again(&change.id).await.is_err(), "it is no longer in doubt");
    world.finish().await;
}

// proves A4, D2
#[tokio::test]
async fn a_record_that_is_another_one_is_compared_and_nothing_typed_is_given_up() {
    let (world, change, customer) = in_doubt().await;
    let other = tidemark_sandbox::ColleagueEdit {
        collection: "customers".into(),
        id: "s900".into(),
        create: json!({"title": "Somebody else"}).as_object().cloned(),
        ..Default::default()
    };
    world.colleague(other);
    world.engine().is_there(&change, "s900").await.unwrap();
    let met = world.engine().list_conflicts(0, 10).unwrap().rows.remove(0);
    assert_eq!(met.conflict_type, tidemark_model::view::ConflictType::CreatedOnBoth);
    assert_eq!(here(&world, "customers", &customer)["title"], "Acme");
    let theirs = tidemark_model::view::Resolution::ServerWins {};
    world.engine().resolve_conflict(met.id, theirs, None, tidemark_tests::world::NO_HOLD).await.unwrap();
    world.sync().await;
    assert_eq!(there(&world, "orders").remove(0)["customer"], json!("s900"));
    world.finish().await;
}

// proves A4, B6
#[tokio::test]
async fn after_a_crash_it_is_not_known_and_not_repeated() {
    let mut world = open(NO_KEYS).await;
    make(&world, "customers", title("Acme")).await;
    world.wire.tap.hold(Point::PushAnswer);
    let syncing = world.begin_sync();
    world.wire.tap.reached(Point::PushAnswer, 1).await;
    world.crash(syncing).await;
    world.sync().await;
    assert_eq!(there(&world, "customers").len(), 1);
    assert!(matches!(world.queue()[0].reason, Some(WaitReason::MayHaveBeenSent)));
    let id = there(&world, "customers").remove(0)["id"].as_str().unwrap().to_owned();
    let change = world.queue().remove(0).id;
    world.engine().is_there(&change, &id).await.unwrap();
    assert_eq!((world.queue().len(), world.effect_count()), (0, 1));
    world.finish().await;
}

// proves A4
#[tokio::test]
async fn three_equal_server_errors_under_one_key_prove_nothing_and_a_person_is_asked() {
    let world = open(KEYS).await;
    make(&world, "customers", title("Acme")).await;
    world.fault(|faults| faults.status = Some(Switch::always(vec![503]).method("POST").times(3)));
    for _ in 0..4 {
        world.sync().await;
        world.clock.advance_s(60);
    }
    let change = world.queue().remove(0);
    assert!(matches!(change.reason, Some(WaitReason::MayHaveBeenSent)), "{:?}", change.reason);
    assert_eq!(world.effect_count(), 0);
    world.engine().send_again(&change.id).await.unwrap();
    assert_eq!(world.sync().await.confirmed, 1);
    world.finish().await;
}

// proves A4
#[tokio::test]
async fn a_key_that_may_be_forgotten_is_not_relied_on() {
    let world = open(KEYS).await;
    make(&world, "customers", title("Acme")).await;
    loses_the_answer(&world).await;
    world.clock.advance_s(25 * 60 * 60);
    world.sync().await;
    assert!(matches!(world.queue()[0].reason, Some(WaitReason::MayHaveBeenSent)));
    assert_eq!(there(&world, "customers").len(), 1);
    let offered = world.engine().may_be(&world.queue()[0].id).await.unwrap();
    world.engine().is_there(&world.queue()[0].id, &offered[0].record).await.unwrap();
    nothing_temporary_left(&world);
    world.finish().await;
}

// proves A4
#[tokio::test]
async fn a_change_of_a_known_record_cannot_be_said_to_be_another() {
    let world = tidemark_tests::world::Stage::tasks(2).open().await;
    world.set("t001", "state", "done").await;
    world.fault(|faults| faults.status = Some(Switch::always(vec![500]).method("PUT")));
    while world.queue()[0].mutation_state != MutationState::Parked {
        // A success beside it: the fault is this change's own.
        world.clock.advance_s(400);
        world.sync().await;
    }
    world.server.clear_faults();
    let change = world.queue().remove(0);
    if matches!(change.reason, Some(WaitReason::MayHaveBeenSent)) {
        assert!(world.engine().is_there(&change.id, "t002").await.is_err());
        world.engine().send_again(&change.id).await.unwrap();
    } else {
        assert!(world.engine().send_again(&change.id).await.is_err(), "it is certain that it was not done");
        world.engine().reprocess_failed().await.unwrap();
    }
    assert_eq!(world.sync().await.confirmed, 1);
    world.finish().await;
}

// proves A1, A4, C8
#[tokio::test]
async fn in_an_old_copy_that_was_put_back_a_record_without_a_name_is_asked_about() {
    for (settings, sent_since) in [(KEYS, true), (NO_KEYS, true), (KEYS, false), (NO_KEYS, false)] {
        let mut world = open(settings).await;
        let customer = make(&world, "customers", title("Acme")).await;
        make(&world, "orders", json!({ "customer": customer })).await;
        world.close().await;
        let copied = Copied::of(world.folder());
        world.open_engine().await;
        if sent_since {
            assert_eq!(world.sync().await.confirmed, 2);
        } else {
            // What the copy does not know: the store went on.
            make(&world, "lines", title("bolts")).await;
        }
        world.close().await;
        copied.put_back(world.folder());
        world.open_engine().await;
        for _ in 0..3 {
            world.engine().reprocess_failed().await.unwrap();
            world.sync().await;
            world.clock.advance_s(60);
        }
        world.check_books();
        let names = there(&world, "customers");
        assert_eq!(names.len(), usize::from(sent_since), "it is never repeated by itself: {settings}");
        let change = world.queue().into_iter().find(|row| row.collection == "customers").unwrap();
        assert!(matches!(change.reason, Some(WaitReason::MayHaveBeenSent)), "{change:?}");
        let offered = world.engine().may_be(&change.id).await.unwrap();
        assert_eq!(offered.len(), usize::from(sent_since));
        match offered.first() {
            Some(offered) => world.engine().is_there(&change.id, &offered.record).await.unwrap(),
            None => world.engine().send_again(&change.id).await.unwrap(),
        }
        world.sync().await;
        assert_eq!(there(&world, "customers").len(), 1);
        if sent_since {
            // Its child may be there too, and is a question of its own.
            let child = world.queue().remove(0);
            assert!(matches!(child.reason, Some(WaitReason::MayHaveBeenSent)), "{child:?}");
            let order = world.engine().may_be(&child.id).await.unwrap().remove(0).record;
            world.engine().is_there(&child.id, &order).await.unwrap();
        } else {
            let child = world.queue().remove(0);
            world.engine().send_again(&child.id).await.unwrap();
        }
        world.sync().await;
        assert_eq!(there(&world, "orders").len(), 1, "{settings}");
        assert_eq!(there(&world, "orders").remove(0)["customer"], there(&world, "customers").remove(0)["id"]);
        nothing_temporary_left(&world);
        world.finish().await;
    }
}

// proves A4, B6
#[tokio::test]
async fn after_a_kill_only_what_was_on_its_way_is_in_doubt() {
    let mut world = open(NO_KEYS).await;
    for number in 1..=20 {
        make(&world, "customers", title(&format!("Customer {number}"))).await;
    }
    world.wire.tap.hold(Point::Push);
    let syncing = world.begin_sync();
    world.wire.tap.reached(Point::Push, 6).await;
    world.crash(syncing).await;
    world.sync().await;
    let doubtful =
        world.queue().into_iter().filter(|row| matches!(row.reason, Some(WaitReason::MayHaveBeenSent)));
    assert_eq!(doubtful.count(), 6, "six were on their way, and none was sealed beside them");
    assert_eq!(there(&world, "customers").len(), 14);
    world.finish().await;
}
