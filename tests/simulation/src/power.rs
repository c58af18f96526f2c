//! A client's electricity and its disk: without power nothing is written and nothing goes over its line any more.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use tidemark_engine::{Access, FaultAt, Faults, StoreError};
use tokio::sync::watch;

/// The power of one run of a client's program.
pub struct Power {
    off: watch::Sender<bool>,
    /// It goes at the n-th write from now, before or after that is committed.
    plan: Mutex<Option<(usize, FaultAt)>>,
    full: AtomicBool,
    ails: AtomicBool,
    /// Writes while it ailed.
    writes: AtomicUsize,
}

impl Default for Power {
    fn default() -> Self {
        Self {
            off: watch::Sender::new(false),
            plan: Mutex::default(),
            full: AtomicBool::new(false),
            ails: AtomicBool::new(false),
            writes: AtomicUsize::new(0),
        }
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

    /// From now on the disk errs with every third write, before it, at its commit or after it, or it does no longer.
    pub fn ail(&self, ails: bool) {
        self.ails.store(ails, Ordering::Relaxed);
    }

    /// Whether a write may err.
    pub fn ails(&self) -> bool {
        self.ails.load(Ordering::Relaxed)
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
        if access == Access::Write && self.ails() {
            let write = self.writes.fetch_add(1, Ordering::Relaxed);
            let at = [FaultAt::Before, FaultAt::Commit, FaultAt::After][write / 3 % 3];
            let errs = StoreError::Io { path: "tidemark.db".into(), why: "the disk errs".into() };
            return (write % 3 == 2).then_some((at, errs));
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
