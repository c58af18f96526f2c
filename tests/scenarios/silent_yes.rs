//! A yes that shows neither record nor version: the next write of that record begins with a look.

use serde_json::json;
use tidemark_tests::fault_proxy::{Canned, Fault, FaultProxy, Rule};
use tidemark_tests::tap::Point;
use tidemark_tests::world::{Stage, World};

const METHODS: [(&str, &str); 3] = [("put", "PUT"), ("patch", "PATCH"), ("merge-patch", "PATCH")];

/// Each write is done, and what comes back is a 204 with nothing in it.
async fn says_nothing(update: &str, method: &str) -> (World, FaultProxy) {
    let settings = json!({"write": {"update": update}}).to_string();
    let mut world = Stage::tasks(1).settings(&settings).open().await;
    let proxy = FaultProxy::start(&world.server.origin()).await.unwrap();
    world.wire.set_url(Some(proxy.url("/v1/")));
    world.restart().await;
    world.sync().await;
    world.wire.tap.forget();
    proxy.forget();
    proxy.add(Rule::always(Fault::SayAfter(Canned::new(204, "application/json", ""))).method(method));
    (world, proxy)
}

// proves A3, A4
#[tokio::test]
async fn after_a_yes_without_a_version_the_record_is_looked_at_before_it_is_written_again() {
    for (update, method) in METHODS {
        let (world, proxy) = says_nothing(update, method).await;
        let tap = &world.wire.tap;
        world.set("t001", "state", "first").await;
        tap.hold(Point::PushAnswer);
        let syncing = world.begin_sync();
        tap.reached(Point::PushAnswer, 1).await;
        // While the answer is under way: one more edit here, and a colleague's on top of the first.
        world.set("t001", "title", "Mine").await;
        world.colleague_sets("t001", "rank", 50);
        tap.release();
        assert_eq!(syncing.await.unwrap().confirmed, 2, "{update}");
        let of_it = proxy.seen().into_iter().filter(|seen| seen.target.contains("/t001"));
        let order: Vec<String> = of_it.map(|seen| seen.method).collect();
        assert_eq!(order, [method, "GET", method], "{update}");
        let all = json!({"id": "t001", "title": "Mine", "state": "first", "rank": 50});
        assert_eq!((world.there("t001"), world.here("t001")), (Some(all.clone()), Some(all)), "{update}");
        world.finish().await;
    }
}

// proves A3, D1
#[tokio::test]
async fn what_a_colleague_did_to_the_same_field_after_such_a_yes_is_asked_about() {
    for (update, method) in METHODS {
        let (world, _proxy) = says_nothing(update, method).await;
        let tap = &world.wire.tap;
        world.set("t001", "state", "first").await;
        tap.hold(Point::PushAnswer);
        let syncing = world.begin_sync();
        tap.reached(Point::PushAnswer, 1).await;
        world.set("t001", "rank", 7).await;
        world.colleague_sets("t001", "rank", 50);
        tap.release();
        let report = syncing.await.unwrap();
        assert_eq!((report.confirmed, report.conflicts), (1, 1), "{update}");
        assert_eq!(world.there("t001").unwrap()["rank"], 50, "{update}: it is not written over");
        world.finish().await;
    }
}
