//! Long bodies go packed where the server takes that, and a server that does not gets them plain, at no cost.

use rusqlite::Connection;
use tidemark_sandbox::Switch;
use tidemark_tests::fault_proxy::{Canned, Fault, FaultProxy, Rule};
use tidemark_tests::tap::Point;
use tidemark_tests::world::{Stage, World};

async fn long_change() -> World {
    let world = Stage::tasks(2).open().await;
    world.set("t001", "remarks", "ten crates of oranges, ".repeat(200)).await;
    world
}

fn refuse_packed(world: &World) {
    world.fault(|faults| {
        let mut refuse = Switch::always(vec![415]);
        refuse.filter.header_present = Some("content-encoding".into());
        faults.status = Some(refuse);
    });
}

// proves A15
#[tokio::test]
async fn a_long_body_goes_packed_and_arrives_as_it_was() {
    let world = long_change().await;
    // A server that takes nothing plain: it would refuse a body without a packing.
    world.fault(|faults| {
        let mut refuse = Switch::always(vec![422]).method("PUT").path("t001");
        refuse.filter.header_absent = Some("content-encoding".into());
        faults.status = Some(refuse);
    });
    assert_eq!(world.sync().await.confirmed, 1);
    assert_eq!(world.there("t001").unwrap()["remarks"], "ten crates of oranges, ".repeat(200));
    world.finish().await;
}

// proves A15, A4
#[tokio::test]
async fn a_415_to_a_packed_body_turns_packing_off_for_good_and_costs_no_try() {
    let mut world = long_change().await;
    refuse_packed(&world);
    let id = world.queue()[0].id.clone();
    let report = world.sync().await;
    assert_eq!((report.confirmed, report.parked), (1, 0), "the same change went plain at once");
    let change = world.engine().get_change(&id).unwrap();
    assert_eq!(change.attempts.len(), 1);
    assert_eq!(world.effects("t001"), ["put"]);
    assert!(world.engine().status().unwrap().links[0].plain_bodies, "and the window can say so");
    world.restart().await;
    let db = Connection::open(world.folder().join("tidemark.db")).unwrap();
    let plain: bool = db.query_row("SELECT plain_bodies FROM links", [], |row| row.get(0)).unwrap();
    assert!(plain, "it is remembered");
    drop(db);
    world.set("t002", "remarks", "x".repeat(4_000)).await;
    // Whoever packs now is parked.
    world.fault(|faults| {
        let mut refuse = Switch::always(vec![422]);
        refuse.filter.header_present = Some("content-encoding".into());
        faults.status = Some(refuse);
    });
    assert_eq!(world.sync().await.confirmed, 1);
    world.finish().await;
}

// proves A15, A4
#[tokio::test]
async fn a_lost_answer_to_a_packed_body_is_asked_for_with_the_same_key() {
    let world = long_change().await;
    world.fault(|faults| faults.drop_after = Some(Switch::always(true).method("PUT").times(1)));
    world.sync().await;
    assert_eq!(world.queue().len(), 1, "its answer was lost");
    world.clock.advance_s(10);
    refuse_packed(&world);
    assert_eq!(world.sync().await.confirmed, 1, "also where the repetition goes plain");
    let keys: Vec<_> = world.wire.tap.passed(Point::Push).into_iter().map(|passed| passed.token).collect();
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0], keys[1]);
    assert_eq!(world.effects("t001"), ["put"], "once");
    world.finish().await;
}

// proves A15
#[tokio::test]
async fn a_server_that_offers_gzip_only_gets_gzip() {
    for (offered, wanted) in
        [(r#"["gzip"]"#, Some("gzip")), (r#"["gzip","zstd"]"#, Some("zstd")), ("[]", None)]
    {
        let mut world = long_change().await;
        let proxy = FaultProxy::start(&world.server.origin()).await.unwrap();
        let told = format!(r#"{{"compress":{offered},"key_ttl_s":86400}}"#);
        proxy.add(Rule::always(Fault::Say(Canned::json(200, told))).path("/v1/").method("GET").times(1));
        world.wire.set_url(Some(proxy.url("/v1/")));
        world.restart().await;
        assert_eq!(world.sync().await.confirmed, 1, "{offered}");
        let sent = proxy.seen().into_iter().find(|seen| seen.method == "PUT").unwrap();
        assert_eq!(sent.header("content-encoding"), wanted, "of {offered}");
        assert_eq!(world.there("t001").unwrap()["remarks"], "ten crates of oranges, ".repeat(200));
        world.finish().await;
    }
}
