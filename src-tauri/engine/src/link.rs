//! A link at work: its connector, what is known of its server since the start, and its wake-ups.

use crate::gate::{Breaker, Gate};
use crate::store::LinkRow;
use crate::store::views::LiveLink;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tidemark_model::connector::{Capabilities, Connector};
use tidemark_model::schedule::Schedule;
use tidemark_model::view::Connectivity;
use tidemark_model::width::Width;
use tokio::sync::{Notify, watch};

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
    /// Raised each time that what was sealed and not sent was taken back.
    regroups: watch::Sender<u64>,
    live: Mutex<LiveLink>,
    /// Shared with every link of the host.
    pub(crate) gate: Arc<Gate>,
    schedule: Mutex<Schedule>,
    width: Mutex<Width>,
    /// Records that pulls have shown, with their versions, while a transaction waited for that.
    shown: Mutex<BTreeMap<i64, String>>,
    /// A change that was forbidden since the last one was taken: (record, change).
    forbidden: Mutex<Option<(String, String)>>,
}

/// Why a worker is woken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wish {
    /// An edit was saved; a cycle follows after the debounce.
    pub(crate) edited: bool,
    /// At once, whatever was stopped or waits for the server.
    pub(crate) now: bool,
    /// The network changed: the server is looked for at once.
    pub(crate) network: bool,
    /// What wake-ups are reckoned from changed: a setting, a schedule.
    pub(crate) retime: bool,
    /// A pause, a hold or a discard: what is sealed and not yet sent is taken back and looked at anew.
    pub(crate) regroup: bool,
    /// The link goes away, or the program ends.
    pub(crate) end: bool,
}

impl Link {
    pub(crate) fn new(row: &LinkRow, connector: Arc<dyn Connector>, gate: Arc<Gate>) -> Self {
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
            regroups: watch::Sender::new(0),
            live: Mutex::new(LiveLink { link_id: row.id, ..LiveLink::default() }),
            gate,
            schedule: Mutex::new(row.settings.schedule),
            width: Mutex::default(),
            shown: Mutex::default(),
            forbidden: Mutex::default(),
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
            pending.network |= wish.network;
            pending.retime |= wish.retime;
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

    /// Has what is sealed and not sent taken back; returns when it is, or when nothing is being sent.
    pub(crate) async fn regrouped(&self) {
        let mut regroups = self.regroups.subscribe();
        self.wake(Wish { regroup: true, ..Wish::default() });
        tokio::select! {
            biased;
            // This link holds the sender.
            _ = regroups.changed() => {}
            _ended = self.cycle.lock() => {}
        }
    }

    /// Returns when somebody wants back what is sealed.
    pub(crate) async fn called_back(&self) {
        while !self.wish().regroup {
            self.woken().await;
        }
    }

    /// What was sealed and not sent is taken back.
    pub(crate) fn has_regrouped(&self) {
        self.regroups.send_modify(|regroups| *regroups += 1);
    }

    /// Whether wake-ups are to be reckoned anew; looking takes it.
    pub(crate) fn take_retime(&self) -> bool {
        std::mem::take(&mut self.wish.lock().unwrap_or_else(PoisonError::into_inner).retime)
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
        self.gate.breaker(with)
    }

    /// How many requests go at once.
    pub(crate) fn width<T>(&self, with: impl FnOnce(&mut Width) -> T) -> T {
        with(&mut self.width.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// When it syncs by itself.
    pub(crate) fn schedule(&self) -> Schedule {
        *self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes another schedule; whether it differs.
    pub(crate) fn set_schedule(&self, schedule: Schedule) -> bool {
        std::mem::replace(&mut *self.schedule.lock().unwrap_or_else(PoisonError::into_inner), schedule)
            != schedule
    }

    /// Notes what a page has shown; all that is noted, which a whole pull makes needless.
    pub(crate) fn was_shown(&self, records: Vec<(i64, String)>) -> BTreeMap<i64, String> {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.extend(records);
        shown.clone()
    }

    /// Nothing waits to be seen any more.
    pub(crate) fn forget_shown(&self) {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// A change of a record was forbidden; the one of another record that was forbidden before it, if nothing was
    /// taken in between: then it is the account that may not, not the record (`engine.md` 7).
    pub(crate) fn was_forbidden(&self, record: &str, change: &str) -> Option<String> {
        let mut forbidden = self.forbidden.lock().unwrap_or_else(PoisonError::into_inner);
        match forbidden.as_ref() {
            Some((other, earlier)) if other != record => Some(earlier.clone()),
            Some(_) | None => {
                *forbidden = Some((record.to_owned(), change.to_owned()));
                None
            }
        }
    }

    /// The account may write.
    pub(crate) fn was_allowed(&self) {
        *self.forbidden.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
