//! An outage uses up nothing, however long it lasts.

use tidemark_sandbox::{Faults, Switch};
use tidemark_tests::world::{Stage, World};

async fn ten_minutes(world: &World, set: impl Fn(&mut Faults)) {
    for number in 1..=10 {
        world.set(&format!("t{number:03}"), "state", "done").await;
    }
    world.fault(set);
    for _ in 0..120 {
        let report = world.sync().await;
        assert_eq!((report.confirmed, report.parked), (0, 0));
        world.clock.advance_s(5);
    }
    let status = world.engine().status().unwrap();
    assert_eq!((status.ledger.needs_you.0, status.queue_length.0), (0, 10));
    world.check_books();
    world.server.clear_faults();
    // Whatever was waited for at last is over by then.
    world.clock.advance_s(330);
    assert_eq!(world.sync().await.confirmed, 10);
    assert_eq!(world.effect_count(), 10, "each took effect once");
}

// proves A7
#[tokio::test]
async fn ten_minutes_of_503_park_nothing() {
    let world = Stage::tasks(10).open().await;
    ten_minutes(&world, |faults| faults.status = Some(Switch::always(vec![503]))).await;
    world.finish().await;
}

// proves A7
#[tokio::test]
async fn ten_minutes_of_refused_writes_park_nothing_while_reading_works() {
    let world = Stage::tasks(10).open().await;
    ten_minutes(&world, |faults| faults.status = Some(Switch::always(vec![502, 503, 504]).method("PUT")))
        .await;
    world.finish().await;
}

// proves A7, A4
#[tokio::test]
async fn ten_minutes_of_lost_answers_park_nothing() {
    let world = Stage::tasks(10).open().await;
    ten_minutes(&world, |faults| faults.drop_before = Some(Switch::always(true).method("PUT"))).await;
    world.finish().await;
}
