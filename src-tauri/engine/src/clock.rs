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
            loop {
                let left = at.0 - SystemClock.now().0;
                let Ok(left) = u64::try_from(left) else { return };
                if left == 0 {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(left).min(LONGEST_TIMER)).await;
            }
        })
    }
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
