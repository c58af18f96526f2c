//! What runs by itself: a worker per link, the teller of events, and the watch over other processes.

use crate::cycle::{AWAITED, Cause, sync_once};
use crate::engine::Engine;
use crate::events::INTERVAL;
use crate::jump::TOLERATED;
use crate::link::{Link, Wish};
use crate::live_file;
use crate::shared::Shared;
use crate::store::{StoreError, hosts, links, meta, outbox, signals, transactions};
use std::sync::Arc;
use tidemark_model::number::Millis;
use tidemark_model::schedule::ScheduleWait;
use tidemark_model::view::{Connectivity, Stopped};
use tokio::sync::watch;

/// Time between looks at what another process did to the same database, in milliseconds.
const WATCH: i64 = 500;
/// Time between cleanings of what has outlived its span, in milliseconds.
const TIDY: i64 = 24 * 60 * 60 * 1000;
/// Wait after a fault of the store, in milliseconds.
const FAULT: i64 = 1_000;
/// So many cycles may follow each other at once; then comes a pause, whatever a stored time says.
const AT_ONCE: u32 = 3;
/// That pause, in milliseconds.
const PAUSE: i64 = 1_000;
/// An edit made while the server is away brings the next look at it at least this near, in milliseconds.
const LOOK_AGAIN: i64 = 5_000;

/// Syncs one link for as long as it exists: on a wake-up, when something is due, and at each poll.
pub(crate) async fn work(shared: Arc<Shared>, link: Arc<Link>) {
    let mut at_once = 0;
    loop {
        let wish = link.take_wish();
        if wish.end {
            return;
        }
        let cause = match (wish.now, wish.network) {
            (true, _) => Cause::Person,
            (false, true) => Cause::Network,
            (false, false) => Cause::Due,
        };
        let until = match sync_once(&shared, &link, cause, None).await {
            Ok(_) => next_wake(&shared, &link),
            Err(error) => Err(error),
        };
        let until = until.unwrap_or_else(|error| {
            tracing::warn!(link = link.name, %error, "a cycle could not be written down");
            Some(shared.now().plus(FAULT))
        });
        let now = shared.now();
        let is_due = until.is_some_and(|until| until <= now);
        at_once = if is_due { at_once + 1 } else { 0 };
        let until = if at_once > AT_ONCE { Some(now.plus(PAUSE)) } else { until };
        wait(&shared, &link, until).await;
    }
}

/// Waits for a wake-up: at once on force, on a change of the network and at the end, after the debounce on an edit, else
/// until the stored time. Meanwhile the queue is looked at with each tick (row A11), so that a wake-up that nobody
/// stored costs an interval and not a poll; a look asks no server.
async fn wait(shared: &Shared, link: &Link, mut until: Option<Millis>) {
    let mut edits_go = None;
    loop {
        let wish = link.wish();
        if wish.now || wish.network || wish.end {
            return;
        }
        if link.take_retime() {
            until = next_wake(shared, link).unwrap_or(until);
            until = until.into_iter().chain(edits_go).min();
        }
        if wish.edited {
            let soon = match link.live().connectivity {
                Connectivity::Offline => LOOK_AGAIN,
                Connectivity::Online | Connectivity::Unknown => shared.settings().debounce.0,
            };
            let edited = shared.now().plus(soon);
            until = Some(until.map_or(edited, |until| until.min(edited)));
            edits_go = until;
            // Later edits of the same burst do not push it further away.
            link.take_edits();
        }
        let tick = next_tick(shared, link, until);
        let timer = async {
            match tick.or(until) {
                Some(at) => shared.platform.clock.sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = link.woken() => {}
            () = timer => {
                let now = shared.now();
                let is_due = until.is_some_and(|until| until <= now);
                // It slept as long as it meant to, and it is not yet the time: the next cycle moves all times with the clock.
                let put_back = tick.or(until).is_some_and(|at| at > now.plus(TOLERATED));
                if is_due || put_back || is_ready(shared, link) {
                    return;
                }
            }
        }
    }
}

/// When the queue is looked at next before the link's own time comes; never while nothing waits or nothing could go.
fn next_tick(shared: &Shared, link: &Link, until: Option<Millis>) -> Option<Millis> {
    let tick = shared.now().plus(shared.settings().tick.0);
    let (until, live) = (until?, link.live());
    // A server that is away, or a time that is not to be had earlier, is waited for as planned.
    if tick >= until || live.next_try.is_some() || shared.schedule_wait(link).is_some() {
        return None;
    }
    let waiting = shared.store.read(|tx| outbox::count_unfinished(tx, link.id)).unwrap_or(0);
    (waiting > 0).then_some(tick)
}

/// Whether something of the link could be sent at this moment.
fn is_ready(shared: &Shared, link: &Link) -> bool {
    let now = shared.now();
    shared
        .store
        .read(|tx| {
            let held = hosts::floor(tx, &link.host, now)?.is_some_and(|floor| floor > now);
            let blocked = link.breaker(|breaker| breaker.blocked_until(now)).is_some();
            Ok(!held && !blocked && outbox::has_ready(tx, link.id, &link.principal, now)?)
        })
        .unwrap_or(false)
}

/// When the link is looked at again by itself; none while only a person can start it.
fn next_wake(shared: &Shared, link: &Link) -> Result<Option<Millis>, StoreError> {
    let now = shared.now();
    let (row, paused, floor, due, waiting, awaited) = shared.store.read(|tx| {
        Ok((
            links::get(tx, link.id)?,
            meta::get(tx, "paused_since")?.is_some(),
            hosts::floor(tx, &link.host, now)?.filter(|floor| *floor > now),
            outbox::next_due(tx, link.id)?,
            outbox::count_unfinished(tx, link.id)?,
            transactions::awaits_since(tx, link.id)?.map(|since| since.plus(AWAITED)),
        ))
    })?;
    let Some(row) = row else { return Ok(None) };
    if paused
        || row.paused
        || row.stopped.as_ref().is_some_and(Stopped::needs_a_person)
        || shared.lease().is_none()
    {
        // What waits to be seen in a pull is done all the same when its time is over.
        return Ok(awaited);
    }
    match shared.schedule_wait(link) {
        Some(ScheduleWait::Hours { until }) => return Ok(Some(until)),
        // The network's change is what wakes it.
        Some(ScheduleWait::Unmetered) => return Ok(None),
        None => {}
    }
    let live = link.live();
    let poll = now.plus(shared.settings().poll.0);
    let by_itself = match (live.connectivity, live.next_try) {
        (Connectivity::Online, _) | (_, None) => due.map_or(poll, |due| due.min(poll)),
        // The cycle did not get as far as sending: what is due goes with the next look at the server.
        (Connectivity::Offline | Connectivity::Unknown, Some(next_try)) if waiting > 0 => next_try,
        (Connectivity::Offline | Connectivity::Unknown, Some(_)) => poll,
    };
    let alone = !shared.links().iter().any(|other| other.host == link.host && other.id != link.id);
    let blocked = link.breaker(|breaker| match alone {
        true => breaker.blocked_until(now),
        false => breaker.turn_of(link.id, now),
    });
    let earliest = floor.into_iter().chain(blocked).max();
    let next = earliest.unwrap_or(by_itself);
    Ok(Some(awaited.map_or(next, |awaited| awaited.min(next))))
}

/// Looks for every server at once when the network changes (row E3); what it costs may have changed too.
pub(crate) async fn watch_network(engine: Engine, mut closing: watch::Receiver<bool>) {
    let mut network = engine.shared().platform.surroundings.watch();
    loop {
        tokio::select! {
            biased;
            _ = closing.changed() => return,
            changed = network.changed() => if changed.is_err() { return },
        }
        for link in engine.shared().links() {
            link.wake(Wish { network: true, ..Wish::default() });
        }
        engine.shared().bulletin.status_is_stale();
    }
}

/// Tells what is stale, at most ten times a second.
pub(crate) async fn tell(engine: Engine, mut closing: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            biased;
            _ = closing.changed() => return,
            () = engine.shared().bulletin.news.notified() => {}
        }
        engine.tell_now();
        let next = engine.shared().now().plus(INTERVAL);
        tokio::select! {
            biased;
            _ = closing.changed() => return,
            () = engine.shared().platform.clock.sleep_until(next) => {}
        }
    }
}

/// Watches for what another process does: its edits are shown and sent, its wishes fulfilled; and takes over sending
/// when the other ends.
pub(crate) async fn watch_others(engine: Engine, mut closing: watch::Receiver<bool>) {
    let shared = Arc::clone(engine.shared());
    // Nothing is seen yet: what others wished before this watch began is looked at first.
    let mut seen = None;
    let mut tidy_at = shared.now();
    let mut told_at = None;
    loop {
        if shared.now() >= tidy_at && shared.lease().is_some() {
            tidy_at = shared.now().plus(TIDY);
            if let Err(error) = engine.tidy_up().await {
                tracing::warn!(%error, "removing what has outlived its span");
            }
        }
        let next = shared.now().plus(WATCH);
        tokio::select! {
            biased;
            _ = closing.changed() => return,
            () = shared.platform.clock.sleep_until(next) => {}
        }
        if shared.lease().is_none() {
            match engine.become_sender().await {
                // The wishes that the last sender left unfulfilled are this one's now.
                Ok(()) if engine.is_sender() => seen = None,
                Ok(()) => {}
                Err(error) => tracing::warn!(%error, "taking over sending"),
            }
        }
        if shared.lease().is_none() {
            let told = live_file::told_at(&shared.folder);
            if std::mem::replace(&mut told_at, told) != told {
                // What it knows of the servers may be another.
                shared.bulletin.links_moved(shared.links().iter().map(|link| link.id));
            }
        }
        let version = match shared.store.data_version() {
            Ok(version) => version,
            Err(_) => continue,
        };
        if seen != Some(version) {
            seen = Some(version);
            if let Err(error) = others_changed(&engine).await {
                tracing::warn!(%error, "looking at what another process changed");
                // A wish that was not fulfilled is looked at again.
                seen = None;
            }
        }
    }
}

async fn others_changed(engine: &Engine) -> Result<(), StoreError> {
    let shared = engine.shared();
    engine.reload_links()?;
    engine.reload_settings()?;
    shared.bulletin.everything_moved(&shared.places());
    // Or left a conflict to a hook.
    shared.hooks_wanted.notify_one();
    for link in shared.links() {
        // It may have paused, held or discarded something.
        link.wake(Wish { edited: true, regroup: true, ..Wish::default() });
    }
    if shared.lease().is_none() {
        return Ok(());
    }
    let wishes = shared.store.read(signals::all)?;
    for (id, link) in wishes {
        for wanted in
            shared.links().iter().filter(|other| link.as_ref().is_none_or(|name| *name == other.name))
        {
            sync_once(shared, wanted, Cause::Person, None).await?;
        }
        shared.write(move |tx| signals::fulfil(tx, id)).await?;
    }
    Ok(())
}
