//! Numbered schema steps; `user_version` says how many a database has had.

use super::StoreError;
use rusqlite::{Connection, TransactionBehavior};
use std::path::PathBuf;

const STEPS: [&str; 10] = [
    include_str!("migrations/0001_init.sql"),
    include_str!("migrations/0002_transactions.sql"),
    include_str!("migrations/0003_incoming.sql"),
    include_str!("migrations/0004_ready.sql"),
    include_str!("migrations/0005_pulling_and_activity.sql"),
    include_str!("migrations/0006_exchanges.sql"),
    include_str!("migrations/0007_rules.sql"),
    include_str!("migrations/0008_hooks.sql"),
    include_str!("migrations/0009_shapes.sql"),
    include_str!("migrations/0010_drafts.sql"),
];

/// Brings a database up to date; one of a newer Tidemark is refused and left alone.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = STEPS.len() as i64;
    if found > known {
        return Err(StoreError::Newer { path: PathBuf::new(), found, known });
    }
    for (index, step) in STEPS.iter().enumerate().skip(found.max(0) as usize) {
        tx.execute_batch(step)?;
        tx.pragma_update(None, "user_version", index as i64 + 1)?;
    }
    tx.commit()?;
    Ok(())
}
