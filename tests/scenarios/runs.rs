//! What a run does for each collection apart, what it counts, and what is told of it, after many days too.

use serde_json::json;
use tidemark_model::clock::Clock as _;
use tidemark_model::failure::ErrorClass;
use tidemark_model::number::Millis;
use tidemark_model::view::{Connectivity, EngineState, Event, Progress};
use tidemark_sandbox::{ColleagueEdit, CollectionSpec, Switch};
use tidemark_tests::tap::Point;
use tidemark_tests::world::{LINK, Stage, TASKS, World};
use tokio::sync::broadcast::Receiver;

const DAY: i64 = 24 * 60 * 60 * 1000;

fn progress(told: &mut Receiver<Event>) -> Vec<Progress> {
    let all = std::iter::from_fn(|| told.try_recv().ok());
    all.filter_map(|event| match event {
        Event::SyncProgress(progress) => Some(progress.progress),
        _ => None,
    })
    .collect()
}

// proves C5
#[tokio::test]
async fn a_collection_that_fails_stops_no_other_and_each_count_is_told() {
    for (status, class) in
        [(500, ErrorClass::Transient), (503, ErrorClass::Transient), (403, ErrorClass::Permanent)]
    {
        // The one that fails is asked for first.
        let world = Stage::tasks(3).collection(CollectionSpec::named("ztasks")).open().await;
        world.sync().await;
        let asked = world.wire.tap.passed(Point::Pull).into_iter().map(|passed| passed.collection);
        assert_eq!(asked.collect::<Vec<_>>(), [TASKS, "ztasks"]);
        world.set("t001", "state", "mine").await;
        world.set("t002", "state", "mine").await;
        world.colleague_sets("t002", "state", "theirs");
        let create = json!({"id": "z1"}).as_object().cloned();
        world.colleague(ColleagueEdit { collection: "ztasks".into(), create, ..Default::default() });
        world.fault(|faults| {
            faults.status = Some(Switch::always(vec![status]).method("GET").path("/c/tasks"))
        });
        let report = world.sync().await;
        assert_eq!((report.confirmed, report.conflicts, report.received), (1, 1, 1), "{status}: {report:?}");
        assert_eq!(report.failure.map(|failure| failure.class), Some(class), "{status}");
        assert!(world.engine().get_record(LINK, "ztasks", "z1").is_ok(), "{status}");
        world.server.clear_faults();
        world.clock.advance_s(600);
        world.finish().await;
    }
}

// proves E2
#[tokio::test]
async fn progress_is_counted_over_the_whole_run_also_where_changes_are_added_to_it() {
    let world = Stage::tasks(60).open().await;
    world.fault(|faults| faults.status = Some(Switch::always(vec![422]).method("PUT").path("/t007")));
    world.engine().start();
    world.clock.sleeps_until(world.clock.now().plus(25_000)..).await;
    let mut told = world.engine().subscribe();
    let tap = &world.wire.tap;
    tap.forget();
    tap.hold_from(Point::Push, 25);
    for number in 1..=40 {
        world.set(&format!("t{number:03}"), "state", "done").await;
    }
    world.clock.advance(1_000);
    tap.reached(Point::Push, 25).await;
    for number in 41..=60 {
        world.set(&format!("t{number:03}"), "state", "done").await;
    }
    tap.release();
    world.until(|world| world.queue().len() == 1).await;
    let later = world.clock.now().plus(2_000);
    world.until(|world| world.clock.now() >= later).await;
    let mut told = progress(&mut told);
    // Another run, for which an edit of the last moment asked, may follow with a count of its own.
    told.truncate(told.iter().rposition(|told| told.total.0 == 60).map_or(0, |at| at + 1));
    for pair in told.windows(2) {
        let ([before, after], grows) = ([pair[0], pair[1]], pair[1].processed >= pair[0].processed);
        assert!(grows && after.total >= before.total && after.bytes >= before.bytes, "{before:?} {after:?}");
    }
    let last = told.last().expect("it was told");
    assert_eq!((last.processed.0, last.total.0), (60, 60), "{last:?}");
    assert_eq!((last.success_count.0, last.failure_count.0, last.conflict_count.0), (59, 1, 0));
    let body = world.there("t001").unwrap().to_string().len() as i64;
    assert!(
        (60 * (body - 10)..60 * (body + 40)).contains(&last.bytes.0),
        "{last:?} of bodies of {body} bytes"
    );
    world.server.clear_faults();
    world.finish().await;
}

// proves E2
#[tokio::test]
async fn progress_counts_none_of_what_a_run_does_not_send() {
    let world = Stage::tasks(6).open().await;
    world.fault(|faults| faults.status = Some(Switch::always(vec![422]).method("PUT").path("/t001")));
    world.set("t001", "state", "refused").await;
    world.colleague_sets("t002", "state", "theirs");
    world.set("t002", "state", "mine").await;
    world.sync().await;
    world.server.clear_faults();
    let held = world.set("t003", "state", "held").await.change.unwrap();
    world.engine().hold(vec![held], true).await.unwrap();
    world.set("t004", "state", "mine").await;
    world.set("t005", "state", "mine").await;
    let mut told = world.engine().subscribe();
    world.engine().start();
    world.until(|world| world.queue().len() == 3).await;
    let later = world.clock.now().plus(2_000);
    world.until(|world| world.clock.now() >= later).await;
    let told = progress(&mut told);
    let most = told.iter().max_by_key(|told| told.processed).expect("it was told");
    assert_eq!((most.processed.0, most.total.0, most.success_count.0), (2, 2, 2), "{told:?}");
    world.finish().await;
}

// proves E1
#[tokio::test]
async fn whether_a_server_answers_is_unknown_at_each_start_and_a_failure_ends_with_the_next_good_run() {
    let mut world = Stage::tasks(1).open().await;
    let stands = |world: &World| {
        let status = world.engine().status().unwrap();
        (status.state, status.connectivity)
    };
    assert_eq!(stands(&world), (EngineState::Idle, Connectivity::Online));
    world.restart().await;
    assert_eq!(
        stands(&world),
        (EngineState::Idle, Connectivity::Unknown),
        "what was true is not taken for true"
    );
    world.server.go_offline().await.unwrap();
    world.sync().await;
    assert_eq!(stands(&world), (EngineState::Failed, Connectivity::Offline));
    world.restart().await;
    assert_eq!(stands(&world).1, Connectivity::Unknown, "nor is what was false");
    world.server.go_online().await.unwrap();
    world.clock.advance_s(60);
    world.sync().await;
    assert_eq!(stands(&world), (EngineState::Idle, Connectivity::Online));
    world.finish().await;
}

// proves E5, A5, A11
#[tokio::test]
async fn after_ten_days_offline_the_last_contact_is_told_and_all_goes_in_small_batches() {
    let mut world = Stage::tasks(50).open().await;
    let contact = world.engine().status().unwrap().last_sync_time;
    world.server.go_offline().await.unwrap();
    for day in 0..10 {
        for number in 1..=50 {
            world.create(&json!({"id": format!("d{day}-{number}"), "day": day})).await;
            world.set(&format!("t{number:03}"), "rank", 100 * day + number).await;
        }
        world.sync().await;
        world.clock.advance(DAY);
        world.restart().await;
    }
    let status = world.engine().status().unwrap();
    assert_eq!((status.last_sync_time, status.links[0].last_contact), (contact, contact));
    assert_eq!(status.at.0 - contact.unwrap().0, 10 * DAY, "and how long ago that is");
    assert_eq!(status.queue.oldest_at, Some(Millis(status.at.0 - 10 * DAY)));
    world.check_books();

    world.server.go_online().await.unwrap();
    world.wire.tap.forget();
    world.wire.tap.hold_from(Point::Push, 100);
    let syncing = world.begin_sync();
    world.wire.tap.reached(Point::Push, 100).await;
    let counts = world.engine().queue_stats().unwrap().counts;
    assert!(counts.sealed.0 <= 262, "a group ahead of the wire and what is on it, not all: {counts:?}");
    world.wire.tap.release();
    // Ten edits of a record are one change.
    assert_eq!(syncing.await.unwrap().confirmed, 550);
    assert_eq!((world.effect_count(), world.there("t050").unwrap()["rank"].clone()), (550, json!(950)));
    world.finish().await;
}
