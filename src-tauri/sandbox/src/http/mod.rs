//! HTTP over the world: parse, ask, answer.

mod body;
mod control;
mod misbehave;
mod parts;
mod respond;
mod routes;
mod sign_in;

pub(crate) use misbehave::{Closed, serve};
pub(crate) use routes::router;

use crate::faults::FaultDesk;
use crate::options::{Account, Now};
use crate::world::World;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What all requests share.
pub(crate) struct Shared {
    world: Mutex<World>,
    faults: Mutex<FaultDesk>,
    accounts: Vec<Account>,
    pub now: Now,
    pub switches: bool,
}

impl Shared {
    pub fn new(world: World, faults: FaultDesk, accounts: Vec<Account>, now: Now, switches: bool) -> Shared {
        Shared { world: Mutex::new(world), faults: Mutex::new(faults), accounts, now, switches }
    }

    /// The world, for one step; never held over an await. A panic of another holder cannot have left it half
    /// changed, because what it holds changes only after a commit.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn faults(&self) -> MutexGuard<'_, FaultDesk> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
