//! Work orders: the records that people edit most.

use super::{Desk, FIRST_CONFLICT_ID, STAFF, customers, decimal, equipment, members, midnight};
use chrono::{Days, SecondsFormat, TimeDelta};
use serde_json::{Map, Value, json};

pub fn id(number: usize) -> String {
    format!("WO-{number:05}")
}

const TASKS: [(&str, &str); 8] = [
    (
        "Yearly inspection",
        "Check all safety devices, clean the condenser, read the meter and note the hours.",
    ),
    (
        "Does not cool",
        "The customer says that it was 9 °C this morning. Goods were moved to the second room.",
    ),
    ("Leak under the unit", "Water on the floor since the weekend. The drain may be blocked."),
    ("Replace the door seal", "The seal is torn at the lower hinge. The part is in the van."),
    ("Noise from the fan", "Rattles at start and when it stops. Only at night, says the night shift."),
    ("Trips the breaker", "Trips the breaker about twice a day, mostly at full load."),
    ("Software update", "Controller from 3.1 to 3.4. Keep a copy of the set points before."),
    ("Move to another room", "Disconnect, move, connect, test run of one hour. Two people are needed."),
];
const STATUSES: [&str; 5] = ["new", "scheduled", "in_progress", "waiting_for_parts", "done"];
const PRIORITIES: [&str; 4] = ["low", "normal", "high", "urgent"];
/// Name, unit price in cents.
const PARTS: [(&str, usize); 8] = [
    ("Screw M6 × 20", 110),
    ("Door seal 2.1 m", 4_890),
    ("Filter G4", 1_250),
    ("Fan motor 120 W", 13_900),
    ("Thermostat", 6_475),
    ("Refrigerant R290, 100 g", 2_100),
    ("Drain hose 1 m", 740),
    ("Travel, flat rate", 3_500),
];

pub fn record(desk: &mut Desk, id: &str) -> Map<String, Value> {
    let number: usize = id[3..].parse().unwrap_or(1);
    let machine = desk.between(1, 60);
    let (task, text) = *desk.pick(&TASKS);
    // The newest orders lie in the days to come.
    let day = desk.today + Days::new((number - 313) as u64 / 8) - Days::new(9);
    let start = midnight(day) + TimeDelta::minutes(desk.between(0, 36) as i64 * 15 + 7 * 60);
    let (lines, cents) = lines(desk);
    let status = if day < desk.today { "done" } else { *desk.pick(&STATUSES[..4]) };
    let description = match number % 25 {
        12 => log_book(text),
        _ => text.to_owned(),
    };
    let tags: Vec<&str> = ["ladder", "two-people", "call-before", "hygiene-suit", "parts-ordered"]
        .into_iter()
        .filter(|_| desk.chance.hit(0.25))
        .collect();
    let mut order = members(json!({
        "id": id,
        "title": format!("{task}: {} {machine}", equipment::kind_title(machine).to_lowercase()),
        "customer": customers::id(equipment::customer_of(machine)),
        "equipment": equipment::id(machine),
        "status": status,
        "priority": *desk.pick(&PRIORITIES),
        "technician": *desk.pick(&STAFF),
        "due": day.to_string(),
        "starts_at": start.to_rfc3339_opts(SecondsFormat::Secs, true),
        "hours": desk.decimal(25, 900),
        "description": description,
        "remarks": "",
        "lines": lines,
        "total": decimal(cents),
        "signed": status == "done",
        "tags": tags,
    }));
    if id == FIRST_CONFLICT_ID {
        // The scripted colleague and the demonstration both change these, so that they begin as neither has them.
        for (member, value) in [
            ("status", json!("scheduled")),
            ("priority", json!("normal")),
            ("technician", json!("Leïla B.")),
            ("tags", json!(["call-before"])),
        ] {
            order.insert(member.to_owned(), value);
        }
    }
    order
}

fn lines(desk: &mut Desk) -> (Vec<Value>, usize) {
    let mut sum = 0;
    let lines = (1..=desk.between(1, 4))
        .map(|place| {
            let (part, price) = *desk.pick(&PARTS);
            let quantity = desk.between(1, 6);
            sum += quantity * price;
            json!({"id": format!("L{place}"), "part": part, "quantity": quantity, "unit_price": decimal(price)})
        })
        .collect();
    (lines, sum)
}

/// A long text of many lines, as they grow over years.
fn log_book(first: &str) -> String {
    let visits = [
        "Arrived 08:10, unit was off. Customer had switched it off because of the noise.",
        "Opened the housing, cleaned the coil, two fins bent. Straightened with the comb.",
        "Measured: suction 2.1 bar, discharge 14.8 bar, superheat 6 K. All within limits.",
        "Fan no. 2 draws 0.9 A instead of 0.6 A; bearing is worn. Motor ordered.",
        "Test run 45 min without a finding. Customer informed, signature on the tablet.",
    ];
    let mut text = format!("{first}\n\nFrom the log book:\n");
    for visit in 1..=24 {
        text.push_str(&format!("{visit:>2}. {}\n", visits[visit % visits.len()]));
    }
    text
}
