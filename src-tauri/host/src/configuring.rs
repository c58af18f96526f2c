//! The settings file in the data folder, read and written for window and command line (row E7).

use crate::environment::Environment;
use crate::faults::HostError;
use crate::host::Host;
use crate::settings::{self, FILE, SettingFault, SettingsFile};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use tidemark_engine::Configure;
use tidemark_model::sync_settings::{OutOfRange, SETTINGS, Setting, SettingView, SyncSettings, setting};
use tidemark_model::view::AppSettings;

/// The longest time for undo, in milliseconds: what is held longer would seem to be forgotten.
const LONGEST_HOLD: i64 = 10 * 60 * 1000;

/// Where the settings of a data folder stand.
#[derive(Clone, Debug)]
pub(crate) struct SettingsPlace {
    folder: PathBuf,
    environment: Environment,
}

impl SettingsPlace {
    pub(crate) fn new(folder: &Path, environment: Environment) -> Self {
        Self { folder: folder.to_owned(), environment }
    }

    fn path(&self) -> PathBuf {
        self.folder.join(FILE)
    }

    fn file(&self) -> Result<SettingsFile, HostError> {
        let text = match std::fs::read_to_string(self.path()) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(HostError::File { path: self.path(), error }),
        };
        Ok(SettingsFile::read(text.as_deref())?)
    }

    /// The settings as they stand.
    pub(crate) fn read(&self) -> Result<SyncSettings, HostError> {
        Ok(settings::settings_of(&self.file()?, &self.environment)?)
    }

    fn write(&self, file: &SettingsFile) -> Result<(), HostError> {
        let (path, fresh) = (self.path(), self.folder.join("settings.json.new"));
        // A reader sees the old file or the new one, never half of one.
        std::fs::write(&fresh, file.text())
            .and_then(|()| std::fs::rename(&fresh, &path))
            .map_err(|error| HostError::File { path, error })
    }
}

impl Configure for SettingsPlace {
    fn sync_settings(&self) -> Option<SyncSettings> {
        match self.read() {
            Ok(settings) => Some(settings),
            Err(error) => {
                tracing::warn!(%error, "the settings cannot be used; those in force stay");
                None
            }
        }
    }
}

impl Host {
    /// Every setting of the engine, as it is in force here.
    pub fn setting_views(&self) -> Result<Vec<SettingView>, HostError> {
        let in_force = self.engine().sync_settings();
        Ok(settings::views(&in_force, &self.settings.file()?, &self.settings.environment))
    }

    /// Sets one of them by its key, or with no value back to its default; it applies at once, here and in the process
    /// that sends.
    ///
    /// Errors: there is no such key; the value is out of its range, and the old one stays; a variable of this process
    /// beats it; the file cannot be written.
    pub async fn set_setting(&self, key: &str, text: Option<&str>) -> Result<SettingView, HostError> {
        let setting = setting(key).ok_or_else(|| SettingFault::Unknown { key: key.to_owned() })?;
        let value = match text {
            Some(text) => setting.parse(key, text).map_err(SettingFault::from)?,
            None => (setting.get)(&SyncSettings::default()),
        };
        let mut wanted = self.engine().sync_settings();
        (setting.set)(&mut wanted, value);
        wanted.check().map_err(SettingFault::from)?;
        self.check_not_beaten(setting)?;
        // Written also where it is the default: then it stays so with another default.
        self.settings.write(&self.settings.file()?.with(setting, text.map(|_| value)))?;
        self.engine().set_sync_settings(&wanted).await?;
        let views = self.setting_views()?;
        let changed = views.into_iter().find(|view| view.key == setting.key);
        changed.ok_or_else(|| SettingFault::Unknown { key: key.to_owned() }.into())
    }

    /// Changes the application's settings; they apply at once. Nothing is changed where one of them is refused.
    pub async fn update_settings(&self, wanted: &AppSettings) -> Result<AppSettings, HostError> {
        if !(0..=LONGEST_HOLD).contains(&wanted.undo_hold.0) {
            return Err(SettingFault::from(OutOfRange {
                key: "undoHold".to_owned(),
                value: wanted.undo_hold.0.to_string(),
                from: 0,
                upto: LONGEST_HOLD,
                unit: " milliseconds (0 is off)",
            })
            .into());
        }
        if let Some(sync) = &wanted.sync {
            self.change(sync).await?;
        }
        self.engine().set_settings(wanted).await?;
        Ok(self.engine().settings()?)
    }

    /// Writes what differs from what is in force, and puts it in force.
    async fn change(&self, wanted: &SyncSettings) -> Result<(), HostError> {
        wanted.check().map_err(SettingFault::from)?;
        let in_force = self.engine().sync_settings();
        let differs = |setting: &&Setting| (setting.get)(wanted) != (setting.get)(&in_force);
        let changed: Vec<&Setting> = SETTINGS.iter().filter(differs).collect();
        if changed.is_empty() {
            return Ok(());
        }
        let mut file = self.settings.file()?;
        for setting in changed {
            self.check_not_beaten(setting)?;
            file = file.with(setting, Some((setting.get)(wanted)));
        }
        self.settings.write(&file)?;
        Ok(self.engine().set_sync_settings(wanted).await?)
    }

    /// A variable of this process would beat what is written: that is said, and not written.
    fn check_not_beaten(&self, setting: &Setting) -> Result<(), SettingFault> {
        match self.settings.environment.get(setting.variable) {
            Some(_) => Err(SettingFault::Beaten { key: setting.key, variable: setting.variable }),
            None => Ok(()),
        }
    }
}
