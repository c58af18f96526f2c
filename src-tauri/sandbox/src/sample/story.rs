//! What the scripted colleagues do, and what a demonstration does against them.

use super::{equipment, work_orders};
use crate::world::colleague::ColleagueEdit;
use serde_json::{Map, Value, json};

/// The collection of the first conflict.
pub const FIRST_CONFLICT_COLLECTION: &str = "work_orders";
/// The record of the first conflict.
pub const FIRST_CONFLICT_ID: &str = "WO-00412";

/// Anna's edit: `priority` clashes with [`own_change`], `technician` does not.
pub fn first_conflict() -> ColleagueEdit {
    edit(
        FIRST_CONFLICT_ID,
        "Anna K.",
        json!({"priority": "urgent", "technician": "Mateusz W.", "tags": ["call-before", "two-people"]}),
    )
}

/// The edit that the demonstration makes offline: `priority` clashes, `remarks` and `hours` merge by themselves.
pub fn own_change() -> Map<String, Value> {
    Map::from_iter([
        ("priority".to_owned(), "low".into()),
        ("remarks".to_owned(), "Customer is away until noon; the key is at the neighbour's.".into()),
        ("hours".to_owned(), super::decimal(250)),
    ])
}

/// Twelve edits by three colleagues: mostly changes, one new order, one deleted.
pub fn busy_morning() -> Vec<ColleagueEdit> {
    let names = ["Anna K.", "Jonas Ø.", "Priya N."];
    let mut edits: Vec<ColleagueEdit> = (0..10)
        .map(|step| {
            let change = match step % 3 {
                0 => json!({"status": "in_progress"}),
                1 => json!({"technician": names[step % names.len()], "priority": "high"}),
                _ => json!({"remarks": format!("Called at 0{}:15, comes back tomorrow.", 7 + step % 3)}),
            };
            edit(&work_orders::id(390 + step * 2), names[step % names.len()], change)
        })
        .collect();
    edits.push(ColleagueEdit {
        collection: "work_orders".to_owned(),
        create: Some(super::members(json!({
            "id": work_orders::id(413), "title": "Does not cool: ice machine 3", "equipment": equipment::id(3),
            "customer": super::customers::id(equipment::customer_of(3)), "status": "new", "priority": "urgent",
            "due": super::TODAY.to_string(),
        }))),
        by: Some(names[2].to_owned()),
        ..ColleagueEdit::default()
    });
    edits.push(ColleagueEdit {
        by: Some(names[1].to_owned()),
        ..ColleagueEdit::delete("work_orders", &work_orders::id(391))
    });
    edits
}

fn edit(id: &str, by: &str, set: Value) -> ColleagueEdit {
    ColleagueEdit {
        collection: FIRST_CONFLICT_COLLECTION.to_owned(),
        id: id.to_owned(),
        set: super::members(set),
        by: Some(by.to_owned()),
        ..ColleagueEdit::default()
    }
}
