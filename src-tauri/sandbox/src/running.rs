//! A sandbox that runs: its address, its switches from inside the process, its end.

use crate::faults::{FaultDesk, Faults};
use crate::http::{Shared, TokenSwitches};
use crate::listen::{Command, listen};
use crate::options::SandboxOptions;
use crate::world::answer::Answer;
use crate::world::colleague::{Colleague, ColleagueEdit, Script};
use crate::world::report::Report;
use crate::world::{World, WorldError};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// Why a sandbox did not start, or did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// Its world.
    #[error(transparent)]
    World(#[from] WorldError),
    /// Its port.
    #[error("the sandbox's port {port}: {error}")]
    Port {
        /// Which.
        port: u16,
        /// Why.
        error: std::io::Error,
    },
    /// It has stopped.
    #[error("the sandbox has stopped")]
    Stopped,
}

/// The built-in server.
pub struct Sandbox;

impl Sandbox {
    /// Starts a server on 127.0.0.1; it runs until [`RunningSandbox::stop`], or until that is dropped.
    pub async fn start(options: SandboxOptions) -> Result<RunningSandbox, SandboxError> {
        let world = World::open(options.world(), (options.now)())?;
        let faults = FaultDesk::new(options.faults, options.seed);
        let shared = Arc::new(Shared::new(world, faults, options.accounts, options.now, options.switches));
        let port_error = |error| SandboxError::Port { port: options.port, error };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await.map_err(port_error)?;
        let address = listener.local_addr().map_err(port_error)?;
        let (commands, inbox) = mpsc::channel(8);
        let task = tokio::spawn(listen(listener, address, Arc::clone(&shared), inbox));
        Ok(RunningSandbox { handle: SandboxHandle { shared, commands, address }, task })
    }
}

/// A running server. Everything of [`SandboxHandle`] can be asked of it too.
pub struct RunningSandbox {
    handle: SandboxHandle,
    task: JoinHandle<()>,
}

impl RunningSandbox {
    /// Something to give away: it works from other threads and tasks, and does not keep the server alive.
    pub fn handle(&self) -> SandboxHandle {
        self.handle.clone()
    }

    /// Ends the server in order: requests on their way get their answers first, for five seconds at most.
    pub async fn stop(mut self) {
        let _ = self.handle.send(Command::Stop).await;
        let _ = (&mut self.task).await;
    }
}

impl std::ops::Deref for RunningSandbox {
    type Target = SandboxHandle;

    fn deref(&self) -> &SandboxHandle {
        &self.handle
    }
}

impl Drop for RunningSandbox {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The switches, from inside the process.
#[derive(Clone)]
pub struct SandboxHandle {
    shared: Arc<Shared>,
    commands: mpsc::Sender<Command>,
    address: SocketAddr,
}

impl SandboxHandle {
    /// The base of the contract, `http://127.0.0.1:PORT/v1`.
    pub fn url(&self) -> String {
        format!("{}/v1", self.origin())
    }

    /// `http://127.0.0.1:PORT`, under which the switches are too.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Takes these faults in place of all former. Requests that those let wait go on at once.
    pub fn set_faults(&self, faults: Faults) {
        self.shared.set_faults(faults);
    }

    /// Takes all faults away.
    pub fn clear_faults(&self) {
        self.set_faults(Faults::default());
    }

    /// The faults as they stand, with what is left of their counts.
    pub fn faults(&self) -> Faults {
        self.shared.faults().faults().clone()
    }

    /// Makes an edit as somebody else; says the new version.
    pub fn colleague(&self, edit: ColleagueEdit) -> Result<Answer, WorldError> {
        let answers = self.shared.world().colleague(&Colleague::Edit(Box::new(edit)), (self.shared.now)())?;
        answers.into_iter().next().ok_or_else(|| WorldError::Refused("no edit was made".to_owned()))
    }

    /// Runs a script over the sample data.
    pub fn script(&self, script: Script) -> Result<Vec<Answer>, WorldError> {
        self.shared.world().colleague(&Colleague::Script(script), (self.shared.now)())
    }

    /// Every effect in the order of commit, doubles, and steps out of order.
    pub fn report(&self) -> Result<Report, WorldError> {
        self.shared.report()
    }

    /// Sets how tokens live from now on, and ends what is to end.
    pub fn set_tokens(&self, switches: &TokenSwitches) {
        self.shared.tokens().set(switches);
    }

    /// Does something with the world itself. No request is served meanwhile.
    pub fn with_world<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        act(&mut self.shared.world())
    }

    /// Begins a new epoch from the copy of `back` places ago.
    pub fn new_epoch(&self, back: i64) -> Result<String, WorldError> {
        self.shared.world().new_epoch(back)
    }

    /// Starts again from the first records, without faults.
    pub fn reset(&self) -> Result<(), WorldError> {
        self.clear_faults();
        self.shared.world().reset((self.shared.now)())
    }

    /// Goes offline in the real way: open connections are dropped, and new ones refused by the system. The
    /// port stays taken. Returns once this is so.
    pub async fn go_offline(&self) -> Result<(), SandboxError> {
        self.send(Command::Offline).await?.map_err(|error| SandboxError::Port { port: self.port(), error })
    }

    /// Listens again on the same port. Returns once this is so.
    pub async fn go_online(&self) -> Result<(), SandboxError> {
        self.send(Command::Online).await?.map_err(|error| SandboxError::Port { port: self.port(), error })
    }

    async fn send(
        &self,
        command: impl FnOnce(oneshot::Sender<std::io::Result<()>>) -> Command,
    ) -> Result<std::io::Result<()>, SandboxError> {
        let (done, answer) = oneshot::channel();
        self.commands.send(command(done)).await.map_err(|_| SandboxError::Stopped)?;
        answer.await.map_err(|_| SandboxError::Stopped)
    }
}
