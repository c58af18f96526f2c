//! An old copy of the database put back: what is unsent in it is asked for before it is sent, once, and nothing is
//! doubled, lost or overwritten.

use crate::transactions::{apply, set};
use tidemark_model::mutation::MutationState;
use tidemark_model::transaction::Strategy;
use tidemark_model::view::PutBack;
use tidemark_sandbox::Switch;
use tidemark_tests::store_files::{Copied, note};
use tidemark_tests::tap::Point;
use tidemark_tests::world::{Stage, World, task};

/// What the engine says of an old copy that was put back.
fn told(world: &World) -> Option<PutBack> {
    world.engine().status().unwrap().put_back
}

/// Four unsent edits, of each kind, and a copy of them; they are sent after the copy was made.
async fn sent_since_the_copy() -> (World, Copied) {
    let mut world = Stage::tasks(4).open().await;
    world.set("t001", "state", "done").await;
    world.set("t002", "state", "done").await;
    world.delete("t003").await;
    world.create(&task(100)).await;
    world.close().await;
    let copied = Copied::of(world.folder());
    world.open_engine().await;
    assert_eq!(world.sync().await.confirmed, 4);
    world.close().await;
    (world, copied)
}

async fn put_back(world: &mut World, copied: &Copied) {
    copied.put_back(world.folder());
    world.wire.tap.forget();
    world.open_engine().await;
}

// proves A1, B6, A4
#[tokio::test]
async fn what_was_sent_since_the_copy_is_found_on_the_server_and_not_sent_again() {
    let (mut world, copied) = sent_since_the_copy().await;
    put_back(&mut world, &copied).await;
    assert_eq!(told(&world).map(|seen| seen.in_doubt.0), Some(4), "the person is told");
    assert_eq!(world.queue().len(), 4, "the copy knows nothing of the sending");
    world.check_books();
    world.sync().await;
    assert_eq!(world.wire.tap.count(Point::Push), 0, "nothing is repeated");
    assert_eq!(world.effect_count(), 4, "each took effect once");
    assert!(world.queue().is_empty(), "{:?}", world.queue());
    world.finish().await;
}

// proves A1, D1, D8
#[tokio::test]
async fn what_a_colleague_did_since_is_not_overwritten() {
    let (mut world, copied) = sent_since_the_copy().await;
    world.colleague_sets("t001", "state", "theirs");
    put_back(&mut world, &copied).await;
    world.sync().await;
    assert_eq!(world.there("t001").unwrap()["state"], "theirs", "the old copy overwrites nothing");
    let open = world.engine().list_conflicts(0, 10).unwrap().rows;
    assert_eq!(open.len(), 1);
    assert!(world.engine().get_conflict(open[0].id).unwrap().row.may_already_be_in);
    assert_eq!(world.effect_count(), 4);
    world.finish().await;
}

// proves A1, A3
#[tokio::test]
async fn what_was_never_sent_goes_once_and_later_edits_follow_it() {
    let mut world = Stage::tasks(3).open().await;
    world.set("t001", "state", "done").await;
    world.create(&task(100)).await;
    world.close().await;
    let copied = Copied::of(world.folder());
    // A session in which nothing happens.
    world.open_engine().await;
    world.close().await;
    put_back(&mut world, &copied).await;
    assert_eq!(told(&world).map(|seen| seen.in_doubt.0), Some(2));
    world.set("t001", "rank", 7).await;
    world.sync().await;
    assert!(world.wire.tap.count(Point::Fetch) >= 2, "each is read before it is written");
    assert_eq!(world.there("t001").unwrap()["state"], "done");
    assert_eq!(world.there("t001").unwrap()["rank"], 7);
    assert_eq!(world.effects("t100"), ["put"]);
    assert!(world.queue().is_empty());
    world.finish().await;
}

// proves A4, B6
#[tokio::test]
async fn what_was_on_its_way_in_the_copy_is_read_back_and_never_replayed() {
    let mut world = Stage::tasks(2).open().await;
    world.set("t001", "state", "done").await;
    let tap = world.wire.tap.clone();
    tap.hold(Point::PushAnswer);
    let syncing = world.begin_sync();
    tap.reached(Point::PushAnswer, 1).await;
    let copied = Copied::of(world.folder());
    tap.release();
    syncing.await.unwrap();
    world.set("t001", "state", "checked").await;
    world.sync().await;
    world.close().await;
    put_back(&mut world, &copied).await;
    world.sync().await;
    assert_eq!(world.wire.tap.count(Point::Push), 0, "its key may be forgotten, and the record has moved on");
    assert_eq!(world.there("t001").unwrap()["state"], "checked");
    world.finish().await;
}

// proves A6, B6
#[tokio::test]
async fn what_waits_in_doubt_waits_as_long_in_an_old_copy() {
    let mut world = Stage::tasks(1).open().await;
    world.set("t001", "state", "done").await;
    world.fault(|faults| faults.status = Some(Switch::always(vec![500]).method("PUT")));
    world.sync().await;
    let waits = world.queue().remove(0);
    assert_eq!(waits.mutation_state, MutationState::Uncertain);
    let due = waits.next_at.unwrap();
    world.close().await;
    let copied = Copied::of(world.folder());
    world.open_engine().await;
    world.close().await;
    put_back(&mut world, &copied).await;
    assert_eq!(told(&world).map(|seen| seen.in_doubt.0), Some(1));
    assert_eq!(world.queue()[0].next_at, Some(due), "the same time as before");
    world.server.clear_faults();
    world.clock.advance_to(due.plus(-1));
    world.sync().await;
    assert_eq!(world.wire.tap.count(Point::Fetch), 0, "not before its time");
    world.clock.advance_to(due);
    assert_eq!(world.sync().await.confirmed, 1);
    assert_eq!(world.effects("t001"), ["put"]);
    world.finish().await;
}

// proves A1, B6
#[tokio::test]
async fn a_copy_made_in_the_middle_of_a_session_is_noticed_even_after_a_crash() {
    let mut world = Stage::tasks(2).open().await;
    world.set("t001", "state", "done").await;
    let copied = Copied::of(world.folder());
    world.sync().await;
    world.drop_engine();
    put_back(&mut world, &copied).await;
    assert!(told(&world).is_some(), "it was sent since, in the same session");
    world.sync().await;
    assert_eq!((world.wire.tap.count(Point::Push), world.effect_count()), (0, 1));
    world.finish().await;
}

// proves A1, B4
#[tokio::test]
async fn a_copy_is_old_when_only_an_atomic_request_left_since() {
    let mut world = Stage::tasks(2).open().await;
    let changes = [("t001", "state"), ("t002", "state")].map(|(record, field)| set(record, field, "done"));
    apply(&world, Strategy::Atomic, changes.to_vec()).await;
    let copied = Copied::of(world.folder());
    world.sync().await;
    world.drop_engine();
    put_back(&mut world, &copied).await;
    assert_eq!(told(&world).map(|seen| seen.in_doubt.0), Some(2));
    world.sync().await;
    assert_eq!((world.wire.tap.count(Point::Push), world.effect_count()), (0, 2));
    world.finish().await;
}

// proves B6
#[tokio::test]
async fn a_crash_is_no_old_copy_wherever_it_falls() {
    let mut world = Stage::tasks(2).open().await;
    for _ in 0..3 {
        // The database is written and the note beside it is not: a crash falls between the two.
        let before = std::fs::read(note(world.folder())).unwrap();
        world.set("t001", "rank", world.effect_count() as i64 + 10).await;
        world.sync().await;
        world.drop_engine();
        std::fs::write(note(world.folder()), before).unwrap();
        world.open_engine().await;
        assert_eq!(told(&world), None, "nothing was put back");
    }
    world.set("t002", "state", "done").await;
    let tap = world.wire.tap.clone();
    tap.hold(Point::PushAnswer);
    let syncing = world.begin_sync();
    tap.reached(Point::PushAnswer, 1).await;
    world.crash(syncing).await;
    assert_eq!(told(&world), None);
    world.finish().await;
}

// proves A1
#[tokio::test]
async fn a_database_without_its_note_is_in_doubt_and_a_new_folder_is_not() {
    let mut world = Stage::tasks(1).open().await;
    assert_eq!(told(&world), None, "a first start is told nothing");
    world.set("t001", "state", "done").await;
    world.close().await;
    std::fs::remove_file(note(world.folder())).unwrap();
    world.open_engine().await;
    assert_eq!(told(&world).map(|seen| seen.in_doubt.0), Some(1), "it may have gone on elsewhere");
    world.sync().await;
    assert_eq!(world.effects("t001"), ["put"]);
    world.finish().await;
}

// proves A1
#[tokio::test]
async fn two_copies_that_went_on_apart_are_not_taken_for_each_other() {
    let mut world = Stage::tasks(1).open().await;
    world.close().await;
    let copied = Copied::of(world.folder());
    let elsewhere = tempfile::tempdir().unwrap();
    copied.put_back(elsewhere.path());
    // The copy goes on in another folder, more often than the original.
    for _ in 0..4 {
        let (engine, _) = World::engine_on(elsewhere.path()).await;
        engine.shutdown().await;
    }
    Copied::of(elsewhere.path()).put_back(world.folder());
    world.open_engine().await;
    assert!(told(&world).is_some(), "its number is higher, and yet it is another database");
    world.finish().await;
}

// proves A1
#[tokio::test]
async fn it_is_told_until_a_person_has_seen_it_and_never_again() {
    let (mut world, copied) = sent_since_the_copy().await;
    put_back(&mut world, &copied).await;
    world.restart().await;
    assert!(told(&world).is_some(), "nobody has seen it");
    world.engine().seen_put_back().await.unwrap();
    assert_eq!(told(&world), None);
    world.restart().await;
    assert_eq!(told(&world), None);
    world.finish().await;
}
