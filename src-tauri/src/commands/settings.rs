//! The application's settings.

use super::Desk;
use tauri::State;
use tidemark_model::view::{AppSettings, Refusal};

/// The settings as they are.
#[tauri::command]
#[specta::specta]
pub async fn get_settings(desk: State<'_, Desk>) -> Result<AppSettings, Refusal> {
    Ok(desk.engine()?.settings()?)
}

/// Changes the settings; they apply at once. A value outside of its range is named with its key and the range (row E7).
#[tauri::command]
#[specta::specta]
pub async fn update_settings(desk: State<'_, Desk>, settings: AppSettings) -> Result<AppSettings, Refusal> {
    Ok(desk.host()?.update_settings(&settings).await?)
}
