//! The application's settings.

use super::Desk;
use tauri::State;
use tidemark_model::view::{AppSettings, Refusal, RefusalCode};

/// The longest time for undo, in milliseconds: what is held longer would seem to be forgotten.
const LONGEST_HOLD: i64 = 10 * 60 * 1000;

/// The settings as they are.
#[tauri::command]
#[specta::specta]
pub async fn get_settings(desk: State<'_, Desk>) -> Result<AppSettings, Refusal> {
    Ok(desk.engine()?.settings()?)
}

/// Changes the settings; they apply at once.
#[tauri::command]
#[specta::specta]
pub async fn update_settings(desk: State<'_, Desk>, settings: AppSettings) -> Result<AppSettings, Refusal> {
    check(&settings)?;
    desk.engine()?.set_settings(&settings).await?;
    Ok(desk.engine()?.settings()?)
}

/// A value outside of its range is named with its key and the range (row E7).
fn check(settings: &AppSettings) -> Result<(), Refusal> {
    match settings.undo_hold.0 {
        0..=LONGEST_HOLD => Ok(()),
        hold => Err(Refusal {
            code: RefusalCode::Invalid,
            message: format!("undoHold cannot be {hold}"),
            hint: format!("Give 0 (off) to {LONGEST_HOLD} milliseconds."),
        }),
    }
}
