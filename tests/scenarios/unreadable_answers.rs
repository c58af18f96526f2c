//! An answer about one record that cannot be read stops neither the connection nor, for ever, the change it is about.

use chrono::DateTime;
use serde_json::{Value, json};
use tidemark_model::mutation::MutationState;
use tidemark_model::number::Count;
use tidemark_model::transaction::{Strategy, TransactionState};
use tidemark_model::view::{
    ChangeRow, FieldEdit, NewChange, NewTransaction, Sentence, TransactionRow, WaitReason,
};
use tidemark_sandbox::world::call::{Call, Caller, Write};
use tidemark_sandbox::{ColleagueEdit, CollectionSpec, Switch};
use tidemark_tests::audit::COLLEAGUE;
use tidemark_tests::fault_proxy::{Canned, Fault, FaultProxy, Rule};
use tidemark_tests::tap::Point;
use tidemark_tests::world::{LINK, Stage, TASKS, World};

/// Only the changed fields go, whatever else the server has by now.
const BLIND: &str = r#"{"write":{"precondition":"none","update":"merge-patch"}}"#;
const NO_KEYS: &str = r#"{"write":{"keys":{"honoured":false}}}"#;
const CANNOT_BE_READ: &str = "the record on the server cannot be read: ";

fn deep() -> Value {
    (0..150).fold(json!("bottom"), |inner, _| json!([inner]))
}

/// A colleague's whole document in the place of the former one.
fn colleague_puts(world: &World, rid: &str, document: &Value) {
    let caller = Caller { account: Some(COLLEAGUE.to_owned()), ..Caller::default() };
    let write = Call::Write(Write::put(TASKS, rid, document.to_string()));
    let answer = world.server.with_world(|server| server.handle(write, &caller, DateTime::UNIX_EPOCH));
    assert!(answer.is_ok(), "{answer:?}");
}

fn colleague_makes_unreadable(world: &World, rid: &str) {
    colleague_puts(world, rid, &json!({"id": rid, "title": "Theirs", "state": deep()}));
}

fn is_not_stopped(world: &World) {
    assert_eq!(world.engine().status().unwrap().links[0].stopped, None);
}

/// The only change that is left, which needs a person; its last try tells why.
fn parked(world: &World) -> ChangeRow {
    let row = world.queue().remove(0);
    assert_eq!((world.queue().len(), row.mutation_state), (1, MutationState::Parked));
    let tried = world.engine().get_change(&row.id).unwrap().attempts.remove(0);
    assert!(tried.words.starts_with(CANNOT_BE_READ), "{tried:?}");
    is_not_stopped(world);
    row
}

fn may_have_been_sent(world: &World) -> String {
    let row = parked(world);
    assert_eq!(row.reason, Some(WaitReason::MayHaveBeenSent));
    row.id
}

async fn again(world: &World, id: &str) {
    assert_eq!(world.engine().retry(vec![id.to_owned()]).await.unwrap().done, Count(1));
    world.sync().await;
}

/// A change that the server takes and answers with a document that is too deep, beside one that is well.
async fn answered_unreadably() -> World {
    let world = Stage::tasks(2).settings(BLIND).open().await;
    colleague_makes_unreadable(&world, "t001");
    for rid in ["t001", "t002"] {
        world.set(rid, "note", "Mine").await;
    }
    world
}

// proves A4, A7, A8
#[tokio::test]
async fn a_yes_that_cannot_be_read_needs_a_person_where_the_record_cannot_be_read_either() {
    let world = answered_unreadably().await;
    let report = world.sync().await;
    assert_eq!((report.confirmed, report.parked), (1, 1), "the other one goes");
    let id = may_have_been_sent(&world);
    world.clock.advance_s(3_600);
    world.wire.tap.forget();
    world.sync().await;
    assert_eq!(world.wire.tap.count(Point::Push), 0, "it is not sent again by itself");
    again(&world, &id).await;
    assert_eq!(may_have_been_sent(&world), id, "trying again is the check");

    world.colleague_sets("t001", "state", "flat");
    again(&world, &id).await;
    assert_eq!(world.queue(), []);
    assert_eq!(world.effects("t001").len(), 1, "and it was done once");
    assert_eq!(world.here("t001").unwrap()["note"], "Mine");
    world.finish().await;
}

// proves A4, A7
#[tokio::test]
async fn a_yes_that_cannot_be_read_is_a_yes_where_the_record_shows_it() {
    let world = answered_unreadably().await;
    world.wire.tap.hold(Point::Fetch);
    let syncing = world.begin_sync();
    world.wire.tap.reached(Point::Fetch, 1).await;
    world.colleague_sets("t001", "state", "flat");
    world.wire.tap.release();
    assert_eq!(syncing.await.unwrap().confirmed, 2);
    is_not_stopped(&world);
    assert_eq!((world.queue(), world.effects("t001").len()), (vec![], 1));
    assert_eq!(world.here("t001").unwrap()["state"], "flat", "what it shows is the new base");
    world.finish().await;
}

// proves A4, D1
#[tokio::test]
async fn a_yes_that_cannot_be_read_is_a_conflict_where_the_record_moved_on() {
    let world = answered_unreadably().await;
    world.wire.tap.hold(Point::Fetch);
    let syncing = world.begin_sync();
    world.wire.tap.reached(Point::Fetch, 1).await;
    colleague_puts(&world, "t001", &json!({"id": "t001", "title": "Theirs", "note": "Theirs"}));
    world.wire.tap.release();
    let report = syncing.await.unwrap();
    assert_eq!((report.confirmed, report.conflicts), (1, 1));
    let listed = world.engine().list_conflicts(0, 10).unwrap();
    let conflict = world.engine().get_conflict(listed.rows[0].id).unwrap();
    assert!(conflict.row.may_already_be_in);
    is_not_stopped(&world);
    world.finish().await;
}

/// Two changes in one request, of which the answer to the second cannot be read.
async fn two_in_one() -> (World, TransactionRow) {
    let world = Stage::tasks(2).settings(BLIND).open().await;
    colleague_makes_unreadable(&world, "t002");
    let fields = vec![FieldEdit { path: "/note".into(), set: Some(r#""Mine""#.into()) }];
    let changes = ["t001", "t002"].map(|rid| NewChange::Update {
        collection: TASKS.into(),
        record: rid.into(),
        fields: fields.clone(),
        depends_on: vec![],
        metadata: None,
    });
    let (link, strategy, changes) = (LINK.into(), Strategy::Atomic, changes.to_vec());
    let new = NewTransaction { link, strategy, await_sync: false, label: None, changes };
    let row = world.engine().apply_transaction(new).await.unwrap();
    (world, row)
}

fn state(world: &World, row: &TransactionRow) -> TransactionState {
    world.engine().get_transaction(&row.id).unwrap().row.state
}

async fn done_once_each(world: World, row: &TransactionRow) {
    assert_eq!((world.queue(), state(&world, row)), (vec![], TransactionState::Completed));
    assert_eq!((world.effects("t001").len(), world.effects("t002").len()), (1, 1));
    world.finish().await;
}

// proves A4, B4
#[tokio::test]
async fn of_all_or_none_one_that_cannot_be_read_is_in_doubt_and_looked_up() {
    let (world, row) = two_in_one().await;
    let report = world.sync().await;
    assert_eq!((report.confirmed, report.parked), (1, 1));
    let id = may_have_been_sent(&world);
    assert_eq!(state(&world, &row), TransactionState::Persisting, "nothing is rolled back on a guess");
    world.colleague_sets("t002", "state", "flat");
    again(&world, &id).await;
    done_once_each(world, &row).await;
}

// proves A4, B4
#[tokio::test]
async fn of_all_or_none_one_whose_look_came_to_nothing_is_looked_up_later_and_not_sent_alone() {
    let (world, row) = two_in_one().await;
    world.wire.tap.hold(Point::Fetch);
    let syncing = world.begin_sync();
    world.wire.tap.reached(Point::Fetch, 1).await;
    world.server.go_offline().await.unwrap();
    world.wire.tap.release();
    syncing.await.unwrap();
    assert_eq!(world.queue()[0].mutation_state, MutationState::Uncertain);
    world.server.go_online().await.unwrap();
    world.colleague_sets("t002", "state", "flat");
    world.clock.advance_s(60);
    world.sync().await;
    done_once_each(world, &row).await;
}

// proves A4, A8
#[tokio::test]
async fn a_new_record_whose_name_cannot_be_read_is_neither_made_twice_nor_asked_for_without_one() {
    let mut stage = Stage::default().settings(r#"{"write":{"client_ids":false}}"#);
    stage.server.names_records = true;
    let (world, proxy) = behind_a_proxy(stage).await;
    world.create(&json!({"title": "New"})).await;
    let large = format!(r#"{{"title":"New","x":"{}"}}"#, "x".repeat(17 << 20));
    proxy.add(Rule::once(Fault::SayAfter(Canned::json(201, large))).method("POST"));
    world.wire.tap.forget();
    assert_eq!(world.sync().await.parked, 1);
    let id = may_have_been_sent(&world);
    assert_eq!((world.wire.tap.count(Point::Fetch), world.effect_count()), (0, 1));
    let found = world.engine().may_be(&id).await.unwrap();
    world.engine().is_there(&id, &found[0].record).await.unwrap();
    world.sync().await;
    assert_eq!((world.queue(), world.count_here(), world.effect_count()), (vec![], 1, 1));
    world.finish().await;
}

/// A world whose link goes through a proxy.
pub(super) async fn behind_a_proxy(stage: Stage) -> (World, FaultProxy) {
    let mut world = stage.open().await;
    let proxy = FaultProxy::start(&world.server.origin()).await.unwrap();
    world.wire.set_url(Some(proxy.url("/v1/")));
    world.restart().await;
    (world, proxy)
}

// proves A4, A8
#[tokio::test]
async fn a_yes_that_cannot_be_read_and_did_nothing_is_not_sent_for_ever() {
    let (world, proxy) = behind_a_proxy(Stage::tasks(1)).await;
    world.set("t001", "note", "Mine").await;
    let unread = Canned::json(200, r#"{"id":"t001","note":"\ud800"}"#);
    proxy.add(Rule::always(Fault::Say(unread)).method("PUT"));
    assert_eq!(world.sync().await.parked, 1);
    let row = world.queue().remove(0);
    let Some(WaitReason::Refused { words, .. }) = &row.reason else { panic!("{:?}", row.reason) };
    assert_eq!(words, "the server said yes, and shows the record as it was before");
    is_not_stopped(&world);
    proxy.clear();
    again(&world, &row.id).await;
    assert_eq!((world.queue(), world.there("t001").unwrap()["note"].as_str()), (vec![], Some("Mine")));
    world.finish().await;
}

// proves A4, A8
#[tokio::test]
async fn a_lost_answer_needs_a_person_where_the_record_cannot_be_read() {
    let world = Stage::tasks(1).settings(NO_KEYS).open().await;
    world.set("t001", "note", "Mine").await;
    world.fault(|faults| faults.drop_after = Some(Switch::always(true).method("PUT")));
    world.sync().await;
    world.server.clear_faults();
    colleague_puts(&world, "t001", &json!({"id": "t001", "note": "Mine", "state": deep()}));
    world.clock.advance_s(60);
    assert_eq!(world.sync().await.parked, 1);
    let id = may_have_been_sent(&world);
    world.wire.tap.forget();
    world.clock.advance_s(3_600);
    world.sync().await;
    assert_eq!(world.wire.tap.count(Point::Push), 0);
    again(&world, &id).await;
    assert_eq!(may_have_been_sent(&world), id);

    world.colleague_sets("t001", "state", "flat");
    again(&world, &id).await;
    assert_eq!((world.queue(), world.effects("t001").len()), (vec![], 1));
    world.finish().await;
}

// proves A8
#[tokio::test]
async fn a_change_needs_a_person_where_its_record_has_to_be_read_first_and_cannot() {
    let stage = Stage::tasks(1).settings(r#"{"write":{"client_ids":false}}"#);
    let (world, proxy) = behind_a_proxy(stage).await;
    let document = json!({"id": "t009", "title": "Theirs", "state": deep()});
    colleague_puts(&world, "t009", &document);
    // The server names it, and that is all that can be read of its answer.
    proxy.add(Rule::once(Fault::Say(Canned::json(201, document.to_string()))).method("POST"));
    let saved = world.create(&json!({"title": "New"})).await;
    world.wire.tap.hold(Point::Pull);
    let syncing = world.begin_sync();
    world.wire.tap.reached(Point::Pull, 1).await;
    assert_eq!(world.record(&saved.record).unwrap().row.id, "t009");
    world.set("t009", "note", "Mine").await;
    world.wire.tap.release();
    syncing.await.unwrap();
    world.sync().await;
    let row = parked(&world);
    assert!(matches!(row.reason, Some(WaitReason::Refused { .. })), "{:?}", row.reason);
    world.colleague_sets("t009", "state", "flat");
    again(&world, &row.id).await;
    world.sync().await;
    assert_eq!((world.queue(), world.there("t009").unwrap()["note"].as_str()), (vec![], Some("Mine")));
    world.finish().await;
}

// proves A4, A8
#[tokio::test]
async fn a_refusal_after_an_earlier_try_is_looked_up_before_it_is_sent_again() {
    for (earlier, pushes) in [(Some(504), 0), (Some(423), 1), (None, 1)] {
        let world = Stage::tasks(1).settings(NO_KEYS).open().await;
        world.set("t001", "note", "Mine").await;
        if let Some(status) = earlier {
            world.fault(|faults| faults.status = Some(Switch::always(vec![status]).method("PUT").times(1)));
            world.sync().await;
            world.clock.advance_s(60);
        }
        colleague_puts(&world, "t001", &json!({"id": "t001", "note": "Mine", "state": deep()}));
        assert_eq!(world.sync().await.parked, 1);
        let id = world.queue()[0].id.clone();
        colleague_puts(&world, "t001", &json!({"id": "t001", "note": "Mine", "state": "flat"}));
        world.wire.tap.forget();
        world.engine().retry(vec![id]).await.unwrap();
        world.sync().await;
        assert_eq!(world.queue(), []);
        let sent = world.wire.tap.count(Point::Push);
        assert_eq!(
            sent, pushes,
            "{earlier:?}: a server without keys may have taken an earlier try, but for a 423"
        );
        world.finish().await;
    }
}

// proves C3
#[tokio::test]
async fn a_record_that_is_fetched_by_its_id_and_cannot_be_read_is_kept_and_told() {
    let world = Stage::tasks(2).open().await;
    world.set("t001", "title", "Mine").await;
    world.fault(|faults| faults.drop_after = Some(Switch::always(true).method("PUT")));
    world.wire.tap.hold(Point::Pull);
    let syncing = world.begin_sync();
    world.wire.tap.reached(Point::Pull, 1).await;
    world.colleague_sets("t001", "rank", 77);
    world.wire.tap.release();
    syncing.await.unwrap();
    world.server.clear_faults();
    world.clock.advance_s(60);
    world.wire.tap.forget();
    world.wire.tap.hold(Point::Fetch);
    let syncing = world.begin_sync();
    world.wire.tap.reached(Point::Fetch, 1).await;
    // After the page was pulled, so that no row of a page brings it.
    colleague_makes_unreadable(&world, "t001");
    world.wire.tap.release();
    let failure = syncing.await.unwrap().failure.unwrap();
    assert!(failure.words.starts_with(CANNOT_BE_READ), "{failure:?}");
    let rows = || world.engine().list_unreadable(Some(LINK), Some(TASKS), 0, 10).unwrap().rows;
    assert_eq!(rows().len(), 1);
    assert_eq!((rows()[0].record.as_deref(), rows()[0].reason.as_str()), (Some("t001"), &*failure.words));
    is_not_stopped(&world);

    let text = |world: &World| world.engine().get_unreadable(rows()[0].id).unwrap().text.unwrap();
    world.sync().await;
    assert!(rows().len() == 1 && text(&world).contains("bottom"), "the row of a page takes its place");
    world.wire.tap.forget();
    world.sync().await;
    assert_eq!(world.wire.tap.count(Point::Fetch), 0, "it is not fetched again and again");
    world.colleague_sets("t001", "state", "flat");
    world.sync().await;
    assert_eq!((rows(), world.here("t001").unwrap()["state"].as_str()), (vec![], Some("flat")));
    world.finish().await;
}

// proves C3, C5
#[tokio::test]
async fn a_record_that_is_too_large_for_a_page_stops_its_collection_and_no_other() {
    let stage = Stage::tasks(1).collection(CollectionSpec::named("unotes"));
    let (world, proxy) = behind_a_proxy(stage.record("unotes", r#"{"id":"u1","x":1}"#)).await;
    world.colleague_sets("t001", "state", "done");
    world.colleague(ColleagueEdit::set("unotes", "u1", "x", 2));
    let page = format!(r#"{{"items":[{{"id":"t001","x":"{}"#, "x".repeat(65 << 20));
    proxy.add(Rule::always(Fault::Say(Canned::json(200, page))).method("GET").path("/c/tasks?"));
    world.sync().await;
    is_not_stopped(&world);
    let note = world.engine().get_record(LINK, "unotes", "u1").unwrap();
    assert!(note.document.is_some_and(|text| text.contains(r#""x":2"#)), "the other one came in");
    assert_eq!(world.here("t001").unwrap()["state"], "open");
    world.sync().await;
    let told = world.engine().list_unreadable(Some(LINK), Some(TASKS), 0, 10).unwrap().rows;
    let told: Vec<_> = told.iter().map(|row| (row.record.as_deref(), row.reason.as_str())).collect();
    let words = "the next record of this collection cannot be read, nor what comes behind it: the server's answer is \
                 larger than 67108864 bytes";
    assert_eq!(told, [(None, words)], "once, and for as long as it is so");
    assert_eq!(world.engine().status().unwrap().sentence, Sentence::Unreadable { rows: Count(1) });
    proxy.clear();
    world.sync().await;
    assert_eq!(world.here("t001").unwrap()["state"], "done");
    assert!(matches!(world.engine().status().unwrap().sentence, Sentence::UpToDate { .. }));
    world.finish().await;
}
