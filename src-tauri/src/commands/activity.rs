//! What happened.

use super::{Desk, place};
use tauri::State;
use tidemark_model::number::Count;
use tidemark_model::view::{ActivityFilter, ActivityPage, Refusal};

/// A page of the activity, newest first: from the newest line, or older than another page's `next`.
#[tauri::command]
#[specta::specta]
pub async fn list_activity(
    desk: State<'_, Desk>,
    filter: ActivityFilter,
    after: Option<Count>,
    limit: Count,
) -> Result<ActivityPage, Refusal> {
    Ok(desk.engine()?.activity(&filter, after, place(limit))?)
}
