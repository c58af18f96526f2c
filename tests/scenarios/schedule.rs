//! Outside its hours, or on a network that costs, a link saves and waits, says for what, and goes by itself when it may.

use tidemark_model::clock::Clock as _;
use tidemark_model::number::Millis;
use tidemark_model::schedule::{Hours, Network, Schedule, TimeOfDay};
use tidemark_model::view::{Activity, LinkLimits, Sentence, WaitReason};
use tidemark_tests::tap::Point;
use tidemark_tests::world::{LINK, Stage, World};

const HOUR: i64 = 60 * 60 * 1000;

async fn with(schedule: Schedule) -> World {
    let world = Stage::tasks(2).open().await;
    set(&world, schedule).await;
    world
}

async fn set(world: &World, schedule: Schedule) {
    world.engine().set_limits(LINK, LinkLimits { schedule, ..LinkLimits::default() }).await.unwrap();
}

/// Hours that begin three hours after now, to the minute, and last two.
fn later(now: Millis) -> (Schedule, Millis) {
    let minutes = (now.0 / 60_000) % (24 * 60);
    let at = |minute: i64| {
        let minute = minute % (24 * 60);
        TimeOfDay::try_from(format!("{:02}:{:02}", minute / 60, minute % 60)).unwrap()
    };
    let hours = Hours { from: at(minutes + 180), to: at(minutes + 300) };
    (Schedule { hours: Some(hours), ..Schedule::default() }, Millis(now.0 / 60_000 * 60_000 + 3 * HOUR))
}

const THRIFTY: Schedule = Schedule { hours: None, unmetered_only: true };

fn asked(world: &World) -> usize {
    [Point::Check, Point::Push, Point::Pull].into_iter().map(|point| world.wire.tap.count(point)).sum()
}

// proves A14
#[tokio::test]
async fn outside_its_hours_a_link_saves_and_says_when_it_goes_and_goes_then() {
    let mut world = Stage::tasks(2).open().await;
    let (schedule, opens) = later(world.clock.now());
    set(&world, schedule).await;
    world.restart().await;
    world.wire.tap.forget();
    world.engine().start();
    world.set("t001", "state", "done").await;
    world.until(|world| world.clock.now().0 >= opens.0 - 2 * HOUR - 55 * 60_000).await;
    assert_eq!(asked(&world), 0, "not even a look");
    let row = world.queue().remove(0);
    assert_eq!(row.reason, Some(WaitReason::Hours { until: opens }));
    let status = world.engine().status().unwrap();
    assert!(
        matches!(status.sentence, Sentence::Waiting { next: Some(next), .. } if next == opens),
        "{:?}",
        status.sentence
    );
    assert!(matches!(status.activity, Activity::Waiting { next: Some(next), .. } if next == opens));

    world.clock.sleeps_until(opens..=opens).await;
    world.clock.advance_to(Millis(opens.0 - 1));
    assert_eq!(asked(&world), 0);
    world.clock.advance_to(opens);
    world.wire.tap.reached(Point::PushAnswer, 1).await;
    world.until(|world| world.queue().is_empty()).await;
    world.finish().await;
}

// proves A14, E3
#[tokio::test]
async fn a_person_sends_at_once_whatever_the_schedule_says() {
    let world = Stage::tasks(2).open().await;
    let (hours, _) = later(world.clock.now());
    world.network.becomes(Network::Metered);
    set(&world, Schedule { unmetered_only: true, ..hours }).await;
    world.set("t001", "state", "done").await;
    assert_eq!(world.sync().await.confirmed, 1);
    world.finish().await;
}

// proves A14
#[tokio::test]
async fn hours_that_end_in_the_middle_of_sending_take_back_what_was_not_sent() {
    let world = Stage::tasks(20).open().await;
    let now = world.clock.now();
    let minute = |at: i64| {
        let minute = (at / 60_000) % (24 * 60);
        TimeOfDay::try_from(format!("{:02}:{:02}", minute / 60, minute % 60)).unwrap()
    };
    let hours = Hours { from: minute(now.0), to: minute(now.0 + 10 * 60_000) };
    set(&world, Schedule { hours: Some(hours), ..Schedule::default() }).await;
    for number in 1..=20 {
        world.set(&format!("t{number:03}"), "state", "done").await;
    }
    world.wire.tap.hold(Point::Push);
    world.engine().start();
    world.clock.advance(1_000);
    world.wire.tap.reached(Point::Push, 6).await;
    world.clock.advance_s(600);
    world.wire.tap.release();
    world.until(|world| world.engine().queue_stats().unwrap().counts.confirmed.0 >= 6).await;
    world.until(|world| world.engine().queue_stats().unwrap().counts.sealed.0 == 0).await;
    let counts = world.engine().queue_stats().unwrap().counts;
    assert_eq!(
        (counts.confirmed.0, counts.queued.0),
        (6, 14),
        "what was on its way may finish, nothing more goes"
    );
    world.finish().await;
}

// proves A14, E3
#[tokio::test]
async fn on_a_network_that_costs_changes_wait_and_go_as_soon_as_it_costs_nothing() {
    let world = with(THRIFTY).await;
    world.network.becomes(Network::Metered);
    world.wire.tap.forget();
    world.engine().start();
    world.set("t001", "state", "done").await;
    let later = world.clock.now().plus(5 * 60_000);
    world.until(|world| world.clock.now() >= later).await;
    assert_eq!(asked(&world), 0);
    assert_eq!(world.queue().remove(0).reason, Some(WaitReason::Unmetered));
    let status = world.engine().status().unwrap();
    assert!(matches!(status.sentence, Sentence::WaitsForNetwork { waiting } if waiting.0 == 1));
    assert_eq!(status.network, Network::Metered);
    world.check_books();

    let now = world.clock.now();
    world.network.becomes(Network::Unmetered);
    world.wire.tap.reached(Point::PushAnswer, 1).await;
    assert_eq!(world.clock.now(), now, "without another wait");
    world.until(|world| world.queue().is_empty()).await;
    world.finish().await;
}

// proves A14
#[tokio::test]
async fn a_network_that_nothing_is_known_of_counts_as_free() {
    let world = with(THRIFTY).await;
    world.engine().start();
    world.set("t001", "state", "done").await;
    world.until(|world| world.queue().is_empty()).await;
    assert_eq!(world.engine().status().unwrap().network, Network::Unknown, "and the window can say so");
    world.finish().await;
}

// proves E3
#[tokio::test]
async fn a_change_of_the_network_looks_for_the_server_at_once() {
    let world = Stage::tasks(1).open().await;
    world.server.go_offline().await.unwrap();
    world.set("t001", "state", "done").await;
    world.engine().start();
    world.until(|world| world.engine().status().unwrap().links[0].next_try.is_some()).await;
    world.server.go_online().await.unwrap();
    let now = world.clock.now();
    world.network.becomes(Network::Unknown);
    world.wire.tap.reached(Point::PushAnswer, 1).await;
    assert_eq!(world.clock.now(), now);
    world.until(|world| world.queue().is_empty()).await;
    world.finish().await;
}
