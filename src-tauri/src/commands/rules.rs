//! Rules for conflicts.

use super::Desk;
use tauri::State;
use tidemark_model::merge::Rule;
use tidemark_model::view::{Refusal, RulePlace, RuleRow, RuleTrial};

/// All rules that are in force.
#[tauri::command]
#[specta::specta]
pub async fn list_rules(desk: State<'_, Desk>) -> Result<Vec<RuleRow>, Refusal> {
    Ok(desk.engine()?.rules()?)
}

/// What a rule would have done to the conflicts of the past 30 days, and would do to the open ones.
#[tauri::command]
#[specta::specta]
pub async fn try_rule(desk: State<'_, Desk>, place: RulePlace, rule: Rule) -> Result<RuleTrial, Refusal> {
    Ok(desk.engine()?.try_rule(&place, rule)?)
}

/// Sets a rule; open conflicts that it decides end with it.
#[tauri::command]
#[specta::specta]
pub async fn set_rule(desk: State<'_, Desk>, place: RulePlace, rule: Rule) -> Result<(), Refusal> {
    Ok(desk.engine()?.set_rule(place, rule).await?)
}

/// Takes a rule away.
#[tauri::command]
#[specta::specta]
pub async fn remove_rule(desk: State<'_, Desk>, place: RulePlace) -> Result<(), Refusal> {
    Ok(desk.engine()?.remove_rule(place).await?)
}
