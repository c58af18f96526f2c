//! One cycle over one link: contact, push, pull, report.

use crate::jump;
use crate::link::Link;
use crate::pull::pull;
use crate::push::{push_all, push_decided};
use crate::shared::Shared;
use crate::store::places::Place;
use crate::store::verbs::settle::Settled;
use crate::store::verbs::transactions::seen as settle_seen;
use crate::store::verbs::{repair, stop};
use crate::store::views::queue;
use crate::store::{StoreError, Tx, activity, hosts, links, meta, outbox, transactions, wakeups};
use crate::telemetry;
use std::sync::{Arc, PoisonError};
use tidemark_model::backoff;
use tidemark_model::failure::{ErrorClass, Failure};
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{Connectivity, Happened, LastError, Progress, Stopped};
use tracing::Instrument as _;

/// How long a transaction waits at most to be seen in a pull, in milliseconds (`engine.md` 6).
pub(crate) const AWAITED: i64 = 60_000;

/// What a cycle did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CycleReport {
    /// Changes confirmed.
    pub confirmed: i64,
    /// Rows received.
    pub received: i64,
    /// Conflicts met.
    pub conflicts: i64,
    /// Changes that need a person.
    pub parked: i64,
    /// The failure that ended it, if one did.
    pub failure: Option<Failure>,
}

/// What a request said about the server as a whole.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Heard {
    /// It took a change: whatever was wrong is over.
    Accepted,
    /// It answered in its own shape.
    Answer,
    /// It did not.
    Failure(Failure),
}

/// The state of one cycle.
#[derive(Debug, Default)]
pub(crate) struct Run {
    pub(crate) progress: Progress,
    pub(crate) report: CycleReport,
    /// How many were sealed at once last.
    pub(crate) group: usize,
    /// Nothing is sent before: the server asked for it.
    pub(crate) pace: Option<Millis>,
    /// The link as a whole stops.
    pub(crate) stop: Option<Stop>,
    pub(crate) skew: Option<Millis>,
    /// The server answered in its own shape at least once.
    reached: bool,
    /// A person or another process asked for it: what has stopped is tried again.
    pub(crate) forced: bool,
    /// The server is asked whether it answers, also where it did a moment ago.
    proves_contact: bool,
    /// A collection that is not where its path says.
    pub(crate) not_found: Option<String>,
    /// A collection stands until a person answers or its next row can be read: what came in is not all.
    pub(crate) stands: bool,
    /// It ended before everything was sent and asked for.
    pub(crate) cut_off: bool,
    /// Collections whose pull an error ended.
    pub(crate) not_pulled: Vec<(Place, Failure)>,
    /// Only this collection is pulled.
    pub(crate) only: Option<String>,
}

/// Why a cycle ends early.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Stop {
    /// The server is away; it is looked for again.
    Away(Failure),
    /// Something that does not end by itself soon.
    Stopped(Stopped, Failure),
}

/// Why a cycle begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Its time has come.
    Due,
    /// The network changed: what waits for the server need not wait for the next try.
    Network,
    /// A person or another process asked for it.
    Person,
}

/// One cycle; the caller holds nothing.
pub(crate) async fn sync_once(
    shared: &Arc<Shared>,
    link: &Arc<Link>,
    cause: Cause,
    only: Option<String>,
) -> Result<CycleReport, StoreError> {
    let _one_at_a_time = link.cycle.lock().await;
    if link.wish().end {
        return Ok(CycleReport::default());
    }
    jump::notice(shared, link).await?;
    let forced = cause == Cause::Person;
    let mut run = Run { forced, proves_contact: cause != Cause::Due, only, ..Run::default() };
    let started = shared.now();
    // What has waited long enough to be seen in a pull waits no longer, whether a pull comes about or not.
    let since = started.plus(-AWAITED);
    finish_awaited(shared, |tx| transactions::awaiting(tx, link.id, since)).await?;
    if !may_sync(shared, link, cause)? {
        return Ok(run.report);
    }
    link.change_live(|live| live.syncing = true);
    shared.bulletin.status_is_stale();
    let span = telemetry::cycle(link, cause);
    let result = steps(shared, link, &mut run).instrument(span.clone()).await;
    let ended = finish(shared, link, &mut run, started).instrument(span.clone()).await;
    telemetry::cycle_ended(&span, &run.report, run.progress.bytes.0, Millis(shared.now().0 - started.0));
    link.breaker(|breaker| breaker.end_trial(link.id));
    result.and(ended)?;
    Ok(run.report)
}

async fn steps(shared: &Arc<Shared>, link: &Arc<Link>, run: &mut Run) -> Result<(), StoreError> {
    if !contact(shared, link, run).await? {
        return Ok(());
    }
    run.progress.total = Count(shared.store.read(|tx| queue::to_send(tx, link.id))?);
    push_all(shared, link, run).await?;
    let began = shared.now();
    pull(shared, link, run).await?;
    push_decided(shared, link, run).await?;
    // A whole pull that began after the server had all of them has shown them.
    if run.is_whole() && !run.stands {
        finish_awaited(shared, |tx| transactions::awaiting(tx, link.id, began)).await?;
        link.forget_shown();
    }
    Ok(())
}

/// The transactions that `which` finds are done: their effect was seen, or that took too long.
pub(crate) async fn finish_awaited(
    shared: &Arc<Shared>,
    which: impl FnOnce(&Tx) -> Result<Vec<String>, StoreError>,
) -> Result<(), StoreError> {
    let ids = shared.store.read(which)?;
    if ids.is_empty() {
        return Ok(());
    }
    let (now, fresh) = (shared.now(), Arc::clone(shared));
    let moved = shared.write(move |tx| settle_seen(tx, &ids, now, &|| fresh.uuid())).await?;
    shared.announce(moved, None);
    Ok(())
}

/// Paused, stopped, blocked by the breaker, outside its hours, or asked to wait: nothing is done, unless a person says so.
fn may_sync(shared: &Shared, link: &Link, cause: Cause) -> Result<bool, StoreError> {
    if shared.lease().is_none() || shared.store.is_damaged() {
        return Ok(false);
    }
    let now = shared.now();
    let (row, floor) =
        shared.store.read(|tx| Ok((links::get(tx, link.id)?, hosts::floor(tx, &link.host, now)?)))?;
    let Some(row) = row else { return Ok(false) };
    if is_paused(shared, link)? || floor.is_some_and(|floor| floor > now) {
        return Ok(false);
    }
    let blocked = link.breaker(|breaker| breaker.blocked_until(now)).is_some();
    let stopped = row.stopped.is_some_and(|stopped| stopped.needs_a_person());
    let closed = shared.schedule_wait(link).is_some();
    Ok(match cause {
        Cause::Person => true,
        Cause::Network => !(stopped || closed),
        Cause::Due => !(stopped || closed || blocked),
    })
}

/// Whether a person paused the engine or this link.
pub(crate) fn is_paused(shared: &Shared, link: &Link) -> Result<bool, StoreError> {
    shared.store.read(|tx| {
        let row = links::get(tx, link.id)?;
        Ok(meta::get(tx, "paused_since")?.is_some() || row.is_none_or(|row| row.paused))
    })
}

/// Proof by a request to the server, not by the presence of a network (row E3).
async fn contact(shared: &Arc<Shared>, link: &Arc<Link>, run: &mut Run) -> Result<bool, StoreError> {
    if link.is_online() && !run.proves_contact {
        return Ok(true);
    }
    link.change_live(|live| live.checking = true);
    shared.bulletin.status_is_stale();
    let checked = link.connector.check().await;
    link.change_live(|live| live.checking = false);
    match checked {
        Ok(contact) => {
            let was_away = !link.is_online();
            // It answers; whether changes go is for a trial to prove, so the breaker stays as it is.
            run.answered(shared, link, contact.server_time);
            run.paced_by_check(shared, link, contact.backoff)?;
            let (id, now, skew) = (link.id, shared.now(), run.skew);
            shared
                .write(move |tx| {
                    links::set_contact(tx, id, now, skew, contact.key_lifetime)?;
                    // What stopped for another reason than the check has proved good ends here.
                    if links::get(tx, id)?.is_some_and(|row| row.stopped.is_some()) {
                        stop::set_stopped(tx, id, None, now)?;
                    }
                    if was_away {
                        outbox::bring_forward(tx, id)?;
                    }
                    Ok(())
                })
                .await?;
            shared.bulletin.links_moved([link.id]);
            Ok(true)
        }
        Err(failure) => {
            run.hear(shared, link, &Heard::Failure(failure.clone()), None);
            if run.stop.is_none() {
                run.stop = Some(Stop::Away(failure));
            }
            Ok(false)
        }
    }
}

/// Writes down how the cycle ended and when the link is looked at again.
async fn finish(
    shared: &Arc<Shared>,
    link: &Arc<Link>,
    run: &mut Run,
    started: Millis,
) -> Result<(), StoreError> {
    let now = shared.now();
    let (id, name, host) = (link.id, link.name.clone(), link.host.clone());
    let (stop, skew, pace, reached) = (run.stop.clone(), run.skew, run.pace, run.reached);
    let plain_bodies = link.connector.capabilities().plain_bodies;
    let away = match &stop {
        Some(Stop::Away(failure) | Stop::Stopped(_, failure)) => Some(failure.clone()),
        None => None,
    };
    let not_pulled = std::mem::take(&mut run.not_pulled);
    let failure = away.clone().or(run.report.failure.take());
    run.report.failure.clone_from(&failure);
    // Only a cycle that saw everything to its end counts as a check.
    let whole = failure.is_none() && run.is_whole();
    if let Some(until) = pace {
        link.gate.hold_until(until);
    }
    let (failed, ended) = (failure.is_some(), stop.clone());
    link.change_live(|live| {
        live.syncing = false;
        live.checking = false;
        live.progress = None;
    });
    let written = shared
        .write(move |tx| {
            if reached {
                links::set_contact(tx, id, now, skew, None)?;
            }
            if plain_bodies {
                links::set_plain_bodies(tx, id, true)?;
            }
            if let Some(until) = pace {
                hosts::set_floor(tx, &host, until, now)?;
            }
            let told = match &stop {
                Some(Stop::Stopped(stopped, _)) => stop::set_stopped(tx, id, Some(stopped), now)?,
                Some(Stop::Away(_)) | None => false,
            };
            tell(tx, id, failure.as_ref().filter(|_| !told), whole, now)?;
            let error =
                |Failure { class, words, .. }| LastError { link: name.clone(), class, words, at: now };
            let not_pulled = not_pulled.into_iter().map(|(place, failure)| (place, error(failure)));
            repair::fail(tx, id, not_pulled, away.map(error))?;
            if let Some(failure) = failure {
                links::set_last_error(tx, id, Some(&error(failure)))?;
            }
            links::settle_states(tx)
        })
        .await;
    // Told only now: whoever hears that a link went away finds on disk why.
    settle_live(shared, link, ended.as_ref(), whole, now);
    {
        let mut stats = shared.stats.lock().unwrap_or_else(PoisonError::into_inner);
        stats.last_sync_duration = Some(Millis(now.0 - started.0));
        stats.success_count.0 += run.report.confirmed;
        stats.failure_count.0 += run.report.parked + i64::from(failed);
        stats.conflict_count.0 += run.report.conflicts;
    }
    shared.bulletin.links_moved([link.id]);
    written?;
    check_wake_ups(shared, link)
}

/// A run that left a line is told by that; one that left none is one more look at the server.
fn tell(tx: &Tx, link: i64, failure: Option<&Failure>, whole: bool, now: Millis) -> Result<(), StoreError> {
    let is_quiet = !activity::end_run(tx, link)?;
    match failure {
        // About one record or collection, in the server's own shape: it was reached.
        Some(Failure { class: ErrorClass::Conflict | ErrorClass::Permanent, .. }) => Ok(()),
        Some(failure) => activity::check(tx, &Happened::NotReached { class: failure.class }, link, now),
        None if whole && is_quiet => activity::check(tx, &Happened::Checked {}, link, now),
        None => Ok(()),
    }
}

/// In builds for tests: nothing is left behind that nobody would ever wake (`engine.md` 1).
fn check_wake_ups(shared: &Shared, link: &Link) -> Result<(), StoreError> {
    /// A longer queue is not read through with each cycle.
    const AFFORDED: i64 = 5_000;
    if cfg!(debug_assertions) && shared.store.read(|tx| outbox::count_unfinished(tx, link.id))? <= AFFORDED {
        let missing = shared.store.read(wakeups::missing)?;
        debug_assert!(missing.is_empty(), "nothing would ever wake {}", missing.join(", "));
    }
    Ok(())
}

fn settle_live(shared: &Shared, link: &Link, stop: Option<&Stop>, whole: bool, now: Millis) {
    let rng = shared.platform.rng.as_ref();
    link.change_live(|live| {
        match stop {
            Some(Stop::Away(_)) => {
                let since = *live.offline_since.get_or_insert(now);
                live.connectivity = Connectivity::Offline;
                live.next_try = Some(now.plus(backoff::reconnect_delay(now.plus(-since.0), rng).0));
            }
            Some(Stop::Stopped(stopped, _)) => {
                match stopped {
                    // Somebody else answered: the server itself has to be proved again.
                    Stopped::Intercepted { .. } => live.connectivity = Connectivity::Unknown,
                    // It was reached, and reaching it is not what the changes wait for.
                    Stopped::SignIn { .. } | Stopped::Upgrade { .. } => {
                        live.connectivity = Connectivity::Online;
                        live.offline_since = None;
                    }
                    Stopped::Untrusted { .. } | Stopped::NotFound { .. } => {}
                }
                live.next_try = Some(now.plus(shared.settings().poll.0));
            }
            None => live.next_try = None,
        }
        if whole {
            live.checked_at = Some(now);
        }
    });
}

impl Run {
    /// Counts conflicts that were met otherwise than by the answer to a change.
    pub(crate) fn met_conflicts(&mut self, met: usize) {
        self.report.conflicts += met as i64;
        self.progress.conflict_count.0 += met as i64;
    }

    /// Counts what an answer came to.
    pub(crate) fn count(&mut self, settled: Settled) {
        match settled {
            Settled::Confirmed => {
                self.progress.success_count.0 += 1;
                self.report.confirmed += 1;
            }
            Settled::Conflicted => self.met_conflicts(1),
            Settled::Parked => {
                self.progress.failure_count.0 += 1;
                self.report.parked += 1;
            }
            Settled::Waits | Settled::Gone => {}
        }
        if !matches!(settled, Settled::Waits | Settled::Gone) {
            self.progress.processed.0 += 1;
            self.progress.total = self.progress.total.max(self.progress.processed);
        }
    }

    /// The server answered in its own shape.
    fn answered(&mut self, shared: &Shared, link: &Link, server_time: Option<Millis>) {
        if let Some(server) = server_time {
            self.skew = Some(Millis(server.0 - shared.now().0));
        }
        self.reached = true;
        link.change_live(|live| {
            live.connectivity = Connectivity::Online;
            live.offline_since = None;
        });
    }

    /// Takes in what a request said about the server as a whole.
    pub(crate) fn hear(&mut self, shared: &Shared, link: &Link, heard: &Heard, server_time: Option<Millis>) {
        if let (Heard::Failure(_), Some(server)) = (heard, server_time) {
            self.skew = Some(Millis(server.0 - shared.now().0));
        }
        match heard {
            Heard::Accepted => {
                link.was_allowed();
                if link.breaker(|breaker| breaker.succeeded()) {
                    shared.wake_others_of_host(link);
                }
                self.answered(shared, link, server_time);
            }
            Heard::Answer => self.answered(shared, link, server_time),
            Heard::Failure(failure) => self.hear_failure(shared, link, failure, shared.now()),
        }
    }

    fn hear_failure(&mut self, shared: &Shared, link: &Link, failure: &Failure, now: Millis) {
        let words = || failure.words.clone();
        match failure.class {
            ErrorClass::Offline => self.stop = Some(Stop::Away(failure.clone())),
            ErrorClass::Transient => {
                let rng = shared.platform.rng.as_ref();
                link.breaker(|breaker| breaker.failed(now, rng));
            }
            ErrorClass::Throttled => {
                if let Some(span) = failure.retry_after {
                    self.hold_host(link, now.plus(span.0.min(backoff::MAX_FLOOR.0)));
                }
            }
            ErrorClass::Auth => self.stopped(Stopped::SignIn { words: words() }, failure),
            ErrorClass::Untrusted => self.stopped(Stopped::Untrusted { words: words() }, failure),
            ErrorClass::Upgrade => self.stopped(Stopped::Upgrade { words: words() }, failure),
            ErrorClass::Intercepted => self.stopped(Stopped::Intercepted { words: words() }, failure),
            // About one change, in the server's own shape: the server itself is well.
            ErrorClass::Conflict | ErrorClass::Permanent => {
                if link.breaker(|breaker| breaker.succeeded()) {
                    shared.wake_others_of_host(link);
                }
                self.answered(shared, link, None);
            }
        }
        if link.breaker(|breaker| breaker.blocked_until(now)).is_some() && self.stop.is_none() {
            self.stop = Some(Stop::Away(failure.clone()));
        }
    }

    fn stopped(&mut self, stopped: Stopped, failure: &Failure) {
        self.stop = Some(Stop::Stopped(stopped, failure.clone()));
    }

    /// Whether nothing more may be sent in this cycle: it ended, the host asked for a pause, or the link's hours are over.
    pub(crate) fn must_stop(&self, shared: &Shared, link: &Link) -> bool {
        let closed = || !self.forced && shared.schedule_wait(link).is_some();
        self.stop.is_some() || link.gate.is_held(shared.now()) || closed()
    }

    /// Whether everything was sent and asked for, as far as it can be.
    fn is_whole(&self) -> bool {
        self.stop.is_none() && self.report.failure.is_none() && self.only.is_none() && !self.cut_off
    }

    /// The same as [`Run::must_stop`], where something would be asked for next.
    pub(crate) fn must_stop_before_more(&mut self, shared: &Shared, link: &Link) -> bool {
        let stops = self.must_stop(shared, link);
        self.cut_off |= stops;
        stops
    }

    /// A good answer asked for a slower pace.
    pub(crate) fn paced(&mut self, shared: &Shared, link: &Link, backoff: Option<Millis>) {
        if let Some(span) = backoff {
            self.hold_host(link, shared.now().plus(span.0.min(backoff::MAX_FLOOR.0)));
        }
    }

    /// The same beside the answer to a check. Who has waited as asked is let through once and waits again when the cycle
    /// is over: a server that asks with every answer would otherwise get nothing, ever, from a program that begins with a
    /// check each time.
    fn paced_by_check(
        &mut self,
        shared: &Shared,
        link: &Link,
        backoff: Option<Millis>,
    ) -> Result<(), StoreError> {
        let now = shared.now();
        let waited = shared.store.read(|tx| hosts::floor(tx, &link.host, now))?.is_some();
        match backoff {
            Some(span) if waited => {
                self.pace = self.pace.max(Some(now.plus(span.0.min(backoff::MAX_FLOOR.0))));
            }
            _ => self.paced(shared, link, backoff),
        }
        Ok(())
    }

    /// The host asked to be left alone until then.
    pub(crate) fn hold_host(&mut self, link: &Link, until: Millis) {
        self.pace = self.pace.max(Some(until));
        link.gate.hold_until(until);
    }
}
