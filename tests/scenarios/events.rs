//! Events say what is stale, not more often than ten times a second, and come after the commit.

use tidemark_model::view::Event;
use tidemark_tests::world::{Stage, World};

fn drain(told: &mut tokio::sync::broadcast::Receiver<Event>) -> Vec<Event> {
    std::iter::from_fn(|| told.try_recv().ok()).collect()
}

async fn quiet(count: usize) -> World {
    let world = Stage::tasks(count).open().await;
    world.server.go_offline().await.unwrap();
    world.engine().start();
    world.until(|world| world.engine().status().unwrap().links[0].next_try.is_some()).await;
    world
}

// proves E2
#[tokio::test]
async fn a_burst_of_edits_tells_at_most_ten_times_a_second() {
    let world = quiet(100).await;
    let mut told = world.engine().subscribe();
    for number in 1..=100 {
        world.set(&format!("t{number:03}"), "state", "done").await;
        world.clock.advance(10);
    }
    world.until(|world| world.engine().status().unwrap().queue_length.0 == 100).await;
    let events = drain(&mut told);
    let count = |of: fn(&Event) -> bool| events.iter().filter(|event| of(event)).count();
    for (kind, times) in [
        ("queue-changed", count(|event| matches!(event, Event::QueueChanged(_)))),
        ("records-changed", count(|event| matches!(event, Event::RecordsChanged(_)))),
        ("sync-state-changed", count(|event| matches!(event, Event::SyncStateChanged(_)))),
    ] {
        assert!((1..=12).contains(&times), "{kind} was told {times} times in a second");
    }
    world.finish().await;
}

// proves E2
#[tokio::test]
async fn an_event_names_what_moved_and_comes_after_its_commit() {
    let world = quiet(1).await;
    let mut told = world.engine().subscribe();
    let change = world.set("t001", "state", "done").await.change.unwrap();
    let mut named = (false, false);
    world
        .until(|_| {
            for event in drain(&mut told) {
                match event {
                    Event::QueueChanged(event) if event.changes.contains(&change) => {
                        assert_eq!(event.queue_length.0, 1, "what it says was on disk before it was said");
                        named.0 = true;
                    }
                    Event::RecordsChanged(event) if event.records == ["t001"] => named.1 = true,
                    _ => {}
                }
            }
            named == (true, true)
        })
        .await;
    world.finish().await;
}

// proves E2
#[tokio::test]
async fn every_snapshot_has_a_higher_number_than_the_one_before() {
    let world = quiet(5).await;
    let mut told = world.engine().subscribe();
    for number in 1..=5 {
        world.set(&format!("t{number:03}"), "state", "done").await;
        world.clock.advance(200);
        let before = world.clock.lie_downs();
        world.clock.advance(200);
        world.clock.laid_down(before).await;
    }
    let numbers: Vec<i64> = drain(&mut told)
        .into_iter()
        .filter_map(|event| match event {
            Event::SyncStateChanged(snapshot) => Some(snapshot.seq.0),
            _ => None,
        })
        .collect();
    assert!(!numbers.is_empty() && numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
    world.finish().await;
}
