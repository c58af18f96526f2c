//! The queue: its list in the order of what needs a person first, one change whole, and its counts.

mod causes;
mod counts;
mod detail;
mod discarding;
mod lanes;
mod mark;
mod place;
mod row;
mod sections;
mod sorted;

#[cfg(test)]
mod tests;

pub(crate) use causes::changes_of;
pub(crate) use counts::{Tallied, Tally, stats, to_send};
pub(crate) use detail::{attempt, detail, shown};
pub(crate) use discarding::preview;
pub(crate) use lanes::by_record;

use super::{PAGE, like};
use crate::store::{StoreError, collections, links};
use mark::Mark;
use place::Places;
use rusqlite::Connection;
use tidemark_model::mutation::MutationState;
use tidemark_model::number::Count;
use tidemark_model::view::{Causes, ChangeRow, QueueFilter, QueuePage};

/// Where a page begins.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Start<'a> {
    /// After so many rows, which are skipped one by one.
    At(usize),
    /// After the place that the page before ended at.
    After(&'a str),
}

/// One page of the queue.
///
/// Without a state the order is: Needs you, Conflict, Trying again, Not confirmed, Sending, Waiting as they will be
/// sent, On hold. Ended changes are listed newest first. Another order is had where not too many match. Totals come from counters, unless a text is searched for: then
/// the first page counts, and those after it carry its total on.
pub(crate) fn list(
    tx: &Connection,
    filter: &QueueFilter,
    start: Start<'_>,
    limit: usize,
) -> Result<QueuePage, StoreError> {
    if let Some(sort) = filter.sort
        && let Some(page) = sorted::page(tx, filter, sort, start, limit.min(PAGE))?
    {
        return Ok(page);
    }
    let sections = sections::of_state(filter.state);
    let (mut skip, mut after, mut places, found) = match start {
        Start::At(offset) => (offset as i64, None, Places::default(), None),
        Start::After(text) => {
            let Mark { section, key, places, found } = Mark::read(text, filter, &sections)?;
            (0, Some((section, key)), places, found)
        }
    };
    let mut page =
        QueuePage { rows: Vec::new(), total: Count(found.unwrap_or(0)), next: None, sorted: false };
    let Some(scope) = Scope::of(tx, filter)? else { return Ok(page) };
    let tally = Tally::read(tx)?;
    let paused = row::engine_paused(tx)?;
    let (mut room, mut last, mut more) = (limit.min(PAGE), None, false);
    for section in sections {
        let scoped = section.within(&scope, &tally);
        let count = if found.is_some() { 0 } else { scoped.count(tx)? };
        page.total.0 += count;
        if more || after.is_some_and(|(of, _)| of != section) {
            continue;
        }
        let after = after.take();
        if found.is_none() && skip >= count {
            skip -= count;
            continue;
        }
        // One row more than is shown tells whether there is a next page.
        let upto = room as i64 + 1;
        let keys = match after {
            Some((_, key)) => scoped.after(tx, key, upto)?,
            None => scoped.from(tx, skip, upto)?,
        };
        if scoped.is_one_whole_line() {
            places.walk(skip);
        }
        skip = 0;
        for key in keys {
            more = room == 0;
            if more {
                break;
            }
            room -= 1;
            page.rows.extend(row::read(tx, key.seq, paused, &mut places)?);
            last = Some((section, key));
        }
    }
    if let Some((section, key)) = last.filter(|_| more) {
        let found = scope.search.is_some().then_some(page.total.0);
        page.next = Some(Mark { section, key, places, found }.text(filter)?);
    }
    Ok(page)
}

/// Some changes as lists show them, in the order given.
pub(crate) fn rows(tx: &Connection, seqs: &[i64]) -> Result<Vec<ChangeRow>, StoreError> {
    let paused = row::engine_paused(tx)?;
    let mut places = Places::default();
    let mut rows = Vec::with_capacity(seqs.len());
    for seq in seqs {
        rows.extend(row::read(tx, *seq, paused, &mut places)?);
    }
    Ok(rows)
}

/// What needs a person, by cause: the stretch after a number.
pub(crate) fn causes(tx: &Connection, after: Count) -> Result<Causes, StoreError> {
    let total = Tally::read(tx)?.sum(None).states.of(MutationState::Parked);
    causes::causes(tx, after, total)
}

/// What a filter leaves of the queue, its state aside.
#[derive(Debug, Default)]
struct Scope {
    link: Option<i64>,
    /// Collections of that name; several links may have one.
    collections: Option<Vec<i64>>,
    /// A LIKE pattern.
    search: Option<String>,
}

impl Scope {
    /// None where the filter names a link or a collection that is not there.
    fn of(tx: &Connection, filter: &QueueFilter) -> Result<Option<Self>, StoreError> {
        let mut scope = Self { search: like::containing(filter.search.as_deref()), ..Self::default() };
        if let Some(name) = &filter.link {
            let Some(link) = links::by_name(tx, name)? else { return Ok(None) };
            scope.link = Some(link.id);
        }
        if let Some(name) = &filter.collection {
            let of = match scope.link {
                Some(link) => vec![link],
                None => links::all(tx)?.into_iter().map(|link| link.id).collect(),
            };
            let mut ids = Vec::new();
            for link in of {
                ids.extend(collections::by_name(tx, link, name)?.map(|collection| collection.id));
            }
            if ids.is_empty() {
                return Ok(None);
            }
            scope.collections = Some(ids);
        }
        Ok(Some(scope))
    }

    fn holds(&self, link: i64, collection: i64) -> bool {
        self.link.is_none_or(|only| only == link)
            && self.collections.as_ref().is_none_or(|only| only.contains(&collection))
    }
}
