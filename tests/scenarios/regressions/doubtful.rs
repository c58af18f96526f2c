//! A change whose answer was lost is never done a second time over what somebody did to it.

use serde_json::json;
use tidemark_model::mutation::MutationState;
use tidemark_model::transaction::Strategy;
use tidemark_model::view::{ConflictRow, ConflictType, FieldEdit, NewChange, NewTransaction, Resolution};
use tidemark_sandbox::Switch;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{LINK, NO_HOLD, Stage, TASKS, World};

/// A server that remembers no keys: after a lost answer only a look can tell.
const NO_KEYS: &str = r#"{"write":{"keys":{"honoured":false}}}"#;

async fn loses_the_answer(world: &World) {
    world.fault(|faults| faults.drop_after = Some(Switch::always(true).method("PUT")));
    assert_eq!(world.sync().await.confirmed, 0);
    world.server.clear_faults();
    world.clock.advance_s(5);
}

fn conflict(world: &World) -> ConflictRow {
    let mut rows = world.engine().list_conflicts(0, 10).unwrap().rows;
    assert_eq!(rows.len(), 1, "it is asked about");
    rows.remove(0)
}

async fn take_theirs(world: &World, met: &ConflictRow) {
    world.engine().resolve_conflict(met.id, Resolution::ServerWins {}, None, NO_HOLD).await.unwrap();
}

// proves A4, D2
#[tokio::test]
async fn a_colleague_who_takes_a_doubtful_change_back_is_not_overwritten() {
    let world = Stage::tasks(1).settings(NO_KEYS).open().await;
    world.set("t001", "state", "mine").await;
    loses_the_answer(&world).await;
    assert_eq!(world.there("t001").unwrap()["state"], "mine", "it had arrived");
    world.colleague_sets("t001", "state", "open");
    world.sync().await;
    world.clock.advance_s(60);
    world.sync().await;
    assert_eq!(world.there("t001").unwrap()["state"], "open");
    assert_eq!(world.effects("t001"), ["put"], "it is not sent once more");
    let met = conflict(&world);
    assert_eq!((met.conflict_type, met.may_already_be_in), (ConflictType::BothUpdated, true));
    take_theirs(&world, &met).await;
    world.finish().await;
}

// proves A4, D2
#[tokio::test]
async fn a_doubtful_create_that_a_colleague_deleted_is_not_made_again() {
    let world = Stage::default().settings(NO_KEYS).open().await;
    world.create(&json!({"id": "t009", "state": "new"})).await;
    loses_the_answer(&world).await;
    world.colleague_deletes("t009");
    world.sync().await;
    world.clock.advance_s(60);
    world.sync().await;
    assert_eq!((world.there("t009"), world.effects("t009").len()), (None, 1));
    let met = conflict(&world);
    assert_eq!(met.conflict_type, ConflictType::UpdatedHereDeletedThere);
    take_theirs(&world, &met).await;
    assert_eq!(world.here("t009"), None);
    world.finish().await;
}

// proves A4, D1
#[tokio::test]
async fn a_doubtful_change_beside_a_colleagues_other_field_is_asked_nothing() {
    let world = Stage::tasks(1).settings(NO_KEYS).open().await;
    world.set("t001", "state", "mine").await;
    loses_the_answer(&world).await;
    world.colleague_sets("t001", "rank", 9);
    world.sync().await;
    assert_eq!(world.engine().list_conflicts(0, 1).unwrap().rows, []);
    let both = json!({"id": "t001", "title": "Task 1", "state": "mine", "rank": 9});
    assert_eq!((world.here("t001"), world.there("t001")), (Some(both.clone()), Some(both)));
    assert_eq!(world.effects("t001"), ["put"]);
    world.finish().await;
}

/// A decision about the state arrives, the look at what the server made of it is refused, and a transaction that changes the
/// record further waits behind it. Whoever does something to the record does it before that look.
async fn accepted_and_not_to_be_looked_at(meanwhile: impl FnOnce(&World)) -> (World, String) {
    let world = Stage::tasks(2).open().await;
    world.set("t001", "state", "mine").await;
    world.colleague_sets("t001", "state", "theirs");
    world.sync().await;
    let mine = Resolution::LocalWins {};
    let decided = world.engine().resolve_conflict(conflict(&world).id, mine, None, NO_HOLD).await.unwrap();
    let changes = ["t001", "t002"].map(|rid| NewChange::Update {
        collection: TASKS.into(),
        record: rid.into(),
        fields: vec![FieldEdit { path: "/rank".into(), set: Some("70".into()) }],
        depends_on: Vec::new(),
        metadata: None,
    });
    let (strategy, changes) = (Strategy::Ordered, changes.to_vec());
    let new = NewTransaction { link: LINK.into(), strategy, await_sync: false, label: None, changes };
    world.engine().apply_transaction(new).await.unwrap();
    world.fault(|faults| faults.status = Some(Switch::always(vec![409]).method("GET").path("t001").times(1)));
    world.wire.tap.forget();
    world.wire.tap.hold(Point::Fetch);
    let syncing = world.begin_sync();
    world.wire.tap.reached(Point::Fetch, 1).await;
    assert_eq!(world.there("t001").unwrap()["state"], "mine", "it arrived");
    meanwhile(&world);
    world.wire.tap.release();
    assert_eq!(syncing.await.unwrap().parked, 1);
    (world, decided.change.unwrap())
}

// proves A4, A3
#[tokio::test]
async fn what_arrived_and_could_not_be_looked_at_is_done_once_a_pull_shows_it() {
    let (world, decided) = accepted_and_not_to_be_looked_at(|_| {}).await;
    world.sync().await;
    world.engine().reprocess_failed().await.unwrap();
    world.sync().await;
    assert_eq!(world.engine().get_change(&decided).unwrap().row.mutation_state, MutationState::Superseded);
    assert_eq!((world.queue(), world.effects("t001").len()), (vec![], 2), "once, and the transaction's");
    assert_eq!(world.there("t001").unwrap()["rank"], 70);
    world.finish().await;
}

// proves A4, D2
#[tokio::test]
async fn what_arrived_and_could_not_be_looked_at_is_asked_about_where_a_colleague_took_it_back() {
    let back = |world: &World| world.colleague_sets("t001", "state", "theirs");
    let (world, _) = accepted_and_not_to_be_looked_at(back).await;
    world.sync().await;
    world.engine().reprocess_failed().await.unwrap();
    world.sync().await;
    assert_eq!(world.there("t001").unwrap()["state"], "theirs", "it is not put over theirs");
    assert!(conflict(&world).may_already_be_in);
    take_theirs(&world, &conflict(&world)).await;
    world.sync().await;
    world.finish().await;
}
