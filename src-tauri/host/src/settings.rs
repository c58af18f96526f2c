//! How the engine goes about its work: a file in the data folder, and the environment, which beats it (row E7).
//!
//! `settings.json` holds a JSON object of whole numbers; every key is optional. Times are in milliseconds. Keys,
//! variables, ranges and defaults are those of [`tidemark_model::sync_settings::SETTINGS`]. Window and command line
//! write this file.

use crate::environment::Environment;
use serde_json::{Map, Value};
use tidemark_model::failure::clip;
use tidemark_model::number::Count;
use tidemark_model::sync_settings::{
    OutOfRange, SETTINGS, Setting, SettingSource, SettingView, SyncSettings, setting,
};

/// The file's name inside the data folder.
pub const FILE: &str = "settings.json";

/// Why a setting is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingFault {
    /// A value outside its range, or no whole number.
    #[error(transparent)]
    Value(#[from] OutOfRange),
    /// A key that is not known.
    #[error("there is no setting '{key}'; known are {}", known())]
    Unknown {
        /// The key, with the file's name where it stands in it.
        key: String,
    },
    /// A variable beats what would be written.
    #[error("{variable} sets {key} for this process and beats the file")]
    Beaten {
        /// The key.
        key: &'static str,
        /// The variable.
        variable: &'static str,
    },
    /// No JSON object.
    #[error("{FILE} cannot be used: {why}")]
    File {
        /// Where and why.
        why: String,
    },
}

fn known() -> String {
    SETTINGS.iter().map(|setting| setting.key).collect::<Vec<_>>().join(", ")
}

/// The file's members, in its order; what it does not know is refused.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct SettingsFile(Map<String, Value>);

impl SettingsFile {
    /// Reads a file's text; none where there is no file.
    pub(crate) fn read(text: Option<&str>) -> Result<Self, SettingFault> {
        let Some(text) = text else { return Ok(Self::default()) };
        let members = match tidemark_model::document::parse(text.as_bytes()) {
            Ok(Value::Object(members)) => members,
            Ok(_) => return Err(SettingFault::File { why: "it is no JSON object".to_owned() }),
            Err(error) => return Err(SettingFault::File { why: error.to_string() }),
        };
        match members.keys().find(|key| setting(key).is_none()) {
            Some(unknown) => Err(SettingFault::Unknown { key: format!("{FILE}: {}", clip(unknown, 100)) }),
            None => Ok(Self(members)),
        }
    }

    /// The same with one more value; without one it goes back to its default.
    pub(crate) fn with(mut self, setting: &Setting, value: Option<i64>) -> Self {
        match value {
            Some(value) => self.0.insert(setting.key.to_owned(), value.into()),
            None => self.0.shift_remove(setting.key),
        };
        self
    }

    /// The file's text.
    pub(crate) fn text(&self) -> String {
        let text = serde_json::to_string_pretty(&self.0).unwrap_or_else(|_| "{}".to_owned());
        format!("{text}\n")
    }
}

/// The settings of a file and the environment.
pub(crate) fn settings_of(
    file: &SettingsFile,
    environment: &Environment,
) -> Result<SyncSettings, SettingFault> {
    let mut settings = SyncSettings::default();
    // Where the longest delay came from, for the message about both delays.
    let mut longest = "max_retry_delay".to_owned();
    for setting in &SETTINGS {
        let in_file =
            file.0.get(setting.key).map(|value| (format!("{FILE}: {}", setting.key), value.to_string()));
        let in_environment =
            environment.get(setting.variable).map(|text| (setting.variable.to_owned(), text));
        for (named, text) in in_file.into_iter().chain(in_environment) {
            (setting.set)(&mut settings, setting.parse(&named, &text)?);
            if setting.key == "max_retry_delay" {
                longest = named;
            }
        }
    }
    settings.check_delays(&longest)?;
    Ok(settings)
}

/// The settings of a file's text and the environment.
pub fn sync_settings(file: Option<&str>, environment: &Environment) -> Result<SyncSettings, SettingFault> {
    settings_of(&SettingsFile::read(file)?, environment)
}

/// Every setting as it is in force, with where its value comes from.
pub(crate) fn views(
    in_force: &SyncSettings,
    file: &SettingsFile,
    environment: &Environment,
) -> Vec<SettingView> {
    let source = |setting: &Setting| match (environment.get(setting.variable), file.0.get(setting.key)) {
        (Some(_), _) => SettingSource::Environment,
        (None, Some(_)) => SettingSource::File,
        (None, None) => SettingSource::Default,
    };
    let view = |setting: &Setting| SettingView {
        key: setting.key.to_owned(),
        variable: setting.variable.to_owned(),
        value: Count((setting.get)(in_force)),
        default: Count((setting.get)(&SyncSettings::default())),
        from: Count(setting.from),
        upto: Count(setting.upto),
        unit: setting.unit,
        source: source(setting),
    };
    SETTINGS.iter().map(view).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidemark_model::number::Millis;

    // proves E7
    #[test]
    fn the_environment_beats_the_file_and_the_file_beats_the_default() {
        let file = r#"{"max_retries": 7, "sync_batch_size": 50, "poll_interval": 60000}"#;
        let environment = Environment::of([("SYNC_BATCH_SIZE", "25"), ("PROCESSING_INTERVAL", "7000")]);
        let settings = sync_settings(Some(file), &environment).unwrap();
        let expected = SyncSettings {
            max_retries: Count(7),
            sync_batch_size: Count(25),
            processing_interval: Millis(7_000),
            poll_interval: Millis(60_000),
            ..SyncSettings::default()
        };
        assert_eq!(settings, expected);
        let sources: Vec<_> = views(&settings, &SettingsFile::read(Some(file)).unwrap(), &environment)
            .into_iter()
            .map(|view| (view.key, view.source))
            .filter(|(_, source)| *source != SettingSource::Default)
            .collect();
        let named = |key: &str, source| (key.to_owned(), source);
        assert_eq!(
            sources,
            [
                named("processing_interval", SettingSource::Environment),
                named("poll_interval", SettingSource::File),
                named("sync_batch_size", SettingSource::Environment),
                named("max_retries", SettingSource::File),
            ]
        );
    }

    // proves E7
    #[test]
    fn a_bad_value_is_named_with_its_key_and_the_accepted_range() {
        for (name, value) in [
            ("MAX_RETRIES", "-1"),
            ("MAX_RETRIES", "four"),
            ("SYNC_BATCH_SIZE", "0"),
            ("BASE_RETRY_DELAY", "1.5"),
            ("TIDEMARK_IN_FLIGHT", "33"),
        ] {
            let error = sync_settings(None, &Environment::of([(name, value)])).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains(value) && error.contains(" to "), "{error}");
        }
        let swapped = Environment::of([("BASE_RETRY_DELAY", "5000"), ("MAX_RETRY_DELAY", "1000")]);
        let error = sync_settings(None, &swapped).unwrap_err().to_string();
        assert!(error.contains("MAX_RETRY_DELAY") && error.contains("5000"), "{error}");
        let in_file = sync_settings(Some(r#"{"page_size": "many"}"#), &Environment::of([])).unwrap_err();
        assert!(in_file.to_string().starts_with("settings.json: page_size is '\"many\"'"), "{in_file}");
    }

    // proves E7
    #[test]
    fn an_unknown_key_of_the_file_is_named_with_what_is_known() {
        let error = sync_settings(Some(r#"{"max_retry": 3}"#), &Environment::of([])).unwrap_err();
        assert!(error.to_string().contains("'settings.json: max_retry'"), "{error}");
        assert!(error.to_string().contains("max_retries"), "{error}");
        assert!(sync_settings(Some("[]"), &Environment::of([])).is_err());
    }

    #[test]
    fn what_is_written_leaves_the_rest_of_the_file_as_it_was() {
        let file = SettingsFile::read(Some(r#"{"page_size": 20, "max_retries": 1}"#)).unwrap();
        let in_flight = setting("in_flight").unwrap();
        let written = file.with(in_flight, Some(3)).with(setting("page_size").unwrap(), None);
        assert_eq!(written.text(), "{\n  \"max_retries\": 1,\n  \"in_flight\": 3\n}\n");
    }
}
