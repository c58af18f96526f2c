//! A clock that stands still until a test moves it.

use crate::deadline::soon;
use std::future::Future;
use std::ops::RangeBounds;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use tidemark_model::clock::{BoxFuture, Clock};
use tidemark_model::number::Millis;
use tokio::sync::watch;

pub use tidemark_simulation::START;

/// A virtual clock; clones share it. Sleepers wake when it is moved to or over their time.
#[derive(Clone)]
pub struct ManualClock {
    face: Arc<Mutex<Face>>,
    /// How often somebody lay down to sleep.
    lie_downs: watch::Sender<u64>,
}

struct Face {
    now: Millis,
    next: u64,
    sleepers: Vec<Sleeper>,
    /// By how much it was put right so far.
    corrected: i64,
}

struct Sleeper {
    id: u64,
    at: Millis,
    waker: Waker,
}

impl Default for ManualClock {
    fn default() -> Self {
        let face = Face { now: START, next: 0, sleepers: Vec::new(), corrected: 0 };
        Self { face: Arc::new(Mutex::new(face)), lie_downs: watch::Sender::new(0) }
    }
}

impl ManualClock {
    /// Moves the clock and wakes whose time has come.
    pub fn advance(&self, ms: i64) {
        let due: Vec<Sleeper> = {
            let mut face = self.face();
            face.now = face.now.plus(ms);
            let now = face.now;
            face.sleepers.extract_if(.., |sleeper| sleeper.at <= now).collect()
        };
        for sleeper in due {
            sleeper.waker.wake();
        }
    }

    /// Moves the clock by seconds.
    pub fn advance_s(&self, seconds: i64) {
        self.advance(seconds * 1000);
    }

    /// Somebody puts the clock right by so many milliseconds, back or forward; no time passes, and nobody sleeps longer
    /// because of it, as with the system's clock.
    pub fn correct(&self, ms: i64) {
        {
            let mut face = self.face();
            face.now = face.now.plus(ms);
            face.corrected += ms;
            for sleeper in &mut face.sleepers {
                sleeper.at = sleeper.at.min(sleeper.at.plus(ms));
            }
        }
        self.advance(0);
    }

    /// Moves the clock to an instant; one that has passed moves nothing.
    pub fn advance_to(&self, at: Millis) {
        self.advance((at.0 - self.now().0).max(0));
    }

    /// Waits until somebody lies down after so many had; returns how many have.
    pub async fn laid_down(&self, after: u64) -> u64 {
        let mut lie_downs = self.lie_downs.subscribe();
        let more = lie_downs.wait_for(|laid_down| *laid_down > after);
        *soon("somebody lies down to sleep", more).await.expect("this clock holds the sender")
    }

    /// Waits until somebody sleeps until a time in this span.
    pub async fn sleeps_until(&self, span: impl RangeBounds<Millis>) {
        loop {
            let laid_down = self.lie_downs();
            if self.face().sleepers.iter().any(|sleeper| span.contains(&sleeper.at)) {
                return;
            }
            self.laid_down(laid_down).await;
        }
    }

    /// How often somebody lay down to sleep so far.
    pub fn lie_downs(&self) -> u64 {
        *self.lie_downs.borrow()
    }

    /// The earliest time that somebody sleeps until.
    pub fn next(&self) -> Option<Millis> {
        self.face().sleepers.iter().map(|sleeper| sleeper.at).min()
    }

    fn face(&self) -> MutexGuard<'_, Face> {
        self.face.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Millis {
        self.face().now
    }

    fn sleep_until(&self, at: Millis) -> BoxFuture<'static, ()> {
        let mut face = self.face();
        face.next += 1;
        Box::pin(Sleep { clock: self.clone(), id: face.next, at, corrected: face.corrected })
    }
}

struct Sleep {
    clock: ManualClock,
    id: u64,
    at: Millis,
    /// By how much the clock had been put right when it began.
    corrected: i64,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        {
            let mut face = self.clock.face();
            face.sleepers.retain(|sleeper| sleeper.id != self.id);
            let at = self.at.plus((face.corrected - self.corrected).min(0));
            if face.now >= at {
                return Poll::Ready(());
            }
            face.sleepers.push(Sleeper { id: self.id, at, waker: context.waker().clone() });
        }
        self.clock.lie_downs.send_modify(|laid_down| *laid_down += 1);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.clock.face().sleepers.retain(|sleeper| sleeper.id != self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_sleeper_wakes_when_its_time_has_come_and_not_before() {
        let clock = ManualClock::default();
        let sleep = tokio::spawn(clock.sleep_until(START.plus(1_000)));
        clock.sleeps_until(START.plus(1_000)..).await;
        clock.advance(999);
        assert_eq!(clock.next(), Some(START.plus(1_000)), "it still sleeps");
        clock.advance(1);
        sleep.await.unwrap();
        assert_eq!(clock.next(), None);
    }
}
