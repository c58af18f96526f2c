//! The local store and its backups.

use super::Desk;
use tauri::State;
use tidemark_model::view::{Backup, Refusal, Restored, Storage};

/// The local store's size and place with its backups, newest first.
#[tauri::command]
#[specta::specta]
pub async fn list_backups(desk: State<'_, Desk>) -> Result<Storage, Refusal> {
    desk.storage()
}

/// Makes a backup while work goes on, and checks it.
#[tauri::command]
#[specta::specta]
pub async fn back_up_now(desk: State<'_, Desk>) -> Result<Backup, Refusal> {
    Ok(desk.engine()?.back_up_now().await?)
}

/// Puts a backup in the place of the local store, which is kept beside it.
#[tauri::command]
#[specta::specta]
pub async fn restore_backup(desk: State<'_, Desk>, name: String) -> Result<Restored, Refusal> {
    desk.restore(&name).await
}

/// The person has read that an older copy of the store was put back.
#[tauri::command]
#[specta::specta]
pub async fn seen_put_back(desk: State<'_, Desk>) -> Result<(), Refusal> {
    Ok(desk.engine()?.seen_put_back().await?)
}
