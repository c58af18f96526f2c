//! A server that asks to be left alone for a while is left alone, over a restart too.

use tidemark_sandbox::Switch;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{LINK, Stage};

// proves A6, A7
#[tokio::test]
async fn retry_after_is_a_floor_for_the_whole_server_that_outlives_a_restart() {
    for status in [429, 503] {
        let mut world = Stage::tasks(3).open().await;
        world.set("t001", "state", "done").await;
        world.fault(|faults| {
            faults.status = Some(Switch::always(vec![status]).method("PUT").times(1));
            faults.retry_after = Some(Switch::always(120));
        });
        world.sync().await;
        world.set("t002", "state", "done").await;
        world.wire.tap.forget();
        world.clock.advance_s(60);
        world.sync().await;
        world.restart().await;
        world.sync().await;
        world.engine().force_sync(Some(LINK), None).await.unwrap();
        world.clock.advance_s(59);
        world.sync().await;
        assert_eq!(
            world.wire.tap.count(Point::Check) + world.wire.tap.count(Point::Push),
            0,
            "after {status}"
        );
        assert_eq!(world.effect_count(), 0);
        world.check_books();

        world.clock.advance_s(2);
        assert_eq!(world.sync().await.confirmed, 2, "after {status}");
        world.finish().await;
    }
}
