//! Placeholder until the engine is wired.

use serde::Serialize;
use specta::Type;

/// The state of synchronisation.
#[derive(Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SyncStatus {
    /// Counts up with every change.
    pub seq: u64,
    /// When, in milliseconds since 1970.
    pub last_sync_time: Option<i64>,
    /// The whole state as text.
    pub state: String,
}

#[tauri::command]
#[specta::specta]
pub async fn get_sync_status<R: tauri::Runtime>(_app: tauri::AppHandle<R>) -> Result<SyncStatus, String> {
    Ok(SyncStatus { seq: 1, last_sync_time: None, state: "idle".into() })
}
