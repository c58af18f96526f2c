//! Stored times after the clock was put back.

use crate::store::{StoreError, hosts, links, outbox};
use rusqlite::Connection;
use tidemark_model::number::Millis;

/// Wake-ups, undo windows and the host's floor stand as far ahead of the new time as they stood of the old one.
pub(crate) fn clock_went_back(
    tx: &Connection,
    link_id: i64,
    host: &str,
    by: i64,
    now: Millis,
) -> Result<(), StoreError> {
    outbox::bring_back(tx, link_id, by, now)?;
    hosts::bring_back(tx, host, by, now)?;
    // What is noticed once is not noticed again.
    links::no_contact_after(tx, link_id, now)
}
