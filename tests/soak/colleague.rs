//! The colleague, who works directly on the server: other fields, the same fields, deletions.

use crate::ledger::{Ledger, ORDERS};
use crate::person::{OURS, PRIORITIES, THE_WINDOWS, machine, order};
use serde_json::json;
use std::time::{Duration, Instant};
use tidemark_sandbox::{ColleagueEdit, SandboxHandle};
use tidemark_simulation::Dice;

/// Works until the end; what was written is certain.
pub async fn work(server: SandboxHandle, seed: u64, until: Instant) -> Ledger {
    let dice = Dice::new(seed);
    let mut ledger = Ledger::default();
    let mut made: Vec<String> = Vec::new();
    let mut number = 0;
    while Instant::now() < until {
        number += 1;
        let text = format!("Colleague {number}");
        match dice.below(100) {
            0..55 => {
                let id = order(OURS.start + dice.below(THE_WINDOWS.end - OURS.start));
                if does(&server, ColleagueEdit::set(ORDERS, &id, "technician", text.as_str())) {
                    ledger.wrote(&id, "technician", &text);
                }
            }
            55..75 => {
                let id = order(OURS.start + dice.below(12));
                does(&server, ColleagueEdit::set(ORDERS, &id, "priority", dice.pick(&PRIORITIES)));
            }
            75..85 => {
                let id = format!("WO-9{number:05}");
                if does(&server, created(&id, &text)) {
                    ledger.made(&id, "technician", &text);
                    made.push(id);
                }
            }
            85..92 if !made.is_empty() => {
                let id = made.swap_remove(dice.below(made.len()));
                if does(&server, ColleagueEdit::delete(ORDERS, &id)) {
                    ledger.deleted(&id);
                }
            }
            _ => {
                // Also deleted meanwhile by somebody: then there is nothing to do.
                let id = machine(&dice);
                does(
                    &server,
                    match dice.in_hundred(20) {
                        true => ColleagueEdit::delete("equipment", &id),
                        false => ColleagueEdit::set("equipment", &id, "location", text.as_str()),
                    },
                );
            }
        }
        tokio::time::sleep(Duration::from_millis(dice.between(300, 3_000).unsigned_abs())).await;
    }
    ledger
}

fn does(server: &SandboxHandle, edit: ColleagueEdit) -> bool {
    server.colleague(edit).is_ok()
}

fn created(id: &str, technician: &str) -> ColleagueEdit {
    let document = json!({"id": id, "title": format!("Order {id}"), "customer": "CU-0001", "status": "new",
        "due": "2026-06-20", "technician": technician});
    let create = document.as_object().cloned();
    ColleagueEdit { collection: ORDERS.to_owned(), id: id.to_owned(), create, ..ColleagueEdit::default() }
}
