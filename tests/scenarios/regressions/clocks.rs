//! No order and no deadline rests on two clocks being alike.

use serde_json::json;
use tidemark_model::clock::Clock as _;
use tidemark_sandbox::Switch;
use tidemark_tests::world::{Stage, World, task};

const HOUR: i64 = 3_600;

/// A colleague and a person at work, with a lost answer in between; nothing of it is lost on either side.
pub async fn a_day_of_work(world: &World) {
    world.create(&task(9)).await;
    world.set("t001", "state", "mine").await;
    world.colleague_sets("t001", "title", "theirs");
    world.colleague_sets("t002", "state", "theirs");
    world.delete("t003").await;
    world.fault(|faults| faults.drop_after = Some(Switch::always(true).method("PUT").times(1)));
    for _ in 0..5 {
        world.sync().await;
        world.clock.advance_s(30);
    }
    world.colleague_sets("t004", "state", "theirs, later");
    world.sync().await;
    assert_eq!(world.queue(), []);
    let both = json!({"id": "t001", "title": "theirs", "state": "mine", "rank": 1});
    assert_eq!((world.here("t001"), world.there("t001")), (Some(both.clone()), Some(both)));
    assert_eq!(world.here("t002").unwrap()["state"], "theirs");
    assert_eq!(world.here("t004").unwrap()["state"], "theirs, later", "a pull misses nothing");
    assert_eq!((world.there("t003"), world.there("t009")), (None, Some(task(9))));
}

// proves A4, C3, D4
#[tokio::test]
async fn a_clock_one_hour_wrong_loses_nothing() {
    for ahead in [HOUR, -HOUR] {
        let world = Stage { server_ahead_s: ahead, ..Stage::tasks(4) }.open().await;
        a_day_of_work(&world).await;
        world.finish().await;
    }
}

// proves A6, E5
#[tokio::test]
async fn a_clock_put_right_by_an_hour_delays_nothing_by_an_hour() {
    for jump in [-HOUR, HOUR] {
        let world = Stage::tasks(1).open().await;
        world.engine().start();
        world.fault(|faults| faults.status = Some(Switch::always(vec![503]).method("PUT")));
        world.set("t001", "state", "done").await;
        world.until(|world| world.queue()[0].next_at.is_some()).await;
        world.clock.correct(jump * 1_000);
        world.server.clear_faults();
        // Ten minutes of the clock at most.
        world.until(|world| world.queue().is_empty()).await;
        assert_eq!(world.effects("t001"), ["put"]);
        world.finish().await;
    }
}

/// The server asked for two minutes; the clock is put back by an hour while the program is closed.
async fn gives_two_minutes_and_no_more(mut world: World) {
    world.close().await;
    world.clock.correct(-HOUR * 1_000);
    world.open_engine().await;
    // A start looks at every link; what it cannot know is how long the program was closed.
    world.sync().await;
    world.clock.advance_s(60);
    world.sync().await;
    assert_eq!(world.effect_count(), 0, "what the server asked for is still given");
    world.clock.advance_s(62);
    assert_eq!(world.sync().await.confirmed, 1, "and nothing more");
    world.finish().await;
}

// proves A6, B6
#[tokio::test]
async fn a_clock_put_right_while_the_program_is_closed_delays_nothing_by_an_hour() {
    let world = Stage::tasks(2).open().await;
    world.set("t001", "state", "done").await;
    world.fault(|faults| {
        faults.status = Some(Switch::always(vec![429]).method("PUT").times(1));
        faults.retry_after = Some(Switch::always(120));
    });
    world.sync().await;
    gives_two_minutes_and_no_more(world).await;
}

// proves A6, B6
#[tokio::test]
async fn a_clock_put_right_after_a_server_was_busy_for_long_delays_nothing_either() {
    let world = Stage::tasks(2).open().await;
    world.sync().await;
    world.fault(|faults| {
        faults.status = Some(Switch::always(vec![429]));
        faults.retry_after = Some(Switch::always(120));
    });
    // The last good answer is long ago when the server asks for its pause.
    world.clock.advance_s(900);
    world.set("t001", "state", "done").await;
    world.sync().await;
    world.server.clear_faults();
    gives_two_minutes_and_no_more(world).await;
}

// proves A6, E5
#[tokio::test]
async fn a_clock_put_back_between_two_polls_delays_the_next_by_no_hour() {
    let world = Stage::tasks(1).open().await;
    world.engine().start();
    let soon = world.clock.now().plus(5_000);
    world.until(|world| world.here("t001").is_some() && world.clock.now() > soon).await;
    world.clock.correct(-HOUR * 1_000);
    world.colleague_sets("t001", "state", "theirs");
    // Ten minutes of the clock at most.
    world.until(|world| world.here("t001").unwrap()["state"] == "theirs").await;
    world.finish().await;
}
