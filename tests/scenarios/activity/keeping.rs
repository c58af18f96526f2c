use super::{count, db, lines, page, told};
use tidemark_engine::{ActivityKept, EngineSettings};
use tidemark_model::view::{ActivityKind as Kind, Happened};
use tidemark_tests::store_files::meta;
use tidemark_tests::world::{Stage, World};

const DAY: i64 = 24 * 60 * 60 * 1000;

/// Keeps that much.
fn kept(activity: ActivityKept) -> Stage {
    Stage { engine: EngineSettings { activity, ..EngineSettings::default() }, ..Stage::tasks(1) }
}

/// Lines and bytes as they are counted.
fn counted(world: &World) -> (i64, i64) {
    let sql = "SELECT lines, bytes FROM activity_size";
    db(world).query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
}

/// The number of a line that stands at the beginning or the end.
fn edge(world: &World, which: &str) -> i64 {
    db(world).query_row(&format!("SELECT {which}(id) FROM activity"), [], |row| row.get(0)).unwrap()
}

/// Changes one field so many times, each in a run of its own.
async fn runs(world: &World, times: i64) {
    for rank in 0..times {
        world.set("t001", "rank", 100 + rank).await;
        world.sync().await;
    }
}

// proves A12
#[tokio::test]
async fn a_line_stays_ninety_days() {
    let world = Stage::tasks(1).open().await;
    world.set("t001", "rank", 5).await;
    world.sync().await;
    let before = count(&world);
    world.clock.advance(90 * DAY);
    world.engine().tidy_up().await.unwrap();
    assert_eq!(
        (told(&world, Kind::Sent).len(), count(&world)),
        (1, before + 1),
        "what left the history is told"
    );
    world.clock.advance(1);
    world.engine().tidy_up().await.unwrap();
    assert_eq!(told(&world, Kind::Sent), []);
    let runs: i64 = db(&world).query_row("SELECT count(*) FROM activity_runs", [], |row| row.get(0)).unwrap();
    assert_eq!(
        (count(&world), runs),
        (1, 0),
        "the clean-up of a moment ago is younger; runs go with their lines"
    );
    world.finish().await;
}

// proves A12
#[tokio::test]
async fn lines_for_which_there_is_no_room_go_the_oldest_first_and_no_more_than_needed() {
    let world = kept(ActivityKept { days: 90, bytes: 3_000 }).open().await;
    runs(&world, 40).await;
    let (lines_before, bytes_before) = counted(&world);
    let newest = edge(&world, "max");
    assert!(bytes_before > 6_000, "{bytes_before}");
    world.engine().tidy_up().await.unwrap();
    let (left, bytes) = counted(&world);
    let largest: i64 = db(&world).query_row("SELECT max(bytes) FROM activity", [], |row| row.get(0)).unwrap();
    assert!(
        bytes <= 3_000 && bytes > 3_000 - largest,
        "{bytes} bytes are left, the largest line has {largest}"
    );
    assert_eq!((edge(&world, "max"), edge(&world, "min")), (newest, newest - left + 1), "the newest stay");
    assert!(left < lines_before);
    world.finish().await;
}

// proves A12
#[tokio::test]
async fn very_many_lines_go_in_steps_none_of_which_is_long() {
    let mut world = kept(ActivityKept { days: 90, bytes: 100_000 }).open().await;
    world.close().await;
    fill(&world, 25_000);
    world.open_engine().await;
    world.engine().tidy_up().await.unwrap();
    let (left, bytes) = counted(&world);
    assert!(bytes <= 100_000 && left > 300, "{left} lines of {bytes} bytes");
    world.clock.advance(91 * DAY);
    world.engine().tidy_up().await.unwrap();
    assert_eq!(counted(&world).0, 0);
    world.finish().await;
}

/// So many lines about `t001`, written as if the past had been busy.
pub(super) fn fill(world: &World, lines: usize) {
    let at: i64 = db(world).query_row("SELECT max(at) FROM activity", [], |row| row.get(0)).unwrap();
    let sql = "INSERT INTO activity (at, link_id, collection_id, rid, change_id, kind, actor, n, happened)
               WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?1)
               SELECT ?2, 1, 1, printf('r%06d', n), printf('01982a3c-0000-7000-8000-%012d', n), 'sent', 'you', 1,
                      '{\"what\":\"confirmed\",\"operation\":\"update\"}' FROM numbers";
    db(world).execute(sql, [lines as i64, at]).unwrap();
}

// proves A12
#[tokio::test]
async fn clearing_the_history_of_the_queue_leaves_the_lines_alone() {
    let world = kept(ActivityKept { days: 1, bytes: 100 }).open().await;
    runs(&world, 3).await;
    world.clock.advance(1_000 * DAY);
    let before = count(&world);
    assert_eq!(world.engine().clear_old_requests().await.unwrap().0, 3);
    assert_eq!(count(&world), before + 1, "and says that it was done");
    world.finish().await;
}

// proves A12, A1
#[tokio::test]
async fn a_counter_that_is_wrong_after_a_crash_is_counted_anew_by_the_check() {
    let mut world = Stage::tasks(1).open().await;
    runs(&world, 2).await;
    let right = counted(&world);
    world.drop_engine();
    db(&world).execute("UPDATE activity_size SET lines = lines + 7, bytes = 5", []).unwrap();
    world.open_engine().await;
    assert!(meta(world.folder(), "check_due").is_some());
    world.engine().look_after_store().await;
    let line = lines(&world, Kind::Upkeep).pop().unwrap();
    assert_eq!(line.happened, Happened::StoreChecked {});
    assert_eq!(counted(&world).0, right.0 + 1, "the line about the check is the only new one");
    assert_eq!(page(&world, None).lines.len() as i64, counted(&world).0);
    world.check_books();
    world.finish().await;
}
