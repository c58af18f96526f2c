//! The state of synchronisation, and what a person may do to it as a whole.

use super::Desk;
use tauri::State;
use tidemark_model::view::{Refusal, StatusSnapshot};

/// The one status that every surface shows.
#[tauri::command]
#[specta::specta]
pub async fn get_sync_status(desk: State<'_, Desk>) -> Result<StatusSnapshot, Refusal> {
    desk.status()
}

/// Starts a cycle at once, of one link or collection or of all; a store that could not be opened is tried again first.
#[tauri::command]
#[specta::specta]
pub async fn force_sync(
    desk: State<'_, Desk>,
    link: Option<String>,
    collection: Option<String>,
) -> Result<(), Refusal> {
    desk.try_again().await?;
    Ok(desk.engine()?.force_sync(link.as_deref(), collection.as_deref()).await?)
}

/// Pauses the engine, one link, or one collection.
#[tauri::command]
#[specta::specta]
pub async fn pause(
    desk: State<'_, Desk>,
    link: Option<String>,
    collection: Option<String>,
) -> Result<(), Refusal> {
    Ok(desk.engine()?.pause(link.as_deref(), collection.as_deref()).await?)
}

/// Ends a pause.
#[tauri::command]
#[specta::specta]
pub async fn resume(
    desk: State<'_, Desk>,
    link: Option<String>,
    collection: Option<String>,
) -> Result<(), Refusal> {
    Ok(desk.engine()?.resume(link.as_deref(), collection.as_deref()).await?)
}
