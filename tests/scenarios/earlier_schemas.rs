//! A database of an earlier version is opened by today's program: everything is there, the books balance, and it syncs.

use rusqlite::Connection;
use serde_json::json;
use tidemark_model::mutation::MutationState;
use tidemark_model::number::Count;
use tidemark_model::transaction::TransactionState;
use tidemark_sandbox::ColleagueEdit;
use tidemark_tests::store_files::{database, meta, note};
use tidemark_tests::world::{LINK, Stage, TASKS, World, task};

/// The steps that made the tables, as they are in the program for ever.
const STEPS: [&str; 2] = [
    include_str!("../../src-tauri/engine/src/store/migrations/0001_init.sql"),
    include_str!("../../src-tauri/engine/src/store/migrations/0002_transactions.sql"),
];
/// What stood in them, for each version.
const ROWS: [&str; 2] = [include_str!("../fixtures/schema_1.sql"), include_str!("../fixtures/schema_2.sql")];

/// A world whose data folder holds a database of that version, and whose server is as that one left it.
async fn with_old_database(version: usize, happened_there: impl FnOnce(&World)) -> World {
    let mut world = Stage::tasks(8).open().await;
    world.close().await;
    for gone in [database(world.folder()), note(world.folder())] {
        std::fs::remove_file(gone).unwrap();
    }
    let db = Connection::open(database(world.folder())).unwrap();
    for step in &STEPS[..version] {
        db.execute_batch(step).unwrap();
    }
    db.execute_batch(ROWS[version - 1]).unwrap();
    db.pragma_update(None, "user_version", version as i64).unwrap();
    drop(db);
    if let (Some(instance), Some(number)) =
        (meta(world.folder(), "instance"), meta(world.folder(), "generation"))
    {
        // The note that it left beside.
        let number: i64 = number.parse().unwrap();
        let left = json!({"instance": instance, "number": number}).to_string();
        std::fs::write(note(world.folder()), left).unwrap();
    }
    happened_there(&world);
    world.wire.set_url(Some(world.server.url()));
    world.open_engine().await;
    world
}

// proves A1, A8, B6, D8
#[tokio::test]
async fn nothing_of_a_database_of_the_first_version_is_lost_and_it_syncs() {
    let world = with_old_database(1, |world| {
        // What the first version had sent, and what a colleague had done meanwhile.
        world.colleague_sets("t006", "state", "done");
        world.colleague_sets("t004", "state", "theirs");
    })
    .await;
    let queue = world.queue();
    let found: Vec<(&str, MutationState)> =
        queue.iter().map(|row| (row.record.as_str(), row.mutation_state)).collect();
    let expected = [
        ("t004", MutationState::Conflicted),
        ("t005", MutationState::Parked),
        ("t003", MutationState::Uncertain),
        // It was sealed: nobody knows what became of it.
        ("t002", MutationState::Uncertain),
        ("t001", MutationState::Queued),
        ("t100", MutationState::Queued),
        ("t007", MutationState::Queued),
    ];
    assert_eq!(found, expected);
    let status = world.engine().status().unwrap();
    assert_eq!((status.ledger.saved.0, status.ledger.confirmed.0, status.ledger.balanced), (8, 1, true));
    assert_eq!(status.put_back, None, "an older version is no older copy");
    assert_eq!(world.here("t001").unwrap()["state"], "queued");
    assert_eq!(world.here("t100"), Some(task(100)));
    let refused = world.engine().get_change(&queue[1].id).unwrap();
    assert!(!refused.attempts.is_empty(), "its history is there");
    world.check_books();

    world.clock.advance_s(60);
    world.sync().await;
    assert_eq!(world.there("t001").unwrap()["state"], "queued");
    assert_eq!(world.there("t002").unwrap()["state"], "sealed");
    assert_eq!(world.there("t003").unwrap()["state"], "doubtful");
    assert_eq!((world.there("t007"), world.there("t100")), (None, Some(task(100))));
    assert_eq!(world.there("t004").unwrap()["state"], "theirs", "the conflict still waits for a person");
    let left: Vec<String> = world.queue().into_iter().map(|row| row.record).collect();
    assert_eq!(left, ["t004", "t005"]);
    world.finish().await;
}

// proves A1, B6, C4
#[tokio::test]
async fn nothing_of_a_database_of_the_second_version_is_lost_and_it_syncs() {
    let world = with_old_database(2, |world| {
        let deep = (0..150).fold(json!("bottom"), |inner, _| json!([inner]));
        let create = json!({"id": "t009", "state": deep}).as_object().cloned();
        world.colleague(ColleagueEdit { collection: TASKS.into(), create, ..Default::default() });
        // What the second version had sent of the transaction that failed.
        world.colleague_sets("t001", "state", "rolled back");
        world.colleague_sets("t007", "state", "theirs");
    })
    .await;
    let states = || -> Vec<TransactionState> {
        let listed = world.engine().list_transactions(false, 0, 10).unwrap().rows;
        listed.into_iter().rev().map(|row| row.state).collect()
    };
    let (failed, pending, queued) =
        (TransactionState::Failed, TransactionState::Pending, TransactionState::Queued);
    assert_eq!(states(), [failed, pending, queued]);
    let status = world.engine().status().unwrap();
    assert_eq!((status.ledger.saved.0, status.ledger.balanced), (9, true));
    assert_eq!((status.queue.needs_you, status.put_back), (Count(1), None));
    assert_eq!((status.queue.in_conflict, status.queue.not_confirmed), (Count(1), Count(1)));
    // A yes was not for a number then: what would go is asked about anew, and for each collection.
    assert_eq!((status.links[0].stopped.clone(), status.links[0].collections[0].asks), (None, None));
    let row = world.engine().list_unreadable(Some(LINK), None, 0, 10).unwrap().rows.remove(0);
    assert_eq!((row.record, status.attention.unreadable), (None, Count(1)));
    let text = world.engine().get_unreadable(row.id).unwrap().text.unwrap();
    assert_eq!((text.len() as i64, text.contains("bottom")), (row.bytes.0, true));
    world.check_books();

    world.sync().await;
    assert_eq!(states(), [failed, TransactionState::Completed, TransactionState::Completed]);
    let there = |rid: &str| world.there(rid).unwrap()["state"].clone();
    assert_eq!(
        (there("t003"), there("t004"), there("t005")),
        ("together".into(), "behind".into(), "behind".into())
    );
    assert_eq!((there("t006"), there("t002")), ("single".into(), "open".into()));
    assert_eq!((there("t007"), there("t008")), ("theirs".into(), "sealed".into()));
    assert_eq!(world.engine().status().unwrap().attention.conflicts, Count(1), "it waits for a person");
    assert_eq!(world.effects("t008").len(), 1);
    let failed = world.engine().list_transactions(false, 2, 1).unwrap().rows.remove(0);
    world.engine().restore_transaction(&failed.id).await.unwrap();
    world.sync().await;
    assert_eq!(there("t002"), "refused", "what was rolled back had kept its value");
    world.engine().forget_unreadable(&[row.id]).await.unwrap();
    world.finish().await;
}
