//! A client's electricity and the room on its disk: without power nothing is written and nothing goes over its line any more.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use tidemark_engine::{Access, FaultAt, Faults, StoreError};
use tokio::sync::watch;

/// The power of one run of a client's program.
pub struct Power {
    off: watch::Sender<bool>,
    /// It goes at the n-th write from now, before or after that is committed.
    plan: Mutex<Option<(usize, FaultAt)>>,
    full: AtomicBool,
}

impl Default for Power {
    fn default() -> Self {
        Self { off: watch::Sender::new(false), plan: Mutex::default(), full: AtomicBool::new(false) }
    }
}

impl Power {
    /// It goes now.
    pub fn cut(&self) {
        self.off.send_replace(true);
    }

    /// It goes at the n-th write from now.
    pub fn cut_at(&self, write: usize, at: FaultAt) {
        *self.plan.lock().unwrap_or_else(PoisonError::into_inner) = Some((write, at));
    }

    /// From now on there is no room on the disk, or there is again.
    pub fn fill(&self, full: bool) {
        self.full.store(full, Ordering::Relaxed);
    }

    /// Whether nothing can be written.
    pub fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }

    /// Whether it has gone.
    pub fn is_off(&self) -> bool {
        *self.off.borrow()
    }

    /// Waits until it goes.
    pub async fn gone(&self) {
        // This holds the sender.
        let _ = self.off.subscribe().wait_for(|off| *off).await;
    }
}

impl Faults for Power {
    fn next(&self, access: Access) -> Option<(FaultAt, StoreError)> {
        if self.is_off() {
            return Some((FaultAt::Before, StoreError::Closed));
        }
        if access == Access::Write && self.is_full() {
            let full = StoreError::DiskFull { path: "tidemark.db".into() };
            return Some((FaultAt::Commit, full));
        }
        let mut plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        let (left, at) = plan.as_mut()?;
        if access != Access::Write {
            return None;
        }
        *left = left.saturating_sub(1);
        if *left > 0 {
            return None;
        }
        let at = *at;
        *plan = None;
        drop(plan);
        self.cut();
        Some((at, StoreError::Closed))
    }
}
