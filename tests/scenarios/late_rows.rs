//! Rows that are committed later than their time says: how cheaply and how far back a server is asked that lists by time.

use crate::time_cursor::open;
use rusqlite::Connection;
use tidemark_tests::by_time::{ByTime, Manners, Tag};
use tidemark_tests::store_files::database;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{Stage, World};

/// Rows may be half a minute late.
const SETTINGS: &str = r#"{"pull":{"kind":"time","since_param":"since"}}"#;
const TAGGED: Manners =
    Manners { ahead_s: 0, tag: Tag::Newest, cap: 0, exclusive: false, keyset: false, paces: false };

/// A poll after so many seconds; what was asked for.
async fn poll(world: &World, desk: &ByTime, after_s: i64) -> (u16, i64, usize) {
    world.clock.advance_s(after_s);
    world.sync().await;
    let mut asked = desk.asked();
    assert_eq!(asked.len(), 1, "a poll is one small request: {asked:?}");
    let asked = asked.remove(0);
    (asked.status, asked.back.unwrap(), asked.rows)
}

// proves C3
#[tokio::test]
async fn a_poll_that_finds_nothing_new_costs_one_small_request_and_moves_nothing() {
    let (world, desk) = open(Stage::tasks(4), SETTINGS, TAGGED).await;
    for _ in 0..3 {
        poll(&world, &desk, 60).await;
    }
    let told = || world.wire.tap.passed(Point::Pull).pop().unwrap().token;
    let before = told();
    for _ in 0..5 {
        assert_eq!(poll(&world, &desk, 60).await.0, 304);
        assert_eq!(told(), before, "the checkpoint stays");
    }
    world.colleague_sets("t002", "state", "news");
    assert_eq!(poll(&world, &desk, 0).await.0, 200);
    assert_eq!(world.here("t002").unwrap()["state"], "news");
    world.set("t003", "state", "ours").await;
    world.sync().await;
    assert_eq!(world.there("t003").unwrap()["state"], "ours");
    world.finish().await;
}

// proves C3
#[tokio::test]
async fn a_tag_never_hides_a_row_that_is_committed_behind_the_newest_one() {
    // Any time between the newest row, the late one, and the polls.
    for (late_ms, until_poll_s) in [(10_000, 1), (29_000, 20), (29_000, 29), (12_000, 12), (29_900, 40)] {
        let (world, desk) = open(Stage::tasks(4), SETTINGS, TAGGED).await;
        for _ in 0..3 {
            poll(&world, &desk, 60).await;
        }
        assert_eq!(poll(&world, &desk, 60).await.0, 304);
        // The late one is stamped first, and committed last.
        world.colleague_sets("t001", "state", "late");
        desk.commits_in("t001", late_ms);
        world.clock.advance(50);
        world.colleague_sets("t002", "state", "newest");
        let mut polls = Vec::new();
        for _ in 0..4 {
            polls.push(poll(&world, &desk, until_poll_s).await);
        }
        poll(&world, &desk, 30).await;
        assert_eq!(
            world.here("t001").unwrap()["state"],
            "late",
            "{late_ms} ms late, a poll each {until_poll_s} s: {polls:?}"
        );
        world.finish().await;
    }
}

/// What is on disk of how far back a pull looks.
fn on_disk(world: &World) -> (Option<i64>, i64) {
    let db = Connection::open(database(world.folder())).unwrap();
    db.query_row("SELECT overlap, lag FROM collections", [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
}

/// A minute of work there, so that the next poll has news; how far back that looks beyond the last one.
async fn busy_poll(world: &World, desk: &ByTime, number: i64) -> i64 {
    world.clock.advance_s(60);
    world.colleague_sets("t004", "rank", number);
    world.sync().await;
    let asked = desk.asked();
    asked[0].back.unwrap() - 60_000
}

// proves C3
#[tokio::test]
async fn the_overlap_shrinks_after_two_quiet_polls_to_the_largest_lag_and_grows_at_once() {
    let (mut world, desk) = open(Stage::tasks(4), SETTINGS, Manners::default()).await;
    assert_eq!(busy_poll(&world, &desk, 1).await, 30_000, "as the settings say");
    assert_eq!(busy_poll(&world, &desk, 2).await, 30_000);
    poll(&world, &desk, 30).await;
    assert_eq!(on_disk(&world).0, Some(30_000), "one quiet poll is not enough");
    poll(&world, &desk, 30).await;
    assert_eq!(on_disk(&world), (Some(5_000), 0), "nothing came late, and it never goes to nothing");
    world.restart().await;
    desk.asked();
    busy_poll(&world, &desk, 3).await;
    assert_eq!(busy_poll(&world, &desk, 4).await, 5_000, "a restart keeps what was learnt");

    // Stamped 3 s before a poll and committed after it: one that the short look still finds.
    world.colleague_sets("t001", "state", "3 s late");
    desk.commits_in("t001", 3_500);
    world.clock.advance_s(3);
    world.colleague_sets("t004", "rank", 5);
    world.sync().await;
    desk.asked();
    assert_eq!(poll(&world, &desk, 3).await.1, 8_000, "a short look");
    assert_eq!(world.here("t001").unwrap()["state"], "3 s late");
    assert_eq!(on_disk(&world), (Some(5_000), 3_000));
    // And one that only the next far look finds: then the overlap is at once what the settings say, for nobody knows.
    world.colleague_sets("t002", "state", "20 s late");
    desk.commits_in("t002", 20_000);
    world.clock.advance_s(10);
    world.colleague_sets("t004", "rank", 10);
    world.sync().await;
    desk.asked();
    let mut polls = 0;
    while world.here("t002").unwrap()["state"] != "20 s late" {
        polls += 1;
        assert!(polls <= 9, "a far look comes within nine polls");
        busy_poll(&world, &desk, 10 + polls).await;
    }
    assert!(polls > 1);
    assert_eq!(on_disk(&world), (Some(30_000), 30_000));
    world.restart().await;
    desk.asked();
    assert_eq!(busy_poll(&world, &desk, 30).await, 30_000);
    world.finish().await;
}

// proves C3, C4
#[tokio::test]
async fn rows_of_any_lateness_that_the_settings_allow_all_arrive() {
    for tag in [Tag::None, Tag::Newest] {
        let (world, desk) = open(Stage::tasks(8), SETTINGS, Manners { tag, ..TAGGED }).await;
        // Numbers without a pattern that are the same each time.
        let mut seed: u64 = 20_261_126;
        let mut any = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((seed >> 33) % below) as i64
        };
        for round in 0..60 {
            // Quiet times, in which the overlap shrinks and the tag comes to be believed.
            for _ in 0..(any(4) / 3 * 5) {
                world.clock.advance(20_000 + any(20_000));
                world.sync().await;
            }
            world.clock.advance(1 + any(6_000));
            let late = format!("t{:03}", 1 + any(7));
            world.colleague_sets(&late, "rank", 1_000 + round);
            desk.commits_in(&late, any(30_000));
            world.clock.advance(1 + any(100));
            world.colleague_sets("t008", "rank", 1_000 + round);
            for _ in 0..any(3) {
                world.clock.advance(any(12_000));
                world.sync().await;
            }
        }
        world.clock.advance_s(31);
        for _ in 0..9 {
            world.clock.advance_s(30);
            world.sync().await;
        }
        for number in 1..=8 {
            let rid = format!("t{number:03}");
            assert_eq!(world.here(&rid), world.there(&rid), "{rid}, tags {tag:?}");
        }
        world.finish().await;
    }
}
