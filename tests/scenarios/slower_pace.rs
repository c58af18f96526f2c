//! A server that asks for a slower pace beside good answers gets it, whatever it was asked, and gets everything all the same.

use tidemark_tests::fault_proxy::{Fault, FaultProxy, Rule};
use tidemark_tests::world::{LINK, Stage, World};

/// A world behind a proxy.
async fn behind_a_proxy(stage: Stage) -> (World, FaultProxy) {
    let mut world = stage.open().await;
    let proxy = FaultProxy::start(&world.server.origin()).await.unwrap();
    world.wire.set_url(Some(proxy.url("/v1")));
    world.restart().await;
    world.sync().await;
    (world, proxy)
}

/// As Kinto does when it has much to do.
fn slower() -> Rule {
    Rule::always(Fault::With("Backoff", "120"))
}

/// For 120 seconds nothing goes to the host, over a restart too, and whoever asks for it.
async fn the_host_is_left_alone(world: &mut World, proxy: &FaultProxy) {
    proxy.forget();
    world.set("t002", "rank", 7).await;
    world.clock.advance_s(60);
    world.sync().await;
    world.restart().await;
    world.sync().await;
    world.engine().force_sync(Some(LINK), None).await.unwrap();
    world.clock.advance(59_999);
    world.sync().await;
    assert_eq!(proxy.seen().len(), 0, "it asked to be left alone: {:?}", proxy.seen());
    assert_eq!(world.there("t002").unwrap()["rank"], 2);
    world.check_books();
}

// proves A6, A7
#[tokio::test]
async fn a_pace_beside_an_accepted_change_is_kept() {
    let (mut world, proxy) = behind_a_proxy(Stage::tasks(2)).await;
    proxy.add(slower().method("PUT"));
    world.set("t001", "rank", 11).await;
    assert_eq!(world.sync().await.confirmed, 1);
    let last = proxy.seen().pop().unwrap();
    assert_eq!(last.method, "PUT", "not even a pull follows");
    the_host_is_left_alone(&mut world, &proxy).await;
    world.clock.advance(1);
    assert_eq!(world.sync().await.confirmed, 1);
    proxy.clear();
    world.clock.advance_s(120);
    world.finish().await;
}

// proves A6, A7
#[tokio::test]
async fn a_pace_beside_a_page_is_kept() {
    let (mut world, proxy) = behind_a_proxy(Stage::tasks(2)).await;
    proxy.add(slower().path("/c/tasks?"));
    world.colleague_sets("t001", "state", "theirs");
    assert_eq!(world.sync().await.received, 1, "the page itself is taken");
    the_host_is_left_alone(&mut world, &proxy).await;
    proxy.clear();
    world.clock.advance(1);
    assert_eq!(world.sync().await.confirmed, 1);
    world.finish().await;
}

// proves A6, A7
#[tokio::test]
async fn a_pace_beside_the_answer_to_a_check_is_kept() {
    let (mut world, proxy) = behind_a_proxy(Stage::tasks(2)).await;
    proxy.add(slower().path("/collections"));
    world.set("t001", "rank", 11).await;
    assert_eq!(world.sync().await.confirmed, 0, "nothing follows the check");
    the_host_is_left_alone(&mut world, &proxy).await;
    proxy.clear();
    world.clock.advance(1);
    assert_eq!(world.sync().await.confirmed, 2);
    world.finish().await;
}

// proves A6, A7, C5
#[tokio::test]
async fn a_server_that_asks_with_every_answer_gets_and_gives_everything_in_time() {
    let (mut world, proxy) = behind_a_proxy(Stage::tasks(2)).await;
    proxy.add(slower());
    world.set("t001", "rank", 11).await;
    world.set("t002", "rank", 12).await;
    world.colleague_sets("t001", "state", "theirs");
    for _ in 0..6 {
        // Each time by a program that begins with a check, as the command line does.
        world.restart().await;
        world.sync().await;
        world.clock.advance_s(120);
    }
    assert_eq!(world.queue(), []);
    assert_eq!(world.there("t002").unwrap()["rank"], 12);
    assert_eq!(world.here("t001").unwrap()["state"], "theirs");
    proxy.clear();
    world.finish().await;
}
