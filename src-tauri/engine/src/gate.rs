//! What all links to one host share: the breaker, and the pace that the host asked for (`engine.md` 7).

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use tidemark_model::backoff;
use tidemark_model::clock::Rng;
use tidemark_model::number::Millis;

/// One host's breaker and floor. The floor stands in the database too, so that it outlives a restart; here it stops
/// what other links of the host have under way.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    breaker: Mutex<Breaker>,
    floor: Mutex<Option<Millis>>,
    /// The latest time that was seen.
    latest: AtomicI64,
}

impl Gate {
    pub(crate) fn breaker<T>(&self, with: impl FnOnce(&mut Breaker) -> T) -> T {
        with(&mut self.breaker.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Nothing goes to the host before; an earlier floor never takes the place of a later one.
    pub(crate) fn hold_until(&self, until: Millis) {
        let mut floor = self.floor.lock().unwrap_or_else(PoisonError::into_inner);
        *floor = (*floor).max(Some(until));
    }

    /// Compares the time with the latest that is known: what was to happen after a clock was put back by more than
    /// `tolerated` milliseconds happens as soon as it would have. Several links of a host may ask.
    pub(crate) fn notice(&self, now: Millis, tolerated: i64) {
        let by = self.latest.swap(now.0, Ordering::Relaxed) - now.0;
        if by <= tolerated {
            return;
        }
        self.breaker(|breaker| breaker.clock_went_back(by));
        let mut floor = self.floor.lock().unwrap_or_else(PoisonError::into_inner);
        *floor = floor.map(|until| until.plus(-by));
    }

    /// Whether the host asked to be left alone now. One further ahead than a server may ask for was set by a clock
    /// that was wrong.
    pub(crate) fn is_held(&self, now: Millis) -> bool {
        let floor = *self.floor.lock().unwrap_or_else(PoisonError::into_inner);
        floor.is_some_and(|until| until > now && until.0 <= now.plus(backoff::MAX_FLOOR.0).0)
    }
}

/// Opens after five transport or 5xx failures in a row within a minute; then one change at a time tries, from the
/// oldest and the newest end in turn, so that one poisoned change cannot hold the host.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    failures: VecDeque<Millis>,
    opened_at: Option<Millis>,
    until: Option<Millis>,
    newest_next: bool,
    /// The link whose change tries now.
    trial: Option<i64>,
    /// The link whose change tried last.
    tried: Option<i64>,
}

const FAILURES: usize = 5;
const WINDOW: i64 = 60_000;
/// A link whose change tried last lets the other links of the host go before it, in milliseconds.
const AFTER_YOU: i64 = 1_000;

impl Breaker {
    /// The host took a change; whether it had been given up before.
    pub(crate) fn succeeded(&mut self) -> bool {
        let was_open = self.is_open();
        *self = Self { newest_next: self.newest_next, ..Self::default() };
        was_open
    }

    pub(crate) fn failed(&mut self, now: Millis, rng: &dyn Rng) {
        if let Some(opened_at) = self.opened_at {
            self.trial = None;
            self.until = Some(now.plus(backoff::reconnect_delay(now.plus(-opened_at.0), rng).0));
            return;
        }
        self.failures.push_back(now);
        while self.failures.front().is_some_and(|first| now.0 - first.0 > WINDOW) {
            self.failures.pop_front();
        }
        if self.failures.len() >= FAILURES {
            self.opened_at = Some(now);
            self.until = Some(now.plus(backoff::reconnect_delay(Millis(0), rng).0));
        }
    }

    fn clock_went_back(&mut self, by: i64) {
        let times = self.failures.iter_mut().chain(&mut self.opened_at).chain(&mut self.until);
        times.for_each(|time| *time = time.plus(-by));
    }

    /// Not closed: nothing counts towards giving up.
    pub(crate) fn is_open(&self) -> bool {
        self.opened_at.is_some()
    }

    /// Nothing is sent before.
    pub(crate) fn blocked_until(&self, now: Millis) -> Option<Millis> {
        self.until.filter(|until| *until > now)
    }

    /// The same for a link that shares the host with others: who tried last lets them go first.
    pub(crate) fn turn_of(&self, link: i64, now: Millis) -> Option<Millis> {
        let other_tries = self.trial.is_some_and(|trying| trying != link);
        let until = self.until?;
        let turn = if self.tried == Some(link) { until.plus(AFTER_YOU) } else { until };
        match turn > now {
            true => Some(turn),
            false => other_tries.then(|| now.plus(AFTER_YOU)),
        }
    }

    /// Half open: whether this link's change may try now. One of the whole host does.
    pub(crate) fn take_trial(&mut self, link: i64) -> bool {
        let free = self.trial.is_none_or(|trying| trying == link);
        if free {
            (self.trial, self.tried) = (Some(link), Some(link));
        }
        free
    }

    /// A link's run is over, whatever it came to.
    pub(crate) fn end_trial(&mut self, link: i64) {
        if self.trial == Some(link) {
            self.trial = None;
        }
    }

    /// Which end of the line the next trial takes.
    pub(crate) fn trial_from_newest(&mut self) -> bool {
        self.newest_next = !self.newest_next;
        !self.newest_next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Zero;
    impl Rng for Zero {
        fn next_u64(&self) -> u64 {
            0
        }
    }

    fn opened() -> Breaker {
        let mut breaker = Breaker::default();
        (0..5).for_each(|second| breaker.failed(Millis(second * 1000), &Zero));
        breaker
    }

    // proves A7
    #[test]
    fn five_failures_within_a_minute_open_it_and_one_success_closes_it() {
        let mut breaker = Breaker::default();
        for second in 0..4 {
            breaker.failed(Millis(second * 1000), &Zero);
        }
        assert!(!breaker.is_open());
        breaker.failed(Millis(5_000), &Zero);
        assert!(breaker.is_open());
        assert_eq!(breaker.blocked_until(Millis(5_000)), Some(Millis(10_000)));
        assert_eq!(breaker.blocked_until(Millis(10_000)), None, "half open: one may try");
        assert!(breaker.succeeded(), "it tells that it had been open");
        assert!(!breaker.is_open());
    }

    #[test]
    fn failures_spread_over_more_than_a_minute_do_not_open_it() {
        let mut breaker = Breaker::default();
        for minute in 0..20 {
            breaker.failed(Millis(minute * 61_000), &Zero);
        }
        assert!(!breaker.is_open());
    }

    #[test]
    fn trials_take_the_oldest_and_the_newest_in_turn() {
        let mut breaker = Breaker::default();
        assert_eq!([(); 4].map(|()| breaker.trial_from_newest()), [false, true, false, true]);
    }

    #[test]
    fn one_link_of_a_host_tries_at_a_time_and_lets_the_others_go_next() {
        let (mut breaker, later) = (opened(), Millis(60_000));
        assert!(breaker.take_trial(1) && !breaker.take_trial(2) && breaker.take_trial(1));
        assert_eq!(breaker.turn_of(2, later), Some(later.plus(AFTER_YOU)), "the first one still tries");
        breaker.failed(later, &Zero);
        let until = breaker.blocked_until(later).unwrap();
        assert_eq!(breaker.turn_of(2, later), Some(until));
        assert_eq!(breaker.turn_of(1, later), Some(until.plus(AFTER_YOU)));
        assert!(breaker.take_trial(2));
        breaker.end_trial(2);
        assert!(breaker.take_trial(1));
    }

    // proves A6
    #[test]
    fn a_floor_is_never_lowered_and_one_of_a_wrong_clock_holds_nothing() {
        let gate = Gate::default();
        gate.hold_until(Millis(9_000));
        gate.hold_until(Millis(5_000));
        assert!(gate.is_held(Millis(8_999)) && !gate.is_held(Millis(9_000)));
        gate.hold_until(backoff::MAX_FLOOR.plus(20_000));
        assert!(!gate.is_held(Millis(9_000)));
    }
}
