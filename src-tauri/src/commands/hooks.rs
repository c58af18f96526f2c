//! Hooks that decide conflicts.

use super::Desk;
use tauri::State;
use tidemark_model::view::{HookPlace, HookRow, HookTrial, Refusal};

/// All hooks that are set, with their scripts.
#[tauri::command]
#[specta::specta]
pub async fn list_hooks(desk: State<'_, Desk>) -> Result<Vec<HookRow>, Refusal> {
    Ok(desk.engine()?.hooks()?)
}

/// What a script would have done to the conflicts of the past 30 days, and would do to the open ones.
#[tauri::command]
#[specta::specta]
pub async fn try_hook(desk: State<'_, Desk>, place: HookPlace, script: String) -> Result<HookTrial, Refusal> {
    Ok(desk.engine()?.try_hook(&place, &script).await?)
}

/// Sets the script of a collection; open conflicts that it decides end with it.
#[tauri::command]
#[specta::specta]
pub async fn set_hook(desk: State<'_, Desk>, place: HookPlace, script: String) -> Result<(), Refusal> {
    Ok(desk.engine()?.set_hook(&place, script).await?)
}

/// Takes the script of a collection away.
#[tauri::command]
#[specta::specta]
pub async fn remove_hook(desk: State<'_, Desk>, place: HookPlace) -> Result<(), Refusal> {
    Ok(desk.engine()?.remove_hook(&place).await?)
}
