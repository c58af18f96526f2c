//! A link at work: its connector, what is known of its server since the start, and its wake-ups.

use crate::store::LinkRow;
use crate::store::views::LiveLink;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tidemark_model::backoff;
use tidemark_model::clock::Rng;
use tidemark_model::connector::{Capabilities, Connector};
use tidemark_model::number::Millis;
use tidemark_model::view::Connectivity;
use tokio::sync::Notify;

/// One link of this process.
pub(crate) struct Link {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) principal: String,
    pub(crate) host: String,
    pub(crate) connector: Arc<dyn Connector>,
    pub(crate) capabilities: Capabilities,
    /// Held for the length of a cycle.
    pub(crate) cycle: tokio::sync::Mutex<()>,
    /// The latest time at which a cycle began, to notice a clock that was put back.
    pub(crate) latest: std::sync::atomic::AtomicI64,
    wish: Mutex<Wish>,
    woken: Notify,
    live: Mutex<LiveLink>,
    breaker: Mutex<Breaker>,
}

/// Why a worker is woken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wish {
    /// An edit was saved; a cycle follows after the debounce.
    pub(crate) edited: bool,
    /// At once, whatever was stopped or waits for the server.
    pub(crate) now: bool,
    /// A pause, a hold or a discard: what is sealed and not yet sent is taken back and looked at anew.
    pub(crate) regroup: bool,
    /// The link goes away, or the program ends.
    pub(crate) end: bool,
}

impl Link {
    pub(crate) fn new(row: &LinkRow, connector: Arc<dyn Connector>) -> Self {
        Self {
            id: row.id,
            name: row.name.clone(),
            principal: row.principal.clone(),
            host: connector.host(),
            capabilities: connector.capabilities(),
            connector,
            cycle: tokio::sync::Mutex::new(()),
            latest: std::sync::atomic::AtomicI64::new(0),
            wish: Mutex::new(Wish::default()),
            woken: Notify::new(),
            live: Mutex::new(LiveLink { link_id: row.id, ..LiveLink::default() }),
            breaker: Mutex::new(Breaker::default()),
        }
    }

    /// A copy of what is known since the start.
    pub(crate) fn live(&self) -> LiveLink {
        self.live.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn change_live(&self, change: impl FnOnce(&mut LiveLink)) {
        change(&mut self.live.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(crate) fn is_online(&self) -> bool {
        self.live().connectivity == Connectivity::Online
    }

    pub(crate) fn wake(&self, wish: Wish) {
        {
            let mut pending = self.wish.lock().unwrap_or_else(PoisonError::into_inner);
            pending.edited |= wish.edited;
            pending.now |= wish.now;
            pending.regroup |= wish.regroup;
            pending.end |= wish.end;
        }
        self.woken.notify_one();
    }

    /// Whether an edit was saved since the last look; looking takes it.
    pub(crate) fn take_edits(&self) -> bool {
        std::mem::take(&mut self.wish.lock().unwrap_or_else(PoisonError::into_inner).edited)
    }

    /// Whether what is sealed has to be looked at anew; looking takes it.
    pub(crate) fn take_regroup(&self) -> bool {
        std::mem::take(&mut self.wish.lock().unwrap_or_else(PoisonError::into_inner).regroup)
    }

    /// What is wished, left in place.
    pub(crate) fn wish(&self) -> Wish {
        *self.wish.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn take_wish(&self) -> Wish {
        std::mem::take(&mut *self.wish.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) async fn woken(&self) {
        self.woken.notified().await;
    }

    pub(crate) fn breaker<T>(&self, with: impl FnOnce(&mut Breaker) -> T) -> T {
        with(&mut self.breaker.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Opens after five transport or 5xx failures in a row within a minute; then one change at a time tries, from the
/// oldest and the newest end in turn, so that one poisoned change cannot hold the server (`engine.md` 7).
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    failures: VecDeque<Millis>,
    opened_at: Option<Millis>,
    until: Option<Millis>,
    newest_next: bool,
}

const FAILURES: usize = 5;
const WINDOW: i64 = 60_000;

impl Breaker {
    pub(crate) fn succeeded(&mut self) {
        *self = Self { newest_next: self.newest_next, ..Self::default() };
    }

    pub(crate) fn failed(&mut self, now: Millis, rng: &dyn Rng) {
        if let Some(opened_at) = self.opened_at {
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

    /// Not closed: nothing counts towards giving up.
    pub(crate) fn is_open(&self) -> bool {
        self.opened_at.is_some()
    }

    /// The clock was put back by so many milliseconds.
    pub(crate) fn clock_went_back(&mut self, by: i64) {
        let times = self.failures.iter_mut().chain(&mut self.opened_at).chain(&mut self.until);
        times.for_each(|time| *time = time.plus(-by));
    }

    /// Nothing is sent before.
    pub(crate) fn blocked_until(&self, now: Millis) -> Option<Millis> {
        self.until.filter(|until| *until > now)
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
        breaker.succeeded();
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
}
