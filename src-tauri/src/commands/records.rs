//! Records.

use super::{Desk, place};
use tauri::State;
use tidemark_model::number::Count;
use tidemark_model::view::{
    FieldEdit, Form, ListPage, RecordDetail, RecordFilter, RecordRow, Refusal, Saved,
};

/// A page of a collection's records.
#[tauri::command]
#[specta::specta]
pub async fn list_records(
    desk: State<'_, Desk>,
    link: String,
    collection: String,
    filter: RecordFilter,
    offset: Count,
    limit: Count,
) -> Result<ListPage<RecordRow>, Refusal> {
    Ok(desk.engine()?.list_records(&link, &collection, &filter, place(offset), place(limit))?)
}

/// One record, whole.
#[tauri::command]
#[specta::specta]
pub async fn get_record(
    desk: State<'_, Desk>,
    link: String,
    collection: String,
    id: String,
) -> Result<RecordDetail, Refusal> {
    Ok(desk.engine()?.get_record(&link, &collection, &id)?)
}

/// The form of a collection.
#[tauri::command]
#[specta::specta]
pub async fn get_form(desk: State<'_, Desk>, link: String, collection: String) -> Result<Form, Refusal> {
    Ok(desk.engine()?.get_form(&link, &collection)?)
}

/// Makes a record from JSON text; on disk when this answers.
#[tauri::command]
#[specta::specta]
pub async fn create_record(
    desk: State<'_, Desk>,
    link: String,
    collection: String,
    document: String,
) -> Result<Saved, Refusal> {
    Ok(desk.engine()?.create_record(&link, &collection, &document, None).await?)
}

/// Changes fields of a record; on disk when this answers.
#[tauri::command]
#[specta::specta]
pub async fn update_record(
    desk: State<'_, Desk>,
    link: String,
    collection: String,
    id: String,
    edits: Vec<FieldEdit>,
) -> Result<Saved, Refusal> {
    Ok(desk.engine()?.update_record(&link, &collection, &id, &edits, None).await?)
}

/// Deletes a record; on disk when this answers.
#[tauri::command]
#[specta::specta]
pub async fn delete_record(
    desk: State<'_, Desk>,
    link: String,
    collection: String,
    id: String,
) -> Result<Saved, Refusal> {
    Ok(desk.engine()?.delete_record(&link, &collection, &id, None).await?)
}
