//! What people and the weather do, as random data.

use proptest::prelude::*;
use serde_json::{Value, json};
use tidemark_model::change::Change;
use tidemark_sandbox::ColleagueEdit;
use tidemark_tests::direct::Weather;

/// The collection.
pub const NOTES: &str = "notes";

/// One step of a case.
#[derive(Clone, Debug)]
pub enum Step {
    /// A record is made.
    Create(String, Value),
    /// A field is set or removed.
    Edit(String, Change),
    /// A record is deleted.
    Delete(String),
    /// The engine works until nothing can go.
    Sync,
    /// The way to the server changes.
    Weather(Weather),
    /// Time passes, in seconds.
    Wait(i64),
    /// The program ends and starts again.
    Restart,
    /// Somebody else makes, changes or deletes a record on the server, where that is possible.
    Colleague(ColleagueEdit),
    /// A person ends the oldest conflict: all mine, or all the server's; held for undo, or not.
    Resolve {
        /// Mine.
        mine: bool,
        /// For so many seconds.
        hold_s: i64,
    },
    /// A person takes the last resolution back, if it is still held.
    Undo,
}

/// Few records, few fields and few values, so that steps meet.
fn record() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["r1", "r2", "r3"]).prop_map(str::to_owned)
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![(0..3).prop_map(|n| json!(n)), Just(Value::Null), Just(json!("1.10"))];
    prop_oneof![4 => leaf.clone(), 1 => leaf.prop_map(|inner| json!({ "x": inner }))]
}

fn change() -> impl Strategy<Value = Change> {
    let path = || prop::sample::select(vec!["/a", "/b", "/n", "/n/x", "/n/y"]);
    prop_oneof![
        4 => (path(), value()).prop_map(|(path, value)| Change::set(path, value)),
        1 => path().prop_map(Change::remove),
    ]
}

fn weather() -> impl Strategy<Value = Weather> {
    use Weather::{AnswersLost, Away, Fair, WritesLost};
    prop::sample::select(vec![Fair, Fair, Away, AnswersLost, WritesLost])
}

/// A step of somebody who is alone with the server.
pub fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (record(), value(), value()).prop_map(|(id, a, n)| Step::Create(id.clone(), json!({"id": id, "a": a, "n": n}))),
        8 => (record(), change()).prop_map(|(id, change)| Step::Edit(id, change)),
        3 => record().prop_map(Step::Delete),
        3 => Just(Step::Sync),
        2 => weather().prop_map(Step::Weather),
        2 => (1i64..400).prop_map(Step::Wait),
        1 => Just(Step::Restart),
    ]
}

fn colleague() -> impl Strategy<Value = ColleagueEdit> {
    let edit = |id: String| ColleagueEdit { collection: NOTES.into(), id, ..ColleagueEdit::default() };
    let whole = |a: Value, n: Value| json!({"a": a, "n": n}).as_object().cloned();
    prop_oneof![
        1 => (record(), value(), value()).prop_map(move |(id, a, n)| ColleagueEdit { create: whole(a, n), ..edit(id) }),
        4 => (record(), prop::sample::select(vec!["a", "b", "n"]), value())
            .prop_map(|(id, field, value)| ColleagueEdit::set(NOTES, &id, field, value)),
        1 => record().prop_map(|id| ColleagueEdit::delete(NOTES, &id)),
    ]
}

/// A step of several people.
pub fn crowded_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => step(),
        4 => colleague().prop_map(Step::Colleague),
        2 => (any::<bool>(), 0..20i64).prop_map(|(mine, hold_s)| Step::Resolve { mine, hold_s }),
        1 => Just(Step::Undo),
    ]
}
