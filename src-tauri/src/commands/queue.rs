//! The queue.

use super::{Desk, place};
use tauri::State;
use tidemark_model::number::Count;
use tidemark_model::view::{
    AttemptDetail, BulkResult, CauseChanges, Causes, ChangeDetail, ChangesByRecord, DiscardPreview,
    ExportFormat, MayBeIt, QueueFilter, QueuePage, QueueStats, Refusal, RefusalCode, RestoreResult,
};

/// Statistics, in constant time.
#[tauri::command]
#[specta::specta]
pub async fn get_queue_stats(desk: State<'_, Desk>) -> Result<QueueStats, Refusal> {
    Ok(desk.engine()?.queue_stats()?)
}

/// A page of the queue: at an offset, or after the `next` of another page of the same filter.
#[tauri::command]
#[specta::specta]
pub async fn list_queue(
    desk: State<'_, Desk>,
    filter: QueueFilter,
    offset: Option<Count>,
    after: Option<String>,
    limit: Count,
) -> Result<QueuePage, Refusal> {
    let engine = desk.engine()?;
    Ok(match (offset, after) {
        (Some(offset), None) => engine.list_queue(&filter, place(offset), place(limit))?,
        (None, Some(after)) => engine.list_queue_after(&filter, &after, place(limit))?,
        (None, None) | (Some(_), Some(_)) => {
            return Err(Refusal {
                code: RefusalCode::Invalid,
                message: "a page of the queue begins either at an 'offset' or 'after' a place".to_owned(),
                hint: "Give one of the two.".to_owned(),
            });
        }
    })
}

/// What of one try of a change is kept word for word.
#[tauri::command]
#[specta::specta]
pub async fn get_attempt(desk: State<'_, Desk>, id: String, number: Count) -> Result<AttemptDetail, Refusal> {
    Ok(desk.engine()?.get_attempt(&id, number)?)
}

/// One change, whole.
#[tauri::command]
#[specta::specta]
pub async fn get_change(desk: State<'_, Desk>, id: String) -> Result<ChangeDetail, Refusal> {
    Ok(desk.engine()?.get_change(&id)?)
}

/// Sends the named changes again now.
#[tauri::command]
#[specta::specta]
pub async fn retry(desk: State<'_, Desk>, ids: Vec<String>) -> Result<BulkResult, Refusal> {
    Ok(desk.engine()?.retry(ids).await?)
}

/// Sends every change that needs a person again.
#[tauri::command]
#[specta::specta]
pub async fn reprocess_failed(desk: State<'_, Desk>) -> Result<BulkResult, Refusal> {
    Ok(desk.engine()?.reprocess_failed().await?)
}

/// Holds the named changes, or lets them go.
#[tauri::command]
#[specta::specta]
pub async fn hold(desk: State<'_, Desk>, ids: Vec<String>, held: bool) -> Result<BulkResult, Refusal> {
    Ok(desk.engine()?.hold(ids, held).await?)
}

/// Makes the named changes more or less urgent, 0 to 9; 9 goes first.
#[tauri::command]
#[specta::specta]
pub async fn set_priority(
    desk: State<'_, Desk>,
    ids: Vec<String>,
    priority: u8,
) -> Result<BulkResult, Refusal> {
    Ok(desk.engine()?.set_priority(ids, priority).await?)
}

/// What needs a person, by cause; a stretch of the queue at a time.
#[tauri::command]
#[specta::specta]
pub async fn list_causes(desk: State<'_, Desk>, after: Option<Count>) -> Result<Causes, Refusal> {
    Ok(desk.engine()?.list_causes(after)?)
}

/// The ids of one cause's changes; at most 1,000 at a time.
#[tauri::command]
#[specta::specta]
pub async fn get_cause_changes(
    desk: State<'_, Desk>,
    key: String,
    after: Option<Count>,
) -> Result<CauseChanges, Refusal> {
    Ok(desk.engine()?.changes_of_cause(&key, after)?)
}

/// Unfinished changes by the record that they change; a stretch of the records at a time.
#[tauri::command]
#[specta::specta]
pub async fn list_by_record(desk: State<'_, Desk>, after: Option<Count>) -> Result<ChangesByRecord, Refusal> {
    Ok(desk.engine()?.list_by_record(after)?)
}

/// What discarding the named changes would do.
#[tauri::command]
#[specta::specta]
pub async fn preview_discard(desk: State<'_, Desk>, ids: Vec<String>) -> Result<DiscardPreview, Refusal> {
    Ok(desk.engine()?.preview_discard(&ids)?)
}

/// Puts discarded changes back, each as a new change.
#[tauri::command]
#[specta::specta]
pub async fn restore_changes(desk: State<'_, Desk>, ids: Vec<String>) -> Result<RestoreResult, Refusal> {
    Ok(desk.engine()?.restore(ids).await?)
}

/// The named changes as JSON or as commands for a shell, without secrets.
#[tauri::command]
#[specta::specta]
pub async fn export_changes(
    desk: State<'_, Desk>,
    ids: Vec<String>,
    format: ExportFormat,
) -> Result<String, Refusal> {
    Ok(desk.engine()?.export_changes(&ids, format)?)
}

/// Records on the server that a change which may have been sent may have made.
#[tauri::command]
#[specta::specta]
pub async fn may_be(desk: State<'_, Desk>, id: String) -> Result<Vec<MayBeIt>, Refusal> {
    Ok(desk.engine()?.may_be(&id).await?)
}

/// A person says under which id a change that may have been sent is there.
#[tauri::command]
#[specta::specta]
pub async fn is_there(desk: State<'_, Desk>, id: String, record: String) -> Result<(), Refusal> {
    Ok(desk.engine()?.is_there(&id, &record).await?)
}

/// A person says that a change which may have been sent did not arrive.
#[tauri::command]
#[specta::specta]
pub async fn send_again(desk: State<'_, Desk>, id: String) -> Result<(), Refusal> {
    Ok(desk.engine()?.send_again(&id).await?)
}

/// Moves the named changes to the trash for 30 days.
#[tauri::command]
#[specta::specta]
pub async fn discard(desk: State<'_, Desk>, ids: Vec<String>) -> Result<BulkResult, Refusal> {
    Ok(desk.engine()?.discard(ids).await?)
}

/// Moves everything that waits to the trash; `expected` is the number that the person saw and confirmed.
#[tauri::command]
#[specta::specta]
pub async fn clear_queue(desk: State<'_, Desk>, expected: Count) -> Result<BulkResult, Refusal> {
    Ok(desk.engine()?.clear_queue(expected).await?)
}

/// Removes ended rows that have outlived their days; returns how many.
#[tauri::command]
#[specta::specta]
pub async fn clear_old_requests(desk: State<'_, Desk>) -> Result<Count, Refusal> {
    Ok(desk.engine()?.clear_old_requests().await?)
}
