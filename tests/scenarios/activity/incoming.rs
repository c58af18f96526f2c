use super::{lines, page, told};
use serde_json::json;
use tidemark_engine::EngineSettings;
use tidemark_model::number::Count;
use tidemark_model::view::{ActivityKind as Kind, Actor, Happened};
use tidemark_sandbox::ColleagueEdit;
use tidemark_tests::world::{LINK, Stage, TASKS};

/// Pages of so many rows.
fn paged(page: usize, records: usize) -> Stage {
    Stage { engine: EngineSettings { page, ..EngineSettings::default() }, ..Stage::tasks(records) }
}

// proves A12, C3
#[tokio::test]
async fn a_first_sync_is_a_line_for_each_page_and_not_for_each_record() {
    let world = paged(100, 450).open().await;
    let received = lines(&world, Kind::Received);
    let counts: Vec<i64> = received.iter().map(|line| line.count.0).collect();
    assert_eq!(counts, [100, 100, 100, 100, 50]);
    let Happened::Received { changed: Count(100), removed: Count(0), records } = &received[0].happened else {
        panic!("{:?}", received[0])
    };
    assert_eq!(records.len(), 20, "it names the first of them");
    let of_run = page(&world, Some(Kind::Received)).runs;
    assert_eq!((of_run.len(), of_run[0].received), (1, Count(450)));
    world.finish().await;
}

// proves A12, C4
#[tokio::test]
async fn what_colleagues_change_and_delete_is_told_and_an_echo_is_not() {
    let world = Stage::tasks(3).open().await;
    world.set("t003", "state", "done").await;
    world.sync().await;
    assert_eq!(told(&world, Kind::Received).len(), 1, "one's own change comes back with the pull: no news");
    world.colleague_sets("t001", "state", "done");
    world.colleague_deletes("t002");
    world.sync().await;
    let line = lines(&world, Kind::Received).pop().unwrap();
    let Happened::Received { changed: Count(2), removed: Count(1), records } = &line.happened else {
        panic!("{line:?}")
    };
    assert_eq!(
        (records.as_slice(), line.actor),
        (["t001".to_owned(), "t002".to_owned()].as_slice(), Actor::Server)
    );
    assert_eq!(line.sentence, "2 records of tasks received from office, 1 of them deleted there.");
    world.colleague_sets("t001", "state", "open");
    world.sync().await;
    assert_eq!(
        lines(&world, Kind::Received).pop().unwrap().record.as_deref(),
        Some("t001"),
        "one is found by its id"
    );
    world.finish().await;
}

// proves A12, C4
#[tokio::test]
async fn removals_are_told_when_they_are_asked_about_once_and_when_they_are_allowed() {
    let world = paged(1_000, 200).open().await;
    for number in 1..=60 {
        world.colleague_deletes(&format!("t{number:03}"));
    }
    world.sync().await;
    world.sync().await;
    world.engine().allow_removals(LINK, TASKS, Count(60)).await.unwrap();
    world.sync().await;
    let lines = lines(&world, Kind::NeedsYou);
    let what: Vec<_> = lines.iter().map(|line| line.happened.clone()).collect();
    let asked = Happened::RemovalsAsked { would_remove: Count(60), of: Count(200) };
    assert_eq!(what, [asked, Happened::RemovalsAllowed { number: Count(60) }]);
    assert_eq!((lines[0].actor, lines[1].actor, lines[1].run), (Actor::Rule, Actor::You, None));
    let Some(Happened::Received { removed: Count(60), .. }) = told(&world, Kind::Received).pop() else {
        panic!("{:?}", told(&world, Kind::Received))
    };
    world.finish().await;
}

// proves A12, E6
#[tokio::test]
async fn rows_that_cannot_be_read_are_told_once_and_when_they_are_forgotten() {
    let world = Stage::tasks(2).open().await;
    let deep = (0..150).fold(json!("bottom"), |inner, _| json!([inner]));
    for id in ["t008", "t009"] {
        let create = json!({"id": id, "state": deep}).as_object().cloned();
        world.colleague(ColleagueEdit { collection: TASKS.into(), create, ..Default::default() });
    }
    world.sync().await;
    world.server.new_epoch(0).unwrap();
    world.sync().await;
    let records = vec!["t008".to_owned(), "t009".to_owned()];
    let unreadable = Happened::Unreadable { rows: Count(2), records };
    assert_eq!(told(&world, Kind::NeedsYou), [unreadable], "they came twice and are told once");
    let rows = world.engine().list_unreadable(None, None, 0, 10).unwrap().rows;
    let ids: Vec<Count> = rows.iter().map(|row| row.id).collect();
    world.engine().forget_unreadable(&ids).await.unwrap();
    world.engine().forget_unreadable(&ids).await.unwrap();
    let forgotten = Happened::UnreadableForgotten { rows: Count(2) };
    assert_eq!(told(&world, Kind::NeedsYou)[1..], [forgotten]);
    for id in ["t008", "t009"] {
        world.colleague_deletes(id);
    }
    world.finish().await;
}

// proves A12, C3
#[tokio::test]
async fn a_whole_comparison_is_told_when_it_begins_and_with_what_it_came_to() {
    let world = Stage::tasks(4).open().await;
    world.colleague_deletes("t001");
    world.server.with_world(|server| server.forget_tombstones()).unwrap();
    world.server.new_epoch(0).unwrap();
    world.sync().await;
    let compared = Happened::Compared { removed: Count(1) };
    assert_eq!(told(&world, Kind::Upkeep), [Happened::ComparingAnew {}, compared]);
    world.finish().await;
}
