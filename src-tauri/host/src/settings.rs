//! How the engine goes about its work: a file in the data folder, and the environment, which beats it (row E7).
//!
//! `settings.json` holds a JSON object of whole numbers; every key is optional. Times are in milliseconds.
//!
//! | key in the file | variable | accepted | default |
//! |---|---|---|---|
//! | `processing_interval` | `PROCESSING_INTERVAL` | 100 to 86400000 | 30000: time between two looks at the server |
//! | `max_retries` | `MAX_RETRIES` | 0 to 1000 | 4 |
//! | `base_retry_delay` | `BASE_RETRY_DELAY` | 1 to 86400000 | 1000 |
//! | `max_retry_delay` | `MAX_RETRY_DELAY` | 1 to 86400000, not under the base | 300000 |
//! | `sync_batch_size` | `SYNC_BATCH_SIZE` | 1 to 10000 | 10 |

use crate::environment::Environment;
use serde_json::Value;
use tidemark_engine::EngineSettings;
use tidemark_model::number::Millis;

/// The file's name inside the data folder.
pub const FILE: &str = "settings.json";

/// The longest time that can be set: a day.
const DAY: i64 = 24 * 60 * 60 * 1000;

/// Why a setting is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingFault {
    /// A value outside its range, or no whole number.
    #[error("{key} is '{value}'; accepted is a whole number from {from} to {upto}{unit}")]
    Value {
        /// The key as it was given.
        key: String,
        /// The value as it was given.
        value: String,
        /// The least.
        from: i64,
        /// The greatest.
        upto: i64,
        /// What is counted.
        unit: &'static str,
    },
    /// A key that is not known.
    #[error("{FILE}: there is no setting '{key}'; known are {}", known())]
    Unknown {
        /// The key.
        key: String,
    },
    /// No JSON object.
    #[error("{FILE} cannot be used: {why}")]
    File {
        /// Where and why.
        why: String,
    },
}

struct Knob {
    key: &'static str,
    variable: &'static str,
    from: i64,
    upto: i64,
    unit: &'static str,
    set: fn(&mut EngineSettings, i64),
}

const KNOBS: [Knob; 5] = [
    Knob {
        key: "processing_interval",
        variable: "PROCESSING_INTERVAL",
        from: 100,
        upto: DAY,
        unit: " milliseconds",
        set: |settings, value| settings.poll = Millis(value),
    },
    Knob {
        key: "max_retries",
        variable: "MAX_RETRIES",
        from: 0,
        upto: 1000,
        unit: "",
        // The range above fits.
        set: |settings, value| settings.backoff.retries = u32::try_from(value).unwrap_or(u32::MAX),
    },
    Knob {
        key: "base_retry_delay",
        variable: "BASE_RETRY_DELAY",
        from: 1,
        upto: DAY,
        unit: " milliseconds",
        set: |settings, value| settings.backoff.base = Millis(value),
    },
    Knob {
        key: "max_retry_delay",
        variable: "MAX_RETRY_DELAY",
        from: 1,
        upto: DAY,
        unit: " milliseconds",
        set: |settings, value| settings.backoff.max = Millis(value),
    },
    Knob {
        key: "sync_batch_size",
        variable: "SYNC_BATCH_SIZE",
        from: 1,
        upto: 10_000,
        unit: "",
        set: |settings, value| settings.batch = usize::try_from(value).unwrap_or(usize::MAX),
    },
];

fn known() -> String {
    KNOBS.map(|knob| knob.key).join(", ")
}

/// The settings of a file's text and the environment.
pub fn engine_settings(
    file: Option<&str>,
    environment: &Environment,
) -> Result<EngineSettings, SettingFault> {
    let mut settings = EngineSettings::default();
    // Where the longest delay came from, for the message about both delays.
    let mut longest: Option<(String, i64)> = None;
    let mut turn = |knob: &Knob, key: &str, text: &str| {
        let fault = || SettingFault::Value {
            key: key.to_owned(),
            value: text.to_owned(),
            from: knob.from,
            upto: knob.upto,
            unit: knob.unit,
        };
        let value: i64 = text.trim().parse().map_err(|_| fault())?;
        if !(knob.from..=knob.upto).contains(&value) {
            return Err(fault());
        }
        if knob.key == "max_retry_delay" {
            longest = Some((key.to_owned(), value));
        }
        (knob.set)(&mut settings, value);
        Ok(())
    };
    for (key, value) in members(file)? {
        let knob = KNOBS.iter().find(|knob| knob.key == key);
        let knob = knob.ok_or_else(|| SettingFault::Unknown { key: key.clone() })?;
        turn(knob, &format!("{FILE}: {key}"), &value.to_string())?;
    }
    for knob in &KNOBS {
        if let Some(text) = environment.get(knob.variable) {
            turn(knob, knob.variable, &text)?;
        }
    }
    if settings.backoff.base > settings.backoff.max {
        let (key, value) = longest.unwrap_or(("max_retry_delay".to_owned(), settings.backoff.max.0));
        return Err(SettingFault::Value {
            key,
            value: value.to_string(),
            from: settings.backoff.base.0,
            upto: DAY,
            unit: " milliseconds: not less than the first delay",
        });
    }
    Ok(settings)
}

fn members(file: Option<&str>) -> Result<Vec<(String, Value)>, SettingFault> {
    let Some(text) = file else { return Ok(Vec::new()) };
    match tidemark_model::document::parse(text.as_bytes()) {
        Ok(Value::Object(members)) => Ok(members.into_iter().collect()),
        Ok(_) => Err(SettingFault::File { why: "it is no JSON object".to_owned() }),
        Err(error) => Err(SettingFault::File { why: error.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // proves E7
    #[test]
    fn the_environment_beats_the_file_and_the_file_beats_the_default() {
        let file = r#"{"max_retries": 7, "sync_batch_size": 50}"#;
        let environment = Environment::of([("SYNC_BATCH_SIZE", "25"), ("PROCESSING_INTERVAL", "5000")]);
        let settings = engine_settings(Some(file), &environment).unwrap();
        assert_eq!((settings.backoff.retries, settings.batch, settings.poll), (7, 25, Millis(5000)));
        assert_eq!(settings.backoff.max, EngineSettings::default().backoff.max);
    }

    // proves E7
    #[test]
    fn a_bad_value_is_named_with_its_key_and_the_accepted_range() {
        for (name, value) in [
            ("MAX_RETRIES", "-1"),
            ("MAX_RETRIES", "four"),
            ("SYNC_BATCH_SIZE", "0"),
            ("BASE_RETRY_DELAY", "1.5"),
        ] {
            let error = engine_settings(None, &Environment::of([(name, value)])).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains(value) && error.contains(" to "), "{error}");
        }
        let swapped = Environment::of([("BASE_RETRY_DELAY", "5000"), ("MAX_RETRY_DELAY", "1000")]);
        let error = engine_settings(None, &swapped).unwrap_err().to_string();
        assert!(error.contains("MAX_RETRY_DELAY") && error.contains("5000"), "{error}");
    }

    // proves E7
    #[test]
    fn an_unknown_key_of_the_file_is_named_with_what_is_known() {
        let error = engine_settings(Some(r#"{"max_retry": 3}"#), &Environment::of([])).unwrap_err();
        assert_eq!(error, SettingFault::Unknown { key: "max_retry".to_owned() });
        assert!(error.to_string().contains("max_retries"), "{error}");
        assert!(engine_settings(Some("[]"), &Environment::of([])).is_err());
    }
}
