//! A started engine finds the server again by itself and sends at once.

use tidemark_model::clock::Clock as _;
use tidemark_model::view::Connectivity;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{LINK, Stage, World, task};

/// A started engine that has seen that its server is away, with ten changes waiting.
async fn away() -> World {
    let world = Stage::tasks(10).open().await;
    world.server.go_offline().await.unwrap();
    for number in 1..=10 {
        world.set(task(number)["id"].as_str().unwrap(), "state", "done").await;
    }
    world.engine().start();
    world.until(|world| world.engine().status().unwrap().connectivity == Connectivity::Offline).await;
    world.wire.tap.forget();
    world
}

// proves E3, A11
#[tokio::test]
async fn the_queue_is_sent_within_a_second_of_contact() {
    let world = away().await;
    world.server.go_online().await.unwrap();
    let next = world.engine().status().unwrap().links[0].next_try.expect("it is looked for again");
    let wait = next.0 - world.clock.now().0;
    assert!(wait <= 5_500, "every five seconds in the first minute, not in {wait} ms");
    world.clock.advance_to(next);
    // The clock stands still from here on: everything goes without another wait.
    world.wire.tap.reached(Point::PushAnswer, 10).await;
    assert_eq!(world.clock.now(), next);
    world.until(|world| world.queue().is_empty()).await;
    assert_eq!(world.effect_count(), 10);
    world.finish().await;
}

// proves E3
#[tokio::test]
async fn force_sync_tries_at_once() {
    let world = away().await;
    world.server.go_online().await.unwrap();
    let now = world.clock.now();
    world.engine().force_sync(Some(LINK), None).await.unwrap();
    world.wire.tap.reached(Point::PushAnswer, 10).await;
    assert_eq!(world.clock.now(), now);
    world.until(|world| world.queue().is_empty()).await;
    world.finish().await;
}

/// A started engine whose worker has nothing to do until its next poll.
async fn at_rest() -> World {
    let world = Stage::tasks(1).open().await;
    world.engine().start();
    world.clock.sleeps_until(world.clock.now().plus(25_000)..).await;
    world.wire.tap.forget();
    world
}

// proves A11
#[tokio::test]
async fn an_edit_is_sent_a_second_after_it_was_saved() {
    let world = at_rest().await;
    let due = world.clock.now().plus(1_000);
    world.set("t001", "state", "first").await;
    world.clock.sleeps_until(due..=due).await;
    world.clock.advance(999);
    // Later edits of a burst do not push it further away.
    world.set("t001", "state", "second").await;
    assert_eq!(world.wire.tap.count(Point::Push), 0);
    world.clock.advance(1);
    world.wire.tap.reached(Point::PushAnswer, 1).await;
    assert_eq!(world.clock.now(), due);
    world.until(|world| world.queue().is_empty()).await;
    assert_eq!(world.there("t001").unwrap()["state"], "second");
    assert_eq!(world.effects("t001"), ["put"]);
    world.finish().await;
}

// proves E1, E3
#[tokio::test]
async fn what_a_colleague_does_is_seen_at_the_next_poll() {
    let world = at_rest().await;
    world.colleague_sets("t001", "state", "theirs");
    world.clock.advance_s(29);
    assert_eq!(world.wire.tap.count(Point::Pull), 0);
    world.clock.advance_s(1);
    world.wire.tap.reached(Point::PullAnswer, 1).await;
    world.until(|world| world.here("t001").unwrap()["state"] == "theirs").await;
    world.finish().await;
}

// proves E3, A7
#[tokio::test]
async fn a_server_that_stays_away_is_looked_for_ever_more_seldom() {
    let world = away().await;
    let mut seen = 0;
    let mut looks = |world: &World| {
        let more = world.wire.tap.count(Point::Check) - seen;
        seen += more;
        more
    };
    let since = world.engine().status().unwrap().links[0].offline_since.unwrap();
    let minute = |minutes: i64| since.plus(minutes * 60_000);
    world.until(|world| world.clock.now() >= minute(1)).await;
    let first = looks(&world);
    assert!((10..=12).contains(&first), "every 5 s and up to a tenth more, not {first} times");
    world.until(|world| world.clock.now() >= minute(5)).await;
    let second = looks(&world);
    assert!((14..=16).contains(&second), "then every 15 s, not {second} times");
    world.until(|world| world.clock.now() >= minute(10)).await;
    let third = looks(&world);
    assert!((9..=10).contains(&third), "then every 30 s, not {third} times");
    world.server.go_online().await.unwrap();
    world.until(|world| world.queue().is_empty()).await;
    world.finish().await;
}
