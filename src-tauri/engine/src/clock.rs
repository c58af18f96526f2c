//! The system's time and randomness.

use std::time::Duration;
use tidemark_model::clock::{BoxFuture, Clock, Rng};
use tidemark_model::number::Millis;

/// The system's wall clock with the runtime's timers.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

/// The longest single timer: after it the wall clock is read again, so that a jump of the clock is noticed.
const LONGEST_TIMER: Duration = Duration::from_secs(30);

impl Clock for SystemClock {
    fn now(&self) -> Millis {
        Millis(chrono::Utc::now().timestamp_millis())
    }

    fn sleep_until(&self, at: Millis) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            // A clock that is put back in the meantime makes no wait longer than it was meant to be.
            let meant = left_until(at);
            let started = tokio::time::Instant::now();
            loop {
                let left = left_until(at).min(meant.saturating_sub(started.elapsed()));
                if left.is_zero() {
                    return;
                }
                tokio::time::sleep(left.min(LONGEST_TIMER)).await;
            }
        })
    }
}

fn left_until(at: Millis) -> Duration {
    Duration::from_millis(u64::try_from(at.0 - SystemClock.now().0).unwrap_or(0))
}

/// Random bits from the operating system, through UUIDv4's source.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRng;

impl Rng for SystemRng {
    fn next_u64(&self) -> u64 {
        // The low half of a v4 UUID carries 62 random bits; two of them give all 64.
        let (a, b) = (uuid::Uuid::new_v4().as_u128() as u64, uuid::Uuid::new_v4().as_u128() as u64);
        a ^ b.rotate_left(32)
    }
}
