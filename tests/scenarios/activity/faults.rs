use super::{db, lines, told};
use crate::faulty_store::{broken, full, open};
use tidemark_engine::{Access, EngineSettings, FaultAt, Keep, WriterMode};
use tidemark_model::view::{ActivityKind as Kind, Happened};
use tidemark_tests::tap::Point;
use tidemark_tests::world::{Stage, World};

/// The changes that are confirmed on disk, and those that a line calls so; each list as it stands.
fn confirmed(world: &World) -> (Vec<String>, Vec<String>) {
    let column = |sql: &str| {
        let db = db(world);
        let mut statement = db.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<Vec<String>, _>>().unwrap()
    };
    (
        column("SELECT id FROM outbox WHERE state = 'confirmed' ORDER BY id"),
        column("SELECT change_id FROM activity WHERE kind = 'sent' ORDER BY change_id"),
    )
}

/// Two changes are sent and a colleague's comes in, while the n-th write fails. Whether it came to that.
async fn fails_at(number: usize, at: FaultAt) -> bool {
    let (world, faults) = open(Keep::OnDisk(WriterMode::Inline)).await;
    world.set("t001", "state", "done").await;
    world.set("t002", "state", "done").await;
    world.colleague_sets("t003", "state", "theirs");
    faults.set(number, Access::Write, at, if number.is_multiple_of(2) { full() } else { broken() });
    // What it comes to is the engine's own to mend.
    let _ = world.engine().sync(None, None).await;
    let failed = faults.end();
    let (rows, told_of) = confirmed(&world);
    assert_eq!(told_of, rows, "write {number}, {at:?}: a line for what happened and none for what did not");
    let here = world.here("t003").unwrap()["state"] == "theirs";
    let received = told(&world, Kind::Received).len() - 1;
    assert_eq!(received, usize::from(here), "write {number}, {at:?}: the page and its line");
    for _ in 0..3 {
        world.clock.advance_s(20 * 60);
        world.sync().await;
    }
    let (rows, told_of) = confirmed(&world);
    assert_eq!((rows.len(), told_of), (2, rows), "each in the end, and once");
    assert_eq!(told(&world, Kind::Received).len(), 2);
    world.finish().await;
    failed
}

// proves A12, A2, C3
#[tokio::test]
async fn a_write_that_fails_leaves_no_line_for_what_did_not_happen() {
    for at in [FaultAt::Before, FaultAt::Commit, FaultAt::After] {
        let mut number = 1;
        while fails_at(number, at).await {
            number += 1;
        }
        assert!(number > 4, "so many writes failed, each once");
    }
}

// proves A12, B6
#[tokio::test]
async fn a_program_that_ends_in_the_middle_leaves_lines_for_what_it_had_done_alone() {
    let engine = EngineSettings { in_flight: 1, ..EngineSettings::default() };
    let mut world = Stage { engine, ..Stage::tasks(3) }.open().await;
    for rid in ["t001", "t002", "t003"] {
        world.set(rid, "state", "done").await;
    }
    // Two answers are taken in; the third is not seen any more.
    world.wire.tap.hold_from(Point::PushAnswer, 3);
    let syncing = world.begin_sync();
    world.wire.tap.reached(Point::PushAnswer, 3).await;
    world.crash(syncing).await;
    assert_eq!(
        told(&world, Kind::Sent).len(),
        2,
        "the server has all three, and nobody here knows of the last"
    );
    let (rows, told_of) = confirmed(&world);
    assert_eq!(told_of, rows);
    let cut_off = lines(&world, Kind::Sent)[0].run;
    world.clock.advance_s(5);
    world.sync().await;
    let lines = lines(&world, Kind::Sent);
    let all_confirmed = lines.iter().all(|line| matches!(line.happened, Happened::Confirmed { .. }));
    assert_eq!((lines.len(), all_confirmed), (3, true));
    assert_ne!(lines[2].run, cut_off, "what goes on after a crash is another run");
    world.finish().await;
}
