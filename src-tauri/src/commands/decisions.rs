//! What was decided and merged, and putting it back.

use super::{Desk, place};
use tauri::State;
use tidemark_model::number::Count;
use tidemark_model::view::{DecisionPutBack, DecisionRow, DecisionView, ListPage, Refusal};

/// A page of what was decided and merged in the past 30 days, newest first.
#[tauri::command]
#[specta::specta]
pub async fn list_decisions(
    desk: State<'_, Desk>,
    offset: Count,
    limit: Count,
) -> Result<ListPage<DecisionRow>, Refusal> {
    Ok(desk.engine()?.list_decisions(place(offset), place(limit))?)
}

/// One of them, field by field, with what putting it back would bring.
#[tauri::command]
#[specta::specta]
pub async fn get_decision(desk: State<'_, Desk>, id: String) -> Result<DecisionView, Refusal> {
    Ok(desk.engine()?.get_decision(&id)?)
}

/// Brings the former values back by a new change.
#[tauri::command]
#[specta::specta]
pub async fn put_back(desk: State<'_, Desk>, id: String) -> Result<DecisionPutBack, Refusal> {
    Ok(desk.engine()?.put_back(&id).await?)
}
