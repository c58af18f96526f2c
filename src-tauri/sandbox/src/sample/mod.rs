//! The sample records: 40 customers, 60 machines, 100 work orders of a field service, which refer to each other.
//!
//! The same seed and day give the same records, letter for letter.

mod customers;
mod equipment;
mod schemas;
mod story;
mod work_orders;

pub use schemas::collections;
pub use story::{FIRST_CONFLICT_COLLECTION, FIRST_CONFLICT_ID, busy_morning, first_conflict, own_change};

use crate::faults::Chance;
use crate::options::SeedRecord;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde_json::{Map, Value};

/// The day on which the sample data plays, unless another is wanted.
pub const TODAY: NaiveDate = match NaiveDate::from_ymd_opt(2026, 6, 15) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// Those who wrote the records.
const STAFF: [&str; 6] = ["Anna K.", "Mateusz W.", "Leïla B.", "Jonas Ø.", "Yuki T.", "Priya N."];

/// All 200 records, in the order in which they were written.
pub fn records(seed: u64, today: NaiveDate) -> Vec<SeedRecord> {
    let mut desk = Desk { chance: Chance::new(seed), today };
    let mut records = Vec::with_capacity(200);
    for number in 1..=40 {
        records.push(desk.record("customers", customers::id(number), customers::record));
    }
    for number in 1..=60 {
        records.push(desk.record("equipment", equipment::id(number), equipment::record));
    }
    for number in 313..=412 {
        records.push(desk.record("work_orders", work_orders::id(number), work_orders::record));
    }
    // Listed in the order of commit, so they were also written in it: over the last three weeks.
    let start = today - Days::new(21);
    for (place, record) in records.iter_mut().enumerate() {
        let minutes = TimeDelta::minutes(i64::try_from(place).unwrap_or(0) * 144);
        record.modified_at = Some(midnight(start) + TimeDelta::hours(7) + minutes);
    }
    records
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// What the makers of records draw from.
struct Desk {
    chance: Chance,
    today: NaiveDate,
}

impl Desk {
    fn record(
        &mut self,
        collection: &str,
        id: String,
        make: fn(&mut Desk, &str) -> Map<String, Value>,
    ) -> SeedRecord {
        let doc = make(self, &id);
        let modified_by = (*self.pick(&STAFF)).to_owned();
        SeedRecord { collection: collection.to_owned(), id, doc, modified_by, modified_at: None }
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.chance.below(from.len())]
    }

    /// `from` to `upto`, both included.
    fn between(&mut self, from: usize, upto: usize) -> usize {
        from + self.chance.below(upto - from + 1)
    }

    fn days_ago(&mut self, from: usize, upto: usize) -> NaiveDate {
        self.today - Days::new(self.between(from, upto) as u64)
    }

    /// A number with two places whose literal keeps its zeros, e.g. 1.10.
    fn decimal(&mut self, from_cents: usize, upto_cents: usize) -> Value {
        decimal(self.between(from_cents, upto_cents))
    }
}

fn decimal(cents: usize) -> Value {
    format!("{}.{:02}", cents / 100, cents % 100)
        .parse::<serde_json::Number>()
        .map_or(Value::Null, Value::Number)
}

/// Members of a `json!` object.
fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
