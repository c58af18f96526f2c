//! What is changed while the server cannot be reached.

use super::stage::{LINK, Stage, Told};
use crate::fault::Fault;
use crate::words;
use serde_json::{Value, json};
use tidemark_model::view::{FieldEdit, QueueFilter, Saved};
use tidemark_sandbox::sample::{FIRST_CONFLICT_COLLECTION, FIRST_CONFLICT_ID, own_change};

pub const NEW_ID: &str = "CU-0900";
pub const GONE_ID: &str = "WO-00313";

pub async fn create(stage: &mut Stage) -> Result<Told, Fault> {
    // The number has more digits than a double, the price a zero that counts.
    let text = format!(
        r#"{{"id":"{NEW_ID}","name":"Bakery at the Harbour","city":"Bergen","account":12345678901234567890,"rate":1.10}}"#
    );
    let saved = stage.engine().create_record(LINK, "customers", &text, None).await?;
    let kept = stage.engine().get_record(LINK, "customers", NEW_ID)?.document;
    let whole = kept.is_some_and(|kept| kept.contains("12345678901234567890") && kept.contains("1.10"));
    Ok(told(stage, &saved, whole, "A new customer"))
}

pub async fn change(stage: &mut Stage) -> Result<Told, Fault> {
    let edits: Vec<FieldEdit> = own_change()
        .into_iter()
        .map(|(name, value)| FieldEdit { path: format!("/{name}"), set: Some(value.to_string()) })
        .collect();
    let saved = stage
        .engine()
        .update_record(LINK, FIRST_CONFLICT_COLLECTION, FIRST_CONFLICT_ID, &edits, None)
        .await?;
    Ok(told(stage, &saved, true, "A change of three fields of a work order"))
}

pub async fn delete(stage: &mut Stage) -> Result<Told, Fault> {
    let saved = stage.engine().delete_record(LINK, FIRST_CONFLICT_COLLECTION, GONE_ID, None).await?;
    Ok(told(stage, &saved, true, "The deletion of a work order"))
}

fn told(stage: &mut Stage, saved: &Saved, ok: bool, what: &str) -> Told {
    stage.saved += 1;
    let facts = json!({"record": saved.record, "change": saved.change});
    Told::checked(
        ok && saved.change.is_some(),
        facts,
        format!("{what} is saved on this computer: {}.", saved.record),
    )
}

pub fn queue(stage: &Stage) -> Result<Told, Fault> {
    let rows = stage.engine().list_queue(&QueueFilter::default(), 0, 100)?.rows;
    let facts: Vec<Value> = rows
        .iter()
        .map(|row| json!({"number": row.number, "operation": row.operation, "record": row.record, "state": row.state}))
        .collect();
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let state = words::change_state(row.state).to_owned();
            vec![
                row.number.0.to_string(),
                state,
                row.operation.as_str().to_owned(),
                row.record.clone(),
                row.fields.join(" "),
            ]
        })
        .collect();
    let table = words::table(&["No.", "State", "What", "Record", "Fields"], &cells);
    let ok = rows.len() == stage.saved;
    Ok(Told::checked(ok, json!({"waiting": rows.len(), "changes": facts}), format!("The queue:\n{table}")))
}
