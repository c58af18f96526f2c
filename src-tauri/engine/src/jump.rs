//! A clock that is put back: what was to happen at a time happens as soon as it would have (`engine.md` 7).

use crate::link::Link;
use crate::shared::Shared;
use crate::store::verbs::jump as verb;
use crate::store::{StoreError, hosts, links};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tidemark_model::number::Millis;

/// Clocks are put right by fractions of a second all the time; these move nothing.
pub(crate) const TOLERATED: i64 = 1_000;

/// Compares the time with the latest that is known; before a cycle.
pub(crate) async fn notice(shared: &Arc<Shared>, link: &Arc<Link>) -> Result<(), StoreError> {
    let now = shared.now();
    link.gate.notice(now, TOLERATED);
    // These tell it after a restart too.
    let (contact, floor_set) = shared.store.read(|tx| {
        Ok((links::get(tx, link.id)?.and_then(|row| row.last_contact), hosts::floor_set_at(tx)?))
    })?;
    let seen = Millis(link.latest.swap(now.0, Ordering::Relaxed));
    let by = contact.into_iter().chain(floor_set).fold(seen, Millis::max).0 - now.0;
    if by <= TOLERATED || shared.lease().is_none() {
        return Ok(());
    }
    tracing::info!(link = link.name, by, "the clock was put back; what waits for a time is moved with it");
    link.change_live(|live| {
        let back = |time: Millis| time.plus(-by);
        live.next_try = live.next_try.map(back);
        live.offline_since = live.offline_since.map(back);
    });
    let (id, host) = (link.id, link.host.clone());
    shared.write(move |tx| verb::clock_went_back(tx, id, &host, by, now)).await
}
