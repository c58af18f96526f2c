//! Three-way merges: a document of 200 fields with n child rows, and long texts of n lines, edited on both sides and
//! without anything in common.

use super::Plan;
use super::report::{Line, Pair};
use crate::fault::Fault;
use serde_json::{Map, Value, json};
use std::time::Instant;
use tidemark_model::merge::{Merge, MergeRules, Note, merge};

/// Fields of the document beside its rows.
const FIELDS: usize = 200;
/// Every so many-th row, field or line is edited, and each side edits others.
const SPREAD: usize = 20;
/// Where in a stretch of [`SPREAD`] each side edits.
const MINE: usize = 3;
const SERVER: usize = 13;

pub fn measure(plan: &Plan) -> Result<Vec<Line>, Fault> {
    let edited =
        |count: usize| (0..count).filter(|number| [MINE, SERVER].contains(&(number % SPREAD))).count();
    let rows = |side| document(plan.n, side);
    let lines = |side| json!({"body": text(plan.n, side)});
    let strange = |step| json!({"body": shuffled(plan.n, step)});
    let sides = [None, Some(MINE), Some(SERVER)];
    let merged = |found: &Merge| found.is_clean() && found.fields.len() == edited(FIELDS) + edited(plan.n);
    let by_line = |found: &Merge| match &found.fields[..] {
        // A few lines are edited by one side alone.
        [body] => body.decided && (body.note == Some(Note::LineMerged) || plan.n <= SERVER),
        _ => false,
    };
    let asked = |found: &Merge| found.fields.len() == 1 && found.clashes().count() == 1;
    Ok(vec![
        timed("merge", plan, sides.map(rows), merged)?,
        timed("merge-text", plan, sides.map(lines), by_line)?,
        timed("merge-text-apart", plan, [1, 7, 4_001].map(strange), asked)?,
    ])
}

fn timed(
    case: &str,
    plan: &Plan,
    sides: [Value; 3],
    expected: impl Fn(&Merge) -> bool,
) -> Result<Line, Fault> {
    let [base, local, remote] = sides;
    let rules = MergeRules::default();
    let mut pairs = Vec::new();
    for _ in 0..plan.runs {
        let started = Instant::now();
        let found = merge(Some(&base), &local, &remote, &rules);
        let ours = started.elapsed();
        if !expected(&found) {
            let asked = found.clashes().count();
            return Err(Fault::Unexpected(format!(
                "{case}: {} differences, {asked} to choose",
                found.fields.len()
            )));
        }
        pairs.push(Pair { ours, floor: None, each: vec![ours] });
    }
    Ok(Line::of(case, plan.n, &pairs).with_operations(1))
}

/// An invoice of so many rows with ten columns each, as one side has it; `None` is the start.
fn document(rows: usize, side: Option<usize>) -> Value {
    let is_edited = |number: usize| side == Some(number % SPREAD);
    let mut document: Map<String, Value> = (0..FIELDS)
        .map(|number| (format!("field_{number}"), json!(format!("value {number} {}", is_edited(number)))))
        .collect();
    let row = |number: usize| {
        let qty = if is_edited(number) { number + 1 } else { number };
        json!({
            "name": format!("row-{number:06}"), "idx": number, "item_code": format!("ITEM-{}", number % 37),
            "description": "Bolt M8, zinc plated", "qty": qty, "uom": "Nos", "rate": 0.35, "amount": 35.0,
            "warehouse": "Main", "batch_no": null,
        })
    };
    document.insert("items".to_owned(), (0..rows).map(row).collect());
    Value::Object(document)
}

/// So many lines of 210 bytes: 5,000 are 1 MiB.
fn text(lines: usize, side: Option<usize>) -> String {
    let line = |number: usize| {
        let edited = if side == Some(number % SPREAD) { "edited" } else { "as it was" };
        format!("{:<209}", format!("{number}: {edited}"))
    };
    (0..lines).map(line).collect::<Vec<_>>().join("\n")
}

/// The same lines in another order for each step.
fn shuffled(lines: usize, step: usize) -> String {
    let line = |number: usize| format!("{:<209}", (number * step) % (lines + 13));
    (0..lines).map(line).collect::<Vec<_>>().join("\n")
}
