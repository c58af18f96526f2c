//! While writes fail, reads that work do not let them all through again.

use tidemark_sandbox::Switch;
use tidemark_tests::tap::Point;
use tidemark_tests::world::Stage;

// proves A7
#[tokio::test]
async fn ten_minutes_of_failing_writes_are_tried_with_one_change_at_a_time_and_park_nothing() {
    let world = Stage::tasks(20).open().await;
    for number in 1..=20 {
        world.set(&format!("t{number:03}"), "state", "done").await;
    }
    world.fault(|faults| faults.status = Some(Switch::always(vec![500]).method("PUT")));
    world.sync().await;
    let tap = &world.wire.tap;
    let mut tried = Vec::new();
    for _ in 0..120 {
        world.clock.advance_s(5);
        tap.forget();
        assert_eq!(world.sync().await.parked, 0);
        let sent = tap.passed(Point::Push);
        assert!(sent.len() <= 1, "{} changes went at once though none had been taken", sent.len());
        tried.extend(sent.into_iter().map(|passed| passed.record));
    }
    tried.sort_unstable();
    tried.dedup();
    assert_eq!(
        (tried.first().map(String::as_str), tried.last().map(String::as_str)),
        (Some("t001"), Some("t020")),
        "from both ends in turn, so that no single change holds the rest: {tried:?}"
    );
    assert_eq!(world.queue().len(), 20);
    world.check_books();

    world.server.clear_faults();
    world.clock.advance_s(330);
    world.sync().await;
    world.clock.advance_s(330);
    world.sync().await;
    assert_eq!((world.queue(), world.effect_count()), (vec![], 20));
    world.finish().await;
}
