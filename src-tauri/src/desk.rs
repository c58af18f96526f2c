//! What the shell keeps for its commands: the host, and the sample server while it runs.

use tidemark_engine::Engine;
use tidemark_host::sample::{self, SampleServer};
use tidemark_host::{Host, HostError};
use tidemark_model::number::Count;
use tidemark_model::view::{AddedLink, Refusal, RefusalCode};
use tokio::sync::Mutex;

/// The application's state.
pub struct Desk {
    host: Host,
    sample: Mutex<Option<SampleServer>>,
}

impl Desk {
    /// A desk over an opened host.
    pub fn new(host: Host) -> Self {
        Self { host, sample: Mutex::new(None) }
    }

    /// The host.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        self.host.engine()
    }

    /// Starts the sample server and its connection, or finds them running.
    pub async fn start_sample(&self) -> Result<AddedLink, HostError> {
        let mut running = self.sample.lock().await;
        if running.is_none() {
            *running = Some(sample::ensure(&self.host).await?);
        }
        let link = self.host.link(sample::NAME)?;
        Ok(AddedLink {
            id: Count(link.id),
            name: link.name,
            secret_kept: false,
            secret_note: None,
            collections: link.settings.collections.into_iter().map(|collection| collection.name).collect(),
        })
    }

    /// Starts the sample server where a connection to it is there from an earlier run.
    pub async fn resume_sample(&self) -> Result<(), HostError> {
        if sample::is_known(&self.host)? {
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
        Ok(self.engine().force_sync(Some(sample::NAME), None).await?)
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

fn no_sample() -> Refusal {
    Refusal {
        code: RefusalCode::NotNow,
        message: "the sample server does not run".into(),
        hint: "Choose 'Try with sample data' first.".into(),
    }
}
