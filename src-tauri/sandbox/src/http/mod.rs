//! HTTP over the world: parse, ask, answer.

mod body;
mod control;
mod misbehave;
mod parts;
mod respond;
mod routes;
mod sign_in;
mod tokens;

pub use misbehave::Closed;
pub(crate) use misbehave::serve;
pub(crate) use routes::router;
pub use tokens::TokenSwitches;

use crate::faults::{FaultDesk, Faults};
use crate::options::{Account, Now};
use crate::world::report::Report;
use crate::world::{World, WorldError};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokens::Tokens;
use tokio::sync::Notify;

/// What all requests share.
pub(crate) struct Shared {
    world: Mutex<World>,
    faults: Mutex<FaultDesk>,
    /// Told when the faults are set anew: requests that a fault lets wait go on then.
    anew: Arc<Anew>,
    accounts: Vec<Account>,
    tokens: Mutex<Tokens>,
    pub now: Now,
    pub switches: bool,
}

impl Shared {
    pub fn new(world: World, faults: FaultDesk, accounts: Vec<Account>, now: Now, switches: bool) -> Shared {
        Shared {
            world: Mutex::new(world),
            faults: Mutex::new(faults),
            anew: Arc::default(),
            tokens: Mutex::new(Tokens::new(&accounts, Arc::clone(&now))),
            accounts,
            now,
            switches,
        }
    }

    /// The world, for one step; never held over an await. A panic of another holder cannot have left it half
    /// changed, because what it holds changes only after a commit.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes these faults in place of all former, and ends the waits that those caused.
    pub fn set_faults(&self, faults: Faults) {
        self.faults().set(faults);
        self.anew.times.fetch_add(1, Ordering::SeqCst);
        self.anew.told.notify_waiters();
    }

    /// A wait that can begin now. Taken before the faults are asked, so that no change of them is missed.
    pub fn wait(&self) -> Wait {
        Wait { seen: self.anew.times.load(Ordering::SeqCst), anew: Arc::clone(&self.anew) }
    }

    pub fn tokens(&self) -> MutexGuard<'_, Tokens> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The world's report with what the world does not see.
    pub fn report(&self) -> Result<Report, WorldError> {
        let token_requests = self.tokens().requests();
        Ok(Report { token_requests, ..self.world().report()? })
    }

    pub fn faults(&self) -> MutexGuard<'_, FaultDesk> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How often the faults were set anew. Those who wait for it go on in the order in which they came; those of a `watch`
/// would go on in a random one, and the same seed would not make the same run.
#[derive(Default)]
struct Anew {
    times: AtomicU64,
    told: Notify,
}

/// A wait that a fault causes.
#[derive(Clone)]
pub(crate) struct Wait {
    anew: Arc<Anew>,
    seen: u64,
}

impl Wait {
    /// Ends after `time`, or as soon as the faults are set anew.
    pub async fn over(self, time: Duration) {
        let told = self.anew.told.notified();
        if self.anew.times.load(Ordering::SeqCst) != self.seen {
            return;
        }
        tokio::select! {
            biased;
            () = told => {}
            () = tokio::time::sleep(time) => {}
        }
    }
}
