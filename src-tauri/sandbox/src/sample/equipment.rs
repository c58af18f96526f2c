//! Machines at the customers'.

use super::{Desk, customers, members};
use chrono::Months;
use serde_json::{Map, Value, json};

pub fn id(number: usize) -> String {
    format!("EQ-{number:04}")
}

const MODELS: [(&str, &str, &str); 8] = [
    ("cold-room", "Cold room", "Frostal K-240"),
    ("oven", "Deck oven", "Brennwerk D4"),
    ("dishwasher", "Conveyor dishwasher", "Spülmeister 900"),
    ("ice-machine", "Ice machine", "Glacia 55"),
    ("ventilation", "Ventilation unit", "AirLoop VU-12"),
    ("compressor", "Screw compressor", "Kolb S-7"),
    ("display-case", "Display case", "Vitrina 180"),
    ("mixer", "Spiral mixer", "Impasto 60"),
];
const PLACES: [&str; 6] = ["Basement", "Kitchen", "Roof", "Shop floor", "Loading bay", "Back room"];

/// The number of the customer at whose place a machine stands.
pub fn customer_of(number: usize) -> usize {
    (number * 7 + 3) % 40 + 1
}

/// What people call the kind of a machine.
pub fn kind_title(number: usize) -> &'static str {
    MODELS[number % MODELS.len()].1
}

pub fn record(desk: &mut Desk, id: &str) -> Map<String, Value> {
    let number: usize = id[3..].parse().unwrap_or(1);
    let (kind, title, model) = MODELS[number % MODELS.len()];
    let installed = desk.days_ago(60, 3000);
    let warranty = installed + Months::new(24);
    let parts: Vec<Value> = (1..=desk.between(1, 3))
        .map(|place| {
            json!({
                "id": format!("P{place}"),
                "name": *desk.pick(&["Door seal", "Filter", "Fan belt", "Thermostat", "Pump", "Drain hose"]),
                "replaced": desk.days_ago(5, 900).to_string(),
            })
        })
        .collect();
    members(json!({
        "id": id,
        "name": format!("{title} {}", number),
        "customer": customers::id(customer_of(number)),
        "kind": kind,
        "model": model,
        // Longer than a double can hold exactly, as serial numbers are.
        "serial": 9_007_199_254_740_993_000_u64 + number as u64 * 7_919,
        "installed": installed.to_string(),
        "warranty_until": if number.is_multiple_of(5) { Value::Null } else { warranty.to_string().into() },
        "location": *desk.pick(&PLACES),
        "meter_hours": desk.decimal(10_000, 2_500_000),
        "in_service": desk.chance.hit(0.95),
        "wear_parts": parts,
    }))
}
