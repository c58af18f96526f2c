//! Switches that make the server misbehave, and the pure decision which of them strikes a request.
//!
//! Each switch of [`Faults`] is written plainly (`"drop_after": true`, `"delay_ms": 200`) or in full:
//! `{"value": …, "probability": 0..1, "times": N, "filter": {"method", "path", "header_present",
//! "header_absent"}}`. `times` counts strikes. `value` may be left out where it would be `true`.
//! Setting the switches anew ends the waits of the former ones, so that a test can hold a request and let it go.

mod chance;
mod decide;

pub use chance::Chance;
pub use decide::{Facts, FaultDesk, Instead, Spoil, Verdict};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// All switches; an absent one is off.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Every connection is closed at once, but for `/_*`.
    pub offline: Option<Switch<bool>>,
    /// The connection is reset before the request is looked at.
    pub refuse: Option<Switch<bool>>,
    /// The request waits so long, in milliseconds, before anything else happens to it.
    pub delay_ms: Option<Switch<u64>>,
    /// The connection is closed without an answer; nothing was done.
    pub drop_before: Option<Switch<bool>>,
    /// The connection is closed without an answer; everything was done.
    pub drop_after: Option<Switch<bool>>,
    /// The answer breaks off in the middle; everything was done.
    pub truncate: Option<Switch<bool>>,
    /// The answer's body is damaged but keeps its length and type; everything was done.
    pub garble: Option<Switch<bool>>,
    /// A sign-in page with status 200; nothing was done.
    pub html_200: Option<Switch<bool>>,
    /// One of these statuses; nothing was done.
    pub status: Option<Switch<Vec<u16>>>,
    /// The next so many matching requests get 503; nothing was done.
    pub fail_next: Option<Switch<u32>>,
    /// `Retry-After` in seconds on the answers of `status` and `fail_next`.
    pub retry_after: Option<Switch<u64>>,
    /// 401; nothing was done.
    pub unauthorized: Option<Switch<bool>>,
    /// A change gets its place at once and commits so many milliseconds later: readers pass over it.
    pub late_commit_ms: Option<Switch<u64>>,
    /// A change is delivered twice; the first answer is given.
    pub duplicate: Option<Switch<bool>>,
}

/// One switch: what, how often, for whom.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Switch<T> {
    /// What.
    pub value: T,
    /// How probable, 0 to 1.
    pub probability: f64,
    /// How many strikes are left; without end when absent.
    pub times: Option<u32>,
    /// For which requests.
    pub filter: Filter,
}

impl<T> Switch<T> {
    /// Always, for all.
    pub fn always(value: T) -> Switch<T> {
        Switch { value, probability: 1.0, times: None, filter: Filter::default() }
    }

    /// The same, so many times.
    pub fn times(mut self, times: u32) -> Switch<T> {
        self.times = Some(times);
        self
    }

    /// The same with a probability.
    pub fn probability(mut self, probability: f64) -> Switch<T> {
        self.probability = probability;
        self
    }

    /// The same for requests of one method only.
    pub fn method(mut self, method: &str) -> Switch<T> {
        self.filter.method = Some(method.to_owned());
        self
    }

    /// The same for requests whose path contains this text only.
    pub fn path(mut self, part: &str) -> Switch<T> {
        self.filter.path = Some(part.to_owned());
        self
    }
}

/// Which requests are meant; all conditions must hold.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// The method, e.g. `PUT`; several by commas.
    pub method: Option<String>,
    /// A part of the path and query, as sent.
    pub path: Option<String>,
    /// A header that is there.
    pub header_present: Option<String>,
    /// A header that is not there.
    pub header_absent: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InFull {
    value: Option<Value>,
    probability: Option<f64>,
    times: Option<u32>,
    #[serde(default)]
    filter: Filter,
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Switch<T> {
    // By hand, because an untagged enum loses numbers that keep their literals.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let written = Value::deserialize(deserializer)?;
        if !written.is_object() {
            return serde_json::from_value(written).map(Switch::always).map_err(D::Error::custom);
        }
        let full: InFull = serde_json::from_value(written).map_err(D::Error::custom)?;
        let probability = full.probability.unwrap_or(1.0);
        if !(0.0..=1.0).contains(&probability) {
            return Err(D::Error::custom("`probability` is 0 to 1"));
        }
        let value =
            serde_json::from_value(full.value.unwrap_or(Value::Bool(true))).map_err(D::Error::custom)?;
        Ok(Switch { value, probability, times: full.times, filter: full.filter })
    }
}
