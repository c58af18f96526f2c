//! Rows of a server that cannot be read are kept and told, hold nothing up, and end when their record can be read.

use chrono::DateTime;
use serde_json::{Value, json};
use tidemark_engine::EngineSettings;
use tidemark_model::mutation::MutationState;
use tidemark_model::number::Count;
use tidemark_model::view::{Activity, ReadAgain, Refusal, RefusalCode, Sentence, UnreadableRow, WaitReason};
use tidemark_sandbox::world::call::{Call, Caller, Write};
use tidemark_sandbox::{ColleagueEdit, CollectionSpec, Switch};
use tidemark_tests::audit::COLLEAGUE;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{LINK, Stage, TASKS, World};

/// Nests deeper than Tidemark takes, and not deeper than the server does.
fn deep() -> Value {
    (0..150).fold(json!("bottom"), |inner, _| json!([inner]))
}

/// A colleague's whole document in the place of the former one; a patch could not carry so deep a value.
fn colleague_puts(world: &World, rid: &str, state: &Value) {
    let document = json!({"id": rid, "title": "Theirs", "state": state}).to_string();
    let caller = Caller { account: Some(COLLEAGUE.to_owned()), ..Caller::default() };
    let write = Call::Write(Write::put(TASKS, rid, document));
    let answer = world.server.with_world(|server| server.handle(write, &caller, DateTime::UNIX_EPOCH));
    assert!(answer.is_ok(), "{answer:?}");
}

fn rows(world: &World) -> Vec<UnreadableRow> {
    let page = world.engine().list_unreadable(None, None, 0, 100).unwrap();
    let told = world.engine().status().unwrap().attention.unreadable;
    assert_eq!(
        (page.total, page.rows.len() as i64),
        (told, told.0),
        "the list is as long as the status says"
    );
    world.check_books();
    page.rows
}

/// Three tasks, of which a colleague made the first unreadable.
async fn one_unreadable() -> World {
    let world = Stage::tasks(3).open().await;
    colleague_puts(&world, "t001", &deep());
    world.colleague_sets("t002", "state", "done");
    world.sync().await;
    world
}

// proves C3, E6
#[tokio::test]
async fn a_row_that_cannot_be_read_is_kept_and_told_and_holds_nothing_up() {
    let world = one_unreadable().await;
    assert_eq!(world.here("t002").unwrap()["state"], "done", "the rows behind it came in");
    assert_eq!(world.here("t001").unwrap()["state"], "open", "what was there before stays");
    let row = rows(&world).remove(0);
    assert_eq!(
        (row.link.as_str(), row.collection.as_str(), row.record.as_deref()),
        (LINK, TASKS, Some("t001"))
    );
    assert!(row.reason.contains("deep"), "{}", row.reason);
    let detail = world.engine().get_unreadable(row.id).unwrap();
    assert!(detail.text.unwrap().contains("bottom"));
    let status = world.engine().status().unwrap();
    assert_eq!(status.activity, Activity::NothingWaiting, "no tick while something is missing here");
    assert_eq!(status.sentence, Sentence::Unreadable { rows: Count(1) });
    world.finish().await;
}

// proves C3
#[tokio::test]
async fn it_ends_when_the_server_sends_the_record_in_a_form_that_can_be_read() {
    let world = one_unreadable().await;
    colleague_puts(&world, "t001", &json!([deep(), "still deep"]));
    world.sync().await;
    let row = rows(&world).remove(0);
    let text = world.engine().get_unreadable(row.id).unwrap().text.unwrap();
    assert!(text.contains("still deep"), "one row for one record, the newest");
    colleague_puts(&world, "t001", &json!("flat"));
    world.sync().await;
    assert_eq!(rows(&world), []);
    assert_eq!(world.here("t001").unwrap()["state"], "flat");
    assert!(matches!(world.engine().status().unwrap().sentence, Sentence::UpToDate { .. }));
    world.finish().await;
}

// proves C3
#[tokio::test]
async fn it_is_asked_for_again_by_a_person() {
    let world = one_unreadable().await;
    let id = rows(&world)[0].id;
    let again = async || world.engine().read_again(&[id]).await.unwrap();
    assert_eq!(again().await, ReadAgain { still: Count(1), ..ReadAgain::default() });
    colleague_puts(&world, "t001", &json!("flat"));
    assert_eq!(again().await, ReadAgain { read: Count(1), ..ReadAgain::default() });
    assert_eq!(world.here("t001").unwrap()["state"], "flat", "without a pull");
    assert_eq!(again().await, ReadAgain::default(), "it had gone");
    assert_eq!(rows(&world), []);
    world.finish().await;
}

// proves C3
#[tokio::test]
async fn a_record_that_never_could_be_read_comes_in_when_it_is_asked_for_again() {
    let world = Stage::tasks(1).open().await;
    for rid in ["t002", "t003"] {
        colleague_puts(&world, rid, &deep());
    }
    world.sync().await;
    let ids: Vec<Count> = rows(&world).iter().map(|row| row.id).collect();
    colleague_puts(&world, "t002", &json!("flat"));
    world.colleague_deletes("t003");
    let came = world.engine().read_again(&ids).await.unwrap();
    assert_eq!((came, rows(&world)), (ReadAgain { read: Count(2), ..ReadAgain::default() }, vec![]));
    assert_eq!((world.here("t002").unwrap()["state"].as_str(), world.here("t003")), (Some("flat"), None));
    world.finish().await;
}

// proves C4
#[tokio::test]
async fn a_record_that_cannot_be_read_and_is_deleted_there_goes_with_its_row() {
    let world = one_unreadable().await;
    let id = rows(&world)[0].id;
    world.colleague_deletes("t001");
    let came = world.engine().read_again(&[id]).await.unwrap();
    assert_eq!(came, ReadAgain { read: Count(1), ..ReadAgain::default() });
    world.sync().await;
    assert_eq!((world.here("t001"), rows(&world)), (None, vec![]));
    world.finish().await;
}

// proves C3
#[tokio::test]
async fn what_is_read_again_comes_on_no_connection_that_was_removed_meanwhile() {
    let world = one_unreadable().await;
    let id = rows(&world)[0].id;
    colleague_puts(&world, "t001", &json!("flat"));
    world.wire.tap.hold(Point::FetchAnswer);
    let engine = world.engine().clone();
    let reading = tokio::spawn(async move { engine.read_again(&[id]).await });
    world.wire.tap.reached(Point::FetchAnswer, 1).await;
    world.engine().remove_link(LINK, true).await.unwrap();
    world.wire.tap.release();
    reading.await.unwrap().unwrap();
    world.add_link_named(LINK, Default::default()).await;
    assert_eq!(world.count_here(), 0, "the new connection has nothing yet");
    world.sync().await;
    assert_eq!(world.count_here(), 3);
    world.finish().await;
}

// proves C4
#[tokio::test]
async fn reading_again_removes_nothing_that_the_guard_would_ask_about() {
    let world = Stage::tasks(100).open().await;
    let all = || (1..=60).map(|number| format!("t{number:03}"));
    all().for_each(|rid| colleague_puts(&world, &rid, &deep()));
    world.sync().await;
    let ids: Vec<Count> = rows(&world).iter().map(|row| row.id).collect();
    all().for_each(|rid| world.colleague_deletes(&rid));
    world.engine().read_again(&ids).await.unwrap();
    assert_eq!(world.count_here(), 100);
    world.sync().await;
    assert_eq!((world.count_here(), world.engine().status().unwrap().attention.removals), (100, Count(1)));
    world.engine().allow_removals(LINK, TASKS, Count(60)).await.unwrap();
    world.sync().await;
    assert_eq!(world.count_here(), 40);
    world.finish().await;
}

// proves C4, F2
#[tokio::test]
async fn a_record_that_is_read_again_in_the_middle_of_a_comparison_is_a_part_of_it() {
    let stage =
        Stage { engine: EngineSettings { page: 50, ..EngineSettings::default() }, ..Stage::tasks(200) };
    let world = stage.open().await;
    colleague_puts(&world, "t200", &deep());
    world.sync().await;
    let id = rows(&world)[0].id;
    (1..=60).for_each(|number| world.colleague_deletes(&format!("t{number:03}")));
    world.server.with_world(|server| server.forget_tombstones()).unwrap();
    world.sync().await;
    assert_eq!(world.engine().status().unwrap().attention.removals, Count(1), "the comparison is open");
    colleague_puts(&world, "t200", &json!("flat"));
    world.engine().read_again(&[id]).await.unwrap();
    world.engine().allow_removals(LINK, TASKS, Count(60)).await.unwrap();
    world.sync().await;
    assert_eq!((world.count_here(), world.here("t200").unwrap()["state"].as_str()), (140, Some("flat")));
    world.finish().await;
}

// proves C4, F2
#[tokio::test]
async fn a_whole_comparison_takes_no_record_away_whose_row_cannot_be_read() {
    let world = one_unreadable().await;
    world.colleague_deletes("t003");
    world.server.with_world(|server| server.forget_tombstones()).unwrap();
    world.sync().await;
    assert_eq!(world.here("t003"), None, "the server has it no more");
    assert_eq!(
        world.here("t001").unwrap()["state"],
        "open",
        "the server has it, in a form that cannot be read"
    );
    assert_eq!(rows(&world).len(), 1);
    world.colleague_deletes("t001");
    world.server.with_world(|server| server.forget_tombstones()).unwrap();
    world.sync().await;
    assert_eq!((world.here("t001"), rows(&world)), (None, vec![]));
    world.finish().await;
}

// proves C4, F2
#[tokio::test]
async fn a_whole_comparison_with_a_row_that_tells_no_id_takes_nothing_away() {
    // On a page of its own, long before the end.
    let stage = Stage { engine: EngineSettings { page: 1, ..EngineSettings::default() }, ..Stage::tasks(3) };
    let world = stage.open().await;
    world.wire.tap.spoil(Some("t001"));
    world.colleague_deletes("t003");
    let compare = async || {
        world.server.with_world(|server| server.forget_tombstones()).unwrap();
        world.sync().await;
    };
    compare().await;
    assert_eq!(world.count_here(), 3, "any of them may be the one that could not be read");
    let row = rows(&world).remove(0);
    assert_eq!((row.record, row.reason.as_str()), (None, "it was spoilt"));
    let came = world.engine().read_again(&[row.id]).await.unwrap();
    assert_eq!(came, ReadAgain { nameless: Count(1), ..ReadAgain::default() });
    // The next one that can be read whole tells.
    world.wire.tap.spoil(None);
    world.colleague_deletes("t002");
    compare().await;
    assert_eq!((world.count_here(), rows(&world)), (1, vec![]));
    world.finish().await;
}

// proves C3
#[tokio::test]
async fn a_row_that_a_person_forgot_comes_back_only_in_another_form() {
    let mut world = one_unreadable().await;
    let id = rows(&world)[0].id;
    assert_eq!(world.engine().forget_unreadable(&[id, Count(999)]).await.unwrap(), Count(1));
    assert_eq!(rows(&world), []);
    let gone = world.engine().get_unreadable(id).unwrap_err();
    assert_eq!(Refusal::from(gone).code, RefusalCode::NotFound);
    world.restart().await;
    world.sync().await;
    assert_eq!(rows(&world), [], "the checkpoint has passed it");
    world.server.with_world(|server| server.forget_tombstones()).unwrap();
    world.sync().await;
    assert_eq!(rows(&world), [], "a whole comparison brings the same form");
    assert!(world.here("t001").is_some(), "and does not take the record for gone");
    colleague_puts(&world, "t001", &json!([deep(), "moved"]));
    world.sync().await;
    assert_eq!(rows(&world).len(), 1);
    world.finish().await;
}

// proves C3
#[tokio::test]
async fn a_removed_connection_takes_its_rows_along() {
    let world = one_unreadable().await;
    world.engine().remove_link(LINK, true).await.unwrap();
    assert_eq!(world.engine().list_unreadable(None, None, 0, 1).unwrap().total, Count(0));
    world.add_link_named(LINK, Default::default()).await;
    world.sync().await;
    assert_eq!(rows(&world).len(), 1, "a new connection meets it anew");
    world.finish().await;
}

// proves C3, C5
#[tokio::test]
async fn a_record_that_was_set_aside_and_cannot_be_read_by_now_holds_nothing_up() {
    let stage = Stage::tasks(2).collection(CollectionSpec::named("unotes"));
    let world = stage.record("unotes", r#"{"id":"u1","x":1}"#).open().await;
    world.set("t001", "title", "Mine").await;
    world.fault(|faults| faults.drop_after = Some(Switch::always(true).method("PUT")));
    world.wire.tap.forget();
    world.wire.tap.hold(Point::Pull);
    let syncing = world.begin_sync();
    world.wire.tap.reached(Point::Pull, 1).await;
    world.colleague_sets("t001", "rank", 77);
    world.wire.tap.release();
    syncing.await.unwrap();
    assert_eq!(world.queue()[0].mutation_state, MutationState::Uncertain, "its answer is lost");

    world.server.clear_faults();
    colleague_puts(&world, "t001", &deep());
    world.colleague_sets("t002", "state", "done");
    world.colleague(ColleagueEdit::set("unotes", "u1", "x", 2));
    world.clock.advance_s(600);
    world.wire.tap.forget();
    let report = world.sync().await;
    assert!(world.wire.tap.passed(Point::Fetch).iter().any(|passed| passed.record == "t001"));
    let failure = report.failure.unwrap();
    assert!(failure.words.contains("cannot be read"), "it is told: {failure:?}");
    assert_eq!(world.engine().status().unwrap().links[0].stopped, None);
    assert_eq!(world.here("t002").unwrap()["state"], "done");
    let note = world.engine().get_record(LINK, "unotes", "u1").unwrap();
    assert!(format!("{note:?}").contains(r#"\"x\":2"#), "the collection behind it came in: {note:?}");
    assert_eq!(rows(&world).len(), 1);

    colleague_puts(&world, "t001", &json!("flat"));
    world.sync().await;
    assert_eq!((world.here("t001").unwrap()["state"].as_str(), rows(&world)), (Some("flat"), vec![]));
    world.finish().await;
}

// proves A8, C3
#[tokio::test]
async fn a_change_of_a_record_that_cannot_be_read_there_is_parked_with_the_reason() {
    let world = one_unreadable().await;
    for rid in ["t001", "t003"] {
        world.set(rid, "note", "Mine").await;
    }
    let report = world.sync().await;
    assert_eq!((report.confirmed, report.parked), (1, 1), "the other one goes");
    let parked = || {
        let row = world.queue().remove(0);
        assert_eq!((row.record.as_str(), row.mutation_state), ("t001", MutationState::Parked));
        let Some(WaitReason::Refused { words, .. }) = &row.reason else { panic!("{:?}", row.reason) };
        assert!(words.contains("the record on the server cannot be read: "), "{words}");
        row.id
    };
    let id = parked();
    assert_eq!(world.engine().status().unwrap().links[0].stopped, None);
    world.clock.advance_s(3_600);
    assert_eq!(world.sync().await.parked, 0, "it is not tried again by itself");
    let again = async || world.engine().retry(vec![id.clone()]).await.unwrap().done;
    assert_eq!(again().await, Count(1));
    assert_eq!(world.sync().await.parked, 1);
    parked();

    colleague_puts(&world, "t001", &json!("flat"));
    assert_eq!(again().await, Count(1));
    world.sync().await;
    let there = world.there("t001").unwrap();
    assert_eq!((&there["note"], &there["state"]), (&json!("Mine"), &json!("flat")));
    assert_eq!((world.queue().len(), rows(&world)), (0, vec![]));
    world.finish().await;
}

// proves A13, C3
#[tokio::test]
async fn of_very_many_the_newest_keep_their_text() {
    let world = Stage::default().open().await;
    for number in 0..1_003 {
        let create = json!({"id": format!("d{number:04}"), "x": deep()}).as_object().cloned();
        world.colleague(ColleagueEdit { collection: TASKS.into(), create, ..Default::default() });
    }
    world.sync().await;
    assert_eq!(world.engine().status().unwrap().attention.unreadable, Count(1_003));
    let texts = |offset: usize| {
        let page = world.engine().list_unreadable(Some(LINK), Some(TASKS), offset, 4).unwrap();
        assert_eq!(page.total, Count(1_003));
        page.rows.iter().map(|row| world.engine().get_unreadable(row.id).unwrap().text.is_some()).collect()
    };
    let (newest, oldest): (Vec<bool>, Vec<bool>) = (texts(0), texts(999));
    assert_eq!((newest, oldest), (vec![true; 4], vec![true, false, false, false]));
    let ids = || {
        let page = world.engine().list_unreadable(None, None, 0, 500).unwrap();
        page.rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    let before = ids();
    world.server.with_world(|server| server.forget_tombstones()).unwrap();
    world.sync().await;
    assert_eq!(ids(), before, "the same ones again are no news");
    world.finish().await;
}
