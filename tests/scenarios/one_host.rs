//! Two links to one host share what the host asked for and what it can bear.

use tidemark_model::clock::Clock as _;
use tidemark_model::settings::LinkSettings;
use tidemark_model::view::FieldEdit;
use tidemark_sandbox::Switch;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{Stage, TASKS, World};

const OTHER: &str = "branch";

async fn two_links(tasks: usize) -> World {
    let world = Stage::tasks(tasks).open().await;
    world.add_link_named(OTHER, LinkSettings::default()).await;
    world.engine().sync(None, None).await.unwrap();
    world
}

async fn set_by_other(world: &World, rid: &str, value: &str) {
    let edits = [FieldEdit { path: "/state".into(), set: Some(format!("\"{value}\"")) }];
    world.engine().update_record(OTHER, TASKS, rid, &edits, None).await.unwrap();
}

async fn at_rest(world: World) {
    for _ in 0..3 {
        world.engine().sync(None, None).await.unwrap();
    }
    world.finish().await;
}

// proves A6, A7
#[tokio::test]
async fn a_wait_that_one_link_was_asked_for_holds_the_other() {
    for status in [429, 503] {
        let world = two_links(4).await;
        world.fault(|faults| {
            faults.status = Some(Switch::always(vec![status]).method("PUT").times(1));
            faults.retry_after = Some(Switch::always(120));
        });
        world.set("t001", "state", "done").await;
        world.sync().await;
        set_by_other(&world, "t002", "done").await;
        world.wire.tap.forget();
        world.clock.advance_s(119);
        world.engine().sync(Some(OTHER), None).await.unwrap();
        assert_eq!(world.wire.tap.count(Point::Check) + world.wire.tap.count(Point::Push), 0, "{status}");
        world.clock.advance_s(2);
        assert_eq!(world.engine().sync(None, None).await.unwrap().confirmed, 2, "{status}");
        at_rest(world).await;
    }
}

// proves A7
#[tokio::test]
async fn a_host_that_one_link_found_failing_is_tried_with_one_change_of_either() {
    let world = two_links(20).await;
    for number in 1..=10 {
        world.set(&format!("t{number:03}"), "state", "done").await;
        set_by_other(&world, &format!("t{:03}", number + 10), "done").await;
    }
    world.fault(|faults| faults.status = Some(Switch::always(vec![500]).method("PUT")));
    world.sync().await;
    world.wire.tap.forget();
    world.engine().sync(Some(OTHER), None).await.unwrap();
    assert_eq!(world.wire.tap.count(Point::Push), 1, "the other link knows what the first one met");
    for _ in 0..60 {
        world.clock.advance_s(5);
        assert_eq!(world.engine().sync(None, None).await.unwrap().parked, 0, "nothing counts meanwhile");
    }
    world.check_books();
    world.server.clear_faults();
    for _ in 0..3 {
        world.clock.advance_s(330);
        world.engine().sync(None, None).await.unwrap();
    }
    assert_eq!((world.queue().len(), world.effect_count()), (0, 20));
    at_rest(world).await;
}

// proves A7, E3
#[tokio::test]
async fn what_one_link_proves_lets_the_other_go_on() {
    let world = two_links(4).await;
    world.engine().start();
    world.fault(|faults| faults.status = Some(Switch::always(vec![500]).method("PUT")));
    world.set("t001", "state", "done").await;
    set_by_other(&world, "t002", "done").await;
    let later = world.clock.now().plus(3 * 60_000);
    world.until(|world| world.clock.now() >= later).await;
    assert_eq!(world.queue().len(), 2, "both wait");
    world.server.clear_faults();
    world.until(|world| world.queue().is_empty()).await;
    assert_eq!(world.effect_count(), 2);
    at_rest(world).await;
}
