//! What the shell keeps for its commands: the host, or why there is none, and the sample server while it runs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};
use tidemark_engine::Engine;
use tidemark_host::sample::{self, SampleServer};
use tidemark_host::{Host, HostError, HostOptions};
use tidemark_model::number::{Count, Millis};
use tidemark_model::status::{StatusFacts, activity, sentence};
use tidemark_model::view::{AddedLink, Refusal, RefusalCode, Restored, StatusSnapshot, Storage, StoreFault};
use tokio::sync::{Mutex, watch};

/// The application's state.
pub struct Desk {
    options: HostOptions,
    kept: RwLock<Kept>,
    /// Opening and restoring go one at a time.
    moving: Mutex<()>,
    /// The engine that is open now, for whoever carries its events.
    opened: watch::Sender<Option<Engine>>,
    /// Engines that are opened later start by themselves.
    runs: AtomicBool,
    sample: Mutex<Option<SampleServer>>,
}

/// A host, or a data folder whose store cannot be opened: the window shows that and what can be done.
enum Kept {
    Open(Box<Host>),
    Shut(Shut),
}

#[derive(Clone)]
struct Shut {
    fault: StoreFault,
    intact: Option<Millis>,
    refusal: Refusal,
}

impl From<Host> for Desk {
    fn from(host: Host) -> Self {
        let options = host.options().clone();
        Self::with(options, Kept::Open(Box::new(host)))
    }
}

impl Desk {
    /// Opens the data folder. A store that cannot be used is no error here: the window shows what is wrong with it.
    ///
    /// Errors: a setting cannot be used; the store is of a newer version, or another program holds it.
    pub async fn open(options: HostOptions) -> Result<Self, HostError> {
        let kept = match Host::open(options.clone()).await {
            Ok(host) => Kept::Open(Box::new(host)),
            Err(error) => Kept::Shut(shut(error)?),
        };
        Ok(Self::with(options, kept))
    }

    fn with(options: HostOptions, kept: Kept) -> Self {
        let engine = match &kept {
            Kept::Open(host) => Some(host.engine().clone()),
            Kept::Shut(_) => None,
        };
        Self {
            options,
            kept: RwLock::new(kept),
            moving: Mutex::new(()),
            opened: watch::channel(engine).0,
            runs: AtomicBool::new(false),
            sample: Mutex::new(None),
        }
    }

    /// The host; refused while the store cannot be opened.
    pub fn host(&self) -> Result<Host, Refusal> {
        match &*self.kept.read().unwrap_or_else(PoisonError::into_inner) {
            Kept::Open(host) => Ok(Host::clone(host)),
            Kept::Shut(shut) => Err(shut.refusal.clone()),
        }
    }

    /// The engine; refused while the store cannot be opened.
    pub fn engine(&self) -> Result<Engine, Refusal> {
        Ok(self.host()?.engine().clone())
    }

    /// The engine that is open now and those that will be.
    pub fn opened(&self) -> watch::Receiver<Option<Engine>> {
        self.opened.subscribe()
    }

    /// The one status; it can also be told where the store cannot be opened.
    pub fn status(&self) -> Result<StatusSnapshot, Refusal> {
        match self.shut() {
            None => Ok(self.engine()?.status()?),
            Some(shut) => {
                let facts = StatusFacts {
                    store_fault: Some(shut.fault),
                    intact: shut.intact,
                    ..StatusFacts::default()
                };
                Ok(StatusSnapshot {
                    at: self.options.clock()?.now(),
                    sentence: sentence(&facts),
                    activity: activity(&facts),
                    store_fault: Some(shut.fault),
                    ledger: tidemark_model::view::Ledger { balanced: true, ..Default::default() },
                    ..StatusSnapshot::default()
                })
            }
        }
    }

    /// The local store's size and place with its backups.
    pub fn storage(&self) -> Result<Storage, Refusal> {
        let folder = self.options.folder()?;
        Ok(tidemark_engine::storage(&folder)?)
    }

    /// Puts a backup in the place of the store, which is kept beside it, and goes on from there.
    pub async fn restore(&self, name: &str) -> Result<Restored, Refusal> {
        let _one_at_a_time = self.moving.lock().await;
        if let Ok(host) = self.host() {
            self.opened.send_replace(None);
            host.engine().shutdown().await;
        }
        let options = self.options.clone();
        let wanted = name.to_owned();
        let restored = tokio::task::spawn_blocking(move || tidemark_host::restore(&options, Some(&wanted)))
            .await
            .map_err(|error| unfinished(&error))?;
        // Whether it came about or not: what stands in the folder now is opened.
        self.reopen().await?;
        Ok(restored?)
    }

    /// Opens a store that could not be opened before; nothing where it is open.
    pub async fn try_again(&self) -> Result<(), Refusal> {
        let _one_at_a_time = self.moving.lock().await;
        match self.shut() {
            None => Ok(()),
            Some(_) => self.reopen().await,
        }
    }

    /// Whether the store cannot be opened for a reason that may end by itself.
    pub fn may_open_later(&self) -> bool {
        self.shut().is_some_and(|shut| shut.fault != StoreFault::Damaged)
    }

    /// Starts what runs by itself, now and in whatever is opened later.
    pub fn start(&self) {
        self.runs.store(true, Ordering::Relaxed);
        if let Ok(engine) = self.engine() {
            engine.start();
        }
    }

    /// Ends in good order.
    pub async fn close(&self) {
        if let Ok(engine) = self.engine() {
            engine.shutdown().await;
        }
    }

    async fn reopen(&self) -> Result<(), Refusal> {
        let opened = match Host::open(self.options.clone()).await {
            Ok(host) => Kept::Open(Box::new(host)),
            // What was open is closed: whatever it is, the window says it.
            Err(error) => Kept::Shut(Shut {
                fault: error.fault().unwrap_or(StoreFault::Io),
                intact: error.intact(),
                refusal: error.into(),
            }),
        };
        *self.kept.write().unwrap_or_else(PoisonError::into_inner) = opened;
        let engine = self.engine()?;
        self.opened.send_replace(Some(engine.clone()));
        if self.runs.load(Ordering::Relaxed) {
            engine.start();
            if let Err(error) = self.resume_sample().await {
                tracing::warn!(%error, "starting the sample server");
            }
        }
        Ok(())
    }

    fn shut(&self) -> Option<Shut> {
        match &*self.kept.read().unwrap_or_else(PoisonError::into_inner) {
            Kept::Open(_) => None,
            Kept::Shut(shut) => Some(shut.clone()),
        }
    }

    /// Starts the sample server and its connection, or finds them running.
    pub async fn start_sample(&self) -> Result<AddedLink, Refusal> {
        let host = self.host()?;
        let mut running = self.sample.lock().await;
        if running.is_none() {
            *running = Some(sample::ensure(&host).await?);
        }
        let link = host.link(sample::NAME)?;
        Ok(AddedLink {
            id: Count(link.id),
            name: link.name,
            secret_kept: false,
            secret_note: None,
            collections: link.settings.collections.into_iter().map(|collection| collection.name).collect(),
        })
    }

    /// Starts the sample server where a connection to it is there from an earlier run.
    pub async fn resume_sample(&self) -> Result<(), Refusal> {
        if sample::is_known(&self.host()?)? {
            self.start_sample().await?;
        }
        Ok(())
    }

    /// Takes the sample server off the line, or back.
    pub async fn set_sample_offline(&self, offline: bool) -> Result<(), Refusal> {
        let running = self.sample.lock().await;
        let sample = running.as_ref().ok_or_else(no_sample)?;
        match offline {
            true => sample.go_offline().await?,
            false => sample.go_online().await?,
        }
        // What changed is proved by a request, not by the switch.
        Ok(self.engine()?.force_sync(Some(sample::NAME), None).await?)
    }

    /// Whether the sample server is off the line; none where it does not run.
    pub async fn sample_offline(&self) -> Option<bool> {
        self.sample.lock().await.as_ref().map(SampleServer::is_offline)
    }

    /// Lets the simulated colleague of the sample server make edits.
    pub async fn sample_colleague(&self) -> Result<(), Refusal> {
        let running = self.sample.lock().await;
        Ok(running.as_ref().ok_or_else(no_sample)?.colleague_edits()?)
    }
}

/// What the window shows of a store that cannot be used; any other error is returned.
fn shut(error: HostError) -> Result<Shut, HostError> {
    match error.fault() {
        Some(fault) => Ok(Shut { fault, intact: error.intact(), refusal: error.into() }),
        None => Err(error),
    }
}

fn unfinished(error: &tokio::task::JoinError) -> Refusal {
    Refusal {
        code: RefusalCode::Store,
        message: format!("the restore did not come to its end: {error}"),
        hint: "Start Tidemark again; the former store is kept.".into(),
    }
}

fn no_sample() -> Refusal {
    Refusal {
        code: RefusalCode::NotNow,
        message: "the sample server does not run".into(),
        hint: "Choose 'Try with sample data' first.".into(),
    }
}
