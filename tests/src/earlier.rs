//! Databases as earlier versions left them.

use crate::store_files::{database, meta, note};
use rusqlite::Connection;
use serde_json::json;
use std::path::Path;

/// The steps that made the tables, as they are in the program for ever.
pub const STEPS: [&str; 9] = [
    include_str!("../../src-tauri/engine/src/store/migrations/0001_init.sql"),
    include_str!("../../src-tauri/engine/src/store/migrations/0002_transactions.sql"),
    include_str!("../../src-tauri/engine/src/store/migrations/0003_incoming.sql"),
    include_str!("../../src-tauri/engine/src/store/migrations/0004_ready.sql"),
    include_str!("../../src-tauri/engine/src/store/migrations/0005_pulling_and_activity.sql"),
    include_str!("../../src-tauri/engine/src/store/migrations/0006_exchanges.sql"),
    include_str!("../../src-tauri/engine/src/store/migrations/0007_rules.sql"),
    include_str!("../../src-tauri/engine/src/store/migrations/0008_hooks.sql"),
    include_str!("../../src-tauri/engine/src/store/migrations/0009_shapes.sql"),
];
/// What stood in them, for each version.
pub const ROWS: [&str; 9] = [
    include_str!("../fixtures/schema_1.sql"),
    include_str!("../fixtures/schema_2.sql"),
    include_str!("../fixtures/schema_3.sql"),
    include_str!("../fixtures/schema_4.sql"),
    include_str!("../fixtures/schema_5.sql"),
    include_str!("../fixtures/schema_6.sql"),
    include_str!("../fixtures/schema_7.sql"),
    include_str!("../fixtures/schema_8.sql"),
    include_str!("../fixtures/schema_9.sql"),
];

/// Puts a database of that version in the place of a folder's.
pub fn put_database(folder: &Path, version: usize) {
    put_database_with(folder, version, ROWS[version - 1]);
}

/// The same with these rows in it.
pub fn put_database_with(folder: &Path, version: usize, rows: &str) {
    for gone in [database(folder), note(folder)] {
        std::fs::remove_file(gone).expect("a closed database and its note");
    }
    let db = Connection::open(database(folder)).expect("an earlier database can be made");
    for step in &STEPS[..version] {
        db.execute_batch(step).expect("an earlier database can be made");
    }
    db.execute_batch(rows).expect("an earlier database can be made");
    db.pragma_update(None, "user_version", version as i64).expect("an earlier database can be made");
    drop(db);
    if let (Some(instance), Some(number)) = (meta(folder, "instance"), meta(folder, "generation")) {
        // The note that it left beside.
        let number: i64 = number.parse().expect("an earlier database can be made");
        let left = json!({"instance": instance, "number": number}).to_string();
        std::fs::write(note(folder), left).expect("an earlier database can be made");
    }
}
