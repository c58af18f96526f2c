//! What is made offline is saved here, stands in the queue, and is sent when the server can be reached.

use serde_json::json;
use tidemark_model::view::{Connectivity, RecordState};
use tidemark_tests::world::{Stage, task};

// proves A1, A7, C2
#[tokio::test]
async fn edits_made_offline_are_sent_when_the_server_is_back() {
    let world = Stage::tasks(3).open().await;
    world.server.go_offline().await.unwrap();
    world.create(&task(9)).await;
    world.set("t001", "state", "done").await;
    world.delete("t002").await;
    assert_eq!(world.here("t001").unwrap()["state"], "done", "an edit shows at once");
    assert_eq!(world.record("t001").unwrap().row.state, RecordState::SavedHere);
    for _ in 0..3 {
        assert!(world.sync().await.failure.is_some());
        world.clock.advance_s(60);
    }
    let status = world.engine().status().unwrap();
    assert_eq!(status.connectivity, Connectivity::Offline);
    assert_eq!((status.queue.waiting.0, status.ledger.needs_you.0), (3, 0), "an outage parks nothing");
    world.check_books();

    world.server.go_online().await.unwrap();
    assert_eq!(world.sync().await.confirmed, 3);
    assert_eq!(world.there("t001").unwrap()["state"], "done");
    assert_eq!((world.there("t002"), world.there("t009")), (None, Some(task(9))));
    assert_eq!(world.queue(), []);
    assert_eq!(world.record("t001").unwrap().row.state, RecordState::Clean);
    assert_eq!(
        world.here("t003"),
        Some(json!({"id": "t003", "title": "Task 3", "state": "open", "rank": 3}))
    );
    world.finish().await;
}

// proves E3, E5
#[tokio::test]
async fn a_look_that_finds_nobody_is_no_contact() {
    let world = Stage::tasks(1).open().await;
    let reached = world.engine().status().unwrap().last_sync_time;
    assert!(reached.is_some());
    world.server.go_offline().await.unwrap();
    world.clock.advance_s(3600);
    assert!(world.sync().await.failure.is_some());
    let status = world.engine().status().unwrap();
    assert_eq!(status.last_sync_time, reached, "the window would say that the server answered just now");
    assert_eq!(status.links[0].last_contact, reached);
    world.server.go_online().await.unwrap();
    world.clock.advance_s(60);
    assert_eq!(world.sync().await.failure, None);
    assert!(world.engine().status().unwrap().last_sync_time > reached);
    world.finish().await;
}
