//! Transactions as people and programs see them.

use crate::store::transactions::{self, COLUMNS, TransactionRecord};
use crate::store::views::queue;
use crate::store::{StoreError, links};
use rusqlite::{Connection, params};
use tidemark_model::number::Count;
use tidemark_model::view::{ListPage, TransactionDetail, TransactionRow};

/// A page, newest first.
pub(crate) fn list(
    tx: &Connection,
    open: bool,
    offset: usize,
    limit: usize,
) -> Result<ListPage<TransactionRow>, StoreError> {
    let only = if open { "WHERE ended_at IS NULL" } else { "" };
    let total: i64 = tx
        .prepare_cached(&format!("SELECT count(*) FROM transactions {only}"))?
        .query_row([], |row| row.get(0))?;
    let mut statement = tx.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM transactions {only} ORDER BY created_at DESC, id DESC LIMIT ?1 OFFSET ?2"
    ))?;
    let mut rows = statement.query(params![limit as i64, offset as i64])?;
    let mut listed = Vec::new();
    while let Some(row) = rows.next()? {
        listed.push(shown(tx, TransactionRecord::read(row)?)?);
    }
    Ok(ListPage { rows: listed, total: Count(total) })
}

/// One, whole.
pub(crate) fn detail(tx: &Connection, id: &str) -> Result<Option<TransactionDetail>, StoreError> {
    let Some(record) = transactions::get(tx, id)? else { return Ok(None) };
    let mut statement = tx.prepare_cached("SELECT seq FROM outbox WHERE transaction_id = ?1 ORDER BY seq")?;
    let seqs = statement.query_map([id], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    Ok(Some(TransactionDetail {
        changes: queue::rows(tx, &seqs)?,
        history: transactions::history(tx, id)?,
        row: shown(tx, record)?,
    }))
}

fn shown(tx: &Connection, record: TransactionRecord) -> Result<TransactionRow, StoreError> {
    let (members, _) = transactions::tally(tx, &record.id)?;
    Ok(TransactionRow {
        link: links::get(tx, record.link_id)?.map(|link| link.name).unwrap_or_default(),
        id: record.id,
        label: record.label,
        strategy: record.strategy,
        state: record.state,
        queued_behind: record.queued_behind,
        await_sync: record.await_sync,
        undoing: record.undoing && record.ended_at.is_none(),
        error: record.error,
        changes: Count(members.all()),
        confirmed: Count(members.confirmed),
        rolled_back: Count(members.rolled_back),
        created_at: record.created_at,
        updated_at: record.updated_at,
        ended_at: record.ended_at,
    })
}
