use tidemark_sandbox::Switch;
use tidemark_tests::store_files::Copied;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{Stage, task};

#[tokio::test]
async fn make() {
    let Some(to) = std::env::var_os("FIXTURE_TO") else { return };
    let world = Stage::tasks(8).open().await;
    world.set("t006", "state", "done").await;
    world.sync().await;
    world.set("t004", "state", "mine").await;
    world.colleague_sets("t004", "state", "theirs");
    world.sync().await;
    world.set("t005", "state", "refused").await;
    world.fault(|faults| {
        faults.status = Some(Switch::always(vec![422]).method("PUT,PATCH").path("/tasks/t005"))
    });
    world.sync().await;
    world.set("t003", "state", "doubtful").await;
    world.fault(|faults| faults.drop_after = Some(Switch::always(true).method("PUT,PATCH")));
    world.sync().await;
    world.server.clear_faults();
    world.set("t002", "state", "sealed").await;
    let tap = world.wire.tap.clone();
    tap.hold(Point::Push);
    let syncing = world.begin_sync();
    tap.reached(Point::Push, 1).await;
    world.set("t001", "state", "queued").await;
    world.create(&task(100)).await;
    world.delete("t007").await;
    for row in world.queue() {
        println!("{row:?}");
    }
    Copied::of(world.folder()).put_back(std::path::Path::new(&to));
    tap.release();
    syncing.await.unwrap();
    world.clock.advance_s(60);
    world.finish().await;
}
