//! Conflicts.

use super::{Desk, place};
use tauri::State;
use tidemark_model::number::Count;
use tidemark_model::view::{
    ConflictGroup, ConflictRow, ConflictShape, ConflictView, GroupChoice, GroupMember, GroupResolved,
    ListPage, Refusal, Resolution, Resolved, SeenConflict,
};

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

/// The shapes of which there is more than one open conflict, the largest group first.
#[tauri::command]
#[specta::specta]
pub async fn list_conflict_groups(desk: State<'_, Desk>) -> Result<Vec<ConflictGroup>, Refusal> {
    Ok(desk.engine()?.conflict_groups()?)
}

/// A page of the conflicts of one shape, oldest first.
#[tauri::command]
#[specta::specta]
pub async fn list_group_members(
    desk: State<'_, Desk>,
    shape: ConflictShape,
    offset: Count,
    limit: Count,
) -> Result<ListPage<GroupMember>, Refusal> {
    Ok(desk.engine()?.group_members(&shape, place(offset), place(limit))?)
}

/// Decides conflicts of one shape alike; each is held for undo for the same time.
#[tauri::command]
#[specta::specta]
pub async fn resolve_group(
    desk: State<'_, Desk>,
    shape: ConflictShape,
    members: Vec<SeenConflict>,
    choices: Vec<GroupChoice>,
) -> Result<GroupResolved, Refusal> {
    let hold = desk.engine()?.settings()?.undo_hold;
    Ok(desk.engine()?.resolve_group(shape, members, choices, hold).await?)
}

/// Takes held resolutions back.
#[tauri::command]
#[specta::specta]
pub async fn undo_resolutions(desk: State<'_, Desk>, ids: Vec<Count>) -> Result<GroupResolved, Refusal> {
    Ok(desk.engine()?.undo_resolutions(ids).await?)
}
