//! The record that changed in two places: met, shown, settled field by field.

use super::stage::{LINK, Stage, Told};
use crate::commands::conflicts::table;
use crate::commands::sync::bring_in_step;
use crate::exit::Exit;
use crate::fault::Fault;
use serde_json::{Value, json};
use tidemark_model::document;
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{ChangeState, ChoiceAt, ConflictView, FieldChoice, Resolution};
use tidemark_sandbox::Script;

pub fn colleague(stage: &Stage) -> Result<Told, Fault> {
    let answers = stage.server.script(Script::FirstConflict).map_err(tidemark_sandbox::SandboxError::from)?;
    let words = "Meanwhile Anna K. changes the same work order on the server.";
    Ok(Told::checked(!answers.is_empty(), json!({"edits": answers.len(), "by": "Anna K."}), words))
}

pub async fn sync(stage: &Stage) -> Result<Told, Fault> {
    let synced = bring_in_step(&stage.host, Some(LINK), None).await?;
    let confirmed = synced.confirmed.map_or(0, |count| count.0);
    let ok = confirmed == 2 && synced.conflicts.0 == 1 && synced.exit == Exit::Person;
    let facts = json!({"confirmed": confirmed, "conflicts": synced.conflicts, "exit": u8::from(synced.exit)});
    let words =
        format!("{confirmed} changes are confirmed; {} record changed in two places.", synced.conflicts.0);
    Ok(Told::checked(ok, facts, words))
}

pub fn show(stage: &Stage) -> Result<Told, Fault> {
    let conflict = only(stage)?;
    let value = |text: &Option<String>| match text {
        Some(text) => document::parse_value(text.as_bytes()).unwrap_or_else(|_| json!(text)),
        None => Value::Null,
    };
    let fields: Vec<Value> = conflict
        .fields
        .iter()
        .map(|field| {
            json!({
                "path": field.path, "class": field.class, "startedAs": value(&field.base),
                "mine": value(&field.local), "server": value(&field.server), "toChoose": field.undecided,
            })
        })
        .collect();
    let ok = conflict.row.to_choose.0 == 1 && conflict.row.merged.0 > 0;
    let facts = json!({"conflict": conflict.row.id, "record": conflict.row.resource_id, "toChoose": conflict.row.to_choose,
                       "merged": conflict.row.merged, "fields": fields});
    Ok(Told::checked(
        ok,
        facts,
        format!("The conflict of {}:\n{}", conflict.row.resource_id, table(&conflict)),
    ))
}

/// The server's value where both changed one field; what only one side changed is merged already.
pub async fn resolve(stage: &mut Stage) -> Result<Told, Fault> {
    let conflict = only(stage)?;
    let choices: Vec<ChoiceAt> = conflict
        .fields
        .iter()
        .filter(|field| field.undecided)
        .map(|field| ChoiceAt { path: field.path.clone(), choice: FieldChoice::Server })
        .collect();
    let paths: Vec<&str> = choices.iter().map(|choice| choice.path.as_str()).collect();
    let words = format!("Chosen for {}: Server. Everything else is merged.", paths.join(", "));
    let facts = json!({"choices": choices});
    let resolution = Resolution::Manual { choices, document: None };
    let resolved = stage
        .engine()
        .resolve_conflict(conflict.row.id, resolution, conflict.server_version, Millis(0))
        .await?;
    let change =
        resolved.change.ok_or_else(|| Fault::Unexpected("the resolution had nothing to send".to_owned()))?;
    stage.saved += 1;
    let synced = bring_in_step(&stage.host, Some(LINK), None).await?;
    let state = stage.engine().get_change(&change)?.row.state;
    Ok(Told::checked(state == ChangeState::Confirmed && synced.conflicts == Count(0), facts, words))
}

fn only(stage: &Stage) -> Result<ConflictView, Fault> {
    let rows = stage.engine().list_conflicts(0, 2)?.rows;
    match rows.as_slice() {
        [row] => Ok(stage.engine().get_conflict(row.id)?),
        rows => Err(Fault::Unexpected(format!("{} conflicts are open, not 1", rows.len()))),
    }
}
