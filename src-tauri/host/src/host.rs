//! Starting an engine with everything around it.

use crate::clock::{LocalZone, RunningClock};
use crate::configuring::SettingsPlace;
use crate::environment::Environment;
use crate::faults::HostError;
use crate::folder::data_folder;
use crate::hidden::Hidden;
use crate::keychain::{Keychain, NoKeychain, SystemKeychain};
use crate::registry::Registry;
use crate::surroundings;
use crate::vault::Vault;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tidemark_engine::{
    Engine, EngineSettings, Platform, Surroundings, SystemClock, SystemRng, UnknownSurroundings, Verdict,
    WriterMode,
};
use tidemark_model::clock::{Clock, Rng};
use tidemark_model::schedule::Zone;
use tidemark_model::view::{Backup, Restored};

/// What a host is told; what is left open follows from the environment and the data folder.
#[derive(Clone)]
pub struct HostOptions {
    /// The data folder.
    pub data: Option<PathBuf>,
    /// Wall time and timers.
    pub clock: Option<Arc<dyn Clock>>,
    /// Chance.
    pub rng: Option<Arc<dyn Rng>>,
    /// Local time.
    pub zone: Option<Arc<dyn Zone>>,
    /// What the system tells of its network.
    pub surroundings: Option<Arc<dyn Surroundings>>,
    /// How the engine works; none: as file and environment say.
    pub settings: Option<EngineSettings>,
    /// A word of its own about failures; none: as the connectors classify them.
    pub verdict: Option<Arc<dyn Verdict>>,
    /// Where writing happens.
    pub writer: WriterMode,
    /// Where secrets are kept.
    pub keychain: Option<Arc<dyn Keychain>>,
    /// The variables of this process.
    pub environment: Environment,
    /// What no log line may hold.
    pub hidden: Hidden,
}

impl Default for HostOptions {
    fn default() -> Self {
        Self {
            data: None,
            clock: None,
            rng: None,
            zone: None,
            surroundings: None,
            settings: None,
            verdict: None,
            writer: WriterMode::Threaded,
            keychain: None,
            environment: Environment::of_process(),
            hidden: Hidden::of_process(),
        }
    }
}

impl HostOptions {
    /// The data folder that these options lead to.
    pub fn folder(&self) -> Result<PathBuf, HostError> {
        data_folder(self.data.clone(), &self.environment)
    }

    /// The clock that these options lead to.
    pub fn clock(&self) -> Result<Arc<dyn Clock>, HostError> {
        match &self.clock {
            Some(clock) => Ok(Arc::clone(clock)),
            None => clock_of(&self.environment),
        }
    }
}

/// Puts a backup in the place of the database of a data folder that nobody has open: the named one, or the newest that
/// is intact. The former database is kept beside it.
pub fn restore(options: &HostOptions, name: Option<&str>) -> Result<Restored, HostError> {
    Ok(tidemark_engine::restore(&options.folder()?, name, options.clock()?.now())?)
}

/// The backups of a data folder, newest first, whether or not its database can be opened.
pub fn backups(options: &HostOptions) -> Result<Vec<Backup>, HostError> {
    Ok(tidemark_engine::list_backups(&options.folder()?)?)
}

/// An engine with its data folder and secrets; clones share it.
#[derive(Clone)]
pub struct Host {
    engine: Engine,
    options: HostOptions,
    folder: PathBuf,
    clock: Arc<dyn Clock>,
    pub(crate) environment: Environment,
    pub(crate) vault: Arc<Vault>,
    pub(crate) settings: SettingsPlace,
}

impl Host {
    /// Opens the data folder and its engine; nothing runs by itself until [`Engine::start`].
    ///
    /// Errors: a setting cannot be used; the folder cannot be read or written, or is of a newer version.
    pub async fn open(options: HostOptions) -> Result<Self, HostError> {
        let environment = options.environment.clone();
        let folder = options.folder()?;
        let clock = options.clock()?;
        let place = SettingsPlace::new(&folder, environment.clone());
        let settings = match options.settings {
            Some(settings) => settings,
            None => EngineSettings::from(&place.read()?),
        };
        let keychain = options.keychain.clone().unwrap_or_else(|| keychain_of(&environment));
        let vault = Arc::new(Vault::new(keychain, environment.clone(), options.hidden.clone()));
        let rng = options.rng.clone().unwrap_or_else(|| Arc::new(SystemRng));
        let connect = Arc::new(Registry::new(Arc::clone(&vault)));
        let as_classified = Platform::new(Arc::clone(&clock), rng, connect);
        let platform = Platform {
            zone: options.zone.clone().unwrap_or_else(|| Arc::new(LocalZone)),
            surroundings: options.surroundings.clone().unwrap_or_else(|| surroundings_of(&environment)),
            configure: Arc::new(place.clone()),
            verdict: options.verdict.clone().unwrap_or_else(|| Arc::clone(&as_classified.verdict)),
            ..as_classified
        };
        let engine = Engine::open(&folder, platform, settings, options.writer).await?;
        Ok(Self { engine, options, folder, clock, environment, vault, settings: place })
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// What it was opened with.
    pub fn options(&self) -> &HostOptions {
        &self.options
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The clock of the engine, for whatever shows or compares times beside it.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // What else it holds leads to secrets and records.
        f.debug_struct("Host").field("folder", &self.folder).finish_non_exhaustive()
    }
}

fn clock_of(environment: &Environment) -> Result<Arc<dyn Clock>, HostError> {
    match environment.get("TIDEMARK_CLOCK") {
        None => Ok(Arc::new(SystemClock)),
        Some(text) => RunningClock::parse(&text)
            .map(|clock| Arc::new(clock) as Arc<dyn Clock>)
            .ok_or(HostError::BadClock(text)),
    }
}

fn keychain_of(environment: &Environment) -> Arc<dyn Keychain> {
    match environment.get("TIDEMARK_KEYCHAIN").as_deref() {
        Some("none") => Arc::new(NoKeychain),
        _ => Arc::new(SystemKeychain),
    }
}

fn surroundings_of(environment: &Environment) -> Arc<dyn Surroundings> {
    match environment.get("TIDEMARK_NETWORK").as_deref() {
        Some("unknown") => Arc::new(UnknownSurroundings::default()),
        _ => surroundings::of_system(),
    }
}
