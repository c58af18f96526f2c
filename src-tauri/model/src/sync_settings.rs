//! The engine's settings: one table with each one's key, variable, range and default (row E7).
//!
//! File, environment, command line and window all go by this table; a value outside its range is refused with its key.

use crate::failure::clip;
use crate::number::{Count, Millis};
use serde::{Deserialize, Serialize};

/// The longest time that can be set: a day.
const DAY: i64 = 24 * 60 * 60 * 1000;

/// How the engine goes about its work; spans in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SyncSettings {
    /// Row A11: while something waits, the queue is looked at at least so often, whatever wake-ups are stored.
    pub processing_interval: Millis,
    /// Row C6: time between two looks at a server that does not ring.
    pub poll_interval: Millis,
    /// Row A11: a cycle starts so long after a new write.
    pub debounce: Millis,
    /// Row A11: changes fixed for sending at once, at least.
    pub sync_batch_size: Count,
    /// Row A5: requests in flight per link.
    pub in_flight: Count,
    /// Row A6: retries after the first counted attempt.
    pub max_retries: Count,
    /// Row A6: delay after the first failure.
    pub base_retry_delay: Millis,
    /// Row A6: the longest delay of the formula.
    pub max_retry_delay: Millis,
    /// Row A6: how far a delay is spread at random, in per cent of it.
    pub retry_jitter: Count,
    /// Rows asked for with each page.
    pub page_size: Count,
    /// Row E4: how long a running batch may take to finish at the end.
    pub shutdown_wait: Millis,
    /// Row A12: how many days completed entries stay.
    pub keep_completed_days: Count,
}

impl Default for SyncSettings {
    fn default() -> Self {
        Self {
            processing_interval: Millis(5_000),
            poll_interval: Millis(30_000),
            debounce: Millis(1_000),
            sync_batch_size: Count(10),
            in_flight: Count(6),
            max_retries: Count(4),
            base_retry_delay: Millis(1_000),
            max_retry_delay: Millis(300_000),
            retry_jitter: Count(10),
            page_size: Count(1_000),
            shutdown_wait: Millis(10_000),
            keep_completed_days: Count(7),
        }
    }
}

/// What a setting counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum SettingUnit {
    /// Milliseconds.
    Milliseconds,
    /// Things.
    Number,
    /// Hundredths.
    Percent,
    /// Days.
    Days,
}

impl SettingUnit {
    /// The unit as it stands behind a range; nothing for plain numbers.
    pub fn words(self) -> &'static str {
        match self {
            Self::Milliseconds => " milliseconds",
            Self::Number => "",
            Self::Percent => " per cent",
            Self::Days => " days",
        }
    }
}

/// One setting of the table.
#[derive(Debug)]
pub struct Setting {
    /// Its key in the file and on the command line.
    pub key: &'static str,
    /// Its variable, which beats the file.
    pub variable: &'static str,
    /// The least that is accepted.
    pub from: i64,
    /// The most that is accepted.
    pub upto: i64,
    /// What it counts.
    pub unit: SettingUnit,
    /// Its value.
    pub get: fn(&SyncSettings) -> i64,
    /// Sets its value, unchecked.
    pub set: fn(&mut SyncSettings, i64),
}

macro_rules! setting {
    ($field:ident, $variable:literal, $from:expr, $upto:expr, $unit:ident) => {
        Setting {
            key: stringify!($field),
            variable: $variable,
            from: $from,
            upto: $upto,
            unit: SettingUnit::$unit,
            get: |settings| settings.$field.0,
            set: |settings, value| settings.$field.0 = value,
        }
    };
}

/// Every setting; the variables without a prefix are those that row E7 names.
pub static SETTINGS: [Setting; 12] = [
    setting!(processing_interval, "PROCESSING_INTERVAL", 100, DAY, Milliseconds),
    setting!(poll_interval, "TIDEMARK_POLL_INTERVAL", 1_000, DAY, Milliseconds),
    setting!(debounce, "TIDEMARK_DEBOUNCE", 0, 60_000, Milliseconds),
    setting!(sync_batch_size, "SYNC_BATCH_SIZE", 1, 10_000, Number),
    setting!(in_flight, "TIDEMARK_IN_FLIGHT", 1, 32, Number),
    setting!(max_retries, "MAX_RETRIES", 0, 1_000, Number),
    setting!(base_retry_delay, "BASE_RETRY_DELAY", 1, DAY, Milliseconds),
    setting!(max_retry_delay, "MAX_RETRY_DELAY", 1, DAY, Milliseconds),
    setting!(retry_jitter, "TIDEMARK_RETRY_JITTER", 0, 100, Percent),
    setting!(page_size, "TIDEMARK_PAGE_SIZE", 1, 5_000, Number),
    setting!(shutdown_wait, "TIDEMARK_SHUTDOWN_WAIT", 0, 600_000, Milliseconds),
    setting!(keep_completed_days, "TIDEMARK_KEEP_COMPLETED_DAYS", 1, 3_650, Days),
];

/// The setting of a key.
pub fn setting(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

/// A value that is refused, with what would be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key} is '{value}'; accepted is a whole number from {from} to {upto}{unit}")]
pub struct OutOfRange {
    /// The key, or whatever stands for it where the value came from.
    pub key: String,
    /// The value as it was given.
    pub value: String,
    /// The least.
    pub from: i64,
    /// The most.
    pub upto: i64,
    /// What is counted.
    pub unit: &'static str,
}

impl Setting {
    /// The number of a text, where it is one within the range; `named` is what a refusal calls the setting.
    pub fn parse(&self, named: &str, text: &str) -> Result<i64, OutOfRange> {
        let refuse = || self.refuse(named, text.to_owned());
        let value: i64 = text.trim().parse().map_err(|_| refuse())?;
        if (self.from..=self.upto).contains(&value) { Ok(value) } else { Err(refuse()) }
    }

    fn refuse(&self, named: &str, value: String) -> OutOfRange {
        let (from, upto, unit) = (self.from, self.upto, self.unit.words());
        OutOfRange { key: named.to_owned(), value: clip(&value, 100), from, upto, unit }
    }
}

impl SyncSettings {
    /// Whether every value lies in its range and the delays fit each other.
    pub fn check(&self) -> Result<(), OutOfRange> {
        for setting in &SETTINGS {
            let value = (setting.get)(self);
            if !(setting.from..=setting.upto).contains(&value) {
                return Err(setting.refuse(setting.key, value.to_string()));
            }
        }
        self.check_delays("max_retry_delay")
    }

    /// Whether the longest delay is not under the first; `named` is what a refusal calls the longest.
    pub fn check_delays(&self, named: &str) -> Result<(), OutOfRange> {
        if self.base_retry_delay <= self.max_retry_delay {
            return Ok(());
        }
        Err(OutOfRange {
            key: named.to_owned(),
            value: self.max_retry_delay.0.to_string(),
            from: self.base_retry_delay.0,
            upto: DAY,
            unit: " milliseconds: not less than the first delay",
        })
    }
}

/// Where a setting's value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum SettingSource {
    /// Nobody set it.
    Default,
    /// The file in the data folder, which the window and the command line write.
    File,
    /// A variable of the process, which beats the file.
    Environment,
}

/// One setting as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct SettingView {
    /// Its key.
    pub key: String,
    /// Its variable.
    pub variable: String,
    /// Its value.
    pub value: Count,
    /// What it is where nobody sets it.
    pub default: Count,
    /// The least that is accepted.
    pub from: Count,
    /// The most that is accepted.
    pub upto: Count,
    /// What it counts.
    pub unit: SettingUnit,
    /// Where its value comes from.
    pub source: SettingSource,
}

#[cfg(test)]
mod tests {
    use super::*;

    // proves E7
    #[test]
    fn every_default_lies_in_its_range_and_every_key_and_variable_is_one_settings() {
        assert_eq!(SyncSettings::default().check(), Ok(()));
        for (at, setting) in SETTINGS.iter().enumerate() {
            let clash = |other: &Setting| other.key == setting.key || other.variable == setting.variable;
            assert!(!SETTINGS[..at].iter().any(clash), "{}", setting.key);
        }
    }

    // proves E7, A6, A11
    #[test]
    fn what_the_design_names_has_the_designs_default() {
        let default = |variable: &str| {
            let setting = SETTINGS.iter().find(|setting| setting.variable == variable).unwrap();
            (setting.get)(&SyncSettings::default())
        };
        assert_eq!(default("PROCESSING_INTERVAL"), 5_000);
        assert_eq!(default("MAX_RETRIES"), 4);
        assert_eq!(default("BASE_RETRY_DELAY"), 1_000);
        assert_eq!(default("MAX_RETRY_DELAY"), 300_000);
        assert_eq!(default("SYNC_BATCH_SIZE"), 10);
    }

    #[test]
    fn a_value_out_of_range_is_named_with_its_key_and_the_range() {
        let settings = SyncSettings { page_size: Count(5_001), ..SyncSettings::default() };
        let refused = settings.check().unwrap_err().to_string();
        assert_eq!(refused, "page_size is '5001'; accepted is a whole number from 1 to 5000");
        let swapped = SyncSettings { max_retry_delay: Millis(999), ..SyncSettings::default() };
        assert!(swapped.check().unwrap_err().to_string().contains("from 1000 to 86400000"));
    }
}
