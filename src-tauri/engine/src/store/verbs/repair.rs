//! The comparison of a collection's whole set with the server's: how it comes about, and what becomes of its tries. The
//! pages themselves are applied like any (`pull.rs`).

use super::pull::current;
use crate::store::activity::{self, NewLine};
use crate::store::places::Place;
use crate::store::{StoreError, collections, links, repairs};
use rusqlite::Connection;
use tidemark_model::number::Millis;
use tidemark_model::view::{GapReason, Happened, LastError};

/// The checkpoint is void: everything is listed again and compared, and the first try of that begins.
pub(crate) fn start_over(
    tx: &Connection,
    place: &Place,
    reason: GapReason,
    now: Millis,
) -> Result<(), StoreError> {
    if !links::is_there(tx, place.link_id)? {
        return Ok(());
    }
    let happened = Happened::ComparingAnew {};
    activity::write(tx, &NewLine::of_place(&happened, (place.link_id, place.collection_id), now))?;
    repairs::gap(tx, &current(tx, place)?, reason)?;
    collections::start_full(tx, place.collection_id)?;
    let collection = current(tx, place)?;
    if collection.is_repaired() {
        repairs::begin(tx, &collection)?;
    }
    links::settle_states(tx)
}

/// A try begins to compare a collection that was once brought in to its end.
pub(crate) fn begin(tx: &Connection, place: &Place) -> Result<(), StoreError> {
    match links::is_there(tx, place.link_id)? {
        true => repairs::begin(tx, &current(tx, place)?),
        false => Ok(()),
    }
}

/// A cycle ends: errors interrupted the tries of some collections, and one of the whole link (`away`) each that is under way.
pub(crate) fn fail(
    tx: &Connection,
    link_id: i64,
    not_pulled: impl Iterator<Item = (Place, LastError)>,
    away: Option<LastError>,
) -> Result<(), StoreError> {
    if !links::is_there(tx, link_id)? {
        return Ok(());
    }
    for (place, error) in not_pulled {
        repairs::fail(tx, &current(tx, &place)?, &error)?;
    }
    let Some(error) = away else { return Ok(()) };
    for collection in collections::of_link(tx, link_id)? {
        repairs::fail(tx, &collection, &error)?;
    }
    Ok(())
}
