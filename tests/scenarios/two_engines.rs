//! Two programs on one folder: one of them sends, and what the other saves is sent too.

use serde_json::json;
use tidemark_model::clock::Clock as _;
use tidemark_model::number::Millis;
use tidemark_model::view::{Connectivity, Event, LinkState};
use tidemark_tests::tap::Point;
use tidemark_tests::world::{LINK, Stage, TASKS, World, task};
use tokio::sync::broadcast::Receiver;

async fn saves(engine: &tidemark_engine::Engine, id: &str) {
    engine.create_record(LINK, TASKS, &json!({ "id": id }).to_string(), None).await.unwrap();
}

async fn with_second() -> (World, tidemark_engine::Engine) {
    let world = Stage::tasks(1).open().await;
    let second = world.second_engine().await;
    assert!(world.engine().is_sender() && !second.is_sender(), "one sender");
    (world, second)
}

// proves H6, B6
#[tokio::test]
async fn what_the_other_program_saves_is_sent_by_the_one_that_sends() {
    let (world, second) = with_second().await;
    assert_eq!(second.get_record(LINK, TASKS, "t001").unwrap().document, Some(task(1).to_string()));
    saves(&second, "t100").await;
    second.sync(Some(LINK), None).await.unwrap();
    assert_eq!(world.wire.tap.count(Point::Push), 0, "the second never sends");
    assert_eq!(world.queue().len(), 1, "the first sees it");

    world.engine().start();
    let wish = second.ask_sender(Some(LINK)).await.unwrap();
    world.until(|_| !second.is_asked(wish).unwrap()).await;
    assert_eq!(world.effects("t100"), ["put"]);
    assert_eq!(second.queue_stats().unwrap().counts.confirmed.0, 1);
    second.shutdown().await;
    world.finish().await;
}

// proves H6, B6
#[tokio::test]
async fn when_the_sender_ends_the_other_takes_over() {
    let (mut world, second) = with_second().await;
    saves(world.engine(), "t101").await;
    saves(&second, "t102").await;
    world.close().await;
    world.goes_on_with(second);
    world.engine().start();
    world.until(|world| world.engine().is_sender() && world.queue().is_empty()).await;
    assert_eq!(world.effect_count(), 2);
    world.finish().await;
}

// proves B6
#[tokio::test]
async fn what_the_last_sender_had_sealed_is_uncertain_to_the_next_and_is_not_doubled() {
    let (mut world, second) = with_second().await;
    saves(world.engine(), "t101").await;
    let tap = world.wire.tap.clone();
    tap.hold(Point::PushAnswer);
    let syncing = world.begin_sync();
    tap.reached(Point::PushAnswer, 1).await;
    world.crash_leaving(syncing).await;
    world.goes_on_with(second);
    world.engine().start();
    world.until(|world| world.queue().is_empty()).await;
    assert_eq!(world.effects("t101"), ["put"]);
    world.finish().await;
}

// proves B6, A4
#[tokio::test]
async fn one_that_sent_before_another_took_over_sends_nothing_more_whatever_its_lock_says() {
    for settings in ["{}", r#"{"write":{"keys":{"honoured":false}}}"#] {
        let world = Stage::tasks(20).settings(settings).open().await;
        for number in 1..=20 {
            world.set(&format!("t{number:03}"), "state", "done").await;
        }
        let tap = &world.wire.tap;
        tap.hold(Point::PushAnswer);
        let syncing = tokio::spawn({
            let first = world.engine().clone();
            async move { first.sync(Some(LINK), None).await }
        });
        tap.reached(Point::PushAnswer, 6).await;
        // Somebody tidies the folder: the lock that the first one holds is of a file that is not there any more.
        std::fs::remove_file(world.folder().join("sender.lock")).unwrap();
        let second = world.second_engine().await;
        assert!(world.engine().is_sender() && second.is_sender(), "both think that they send");
        tap.release();
        let refused = syncing.await.unwrap().unwrap_err().to_string();
        assert!(refused.contains("another Tidemark process has taken over sending"), "{refused}");
        assert_eq!(world.effect_count(), 6, "what was on its way, and nothing more");
        saves(world.engine(), "t100").await;
        assert!(world.engine().sync(Some(LINK), None).await.is_err());
        assert_eq!(world.effect_count(), 6, "it saves and does not send");
        world.check_books();
        second.sync(Some(LINK), None).await.unwrap();
        assert_eq!((world.queue(), world.effect_count()), (vec![], 21), "{settings}: each once");
        let mut world = world;
        world.close().await;
        world.goes_on_with(second);
        world.finish().await;
    }
}

async fn passes(world: &World, ms: i64) {
    let then = world.clock.now().plus(ms);
    world.until(|world| world.clock.now() >= then).await;
}

/// Waits until a listener heard of a record and of the queue; both within a second of the clock.
async fn hears(world: &World, told: &mut Receiver<Event>, record: &str, since: Millis) {
    let (mut of_records, mut of_queue) = (None, None);
    world
        .until(|world| {
            while let Ok(event) = told.try_recv() {
                match event {
                    Event::RecordsChanged(event)
                        if event.many || event.records.iter().any(|id| id == record) =>
                    {
                        of_records.get_or_insert(world.clock.now());
                    }
                    Event::QueueChanged(_) => {
                        of_queue.get_or_insert(world.clock.now());
                    }
                    _ => {}
                }
            }
            of_records.is_some() && of_queue.is_some()
        })
        .await;
    for (what, at) in [("the record", of_records), ("the queue", of_queue)] {
        let after = at.unwrap().0 - since.0;
        assert!(after <= 1_000, "{what} was told after {after} ms");
    }
}

// proves H6, E2, E3
#[tokio::test]
async fn each_of_two_programs_hears_of_the_others_edits_within_a_second_and_they_are_sent_unasked() {
    let (world, second) = with_second().await;
    world.engine().start();
    second.start();
    let (mut by_first, mut by_second) = (world.engine().subscribe(), second.subscribe());
    // What both say at their start has been said.
    passes(&world, 3_000).await;
    by_first = by_first.resubscribe();

    let saved_at = world.clock.now();
    saves(&second, "t201").await;
    hears(&world, &mut by_first, "t201", saved_at).await;
    world.until(|_| second.queue_stats().unwrap().counts.confirmed.0 == 1).await;
    assert_eq!(world.effects("t201"), ["put"], "sent by the first, and nobody asked for it");

    passes(&world, 3_000).await;
    by_second = by_second.resubscribe();
    let saved_at = world.clock.now();
    saves(world.engine(), "t202").await;
    hears(&world, &mut by_second, "t202", saved_at).await;
    world.until(|_| second.queue_stats().unwrap().counts.confirmed.0 == 2).await;
    assert_eq!(world.effects("t202"), ["put"]);
    second.shutdown().await;
    world.finish().await;
}

// proves E2, F3
#[tokio::test]
async fn a_program_tells_the_steps_of_a_link_that_the_other_one_takes() {
    let (world, second) = with_second().await;
    world.engine().start();
    second.start();
    let (mut by_first, mut by_second) = (world.engine().subscribe(), second.subscribe());
    let went = |event: Event, to: Connectivity| match event {
        Event::LinkConnectivityChange(change) => change.to == to,
        _ => false,
    };
    let hears =
        |told: &mut Receiver<Event>, to| std::iter::from_fn(|| told.try_recv().ok()).any(|e| went(e, to));
    world.until(|_| hears(&mut by_second, Connectivity::Online)).await;
    saves(&second, "t301").await;
    let mut pushed = false;
    world
        .until(|_| {
            pushed |=
                std::iter::from_fn(|| by_second.try_recv().ok()).any(|e| matches!(e, Event::PushAdvance(_)));
            pushed
        })
        .await;
    world.server.go_offline().await.unwrap();
    second.force_sync(None, None).await.unwrap();
    world.until(|_| hears(&mut by_second, Connectivity::Offline)).await;

    by_first = by_first.resubscribe();
    second.pause(Some(LINK), None).await.unwrap();
    world
        .until(|_| {
            std::iter::from_fn(|| by_first.try_recv().ok())
                .any(|e| matches!(e, Event::LinkStatusChange(change) if change.to == LinkState::Paused))
        })
        .await;
    second.resume(Some(LINK), None).await.unwrap();
    world.server.go_online().await.unwrap();
    second.shutdown().await;
    world.finish().await;
}
