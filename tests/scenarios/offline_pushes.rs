//! A change whose sending finds nobody there is as if it had not been tried.

use tidemark_engine::EngineSettings;
use tidemark_model::backoff::BackoffSettings;
use tidemark_model::failure::ErrorClass;
use tidemark_model::mutation::MutationState;
use tidemark_model::view::Connectivity;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{Stage, World};

/// The server answers the check and is gone when the change leaves.
pub async fn is_gone_when_it_leaves(world: &World) {
    world.wire.tap.forget();
    world.wire.tap.hold(Point::Push);
    let syncing = world.begin_sync();
    world.wire.tap.reached(Point::Push, 1).await;
    world.server.go_offline().await.unwrap();
    world.wire.tap.release();
    let report = syncing.await.unwrap();
    assert_eq!(report.failure.map(|failure| failure.class), Some(ErrorClass::Offline));
    assert_eq!(report.parked, 0);
    world.server.go_online().await.unwrap();
}

// proves A3, A7, A8
#[tokio::test]
async fn six_pushes_to_nobody_park_nothing_where_one_refusal_would() {
    let backoff = BackoffSettings { retries: 0, ..BackoffSettings::default() };
    let engine = EngineSettings { backoff, ..EngineSettings::default() };
    let world = Stage { engine, ..Stage::tasks(1) }.open().await;
    let change = world.set("t001", "state", "first").await.change.unwrap();
    for time in 1..=6 {
        is_gone_when_it_leaves(&world).await;
        let row = world.queue().remove(0);
        assert_eq!(row.mutation_state, MutationState::Queued, "after push {time}");
        let attempts = world.engine().get_change(&change).unwrap().attempts;
        let classes: Vec<_> = attempts.iter().map(|attempt| attempt.class).collect();
        assert_eq!(classes, vec![Some(ErrorClass::Offline); time], "each was one");
        let status = world.engine().status().unwrap();
        assert_eq!((status.connectivity, status.queue.needs_you.0), (Connectivity::Offline, 0));
        world.check_books();
        world.clock.advance_s(400);
    }
    let joined = world.set("t001", "rank", 9).await;
    assert_eq!(joined.combined_into, Some(change), "it is not sealed: a later edit joins it");
    assert_eq!(world.sync().await.confirmed, 1);
    assert_eq!(world.effects("t001"), ["put"]);
    assert_eq!(world.there("t001").unwrap()["rank"], 9);
    world.finish().await;
}
