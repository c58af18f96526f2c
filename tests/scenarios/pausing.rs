//! What is paused sends nothing and takes nothing in until it is resumed.

use serde_json::json;
use tidemark_model::number::Count;
use tidemark_model::view::{Refusal, RefusalCode};
use tidemark_sandbox::{ColleagueEdit, CollectionSpec, Switch};
use tidemark_tests::clock::START;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{LINK, Stage, TASKS, World};

async fn two_collections() -> World {
    let stage = Stage::tasks(1).collection(CollectionSpec::named("notes"));
    stage.record("notes", r#"{"id":"n1","text":"a"}"#).open().await
}

async fn change_both_sides(world: &World) {
    world.set("t001", "state", "mine").await;
    let note = json!({"id": "n2"}).to_string();
    world.engine().create_record(LINK, "notes", &note, None).await.unwrap();
    world.colleague_sets("t001", "title", "Theirs");
    world.colleague(ColleagueEdit::set("notes", "n1", "text", "b"));
}

// proves A14
#[tokio::test]
async fn a_paused_engine_or_link_is_silent_over_a_restart_and_goes_on_when_resumed() {
    for link in [None, Some(LINK)] {
        let mut world = two_collections().await;
        world.engine().pause(link, None).await.unwrap();
        change_both_sides(&world).await;
        world.sync().await;
        world.restart().await;
        world.sync().await;
        let tap = &world.wire.tap;
        let sent = [Point::Check, Point::Push, Point::Pull].map(|point| tap.count(point));
        assert_eq!(sent, [0, 0, 0], "paused: {link:?}");
        assert_eq!(world.queue().len(), 2, "edits are saved all the same");
        world.check_books();
        world.engine().resume(link, None).await.unwrap();
        assert_eq!(world.sync().await.confirmed, 2);
        assert_eq!(world.here("t001").unwrap()["title"], "Theirs");
        world.finish().await;
    }
}

// proves A14
#[tokio::test]
async fn a_paused_collection_rests_and_the_others_go_on() {
    let world = two_collections().await;
    world.engine().pause(Some(LINK), Some(TASKS)).await.unwrap();
    change_both_sides(&world).await;
    assert_eq!(world.sync().await.confirmed, 1);
    assert_eq!(world.effects("t001"), Vec::<String>::new());
    let note = world.engine().get_record(LINK, "notes", "n1").unwrap().document.unwrap();
    assert!(note.contains(r#""b""#), "{note}");
    assert_eq!(world.here("t001").unwrap()["title"], "Task 1");
    world.check_books();
    world.engine().resume(Some(LINK), Some(TASKS)).await.unwrap();
    assert_eq!(world.sync().await.confirmed, 1);
    assert_eq!(world.there("t001").unwrap()["title"], "Theirs");
    world.finish().await;
}

// proves A14
#[tokio::test]
async fn a_pause_in_the_middle_of_sending_takes_back_what_was_not_sent() {
    let world = Stage::tasks(20).open().await;
    for number in 1..=20 {
        world.set(&format!("t{number:03}"), "state", "done").await;
    }
    let tap = &world.wire.tap;
    tap.hold(Point::Push);
    let syncing = world.begin_sync();
    tap.reached(Point::Push, 6).await;
    world.engine().pause(None, None).await.unwrap();
    tap.release();
    let sent = syncing.await.unwrap().confirmed;
    assert_eq!(sent, 6, "what was on its way may finish, and nothing more goes");
    let counts = world.engine().queue_stats().unwrap().counts;
    assert_eq!((counts.sealed.0, counts.queued.0), (0, 14));
    world.engine().resume(None, None).await.unwrap();
    assert_eq!(world.sync().await.confirmed, 14);
    world.finish().await;
}

// proves A14
#[tokio::test]
async fn engine_link_collection_and_change_are_held_apart_from_each_other_and_over_restarts() {
    let mut world = two_collections().await;
    let held = world.set("t001", "state", "mine").await.change.unwrap();
    world.engine().hold(vec![held.clone()], true).await.unwrap();
    let note = json!({"id": "n2"}).to_string();
    world.engine().create_record(LINK, "notes", &note, None).await.unwrap();
    world.create(&json!({"id": "t9", "title": "Free"})).await;
    for (link, collection) in [(None, None), (Some(LINK), None), (Some(LINK), Some("notes"))] {
        world.engine().pause(link, collection).await.unwrap();
    }
    world.restart().await;
    let sent = |world: &World| world.effect_count();
    assert_eq!((world.sync().await.confirmed, sent(&world)), (0, 0));
    world.engine().resume(None, None).await.unwrap();
    world.restart().await;
    assert_eq!((world.sync().await.confirmed, sent(&world)), (0, 0), "the link is paused for itself");
    world.engine().resume(Some(LINK), None).await.unwrap();
    world.restart().await;
    assert_eq!((world.sync().await.confirmed, sent(&world)), (1, 1), "only what nobody holds");
    assert_eq!(world.effects("t9"), ["put"]);
    world.check_books();
    world.engine().resume(Some(LINK), Some("notes")).await.unwrap();
    world.restart().await;
    assert_eq!((world.sync().await.confirmed, sent(&world)), (1, 2));
    assert_eq!(world.queue().len(), 1, "the change that is held by itself");
    world.engine().hold(vec![held], false).await.unwrap();
    assert_eq!((world.sync().await.confirmed, sent(&world)), (1, 3));
    world.finish().await;
}

/// Twenty tasks are changed and sent, and six of them are on their way.
async fn in_the_middle_of_sending()
-> (World, tokio::task::JoinHandle<tidemark_engine::CycleReport>, Vec<String>) {
    let world = Stage::tasks(20).open().await;
    let mut ids = Vec::new();
    for number in 1..=20 {
        ids.push(world.set(&format!("t{number:03}"), "state", "done").await.change.unwrap());
    }
    world.wire.tap.hold(Point::Push);
    let syncing = world.begin_sync();
    world.wire.tap.reached(Point::Push, 6).await;
    assert!(
        world.engine().queue_stats().unwrap().counts.sealed.0 > 6,
        "more are sealed than are on their way"
    );
    (world, syncing, ids)
}

// proves A8, A14
#[tokio::test]
async fn a_hold_in_the_middle_of_sending_holds_what_was_not_sent() {
    let (world, syncing, ids) = in_the_middle_of_sending().await;
    let held = world.engine().hold(ids[5..9].to_vec(), true).await.unwrap();
    assert_eq!((held.done.0, held.already_gone.0), (3, 1), "the sixth is on its way");
    world.wire.tap.release();
    assert_eq!(syncing.await.unwrap().confirmed, 17);
    let waiting: Vec<String> = world.queue().into_iter().map(|row| row.record).collect();
    assert_eq!(waiting, ["t007", "t008", "t009"]);
    world.check_books();
    world.engine().hold(ids[6..9].to_vec(), false).await.unwrap();
    assert_eq!(world.sync().await.confirmed, 3);
    world.finish().await;
}

// proves A8, A14
#[tokio::test]
async fn what_is_held_on_its_way_is_held_if_it_comes_back() {
    let (world, syncing, ids) = in_the_middle_of_sending().await;
    let held = world.engine().hold(vec![ids[0].clone()], true).await.unwrap();
    assert_eq!((held.done.0, held.already_gone.0), (0, 1));
    world.fault(|faults| faults.status = Some(Switch::always(vec![503]).path("t001").times(1)));
    world.wire.tap.release();
    assert_eq!(syncing.await.unwrap().confirmed, 19);
    world.clock.advance_s(600);
    assert_eq!(world.sync().await.confirmed, 0, "it is held");
    world.engine().hold(vec![ids[0].clone()], false).await.unwrap();
    assert_eq!(world.sync().await.confirmed, 1);
    world.finish().await;
}

// proves A8
#[tokio::test]
async fn a_discard_in_the_middle_of_sending_discards_what_was_not_sent() {
    let (world, syncing, ids) = in_the_middle_of_sending().await;
    let discarded = world.engine().discard(ids[5..9].to_vec()).await.unwrap();
    assert_eq!((discarded.done.0, discarded.already_gone.0), (3, 1), "the sixth is on its way");
    world.wire.tap.release();
    assert_eq!(syncing.await.unwrap().confirmed, 17);
    for rid in ["t007", "t008", "t009"] {
        assert_eq!(world.effects(rid), Vec::<String>::new(), "{rid} was discarded");
    }
    world.finish().await;
}

// proves A8, A14
#[tokio::test]
async fn a_pause_hold_or_discard_by_another_program_is_seen_before_the_next_request() {
    for what in ["pause", "hold", "discard"] {
        let (world, syncing, ids) = in_the_middle_of_sending().await;
        let other = world.second_engine().await;
        assert!(!other.is_sender());
        let rest = ids[6..].to_vec();
        let asking = tokio::spawn(async move {
            match what {
                "pause" => other.pause(None, None).await.map(|()| 14),
                "hold" => other.hold(rest, true).await.map(|held| held.done.0),
                _ => other.discard(rest).await.map(|gone| gone.done.0),
            }
        });
        if what == "pause" {
            assert_eq!(asking.await.unwrap().unwrap(), 14);
            world.wire.tap.release();
            assert_eq!(syncing.await.unwrap().confirmed, 6, "what was on its way, and nothing more");
        } else {
            // It looks every 50 ms whether the sender has let go, which that does with the first answer.
            world.clock.sleeps_until(START..).await;
            world.wire.tap.release();
            assert_eq!(syncing.await.unwrap().confirmed, 6, "{what}: what was on its way, and nothing more");
            world.clock.advance(50);
            assert_eq!(asking.await.unwrap().unwrap(), 14, "{what}");
        }
        assert_eq!(world.effect_count(), 6);
        world.check_books();
        world.engine().resume(None, None).await.unwrap();
        world.finish().await;
    }
}

// proves A14, C3
#[tokio::test]
async fn nothing_of_what_is_paused_is_asked_for_again_by_a_person_either() {
    let world = two_collections().await;
    let deep = (0..150).fold(json!("bottom"), |inner, _| json!([inner]));
    let create = json!({"id": "t002", "state": deep}).as_object().cloned();
    world.colleague(ColleagueEdit { collection: TASKS.into(), create, ..ColleagueEdit::default() });
    world.sync().await;
    let id = world.engine().list_unreadable(None, None, 0, 1).unwrap().rows[0].id;
    world.colleague_sets("t002", "state", "flat");
    let what = "'tasks' of the connection 'office'";
    for (link, collection, named) in [
        (None, None, "syncing"),
        (Some(LINK), None, "the connection 'office'"),
        (Some(LINK), Some(TASKS), what),
    ] {
        world.engine().pause(link, collection).await.unwrap();
        world.wire.tap.forget();
        let refused = Refusal::from(world.engine().read_again(&[id]).await.unwrap_err());
        let said = format!("{named} is paused, and the server was not asked");
        assert_eq!((refused.code, refused.message), (RefusalCode::NotNow, said));
        assert_eq!(world.wire.tap.count(Point::Fetch), 0, "{named}");
        world.engine().resume(link, collection).await.unwrap();
    }
    world.engine().pause(Some(LINK), Some("notes")).await.unwrap();
    assert_eq!(
        world.engine().read_again(&[id]).await.unwrap().read,
        Count(1),
        "another one's pause is no matter"
    );
    world.engine().resume(Some(LINK), Some("notes")).await.unwrap();
    world.finish().await;
}
