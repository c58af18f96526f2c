//! What is kept how long; each by a clock that is moved.

use rusqlite::{Connection, OpenFlags};
use serde_json::json;
use tidemark_model::number::Count;
use tidemark_model::transaction::{Strategy, TransactionState};
use tidemark_model::view::{FieldEdit, NewChange, NewTransaction, Resolution};
use tidemark_sandbox::Switch;
use tidemark_tests::world::{LINK, NO_HOLD, Stage, TASKS, World, task};

const DAY: i64 = 24 * 60 * 60 * 1000;

fn rows(world: &World, select: &str) -> i64 {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(world.folder().join("tidemark.db"), flags).unwrap();
    db.query_row(&format!("SELECT count(*) FROM {select}"), [], |row| row.get(0)).unwrap()
}

/// Tidies up just before something's span is over and just after; says how many are left each time.
async fn around(world: &World, days: i64, select: &str) -> (i64, i64) {
    world.clock.advance(days * DAY);
    world.engine().tidy_up().await.unwrap();
    let before = rows(world, select);
    // Figures are kept by whole days.
    world.clock.advance(if select == "daily" { DAY } else { 1 });
    world.engine().tidy_up().await.unwrap();
    (before, rows(world, select))
}

// proves A12
#[tokio::test]
async fn a_confirmed_change_stays_seven_days() {
    let world = Stage::tasks(1).open().await;
    world.set("t001", "rank", 5).await;
    world.sync().await;
    assert_eq!(around(&world, 7, "outbox").await, (1, 0));
    assert_eq!(
        world.engine().queue_stats().unwrap().counts.confirmed,
        Count(1),
        "it is counted all the same"
    );
    world.finish().await;
}

// proves A12, A8
#[tokio::test]
async fn the_trash_stays_thirty_days() {
    let world = Stage::tasks(1).open().await;
    let id = world.set("t001", "rank", 5).await.change.unwrap();
    world.engine().discard(vec![id]).await.unwrap();
    assert_eq!(around(&world, 30, "outbox").await, (1, 0));
    world.finish().await;
}

// proves A12, A9
#[tokio::test]
async fn the_excerpt_of_an_answer_stays_fourteen_days_and_its_attempt_as_long_as_its_change() {
    let world = Stage::tasks(1).open().await;
    world.set("t001", "rank", -1).await;
    world.fault(|faults| faults.status = Some(Switch::always(vec![422]).method("PUT,PATCH")));
    world.sync().await;
    assert_eq!(around(&world, 14, "attempts WHERE excerpt IS NOT NULL").await, (1, 0));
    world.clock.advance(1_000 * DAY);
    world.engine().tidy_up().await.unwrap();
    let parked = world.queue().remove(0);
    let attempts = world.engine().get_change(&parked.id).unwrap().attempts;
    assert_eq!((attempts.len(), attempts[0].status), (1, Some(422)), "what needs a person is never cleaned");
    world.server.clear_faults();
    world.finish().await;
}

// proves A12
#[tokio::test]
async fn decisions_and_merges_stay_thirty_days() {
    let world = Stage::tasks(2).open().await;
    world.server.go_offline().await.unwrap();
    world.set("t001", "state", "mine").await;
    world.set("t002", "state", "mine").await;
    world.server.go_online().await.unwrap();
    world.colleague_sets("t001", "state", "theirs");
    world.colleague_sets("t002", "rank", 9);
    world.sync().await;
    let conflict = world.engine().list_conflicts(0, 10).unwrap().rows.remove(0).id;
    assert_eq!((rows(&world, "conflicts"), rows(&world, "merges")), (1, 1));
    world.clock.advance(100 * DAY);
    world.engine().tidy_up().await.unwrap();
    assert_eq!(
        (rows(&world, "conflicts"), rows(&world, "merges")),
        (1, 0),
        "an open conflict is never cleaned"
    );
    let seen = world.engine().get_conflict(conflict).unwrap().server_version;
    world.engine().resolve_conflict(conflict, Resolution::ServerWins {}, seen, NO_HOLD).await.unwrap();
    assert_eq!(around(&world, 30, "conflicts").await, (1, 0));
    world.finish().await;
}

// proves A12
#[tokio::test]
async fn daily_figures_stay_four_hundred_days() {
    let world = Stage::tasks(1).open().await;
    world.set("t001", "rank", 5).await;
    world.sync().await;
    assert_eq!(around(&world, 400, "daily").await, (1, 0));
    world.finish().await;
}

// proves A12
#[tokio::test]
async fn the_command_touches_the_queue_only_and_the_background_the_rest() {
    let world = Stage::tasks(2).open().await;
    world.set("t001", "rank", 5).await;
    world.sync().await;
    world.set("t002", "rank", -1).await;
    world.fault(|faults| faults.status = Some(Switch::always(vec![422]).method("PUT,PATCH")));
    world.sync().await;
    world.server.clear_faults();
    world.clock.advance(1_000 * DAY);
    assert_eq!(world.engine().clear_old_requests().await.unwrap(), Count(1));
    let left = |world: &World| (rows(world, "attempts WHERE excerpt IS NOT NULL"), rows(world, "daily"));
    assert_eq!(left(&world), (1, 1));
    world.engine().tidy_up().await.unwrap();
    assert_eq!(left(&world), (0, 0));
    assert_eq!(world.queue().len(), 1);
    assert_eq!(world.here("t002").unwrap()["rank"], json!(-1));
    world.finish().await;
}

// proves A12, A3
#[tokio::test]
async fn what_was_taken_in_or_undone_before_sending_stays_seven_days() {
    let world = Stage::tasks(1).open().await;
    world.server.go_offline().await.unwrap();
    world.create(&task(9)).await;
    world.set("t009", "state", "done").await;
    world.delete("t009").await;
    assert_eq!(rows(&world, "outbox WHERE state = 'cancelled'"), 2);
    assert_eq!(rows(&world, "outbox WHERE state = 'combined'"), 1);
    let ledger = world.engine().status().unwrap().ledger;
    assert_eq!(around(&world, 7, "outbox").await, (3, 0));
    assert_eq!(world.engine().status().unwrap().ledger, ledger, "they are counted all the same");
    world.server.go_online().await.unwrap();
    world.finish().await;
}

// proves A12, A8
#[tokio::test]
async fn what_was_taken_in_leads_to_what_took_it_in_for_as_long_as_that_waits() {
    let world = Stage::tasks(1).open().await;
    world.server.go_offline().await.unwrap();
    let first = world.set("t001", "state", "done").await.change.unwrap();
    let joined = world.set("t001", "rank", 9).await;
    assert_eq!(joined.combined_into.as_ref(), Some(&first));
    world.clock.advance(100 * DAY);
    world.engine().tidy_up().await.unwrap();
    let found = world.engine().get_change(&joined.change.unwrap()).unwrap();
    assert_eq!(found.combined_into, Some(first), "after a long time offline too");
    world.server.go_online().await.unwrap();
    assert_eq!(world.sync().await.confirmed, 1);
    assert_eq!(around(&world, 7, "outbox").await, (1, 0));
    world.finish().await;
}

// proves A12, D9
#[tokio::test]
async fn what_a_decision_for_the_servers_side_ended_stays_seven_days() {
    let world = Stage::tasks(1).open().await;
    world.set("t001", "state", "mine").await;
    world.colleague_sets("t001", "state", "theirs");
    world.sync().await;
    world.clock.advance(100 * DAY);
    world.engine().tidy_up().await.unwrap();
    assert_eq!(rows(&world, "outbox WHERE state = 'conflicted'"), 1, "it waits for a person for ever");
    let conflict = world.engine().list_conflicts(0, 10).unwrap().rows.remove(0).id;
    let seen = world.engine().get_conflict(conflict).unwrap().server_version;
    world.engine().resolve_conflict(conflict, Resolution::ServerWins {}, seen, NO_HOLD).await.unwrap();
    assert_eq!(around(&world, 7, "outbox WHERE state = 'superseded'").await, (1, 0));
    world.finish().await;
}

// proves A12, B7
#[tokio::test]
async fn a_transaction_that_ended_stays_with_its_history_as_long_as_its_changes() {
    let world = Stage::tasks(4).open().await;
    let whole = |record: &str, rank: &str| NewChange::Update {
        collection: TASKS.into(),
        record: record.into(),
        fields: vec![FieldEdit { path: "/rank".into(), set: Some(rank.into()) }],
        depends_on: vec![],
        metadata: None,
    };
    let pair = |one: &str, other: &str| NewTransaction {
        link: LINK.into(),
        strategy: Strategy::Ordered,
        await_sync: false,
        label: None,
        changes: vec![whole(one, "11"), whole(other, "12")],
    };
    let done = world.engine().apply_transaction(pair("t001", "t002")).await.unwrap();
    world.sync().await;
    world.fault(|faults| faults.status = Some(Switch::always(vec![422]).method("PUT")));
    let failed = world.engine().apply_transaction(pair("t003", "t004")).await.unwrap();
    world.sync().await;
    world.server.clear_faults();
    let left = |world: &World| {
        let steps = format!("transaction_steps WHERE transaction_id = '{}'", done.id);
        (rows(world, "transactions"), rows(world, &steps) > 0)
    };
    world.clock.advance(7 * DAY);
    world.engine().tidy_up().await.unwrap();
    assert_eq!(left(&world), (2, true));
    world.clock.advance(1);
    world.engine().tidy_up().await.unwrap();
    assert_eq!(left(&world), (1, false), "with its history");
    world.clock.advance(1_000 * DAY);
    world.engine().tidy_up().await.unwrap();
    let kept = world.engine().get_transaction(&failed.id).unwrap();
    assert_eq!(
        (kept.row.state, kept.row.rolled_back.0),
        (TransactionState::Failed, 2),
        "it waits for a person"
    );
    world.engine().restore_transaction(&failed.id).await.unwrap();
    world.sync().await;
    assert_eq!(world.there("t004").unwrap()["rank"], json!(12));
    world.finish().await;
}
