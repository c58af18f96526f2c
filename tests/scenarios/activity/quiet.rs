use super::{count, lines, told};
use tidemark_model::failure::ErrorClass;
use tidemark_model::number::Count;
use tidemark_model::view::{ActivityKind as Kind, Happened, StopReason};
use tidemark_sandbox::Switch;
use tidemark_tests::world::{LINK, Stage};

const DAY_S: i64 = 24 * 60 * 60;

/// The numbers of the lines about looks at the server.
fn checks(world: &tidemark_tests::world::World) -> Vec<(Happened, i64)> {
    lines(world, Kind::Checks).into_iter().map(|line| (line.happened, line.count.0)).collect()
}

// proves A12, E2
#[tokio::test]
async fn looks_that_bring_nothing_are_one_line_a_day() {
    let world = Stage::tasks(1).open().await;
    let before = count(&world);
    for _ in 0..24 {
        world.clock.advance_s(30);
        world.sync().await;
    }
    assert_eq!((checks(&world), count(&world)), (vec![(Happened::Checked {}, 24)], before + 1));
    let line = lines(&world, Kind::Checks).remove(0);
    assert_eq!(line.until.unwrap().0 - line.at.0, 23 * 30 * 1_000);
    assert_eq!((line.sentence.as_str(), line.run), ("Checked office 24 times, nothing new.", None));
    world.set("t001", "state", "done").await;
    world.sync().await;
    world.sync().await;
    world.clock.advance_s(DAY_S);
    world.sync().await;
    let quiet: Vec<i64> = checks(&world).into_iter().map(|(_, times)| times).collect();
    assert_eq!(quiet, [24, 1, 1], "something between them, or another day, begins a new one");
    world.finish().await;
}

// proves A12, E3
#[tokio::test]
async fn looks_at_a_server_that_is_away_are_one_line_too() {
    let world = Stage::tasks(1).open().await;
    world.server.go_offline().await.unwrap();
    for _ in 0..3 {
        world.sync().await;
    }
    assert_eq!(checks(&world), [(Happened::NotReached { class: ErrorClass::Offline }, 3)]);
    assert_eq!(lines(&world, Kind::Checks)[0].sentence, "Tried office 3 times: it can't be reached.");
    world.server.go_online().await.unwrap();
    world.sync().await;
    assert_eq!(checks(&world)[1..], [(Happened::Checked {}, 1)]);
    world.finish().await;
}

// proves A12, A7
#[tokio::test]
async fn a_sign_in_that_stops_a_link_is_told_once_and_so_is_that_it_goes_on() {
    let world = Stage::tasks(1).open().await;
    world.fault(|faults| faults.unauthorized = Some(Switch::always(true)));
    for _ in 0..3 {
        world.sync().await;
    }
    let stopped = Happened::Stopped { reason: StopReason::SignIn };
    assert_eq!(told(&world, Kind::Settings)[1..], *std::slice::from_ref(&stopped));
    assert_eq!(lines(&world, Kind::Settings)[1].sentence, format!("Sign in again to {LINK}."));
    world.server.clear_faults();
    world.sync().await;
    assert_eq!(told(&world, Kind::Settings)[1..], [stopped, Happened::WentOn {}]);
    assert_eq!(told(&world, Kind::Settings)[0], Happened::LinkAdded { collections: Count(1) });
    world.finish().await;
}
