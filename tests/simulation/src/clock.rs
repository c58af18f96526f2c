//! Wall clocks of one virtual time, each of which may be wrong by its own amount.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tidemark_model::clock::{BoxFuture, Clock};
use tidemark_model::number::Millis;
use tokio::time::Instant;

/// The start of every scenario: 2026-05-04T08:00:00Z.
pub const START: Millis = Millis(1_777_881_600_000);

/// A wall clock on the runtime's paused time; clones are the same clock.
#[derive(Clone)]
pub struct SimClock {
    began: Instant,
    ahead: Arc<AtomicI64>,
}

impl SimClock {
    /// A clock that shows [`START`] at `began`.
    pub fn new(began: Instant) -> Self {
        Self { began, ahead: Arc::default() }
    }

    /// Somebody puts the clock forward or back.
    pub fn jump(&self, ms: i64) {
        self.ahead.fetch_add(ms, Ordering::Relaxed);
    }

    /// Virtual time since the beginning, in milliseconds, whatever the clock shows.
    pub fn elapsed(&self) -> u128 {
        self.began.elapsed().as_millis()
    }
}

impl Clock for SimClock {
    fn now(&self) -> Millis {
        let elapsed = i64::try_from(self.elapsed()).unwrap_or(i64::MAX);
        START.plus(elapsed + self.ahead.load(Ordering::Relaxed))
    }

    /// As the system's clock does it: what sleeps looks at the wall again every 30 s, and never sleeps longer than it meant.
    fn sleep_until(&self, at: Millis) -> BoxFuture<'static, ()> {
        let clock = self.clone();
        Box::pin(async move {
            let left = |clock: &Self| Duration::from_millis(u64::try_from(at.0 - clock.now().0).unwrap_or(0));
            let (meant, started) = (left(&clock), Instant::now());
            loop {
                let left = left(&clock).min(meant.saturating_sub(started.elapsed()));
                if left.is_zero() {
                    return;
                }
                tokio::time::sleep(left.min(Duration::from_secs(30))).await;
            }
        })
    }
}
