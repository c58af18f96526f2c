//! A database of the first version is opened by today's program: everything is there, the books balance, and it syncs.

use rusqlite::Connection;
use tidemark_model::mutation::MutationState;
use tidemark_tests::store_files::{database, note};
use tidemark_tests::world::{Stage, World, task};

/// The first version's tables, as they are in the program for ever.
const TABLES: &str = include_str!("../../src-tauri/engine/src/store/migrations/0001_init.sql");
/// What stood in them.
const ROWS: &str = include_str!("../fixtures/schema_1.sql");

/// A world whose data folder holds a database of the first version, and whose server is as that one left it.
async fn with_old_database() -> World {
    let mut world = Stage::tasks(8).open().await;
    world.close().await;
    for gone in [database(world.folder()), note(world.folder())] {
        std::fs::remove_file(gone).unwrap();
    }
    let db = Connection::open(database(world.folder())).unwrap();
    db.execute_batch(TABLES).unwrap();
    db.execute_batch(ROWS).unwrap();
    db.pragma_update(None, "user_version", 1).unwrap();
    drop(db);
    // What the first version had sent, and what a colleague had done meanwhile.
    world.colleague_sets("t006", "state", "done");
    world.colleague_sets("t004", "state", "theirs");
    world.wire.set_url(Some(world.server.url()));
    world.open_engine().await;
    world
}

// proves A1, A8, B6, D8
#[tokio::test]
async fn nothing_of_a_database_of_the_first_version_is_lost_and_it_syncs() {
    let world = with_old_database().await;
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
