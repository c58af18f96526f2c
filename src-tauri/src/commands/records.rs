//! Records.

use super::{Desk, place};
use tauri::State;
use tidemark_host::Beside;
use tidemark_model::number::Count;
use tidemark_model::view::{
    Draft, DraftEdit, FieldEdit, Form, ListPage, NewRequest, RecordDetail, RecordFilter, RecordRow, Refusal,
    Saved,
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

/// A secret of a record, JSON text; what is shown otherwise has a mask in its place.
#[tauri::command]
#[specta::specta]
pub async fn record_secret(
    desk: State<'_, Desk>,
    link: String,
    collection: String,
    id: String,
    path: String,
) -> Result<Option<String>, Refusal> {
    Ok(desk.engine()?.record_secret(&link, &collection, &id, &path)?)
}

/// The form of a collection.
#[tauri::command]
#[specta::specta]
pub async fn get_form(desk: State<'_, Desk>, link: String, collection: String) -> Result<Form, Refusal> {
    Ok(desk.engine()?.get_form(&link, &collection)?)
}

/// What was typed into the form of a record, or of a new one, and not saved.
#[tauri::command]
#[specta::specta]
pub async fn get_draft(
    desk: State<'_, Desk>,
    link: String,
    collection: String,
    id: Option<String>,
) -> Result<Option<Draft>, Refusal> {
    Ok(desk.engine()?.get_draft(&link, &collection, id.as_deref())?)
}

/// Keeps what was typed into a form and not saved; on disk when this answers, with the paths of secrets, which are left out.
#[tauri::command]
#[specta::specta]
pub async fn keep_draft(
    desk: State<'_, Desk>,
    link: String,
    collection: String,
    id: Option<String>,
    edits: Vec<DraftEdit>,
) -> Result<Vec<String>, Refusal> {
    Ok(desk.engine()?.keep_draft(&link, &collection, id, edits).await?)
}

/// Makes a record from JSON text; on disk when this answers. It waits for the changes that `depends_on` names;
/// what was typed into its form, as `from_form` says, leaves the form's draft.
#[tauri::command]
#[specta::specta]
pub async fn create_record(
    desk: State<'_, Desk>,
    link: String,
    collection: String,
    document: String,
    depends_on: Option<Vec<String>>,
    from_form: Option<bool>,
) -> Result<Saved, Refusal> {
    Ok(desk
        .engine()?
        .create_record_with(&link, &collection, &document, beside(depends_on, from_form))
        .await?)
}

/// Changes fields of a record; on disk when this answers. It waits for the changes that `depends_on` names;
/// what was typed into its form, as `from_form` says, leaves the form's draft.
#[tauri::command]
#[specta::specta]
pub async fn update_record(
    desk: State<'_, Desk>,
    link: String,
    collection: String,
    id: String,
    edits: Vec<FieldEdit>,
    depends_on: Option<Vec<String>>,
    from_form: Option<bool>,
) -> Result<Saved, Refusal> {
    Ok(desk
        .engine()?
        .update_record_with(&link, &collection, &id, &edits, beside(depends_on, from_form))
        .await?)
}

/// Deletes a record; on disk when this answers. It waits for the changes that `depends_on` names;
/// what was typed into its form, as `from_form` says, leaves the form's draft.
#[tauri::command]
#[specta::specta]
pub async fn delete_record(
    desk: State<'_, Desk>,
    link: String,
    collection: String,
    id: String,
    depends_on: Option<Vec<String>>,
    from_form: Option<bool>,
) -> Result<Saved, Refusal> {
    Ok(desk.engine()?.delete_record_with(&link, &collection, &id, beside(depends_on, from_form)).await?)
}

/// Keeps a request of another program, to be sent as it is; on disk when this answers.
#[tauri::command]
#[specta::specta]
pub async fn send_request(
    desk: State<'_, Desk>,
    link: String,
    request: NewRequest,
) -> Result<Saved, Refusal> {
    Ok(desk.engine()?.send_request(&link, request).await?)
}

fn beside(depends_on: Option<Vec<String>>, from_form: Option<bool>) -> Beside {
    Beside {
        depends_on: depends_on.unwrap_or_default(),
        from_form: from_form.unwrap_or(false),
        ..Beside::default()
    }
}
