//! Pausing and resuming (row A14).

use crate::store::activity::{self, NewLine};
use crate::store::{StoreError, collections, links, meta, signals};
use rusqlite::Connection;
use tidemark_model::number::Millis;
use tidemark_model::view::Happened;

/// What is paused or resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whole {
    Everything,
    Link(i64),
    /// A collection, with its link.
    Collection(i64, i64),
}

/// Pauses or resumes, and asks back what is sealed.
pub(crate) fn set_paused(tx: &Connection, whole: Whole, paused: bool, now: Millis) -> Result<(), StoreError> {
    let happened = if paused { Happened::Paused {} } else { Happened::Resumed {} };
    let (was, line) = match whole {
        Whole::Everything => {
            let was = meta::get(tx, "paused_since")?.is_some();
            match paused {
                true => meta::set_if_absent(tx, "paused_since", &now.0.to_string())?,
                false => meta::clear(tx, "paused_since")?,
            }
            (was, NewLine::of_all(&happened, now))
        }
        Whole::Link(id) => {
            let was = links::get(tx, id)?.is_some_and(|row| row.paused);
            links::set_paused(tx, id, paused)?;
            (was, NewLine::of_link(&happened, id, now))
        }
        Whole::Collection(link, id) => {
            let was = collections::get(tx, id)?.is_some_and(|row| row.paused);
            collections::set_paused(tx, id, paused)?;
            (was, NewLine::of_place(&happened, (link, id), now))
        }
    };
    if was != paused {
        activity::write(tx, &line)?;
    }
    links::settle_states(tx)?;
    signals::call_back(tx)
}
