//! The queue: its list in the order of what needs a person first, one change whole, and its counts.

mod causes;
mod counts;
mod detail;
mod discarding;
mod place;
mod row;
mod sections;

#[cfg(test)]
mod tests;

pub(crate) use causes::changes_of;
pub(crate) use counts::{Tallied, Tally, stats};
pub(crate) use detail::{detail, shown};
pub(crate) use discarding::preview;

use super::{PAGE, like};
use crate::store::{StoreError, collections, links};
use place::Places;
use rusqlite::Connection;
use tidemark_model::mutation::MutationState;
use tidemark_model::number::Count;
use tidemark_model::view::{Causes, ChangeRow, ListPage, QueueFilter};

/// One page of the queue.
///
/// Without a state the order is: Needs you, Conflict, Trying again, Not confirmed, Sending, Waiting as they will be
/// sent, On hold. Ended changes are listed newest first. Totals come from counters, unless a text is searched for.
pub(crate) fn list(
    tx: &Connection,
    filter: &QueueFilter,
    offset: usize,
    limit: usize,
) -> Result<ListPage<ChangeRow>, StoreError> {
    let mut page = ListPage { rows: Vec::new(), total: Count(0) };
    let Some(scope) = Scope::of(tx, filter)? else { return Ok(page) };
    let tally = Tally::read(tx)?;
    let (mut skip, mut room) = (offset as i64, limit.min(PAGE) as i64);
    let paused = row::engine_paused(tx)?;
    let mut places = Places::default();
    for section in sections::of_state(filter.state) {
        let section = section.within(&scope, &tally);
        let count = section.count(tx)?;
        page.total.0 += count;
        if room == 0 || skip >= count {
            skip = (skip - count).max(0);
            continue;
        }
        let seqs = section.seqs(tx, skip, room)?;
        if section.is_one_whole_line() {
            places.start_at(skip);
        }
        room -= seqs.len() as i64;
        skip = 0;
        for seq in seqs {
            page.rows.extend(row::read(tx, seq, paused, &mut places)?);
        }
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
