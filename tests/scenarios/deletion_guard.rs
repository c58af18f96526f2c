//! A pull that would remove much stops and asks: once, for the whole number, and a yes is for that number.

use serde_json::json;
use tidemark_engine::EngineSettings;
use tidemark_model::number::Count;
use tidemark_model::view::{Activity, Refusal, RefusalCode, Removals, Sentence};
use tidemark_sandbox::{ColleagueEdit, CollectionSpec, Switch};
use tidemark_tests::tap::Point;
use tidemark_tests::world::{LINK, Stage, TASKS, World, task};

async fn deleted_there(page: usize, count: usize) -> World {
    let world = paged(page, 200).open().await;
    delete(&world, 1..=count);
    world
}

fn paged(page: usize, records: usize) -> Stage {
    Stage { engine: EngineSettings { page, ..EngineSettings::default() }, ..Stage::tasks(records) }
}

fn delete(world: &World, numbers: std::ops::RangeInclusive<usize>) {
    for number in numbers {
        world.colleague_deletes(&format!("t{number:03}"));
    }
}

fn put_back(world: &World, numbers: std::ops::RangeInclusive<usize>) {
    for number in numbers {
        let create = task(number).as_object().cloned();
        world.colleague(ColleagueEdit { collection: TASKS.into(), create, ..Default::default() });
    }
}

/// What a collection asks: how many of how many, and whether there may be more.
fn asks(world: &World, collection: &str) -> Option<(i64, i64, bool)> {
    let links = world.engine().status().unwrap().links;
    let found = links[0].collections.iter().find(|of| of.name == collection).unwrap();
    found.asks.map(|Removals { would_remove, of, at_least, .. }| (would_remove.0, of.0, at_least))
}

async fn allow(world: &World, number: i64) {
    world.engine().allow_removals(LINK, TASKS, Count(number)).await.unwrap();
    world.sync().await;
}

async fn refused(world: &World, number: i64) -> RefusalCode {
    let refused = world.engine().allow_removals(LINK, TASKS, Count(number)).await.unwrap_err();
    Refusal::from(refused).code
}

// proves C4
#[tokio::test]
async fn removing_60_of_200_is_asked_first() {
    let world = deleted_there(1_000, 60).await;
    world.sync().await;
    assert_eq!(asks(&world, TASKS), Some((60, 200, false)));
    assert_eq!(world.count_here(), 200, "nothing of the page was applied");
    world.set("t150", "state", "done").await;
    assert_eq!(world.sync().await.confirmed, 1, "sending goes on");
    assert_eq!(world.count_here(), 200, "it goes on asking");
    world.check_books();

    allow(&world, 60).await;
    assert_eq!((world.count_here(), asks(&world, TASKS)), (140, None));
    world.finish().await;
}

// proves C4, E1, H2
#[tokio::test]
async fn the_status_says_that_it_asks_and_is_not_up_to_date() {
    let world = deleted_there(1_000, 60).await;
    world.sync().await;
    let status = world.engine().status().unwrap();
    assert_eq!((status.activity, status.attention.removals), (Activity::NothingWaiting, Count(1)));
    let server = status.links[0].server.clone();
    assert_eq!(status.sentence, Sentence::Removals { server, would_remove: Count(60) });
    assert_eq!(status.links[0].stopped, None, "the link goes on with everything else");
    let shown = world.engine().list_removals(LINK, TASKS, 58, 10).unwrap();
    let ids: Vec<&str> = shown.rows.iter().map(|row| row.record.as_str()).collect();
    assert_eq!((ids, shown.total), (vec!["t059", "t060"], Count(60)));
    assert_eq!(shown.rows[0].title, "Task 59");
    allow(&world, 60).await;
    assert_eq!(world.engine().status().unwrap().attention.removals, Count(0));
    assert!(matches!(world.engine().status().unwrap().sentence, Sentence::UpToDate { .. }));
    world.finish().await;
}

// proves C4
#[tokio::test]
async fn many_small_pages_are_asked_about_once_and_together() {
    let world = deleted_there(20, 130).await;
    world.sync().await;
    let here = world.count_here();
    assert!((150..200).contains(&here), "at most 50 went before it asked, {here} are left");
    assert_eq!(asks(&world, TASKS), Some((here - 70, here, false)), "also of the pages that did not come in");
    let listed = world.engine().list_removals(LINK, TASKS, 0, 500).unwrap();
    assert_eq!(
        (listed.total.0, listed.rows.len() as i64),
        (here - 70, here - 70),
        "and all of them are listed"
    );
    allow(&world, here - 70).await;
    assert_eq!((world.count_here(), asks(&world, TASKS)), (70, None));
    world.finish().await;
}

// proves C4
#[tokio::test]
async fn a_list_that_breaks_off_is_asked_about_as_far_as_it_goes() {
    for status in [500, 429] {
        let world = deleted_there(20, 130).await;
        world.wire.tap.forget();
        world.wire.tap.hold_from(Point::Pull, 5);
        let syncing = world.begin_sync();
        world.wire.tap.reached(Point::Pull, 5).await;
        let broken = Switch::always(vec![status]).method("GET").path("limit=");
        world.fault(|faults| faults.status = Some(broken));
        world.wire.tap.release();
        syncing.await.unwrap();
        let (found, here) = (80 - (200 - world.count_here()), world.count_here());
        assert_eq!(asks(&world, TASKS), Some((found, here, true)), "{status}");
        world.server.clear_faults();
        world.clock.advance_s(600);
        // Those behind it were not asked about, and with those that went before they are many.
        allow(&world, found).await;
        assert_eq!((asks(&world, TASKS), world.count_here()), (Some((50, 120, false)), 120));
        allow(&world, 50).await;
        assert_eq!((asks(&world, TASKS), world.count_here()), (None, 70));
        world.finish().await;
    }
}

// proves C4
#[tokio::test]
async fn a_yes_is_for_the_number_that_was_asked() {
    let world = deleted_there(1_000, 60).await;
    assert_eq!(refused(&world, 60).await, RefusalCode::NotNow, "nothing was asked yet");
    world.sync().await;
    assert_eq!(refused(&world, 61).await, RefusalCode::Moved);
    assert_eq!((asks(&world, TASKS), world.count_here()), (Some((60, 200, false)), 200));
    // Between question and answer the server goes on deleting.
    delete(&world, 61..=120);
    allow(&world, 60).await;
    assert_eq!(asks(&world, TASKS), Some((120, 200, false)), "60 more are many: it asks anew");
    assert_eq!(world.count_here(), 200);
    allow(&world, 120).await;
    assert_eq!(world.count_here(), 80);
    world.finish().await;
}

// proves C4
#[tokio::test]
async fn a_yes_is_for_the_records_that_were_asked_about_and_for_no_others() {
    let world = deleted_there(1_000, 60).await;
    world.sync().await;
    // Between question and answer the server gets those back and loses others.
    put_back(&world, 1..=60);
    delete(&world, 101..=170);
    allow(&world, 60).await;
    assert_eq!((asks(&world, TASKS), world.count_here()), (Some((70, 200, false)), 200));
    allow(&world, 70).await;
    assert_eq!(world.count_here(), 130);
    world.finish().await;
}

// proves C4, F2
#[tokio::test]
async fn a_yes_does_not_grow_when_the_list_starts_over() {
    let world = paged(20, 400).open().await;
    delete(&world, 1..=130);
    world.sync().await;
    let (asked, ..) = asks(&world, TASKS).unwrap();
    world.wire.tap.forget();
    world.wire.tap.hold_from(Point::Pull, 4);
    world.engine().allow_removals(LINK, TASKS, Count(asked)).await.unwrap();
    let syncing = world.begin_sync();
    world.wire.tap.reached(Point::Pull, 4).await;
    delete(&world, 131..=280);
    world.server.with_world(|server| server.forget_tombstones()).unwrap();
    world.wire.tap.release();
    syncing.await.unwrap();
    world.sync().await;
    let (asked, of, _) = asks(&world, TASKS).expect("it asks about the others");
    assert!(world.count_here() >= 270 && of == world.count_here() && asked >= 150, "{asked} of {of}");
    allow(&world, asked).await;
    assert_eq!(world.count_here(), 120);
    world.finish().await;
}

// proves C4
#[tokio::test]
async fn a_yes_does_not_outlive_its_pull() {
    let world = deleted_there(1_000, 60).await;
    world.sync().await;
    allow(&world, 60).await;
    delete(&world, 61..=115);
    world.sync().await;
    assert_eq!(asks(&world, TASKS), Some((55, 140, false)));
    allow(&world, 55).await;
    world.finish().await;
}

// proves C4, C5
#[tokio::test]
async fn each_collection_asks_for_itself() {
    let mut stage = Stage::tasks(100).collection(CollectionSpec::named("notes"));
    for number in 1..=100 {
        stage = stage.record("notes", &json!({"id": format!("n{number:03}")}).to_string());
    }
    let world = stage.open().await;
    delete(&world, 1..=60);
    for number in 1..=70 {
        world.colleague(ColleagueEdit::delete("notes", &format!("n{number:03}")));
    }
    world.sync().await;
    let both = |world: &World| (asks(world, TASKS), asks(world, "notes"));
    assert_eq!(both(&world), (Some((60, 100, false)), Some((70, 100, false))));
    assert_eq!(world.engine().status().unwrap().attention.removals, Count(2));
    allow(&world, 60).await;
    assert_eq!(both(&world), (None, Some((70, 100, false))));
    assert_eq!(world.count_here(), 40);
    world.engine().allow_removals(LINK, "notes", Count(70)).await.unwrap();
    world.sync().await;
    assert_eq!(both(&world), (None, None));
    world.finish().await;
}

// proves C4
#[tokio::test]
async fn records_that_are_back_on_the_server_are_asked_about_no_more() {
    let mut world = deleted_there(1_000, 60).await;
    world.sync().await;
    world.restart().await;
    assert_eq!(asks(&world, TASKS), Some((60, 200, false)), "the question outlives a restart");
    put_back(&world, 1..=60);
    // A person has the server looked at again.
    world.sync().await;
    assert_eq!((asks(&world, TASKS), world.count_here()), (None, 200));
    world.finish().await;
}

// proves C4, F2
#[tokio::test]
async fn what_a_whole_comparison_does_not_find_is_asked_about() {
    let world = deleted_there(50, 60).await;
    world.server.with_world(|server| server.forget_tombstones()).unwrap();
    world.sync().await;
    assert_eq!((asks(&world, TASKS), world.count_here()), (Some((60, 200, false)), 200));
    assert_eq!(world.engine().list_removals(LINK, TASKS, 0, 100).unwrap().total, Count(60));
    allow(&world, 60).await;
    assert_eq!((asks(&world, TASKS), world.count_here()), (None, 140));
    world.finish().await;
}

// proves C4
#[tokio::test]
async fn a_removed_connection_asks_nothing_more() {
    let world = deleted_there(1_000, 60).await;
    world.sync().await;
    world.engine().remove_link(LINK, true).await.unwrap();
    let status = world.engine().status().unwrap();
    assert_eq!((status.attention.removals, status.sentence), (Count(0), Sentence::NoLinks));
    world.add_link_named(LINK, Default::default()).await;
    world.sync().await;
    assert_eq!((asks(&world, TASKS), world.count_here()), (None, 140));
    world.finish().await;
}

// proves C4
#[tokio::test]
async fn removing_a_few_is_not_asked() {
    let world = deleted_there(1_000, 50).await;
    world.sync().await;
    assert_eq!((world.count_here(), asks(&world, TASKS)), (150, None));
    world.finish().await;
}
