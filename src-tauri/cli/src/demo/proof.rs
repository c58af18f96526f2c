//! What the server holds at the end, how often each change took effect, and the ledger.

use super::edits::{GONE_ID, NEW_ID};
use super::stage::{LINK, Stage, Told};
use crate::commands::status;
use crate::fault::Fault;
use chrono::Utc;
use serde_json::{Value, json};
use tidemark_model::document;
use tidemark_sandbox::sample::{FIRST_CONFLICT_COLLECTION, FIRST_CONFLICT_ID};
use tidemark_sandbox::world::call::{Call, Caller};

/// Reads the record on the server and compares it with the one here and with what was chosen.
pub fn confirmed(stage: &Stage) -> Result<Told, Fault> {
    let (_, server) = on_server(stage, FIRST_CONFLICT_COLLECTION, FIRST_CONFLICT_ID);
    let here = stage.engine().get_record(LINK, FIRST_CONFLICT_COLLECTION, FIRST_CONFLICT_ID)?.document;
    let here = document::parse_value(here.unwrap_or_default().as_bytes())
        .map_err(|error| Fault::Unexpected(error.to_string()))?;
    let fields = ["priority", "technician", "remarks", "hours"];
    let expected = json!({"priority": "urgent", "technician": "Mateusz W."});
    let holds = fields[..2].iter().all(|field| server[*field] == expected[*field]);
    let ours =
        !server["remarks"].as_str().unwrap_or_default().is_empty() && has_literal(&server["hours"], "2.50");
    let ok = holds && ours && document::same(&server, &here);
    let read: Value = fields.iter().map(|field| ((*field).to_owned(), server[*field].clone())).collect();
    let words = format!("Read back from the server: {read}");
    Ok(Told::checked(ok, json!({"record": FIRST_CONFLICT_ID, "server": read}), words))
}

/// Each change took effect once and in order; the new record is there, the deleted one is not.
pub fn once(stage: &Stage) -> Result<Told, Fault> {
    let report = stage.server.report().map_err(tidemark_sandbox::SandboxError::from)?;
    let ours = report.effects.iter().filter(|effect| effect.key.is_some()).count();
    let (made, new) = on_server(stage, "customers", NEW_ID);
    let (gone, _) = on_server(stage, FIRST_CONFLICT_COLLECTION, GONE_ID);
    let whole = has_literal(&new["account"], "12345678901234567890") && has_literal(&new["rate"], "1.10");
    // The change in the conflict was taken into its resolution and never went alone.
    let ok = report.duplicates.is_empty()
        && report.order_violations.is_empty()
        && ours == stage.saved - 1
        && (made, gone) == (200, 410)
        && whole;
    let facts = json!({"effects": ours, "duplicates": report.duplicates.len(), "outOfOrder": report.order_violations.len()});
    let words = format!("The server saw {ours} changes of ours, each once and in order.");
    Ok(Told::checked(ok, facts, words))
}

/// Where every saved change is.
pub fn ledger(stage: &Stage) -> Result<Told, Fault> {
    let ledger = stage.engine().status()?.ledger;
    let mut facts = json!({"balanced": ledger.balanced});
    if let (Some(facts), Ok(Value::Object(counts))) = (facts.as_object_mut(), serde_json::to_value(ledger)) {
        facts.extend(counts);
    }
    Ok(Told::checked(ledger.balanced, facts, status::ledger(&ledger)))
}

/// Whether a number is still written as it was; as numbers, 1.1 and 1.10 would be the same.
fn has_literal(value: &Value, literal: &str) -> bool {
    let written = value.to_string();
    written == literal
}

fn on_server(stage: &Stage, collection: &str, id: &str) -> (u16, Value) {
    let call = Call::Get { collection: collection.to_owned(), id: id.to_owned(), if_none_match: None };
    let answer = stage.server.with_world(|world| world.handle(call, &Caller::default(), Utc::now()));
    (answer.status, answer.json())
}
