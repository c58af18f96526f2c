//! Connections, and the sample server.

use super::Desk;
use tauri::State;
use tidemark_model::view::{
    AddedLink, Discovery, LinkLimits, LinkStatus, LinkTest, NewLink, Refusal, RemovedLink,
};

/// What a server offers, before it is added.
#[tauri::command]
#[specta::specta]
pub async fn discover_link(desk: State<'_, Desk>, link: NewLink) -> Result<Discovery, Refusal> {
    let NewLink { kind, url, user, secret, settings, .. } = link;
    Ok(desk.host()?.discover(&kind, &url, user, secret, settings.as_deref()).await?)
}

/// Adds a connection; its secret goes to the keychain.
#[tauri::command]
#[specta::specta]
pub async fn add_link(desk: State<'_, Desk>, link: NewLink) -> Result<AddedLink, Refusal> {
    Ok(desk.host()?.add_link(link).await?)
}

/// The connections with their state.
#[tauri::command]
#[specta::specta]
pub async fn list_links(desk: State<'_, Desk>) -> Result<Vec<LinkStatus>, Refusal> {
    Ok(desk.engine()?.status()?.links)
}

/// Tests a connection step by step.
#[tauri::command]
#[specta::specta]
pub async fn test_link(desk: State<'_, Desk>, name: String) -> Result<LinkTest, Refusal> {
    Ok(desk.host()?.test_link(&name).await?)
}

/// Removes a connection; while changes are not sent, only with `force`.
#[tauri::command]
#[specta::specta]
pub async fn remove_link(desk: State<'_, Desk>, name: String, force: bool) -> Result<RemovedLink, Refusal> {
    Ok(desk.host()?.remove_link(&name, force).await?)
}

/// Signs in again, as somebody else where an account is named: keeps a new secret and tries at once; says why the
/// keychain does not hold it, where it does not.
#[tauri::command]
#[specta::specta]
pub async fn set_link_secret(
    desk: State<'_, Desk>,
    name: String,
    secret: String,
    user: Option<String>,
) -> Result<Option<String>, Refusal> {
    Ok(desk.host()?.sign_in(&name, user.as_deref(), secret).await?)
}

/// Changes when and how a connection may sync; it applies at once.
#[tauri::command]
#[specta::specta]
pub async fn set_link_limits(desk: State<'_, Desk>, name: String, limits: LinkLimits) -> Result<(), Refusal> {
    Ok(desk.engine()?.set_limits(&name, limits).await?)
}

/// Starts the built-in server with sample data and connects it.
#[tauri::command]
#[specta::specta]
pub async fn start_sample(desk: State<'_, Desk>) -> Result<AddedLink, Refusal> {
    desk.start_sample().await
}

/// Takes the sample server off the line, or back.
#[tauri::command]
#[specta::specta]
pub async fn set_sample_offline(desk: State<'_, Desk>, offline: bool) -> Result<(), Refusal> {
    desk.set_sample_offline(offline).await
}

/// Whether the sample server is off the line; none where it does not run.
#[tauri::command]
#[specta::specta]
pub async fn get_sample_offline(desk: State<'_, Desk>) -> Result<Option<bool>, Refusal> {
    Ok(desk.sample_offline().await)
}

/// Lets the simulated colleague of the sample server change some records.
#[tauri::command]
#[specta::specta]
pub async fn let_colleague_edit(desk: State<'_, Desk>) -> Result<(), Refusal> {
    desk.sample_colleague().await
}
