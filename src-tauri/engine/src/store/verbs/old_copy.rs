//! What an old copy of the database knows of its unsent changes: nothing. Each may have been sent since, and is read
//! before it is written; every checkpoint starts over (`engine.md` 2).

use crate::store::{StoreError, collections, outbox};
use rusqlite::Connection;

/// Puts everything unsent in doubt; returns how many changes that are.
pub(crate) fn put_in_doubt(tx: &Connection) -> Result<usize, StoreError> {
    let doubted = outbox::put_in_doubt(tx)?;
    // A decision made since may have been sent: rules that add both sides up are off.
    tx.prepare_cached("UPDATE conflicts SET may_be_in = 1 WHERE state = 'open'")?.execute([])?;
    let all: Vec<i64> = tx
        .prepare("SELECT id FROM collections")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for collection in all {
        collections::start_full(tx, collection)?;
    }
    Ok(doubted)
}
