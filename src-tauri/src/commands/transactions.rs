//! Changes that belong together.

use super::{Desk, place};
use tauri::State;
use tidemark_model::number::Count;
use tidemark_model::view::{ListPage, Refusal, TransactionDetail, TransactionRow};

/// A page of the transactions, newest first; `open` leaves out those that have ended.
#[tauri::command]
#[specta::specta]
pub async fn list_transactions(
    desk: State<'_, Desk>,
    open: bool,
    offset: Count,
    limit: Count,
) -> Result<ListPage<TransactionRow>, Refusal> {
    Ok(desk.engine()?.list_transactions(open, place(offset), place(limit))?)
}

/// One transaction with its changes and its history.
#[tauri::command]
#[specta::specta]
pub async fn get_transaction(desk: State<'_, Desk>, id: String) -> Result<TransactionDetail, Refusal> {
    Ok(desk.engine()?.get_transaction(&id)?)
}

/// Puts what a failed transaction had rolled back into the queue again, with its values.
#[tauri::command]
#[specta::specta]
pub async fn restore_transaction(desk: State<'_, Desk>, id: String) -> Result<TransactionRow, Refusal> {
    Ok(desk.engine()?.restore_transaction(&id).await?)
}
