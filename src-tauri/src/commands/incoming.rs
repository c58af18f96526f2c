//! What came from servers and waits for a person: removals that are asked about, and rows that could not be read.

use super::{Desk, place};
use tauri::State;
use tidemark_model::number::Count;
use tidemark_model::view::{ListPage, ReadAgain, Refusal, Removal, UnreadableDetail, UnreadableRow};

/// The records that a collection would remove and asks about.
#[tauri::command]
#[specta::specta]
pub async fn list_removals(
    desk: State<'_, Desk>,
    link: String,
    collection: String,
    offset: Count,
    limit: Count,
) -> Result<ListPage<Removal>, Refusal> {
    Ok(desk.engine()?.list_removals(&link, &collection, place(offset), place(limit))?)
}

/// The person's yes to the deletion guard of a collection, for the number that was asked about.
#[tauri::command]
#[specta::specta]
pub async fn allow_removals(
    desk: State<'_, Desk>,
    link: String,
    collection: String,
    number: Count,
) -> Result<(), Refusal> {
    Ok(desk.engine()?.allow_removals(&link, &collection, number).await?)
}

/// Rows of servers that could not be read, newest first; of one connection or collection, or of all.
#[tauri::command]
#[specta::specta]
pub async fn list_unreadable(
    desk: State<'_, Desk>,
    link: Option<String>,
    collection: Option<String>,
    offset: Count,
    limit: Count,
) -> Result<ListPage<UnreadableRow>, Refusal> {
    let of = (link.as_deref(), collection.as_deref());
    Ok(desk.engine()?.list_unreadable(of.0, of.1, place(offset), place(limit))?)
}

/// One of them, with its text.
#[tauri::command]
#[specta::specta]
pub async fn get_unreadable(desk: State<'_, Desk>, id: Count) -> Result<UnreadableDetail, Refusal> {
    Ok(desk.engine()?.get_unreadable(id)?)
}

/// Asks the servers again for the records behind these rows.
#[tauri::command]
#[specta::specta]
pub async fn read_again(desk: State<'_, Desk>, ids: Vec<Count>) -> Result<ReadAgain, Refusal> {
    Ok(desk.engine()?.read_again(&ids).await?)
}

/// The person wants to hear no more of these rows; how many were still there.
#[tauri::command]
#[specta::specta]
pub async fn forget_unreadable(desk: State<'_, Desk>, ids: Vec<Count>) -> Result<Count, Refusal> {
    Ok(desk.engine()?.forget_unreadable(&ids).await?)
}
