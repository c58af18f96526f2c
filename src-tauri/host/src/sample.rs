//! The built-in server as a first connection: sample records that a person can try everything on.
//!
//! Its data and its port stay in the data folder, so that the link called [`NAME`] finds it again at the next start.

use crate::faults::HostError;
use crate::host::Host;
use chrono::DateTime;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tidemark_model::view::NewLink;
use tidemark_sandbox::{RunningSandbox, Sandbox, SandboxError, SandboxHandle, SandboxOptions, Script};

/// The name of its link.
pub const NAME: &str = "Sample";
/// Its folder inside the data folder.
const FOLDER: &str = "sample-server";

/// The built-in server while it runs; it ends with this value.
pub struct SampleServer {
    server: RunningSandbox,
    offline: AtomicBool,
}

/// Whether the data folder has the sample link.
pub fn is_known(host: &Host) -> Result<bool, HostError> {
    match host.link(NAME) {
        Ok(_) => Ok(true),
        Err(HostError::NoLink(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Starts the server and sees to the link: it is added where it is missing, and finds the server where its port had
/// to change.
pub async fn ensure(host: &Host) -> Result<SampleServer, HostError> {
    let sample = SampleServer { server: start(host).await?, offline: AtomicBool::new(false) };
    let url = sample.server.url();
    match host.link(NAME) {
        Ok(link) if link.url == url => {
            // It was opened before its server was there.
            host.engine().force_sync(Some(NAME), None).await?;
        }
        Ok(_) => host.engine().set_link_url(NAME, &url).await?,
        Err(HostError::NoLink(_)) => {
            let new = NewLink {
                name: NAME.to_owned(),
                kind: "rest".to_owned(),
                url,
                user: None,
                secret: None,
                settings: None,
                collections: Vec::new(),
            };
            host.add_link_with_everything(new).await?;
        }
        Err(error) => return Err(error),
    }
    Ok(sample)
}

impl SampleServer {
    /// Its address.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Its switches, for a demonstration.
    pub fn handle(&self) -> SandboxHandle {
        self.server.handle()
    }

    /// Takes it away as a lost connection would: the system refuses to connect.
    pub async fn go_offline(&self) -> Result<(), HostError> {
        self.server.go_offline().await?;
        self.offline.store(true, Ordering::SeqCst);
        Ok(())
    }

    /// Brings it back.
    pub async fn go_online(&self) -> Result<(), HostError> {
        self.server.go_online().await?;
        self.offline.store(false, Ordering::SeqCst);
        Ok(())
    }

    /// Whether it was taken away.
    pub fn is_offline(&self) -> bool {
        self.offline.load(Ordering::SeqCst)
    }

    /// A colleague changes the record of the first conflict; works offline too.
    pub fn colleague_edits(&self) -> Result<(), HostError> {
        self.server.script(Script::FirstConflict).map(drop).map_err(|error| HostError::Sample(error.into()))
    }

    /// Ends it in good order.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

async fn start(host: &Host) -> Result<RunningSandbox, HostError> {
    let folder = host.folder().join(FOLDER);
    std::fs::create_dir_all(&folder).map_err(|error| HostError::File { path: folder.clone(), error })?;
    let clock = Arc::clone(host.clock());
    let options = SandboxOptions {
        port: known_port(&folder),
        data: Some(folder.clone()),
        // Another program on this machine has no business with them, but the one that tests the window.
        switches: host.environment.get("TIDEMARK_SAMPLE_SWITCHES").as_deref() == Some("1"),
        now: Arc::new(move || DateTime::from_timestamp_millis(clock.now().0).unwrap_or_default()),
        ..SandboxOptions::sample()
    };
    let server = match Sandbox::start(options.clone()).await {
        // Somebody else has it now: any other will do.
        Err(SandboxError::Port { .. }) if options.port != 0 => {
            Sandbox::start(SandboxOptions { port: 0, ..options }).await?
        }
        started => started?,
    };
    let path = port_file(&folder);
    std::fs::write(&path, server.port().to_string()).map_err(|error| HostError::File { path, error })?;
    Ok(server)
}

fn port_file(folder: &Path) -> PathBuf {
    folder.join("port")
}

/// The port of the last time, or any.
fn known_port(folder: &Path) -> u16 {
    let text = std::fs::read_to_string(port_file(folder)).unwrap_or_default();
    text.trim().parse().unwrap_or(0)
}
