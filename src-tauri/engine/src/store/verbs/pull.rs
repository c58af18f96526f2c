//! Applying pages: rows and checkpoint in one transaction, under the deletion guard (`engine.md` 8).

use super::reconcile::{Became, Origin, reconcile};
use super::{Moved, removals};
use crate::store::activity::{self, NewLine};
use crate::store::collections::{self, CollectionRow, PageMark};
use crate::store::places::Place;
use crate::store::quarantine::{self, Unread};
use crate::store::{StoreError, links, meta, outbox, records, repairs, transactions};
use rusqlite::Connection;
use std::collections::BTreeSet;
use tidemark_model::connector::{Page, PullRequest, Remote, Row};
use tidemark_model::lateness::{LookBack, Sighting};
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::Happened;

/// What a page did.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Applied {
    /// Applied, together with its checkpoint.
    Done {
        /// What it moved.
        moved: Moved,
        /// Where a transaction waits to be seen: the records that it showed at the version that is known here.
        shown: Vec<(i64, String)>,
    },
    /// Nothing of it was applied: it would remove more than goes without asking.
    Guarded(Page),
}

/// The acknowledgement sequence, noted before a page is asked for.
pub(crate) fn ack_seq(tx: &Connection) -> Result<i64, StoreError> {
    meta::number(tx, "ack_seq")
}

/// Applies a page with its checkpoint; `look_back` where rows may come late.
pub(crate) fn apply_page(
    tx: &Connection,
    place: &Place,
    page: Page,
    pull_ack_seq: i64,
    look_back: Option<&LookBack>,
    now: Millis,
) -> Result<Applied, StoreError> {
    if !links::is_there(tx, place.link_id)? {
        // Removed while the page was on its way: nothing of it comes onto this computer.
        return Ok(Applied::Done { moved: Moved::default(), shown: Vec::new() });
    }
    collections::begin_pull(tx, place.collection_id, now)?;
    let collection = current(tx, place)?;
    let origin = Origin {
        pull_ack_seq: Some(pull_ack_seq),
        generation: collection.full_generation,
        may_be_in: false,
        now,
    };
    let mut moved = Moved::default();
    let (mut nameless, mut set_aside) = (0, false);
    let gone = collections::gone_in_run(tx, place.collection_id)?;
    let (mut removed, mut unread) = (0, Vec::new());
    let shown = shown(tx, place, &page)?;
    let mut sighting = Sighting { ends: !page.more, ..Sighting::default() };
    tx.prepare_cached("SAVEPOINT page")?.execute([])?;
    quarantine::release_standing(tx, place.collection_id)?;
    for row in &page.rows {
        match row {
            Row::Unreadable { id, raw, bytes, reason } => {
                let row = Unread { rid: id.as_deref(), raw, bytes: *bytes, reason };
                if keep_unread(tx, place, &collection, &row, now)? {
                    unread.push(id.as_deref());
                }
                nameless += i64::from(id.is_none());
                set_aside = true;
            }
            Row::Record { id, remote } => {
                let became = reconcile(tx, place, id, remote, &origin, &mut moved)?;
                if let Some(bounds) = look_back {
                    sight(&mut sighting, became, remote, page.read_to, bounds);
                }
                if became == Became::Removed {
                    removed += 1;
                    went(tx, place, id)?;
                }
                if set_aside || collection.quarantined > 0 {
                    quarantine::release(tx, place.collection_id, id)?;
                }
            }
        }
    }
    let mut gone_after = collections::gone_in_run(tx, place.collection_id)?;
    let unseen = match (page.more, collection.full_generation) {
        (false, Some(generation)) if collection.nameless_in_run + nameless == 0 => {
            for id in records::unseen_clean(tx, place.collection_id, generation)? {
                gone_after += i64::from(!collections::is_agreed(tx, place.collection_id, id)?);
            }
            records::unseen(tx, place.collection_id, generation)?
        }
        // Of a list with rows that do not tell whose they are nobody knows what it lacks: nothing goes then.
        (_, _) => Vec::new(),
    };
    if removals::asks(&collection, gone, gone_after) {
        tx.prepare_cached("ROLLBACK TO page")?.execute([])?;
        tx.prepare_cached("RELEASE page")?.execute([])?;
        return Ok(Applied::Guarded(page));
    }
    if let (false, Some(generation)) = (page.more, collection.full_generation) {
        removed += end_of_full(tx, place, (generation, &unseen), now, &mut moved)?;
    }
    tx.prepare_cached("RELEASE page")?.execute([])?;
    tell(tx, place, &moved, removed, now)?;
    tell_unread(tx, place, &unread, now)?;
    if set_aside {
        quarantine::trim(tx, place.collection_id)?;
    }
    if !page.more {
        // A question that needs no answer any more, or a yes: both end with their pull.
        collections::set_asked(tx, place.collection_id, None, &BTreeSet::new())?;
    }
    let mark = PageMark {
        checkpoint: &page.next,
        rows: page.rows.len() as i64,
        nameless,
        total: page.total.map(|total| total.0),
        ends_at: (!page.more).then_some(now),
    };
    collections::mark_page(tx, place.collection_id, &mark)?;
    if collection.is_repaired() {
        let found = (moved.records.len() as i64 - removed, removed);
        let compared = collection.pull_received + page.rows.len() as i64;
        repairs::page(tx, place.collection_id, found, (!page.more).then_some(compared))?;
        links::settle_states(tx)?;
    }
    if let Some(bounds) = look_back {
        let known = collection.lateness.after(bounds, &sighting);
        collections::set_lateness(tx, place.collection_id, &known)?;
    }
    Ok(Applied::Done { moved, shown })
}

/// Notes a row that was not known in this version, and how far it is behind what was read before.
fn sight(
    sighting: &mut Sighting,
    became: Became,
    remote: &Remote,
    read_to: Option<Millis>,
    bounds: &LookBack,
) {
    match became {
        // What is set aside may be our own.
        Became::Unchanged | Became::SetAside => return,
        Became::Changed | Became::Removed | Became::Conflicted => sighting.news = true,
    }
    let Some(read_to) = read_to else { return };
    // A row that does not tell its time may be as late as any.
    let lag = remote.at().map_or(bounds.most, |at| Millis((read_to.0 - at.0).max(0)));
    sighting.lag = sighting.lag.max(lag);
}

/// Applies a page that came with the answer to a push; `None` where it is not what is wanted now. It continues the
/// checkpoint that was asked for or nothing: a page that was made before another of the same collection was applied may
/// hold older versions than are known, and the next pull brings all of them.
pub(crate) fn apply_pushed(
    tx: &Connection,
    place: &Place,
    pushed: Pushed,
    look_back: Option<&LookBack>,
    now: Millis,
) -> Result<Option<Applied>, StoreError> {
    let Pushed { wish, ack_seq, page } = pushed;
    let Some(collection) = collections::get(tx, place.collection_id)? else { return Ok(None) };
    let wanted = page.collection == wish.collection
        && wish.collection == collection.name
        && collection.checkpoint == wish.after
        && wish.after.as_ref().is_some_and(|after| after.is_of(&page.next))
        && collection.asks.is_none()
        && !collection.paused
        && !(page.more && wish.after.as_ref() == Some(&page.next));
    if !wanted {
        return Ok(None);
    }
    Ok(match apply_page(tx, place, page, ack_seq, look_back, now)? {
        // The pull that follows meets the same rows, and asks.
        Applied::Guarded(_) => None,
        done @ Applied::Done { .. } => Some(done),
    })
}

/// Shows the newest rows of a collection that was never pulled, before it is listed from the beginning. No checkpoint moves
/// and nothing is counted or removed: the listing brings every one of these rows again, and drops those that are known by
/// then by id and version.
pub(crate) fn show_newest(
    tx: &Connection,
    place: &Place,
    rows: &[Row],
    pull_ack_seq: i64,
    now: Millis,
) -> Result<Moved, StoreError> {
    let mut moved = Moved::default();
    let wanted = collections::get(tx, place.collection_id)?.is_some_and(|row| row.wants_newest());
    if !wanted || !links::is_there(tx, place.link_id)? {
        return Ok(moved);
    }
    collections::set_newest_asked(tx, place.collection_id)?;
    let origin = Origin { pull_ack_seq: Some(pull_ack_seq), generation: None, may_be_in: false, now };
    for row in rows {
        if let Row::Record { id, remote: remote @ Remote::Present { .. } } = row {
            reconcile(tx, place, id, remote, &origin, &mut moved)?;
        }
    }
    Ok(moved)
}

/// A page that came with the answer to a push.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pushed {
    /// What was asked for.
    pub(crate) wish: PullRequest,
    /// The acknowledgement sequence before the request left.
    pub(crate) ack_seq: i64,
    /// What came.
    pub(crate) page: Page,
}

/// One line for all that a page changed here, however many records that are.
fn tell(tx: &Connection, place: &Place, moved: &Moved, removed: i64, now: Millis) -> Result<(), StoreError> {
    if moved.records.is_empty() {
        return Ok(());
    }
    let happened = Happened::Received {
        changed: Count::of(moved.records.len()),
        removed: Count(removed),
        records: activity::named(moved.records.iter().map(|(_, rid)| rid.as_str())),
    };
    let one = if let [(_, rid)] = &moved.records[..] { Some(rid.as_str()) } else { None };
    let line = NewLine::of_place(&happened, (place.link_id, place.collection_id), now);
    activity::write(tx, &NewLine { rid: one, ..line })
}

/// One line for all rows that cannot be read and were not known.
fn tell_unread(
    tx: &Connection,
    place: &Place,
    unread: &[Option<&str>],
    now: Millis,
) -> Result<(), StoreError> {
    if unread.is_empty() {
        return Ok(());
    }
    let happened = Happened::Unreadable {
        rows: Count::of(unread.len()),
        records: activity::named(unread.iter().copied().flatten()),
    };
    let line = NewLine::of_place(&happened, (place.link_id, place.collection_id), now);
    activity::write(tx, &line)
}

/// The records of a page that stand in it as they were known before it, with their versions.
fn shown(tx: &Connection, place: &Place, page: &Page) -> Result<Vec<(i64, String)>, StoreError> {
    let mut shown = Vec::new();
    if transactions::awaits_since(tx, place.link_id)?.is_none() {
        return Ok(shown);
    }
    for row in &page.rows {
        let Row::Record { id, remote } = row else { continue };
        if let (Some(record), Some(version)) =
            (records::by_rid(tx, place.collection_id, id)?, remote.version())
            && record.base.version.as_deref() == Some(version)
        {
            shown.push((record.id, version.to_owned()));
        }
    }
    Ok(shown)
}

/// Notes that a record went, unless a person agreed to it.
fn went(tx: &Connection, place: &Place, rid: &str) -> Result<(), StoreError> {
    match records::by_rid(tx, place.collection_id, rid)? {
        Some(record) if !collections::is_agreed(tx, place.collection_id, record.id)? => {
            collections::went_unasked(tx, place.collection_id, record.id)
        }
        _ => Ok(()),
    }
}

/// Keeps a row that cannot be read; a whole comparison has seen its record all the same. Whether it is a new one.
fn keep_unread(
    tx: &Connection,
    place: &Place,
    collection: &CollectionRow,
    row: &Unread<'_>,
    now: Millis,
) -> Result<bool, StoreError> {
    let seen = collection.full_generation.unwrap_or_default();
    let is_new = quarantine::keep(tx, place.collection_id, row, seen, now)?;
    if let (Some(rid), Some(generation)) = (row.rid, collection.full_generation)
        && let Some(record) = records::by_rid(tx, place.collection_id, rid)?
    {
        records::mark_seen(tx, record.id, generation)?;
    }
    Ok(is_new)
}

/// The last page of a whole comparison: what the server no longer has goes, except what was changed here. Returns how many.
fn end_of_full(
    tx: &Connection,
    place: &Place,
    (generation, unseen): (i64, &[String]),
    now: Millis,
    moved: &mut Moved,
) -> Result<i64, StoreError> {
    let origin = Origin { pull_ack_seq: None, generation: None, may_be_in: false, now };
    let mut removed = 0;
    let gone = Remote::Deleted { version: None, at: None, by: None };
    for rid in unseen {
        let became = reconcile(tx, place, rid, &gone, &origin, moved)?;
        removed += i64::from(became == Became::Removed);
    }
    let happened = Happened::Compared { removed: Count(removed) };
    activity::write(tx, &NewLine::of_place(&happened, (place.link_id, place.collection_id), now))?;
    quarantine::release_unseen(tx, place.collection_id, generation)?;
    collections::end_full(tx, place.collection_id)?;
    Ok(removed)
}

/// Plans a record that was set aside or could not be read, from a fetch made after its lane was definite.
pub(crate) fn fetched(
    tx: &Connection,
    place: &Place,
    rid: &str,
    remote: &Remote,
    pull_ack_seq: i64,
    now: Millis,
) -> Result<Moved, StoreError> {
    let mut moved = Moved::default();
    if !links::is_there(tx, place.link_id)? {
        return Ok(moved);
    }
    quarantine::release(tx, place.collection_id, rid)?;
    let record = records::by_rid(tx, place.collection_id, rid)?;
    // Missing by its id is the same as deleted for a record that the server once had.
    let was_there = record.as_ref().is_some_and(|record| record.base.document.is_some());
    let gone = Remote::Deleted { version: None, at: None, by: None };
    let remote = if matches!(remote, Remote::Missing) && was_there { &gone } else { remote };
    let generation = current(tx, place)?.full_generation;
    let origin = Origin { pull_ack_seq: Some(pull_ack_seq), generation, may_be_in: false, now };
    let became = reconcile(tx, place, rid, remote, &origin, &mut moved)?;
    tell(tx, place, &moved, i64::from(became == Became::Removed), now)?;
    if let Some(record) = record.filter(|_| became != Became::SetAside) {
        nothing_waits(tx, record.id)?;
    }
    Ok(moved)
}

/// Nothing that the server said of a record waits to be looked at any more.
fn nothing_waits(tx: &Connection, record_id: i64) -> Result<(), StoreError> {
    records::clear_aside(tx, record_id)?;
    if !outbox::has_lane(tx, record_id)? {
        records::clear_remote(tx, record_id)?;
    }
    Ok(())
}

/// The next row of the list cannot be had, however few are asked for: it is told like one that cannot be read, until a page
/// comes in.
pub(crate) fn stands(tx: &Connection, place: &Place, reason: &str, now: Millis) -> Result<(), StoreError> {
    if !links::is_there(tx, place.link_id)? {
        return Ok(());
    }
    let row = Unread { rid: None, raw: "", bytes: 0, reason };
    match keep_unread(tx, place, &current(tx, place)?, &row, now)? {
        true => tell_unread(tx, place, &[None], now),
        false => Ok(()),
    }
}

/// A record that was set aside cannot be read by its id: it waits in quarantine, as if its row in a page had been so.
pub(crate) fn fetched_unread(
    tx: &Connection,
    place: &Place,
    rid: &str,
    reason: &str,
    now: Millis,
) -> Result<(), StoreError> {
    if !links::is_there(tx, place.link_id)? {
        return Ok(());
    }
    // A row that a page brought says more.
    if !quarantine::is_known(tx, place.collection_id, rid)? {
        let row = Unread { rid: Some(rid), raw: "", bytes: 0, reason };
        if keep_unread(tx, place, &current(tx, place)?, &row, now)? {
            tell_unread(tx, place, &[Some(rid)], now)?;
        }
    }
    if let Some(record) = records::by_rid(tx, place.collection_id, rid)? {
        nothing_waits(tx, record.id)?;
    }
    Ok(())
}

/// A record that could not be read was asked for by its id. One that is gone there goes with the pull that tells of it, under
/// the deletion guard.
pub(crate) fn read_again(
    tx: &Connection,
    place: &Place,
    rid: &str,
    remote: &Remote,
    pull_ack_seq: i64,
    now: Millis,
) -> Result<Moved, StoreError> {
    match remote {
        Remote::Present { .. } => fetched(tx, place, rid, remote, pull_ack_seq, now),
        Remote::Deleted { .. } | Remote::Missing => {
            quarantine::release(tx, place.collection_id, rid)?;
            Ok(Moved::default())
        }
    }
}

/// The collection as it stands in this transaction.
pub(super) fn current(tx: &Connection, place: &Place) -> Result<CollectionRow, StoreError> {
    collections::get(tx, place.collection_id)?
        .ok_or_else(|| StoreError::Corrupt(format!("collection {} vanished", place.collection)))
}
