//! Conflicts.

use super::{Desk, place};
use tauri::State;
use tidemark_model::number::Count;
use tidemark_model::view::{ConflictRow, ConflictView, ListPage, Refusal, Resolution, Resolved};

/// A page of the open conflicts, oldest first.
#[tauri::command]
#[specta::specta]
pub async fn get_pending_conflicts(
    desk: State<'_, Desk>,
    offset: Count,
    limit: Count,
) -> Result<ListPage<ConflictRow>, Refusal> {
    Ok(desk.engine()?.list_conflicts(place(offset), place(limit))?)
}

/// One conflict, whole.
#[tauri::command]
#[specta::specta]
pub async fn get_conflict(desk: State<'_, Desk>, id: Count) -> Result<ConflictView, Refusal> {
    Ok(desk.engine()?.get_conflict(id)?)
}

/// Ends a conflict, or keeps its choices for later; `seen` is the server version that the person looked at.
#[tauri::command]
#[specta::specta]
pub async fn resolve_conflict(
    desk: State<'_, Desk>,
    id: Count,
    resolution: Resolution,
    seen: Option<String>,
) -> Result<Resolved, Refusal> {
    let hold = desk.engine()?.settings()?.undo_hold;
    Ok(desk.engine()?.resolve_conflict(id, resolution, seen, hold).await?)
}

/// Takes a held resolution back.
#[tauri::command]
#[specta::specta]
pub async fn undo_resolution(desk: State<'_, Desk>, id: Count) -> Result<(), Refusal> {
    Ok(desk.engine()?.undo_resolution(id).await?)
}
