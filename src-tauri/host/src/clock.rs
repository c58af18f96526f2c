//! A clock that starts at a given instant and then runs with real time.

use chrono::{DateTime, Local, Offset as _};
use std::time::{Duration, Instant};
use tidemark_model::clock::{BoxFuture, Clock};
use tidemark_model::number::Millis;
use tidemark_model::schedule::Zone;

/// Wall time that began at a chosen instant with the process; timers last as long as they really last.
///
/// With it a screenshot shows the same day and hour in every run, while everything that waits goes on as usual.
#[derive(Clone, Copy, Debug)]
pub struct RunningClock {
    start: Millis,
    since: Instant,
}

impl RunningClock {
    /// A clock that shows `start` now.
    pub fn starting_at(start: Millis) -> Self {
        Self { start, since: Instant::now() }
    }

    /// The same from an RFC 3339 text; none where it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let start = DateTime::parse_from_rfc3339(text).ok()?;
        Some(Self::starting_at(Millis(start.timestamp_millis())))
    }
}

impl Clock for RunningClock {
    fn now(&self) -> Millis {
        let elapsed = i64::try_from(self.since.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.start.plus(elapsed)
    }

    fn sleep_until(&self, at: Millis) -> BoxFuture<'static, ()> {
        let clock = *self;
        Box::pin(async move {
            loop {
                let left = at.0 - clock.now().0;
                match u64::try_from(left) {
                    Ok(left) if left > 0 => tokio::time::sleep(Duration::from_millis(left)).await,
                    _ => return,
                }
            }
        })
    }
}

/// Local time as the system reckons it.
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalZone;

impl Zone for LocalZone {
    fn offset(&self, at: Millis) -> Millis {
        let local = DateTime::from_timestamp_millis(at.0).map(|at| at.with_timezone(&Local));
        local.map_or(Millis(0), |local| Millis(i64::from(local.offset().fix().local_minus_utc()) * 1000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_starts_where_it_is_told_and_goes_on() {
        let clock = RunningClock::parse("2026-06-15T09:30:00+02:00").unwrap();
        let first = clock.now();
        assert!((first.0 - 1_781_508_600_000).abs() < 5_000, "{first:?}");
        assert!(clock.now() >= first, "it never goes back");
        assert!(RunningClock::parse("today").is_none());
    }
}
