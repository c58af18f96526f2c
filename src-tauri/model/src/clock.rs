//! Time and chance as inputs, so that a test can pause, jump and replay both.

use crate::number::Millis;
use std::future::Future;
use std::pin::Pin;

/// A boxed future, so that traits of the engine stay object-safe.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Wall time and timers.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Millis;
    /// Ends once [`Clock::now`] is at or after `at`; a jump of the clock over `at` ends it too.
    fn sleep_until(&self, at: Millis) -> BoxFuture<'static, ()>;
}

/// Random numbers for jitter, spreading and ids.
pub trait Rng: Send + Sync {
    /// The next 64 random bits.
    fn next_u64(&self) -> u64;

    /// A fraction in 0.0 ..= 1.0.
    fn fraction(&self) -> f64 {
        // 53 bits are what a double holds exactly.
        (self.next_u64() >> 11) as f64 / ((1u64 << 53) - 1) as f64
    }

    /// A UUIDv7 of the given time with random bits of this source (RFC 9562, section 5.7).
    fn uuid_v7(&self, now: Millis) -> uuid::Uuid {
        let (high, low) = (self.next_u64(), self.next_u64());
        let mut random = [0u8; 10];
        random[..8].copy_from_slice(&high.to_be_bytes());
        random[8..].copy_from_slice(&low.to_be_bytes()[..2]);
        uuid::Builder::from_unix_timestamp_millis(u64::try_from(now.0).unwrap_or(0), &random).into_uuid()
    }
}
