//! A server that knows no tokens: it is asked for what changed since a time, and its clock is another one than ours.

use crate::regressions::clocks::a_day_of_work;
use tidemark_engine::EngineSettings;
use tidemark_model::settings::LinkSettings;
use tidemark_sandbox::ColleagueEdit;
use tidemark_tests::by_time::{ByTime, Manners};
use tidemark_tests::world::{Stage, TASKS, World, task};

const SETTINGS: &str = r#"{"pull":{"kind":"time","since_param":"since","overlap_s":5}}"#;
const HOUR: i64 = 3_600;

/// A world whose server tells times for tokens, and that server.
pub(crate) async fn open(stage: Stage, settings: &str, manners: Manners) -> (World, ByTime) {
    let mut world = Stage { server_ahead_s: manners.ahead_s, ..stage }.open().await;
    let desk = ByTime::before(&world, manners).await;
    world.wire.set_url(Some(desk.url()));
    world.wire.set_settings(Some(LinkSettings::parse(settings).unwrap()));
    world.restart().await;
    // Its tokens are not the sandbox's: everything is listed once more.
    world.sync().await;
    desk.asked();
    (world, desk)
}

// proves C3, C4, A4, D4
#[tokio::test]
async fn a_clock_one_hour_wrong_loses_nothing_over_a_time_cursor() {
    for ahead_s in [0, HOUR, -HOUR] {
        let (world, _) = open(Stage::tasks(4), SETTINGS, Manners { ahead_s, ..Manners::default() }).await;
        a_day_of_work(&world).await;
        // A day of small edits there, each a minute after the last pull.
        for number in 0..20 {
            world.clock.advance_s(60);
            world.colleague_sets("t004", "rank", number);
            world.sync().await;
            assert_eq!(world.here("t004").unwrap()["rank"], number, "with a clock {ahead_s} s ahead of ours");
        }
        world.colleague_deletes("t002");
        world.sync().await;
        assert_eq!(world.here("t002"), None);
        world.finish().await;
    }
}

/// All of many tasks that bear one time, from a server that gives few at once.
async fn all_of_one_time(settings: &str, manners: Manners) {
    let engine = EngineSettings { page: 4, ..EngineSettings::default() };
    let (world, desk) = open(Stage { engine, ..Stage::default() }, settings, manners).await;
    for number in 1..=25 {
        let create = task(number).as_object().cloned();
        world.colleague(ColleagueEdit { collection: TASKS.into(), create, ..Default::default() });
    }
    world.clock.advance_s(600);
    world.colleague_sets("t025", "state", "later");
    world.sync().await;
    assert_eq!(world.count_here(), 25, "{:?}", desk.asked());
    assert_eq!(world.here("t025").unwrap()["state"], "later");
    world.finish().await;
}

// proves C3, G1
#[tokio::test]
async fn more_rows_of_one_time_than_a_page_holds_all_arrive() {
    let pages = r#"{"pull":{"kind":"time","since_param":"since","limit_param":"limit"}}"#;
    // The time that is asked for is taken in, or left out: the engine asks for four rows, the server gives what is asked for.
    for exclusive in [false, true] {
        Box::pin(all_of_one_time(pages, Manners { exclusive, ..Manners::default() })).await;
    }
    // One that never gives more than four goes on behind (time, id).
    let keyset = r#"{"pull":{"kind":"time","since_param":"since","id_param":"behind"}}"#;
    Box::pin(all_of_one_time(keyset, Manners { keyset: true, cap: 4, ..Manners::default() })).await;
}
