//! What an old copy of the database knows of its unsent changes: nothing. Each may have been sent since, and is read
//! before it is written; every checkpoint starts over (`engine.md` 2).

use crate::store::{CollectionRow, StoreError, collections, links, outbox, repairs};
use rusqlite::Connection;
use tidemark_model::view::GapReason;

/// Puts everything unsent in doubt; returns how many changes that are.
pub(crate) fn put_in_doubt(tx: &Connection) -> Result<usize, StoreError> {
    let doubted = outbox::put_in_doubt(tx)?;
    // A decision made since may have been sent: rules that add both sides up are off.
    tx.prepare_cached("UPDATE conflicts SET may_be_in = 1 WHERE state = 'open'")?.execute([])?;
    let all: Vec<i64> = tx
        .prepare("SELECT id FROM collections")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for id in all {
        // Of what was never listed nothing is there to be continued.
        if let Some(collection) = collections::get(tx, id)?.filter(CollectionRow::is_listed) {
            repairs::gap(tx, &collection, GapReason::PutBack)?;
        }
        collections::start_full(tx, id)?;
    }
    links::settle_states(tx)?;
    Ok(doubted)
}
