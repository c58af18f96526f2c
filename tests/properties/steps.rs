//! What people and the weather do, as random data.

use proptest::prelude::*;
use serde_json::{Value, json};
use tidemark_model::change::Change;
use tidemark_tests::direct::Weather;

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

/// Any step.
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
