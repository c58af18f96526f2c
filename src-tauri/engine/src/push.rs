//! Sending what is ready: seal in groups, several lanes at a time, one answer at a time written down.

mod answers;
mod parcel;
mod verdict;

use self::answers::{Came, Written};
use self::parcel::{Answered, Parcel, bytes_of, send};
use crate::asking::ask_waiting;
use crate::cycle::{Heard, Run, is_paused};
use crate::link::Link;
use crate::pull::came_in;
use crate::shared::Shared;
use crate::store::outbox::From;
use crate::store::places::Place;
use crate::store::verbs::seal::take_back;
use crate::store::verbs::seal::{self, Dispatch, Sealing, Waiting};
use crate::store::verbs::settle::{self, Settled};
use crate::store::{StoreError, Tx, links, signals, standing};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use std::collections::VecDeque;
use std::sync::Arc;
use tidemark_model::clock::BoxFuture;
use tidemark_model::connector::Remote;
use tidemark_model::failure::Failure;
use tidemark_model::number::Millis;
use tidemark_model::width::Width;

/// So often in one cycle what hooks decided of conflicts that were met is sent.
const ROUNDS: usize = 3;

/// What came back from the wire.
enum Arrived {
    /// To the link's n-th request.
    Answer(u64, Answered),
    Look {
        waiting: Waiting,
        purpose: Purpose,
        seen: Result<Remote, Failure>,
    },
}

/// What goes on the wire when there is room.
enum Next {
    Send(Parcel),
    Look(Waiting, Purpose),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    ReadBack,
    Refresh,
}

/// One push run over a link.
pub(crate) struct Push<'a> {
    shared: &'a Arc<Shared>,
    link: &'a Arc<Link>,
    run: &'a mut Run,
    places: Arc<Vec<Place>>,
    key_lifetime: Millis,
    epoch: i64,
    buffer: VecDeque<Next>,
    looking: Vec<i64>,
    /// How often what is sealed was asked back before this look.
    calls: i64,
    /// Answers since a group was sealed last, and when that was.
    answers: usize,
    sealed_at: Millis,
    /// The store had nothing ready when it was last asked.
    drained: bool,
    /// Nothing more is sent in this run.
    stopped: bool,
}

/// Sends what can go, then what hooks decided of the conflicts that were met.
pub(crate) async fn push_all(
    shared: &Arc<Shared>,
    link: &Arc<Link>,
    run: &mut Run,
) -> Result<(), StoreError> {
    Box::pin(push(shared, link, run)).await?;
    push_decided(shared, link, run).await
}

/// Has hooks decide what waits for them, and sends that. A server that moves on and on is left for the next cycle.
pub(crate) async fn push_decided(
    shared: &Arc<Shared>,
    link: &Arc<Link>,
    run: &mut Run,
) -> Result<(), StoreError> {
    for _ in 0..ROUNDS {
        if ask_waiting(shared).await? == 0 || run.stop.is_some() {
            break;
        }
        Box::pin(push(shared, link, run)).await?;
    }
    Ok(())
}

/// Sends until nothing is ready or the server or a person says stop.
pub(crate) async fn push(shared: &Arc<Shared>, link: &Arc<Link>, run: &mut Run) -> Result<(), StoreError> {
    let Some(lease) = shared.lease() else { return Ok(()) };
    let (id, epoch) = (link.id, lease.epoch);
    let recover = move |tx: &Tx| {
        // What somebody else has sealed is not ours to doubt.
        seal::check_sender(tx, epoch)?;
        settle::recover(tx, id)
    };
    let doubtful = shared.write(recover).await?;
    if doubtful > 0 {
        tracing::info!(
            link = link.name,
            doubtful,
            "the last run was cut off; its changes are asked for again"
        );
    }
    let (published, calls) = shared
        .store
        .read(|tx| Ok((links::get(tx, link.id)?.and_then(|row| row.key_lifetime), signals::calls(tx)?)))?;
    let mut push = Push {
        shared,
        link,
        run,
        places: shared.places(),
        key_lifetime: published.unwrap_or(link.capabilities.key_lifetime),
        epoch,
        buffer: VecDeque::new(),
        looking: Vec::new(),
        calls,
        answers: 0,
        sealed_at: shared.now(),
        drained: false,
        stopped: false,
    };
    push.run().await
}

impl Push<'_> {
    async fn run(&mut self) -> Result<(), StoreError> {
        let mut wire: FuturesUnordered<BoxFuture<'static, Arrived>> = FuturesUnordered::new();
        let mut writing: FuturesUnordered<BoxFuture<'static, Result<Written, StoreError>>> =
            FuturesUnordered::new();
        let result = loop {
            if let Err(error) = self.refill(&mut wire).await {
                break Err(error);
            }
            tokio::select! {
                biased;
                Some(written) = writing.next() => {
                    self.drained = false;
                    match written {
                        Ok(mut written) => {
                            let came = written.came.take();
                            self.written(written);
                            if let Err(error) = self.came(came).await {
                                break Err(error);
                            }
                        }
                        Err(error) => break Err(error),
                    }
                }
                Some(arrived) = wire.next() => writing.push(self.write_down(arrived)),
                // Somebody wants something back that is sealed, while nothing answers.
                () = self.link.called_back(), if !wire.is_empty() || !writing.is_empty() => {}
                else => break Ok(()),
            }
        };
        // After a fault of the store what is still out is uncertain at the next run; the rest is taken back.
        self.give_back().await?;
        result
    }

    /// Keeps the wire full: seals the next group when fewer are ready than may be in flight.
    async fn refill(
        &mut self,
        wire: &mut FuturesUnordered<BoxFuture<'static, Arrived>>,
    ) -> Result<(), StoreError> {
        let limit = self.in_flight();
        self.stopped |= self.link.wish().end
            || self.shared.store.is_damaged()
            || self.run.must_stop(self.shared, self.link);
        // Half open: of all links of the host one change tries.
        let half_open = self.link.breaker(|breaker| breaker.is_open());
        self.stopped |= half_open && !self.link.breaker(|breaker| breaker.take_trial(self.link.id));
        loop {
            let mut more = true;
            while more && !self.stopped && !self.drained && self.has_room(limit, wire.len()) {
                self.seal(limit).await?;
                more = !self.seals_ahead();
            }
            // Looked at between sealing and sending, so that a pause or a hold of any process comes in time.
            if !self.is_called_back()? {
                break;
            }
            self.give_back().await?;
            self.link.has_regrouped();
            self.drained = false;
            self.stopped |= is_paused(self.shared, self.link)?;
        }
        while !self.stopped && wire.len() < limit {
            let Some(next) = self.buffer.pop_front() else { break };
            wire.push(self.begin(next));
        }
        if self.stopped {
            self.give_back().await?;
        }
        Ok(())
    }

    /// Whether more is sealed now: ahead of the wire, but where a sealed change could not be asked for after a crash.
    fn has_room(&self, limit: usize, on_the_wire: usize) -> bool {
        match self.seals_ahead() {
            true => self.buffer.len() < limit,
            false => self.buffer.len() + on_the_wire < limit,
        }
    }

    fn seals_ahead(&self) -> bool {
        self.link.capabilities.honours_keys || self.link.capabilities.client_ids
    }

    fn is_called_back(&mut self) -> Result<bool, StoreError> {
        let mut called = self.link.take_regroup();
        if called || !self.buffer.is_empty() {
            let calls = self.shared.store.read(signals::calls)?;
            called |= std::mem::replace(&mut self.calls, calls) != calls;
        }
        Ok(called)
    }

    fn in_flight(&self) -> usize {
        // Half open: one trial at a time.
        if self.link.breaker(|breaker| breaker.is_open()) {
            1
        } else {
            self.link.width(|width| width.at_once(self.most_in_flight()))
        }
    }

    /// How many one durable commit seals: at least what may be in flight.
    fn group_size(&mut self, in_flight: usize) -> usize {
        let now = self.shared.now();
        let span = now.0 - std::mem::replace(&mut self.sealed_at, now).0;
        let answers = std::mem::take(&mut self.answers);
        match self.run.group {
            // Nothing is known of the wire's pace yet.
            0 => self.shared.settings().batch.max(in_flight),
            before => group_of(before, answers, span).max(in_flight),
        }
    }

    fn most_in_flight(&self) -> usize {
        self.link.capabilities.in_flight.min(self.shared.settings().in_flight)
    }

    async fn seal(&mut self, in_flight: usize) -> Result<(), StoreError> {
        let half_open = self.link.breaker(|breaker| breaker.is_open());
        let from = if half_open && self.link.breaker(|breaker| breaker.trial_from_newest()) {
            From::Newest
        } else {
            From::Oldest
        };
        let limit = if half_open || !self.seals_ahead() { 1 } else { self.group_size(in_flight) };
        let shared = Arc::clone(self.shared);
        let (link, places, busy) = (Arc::clone(self.link), Arc::clone(&self.places), self.looking.clone());
        let (epoch, key_lifetime, now) = (self.epoch, self.key_lifetime, self.shared.now());
        let (dispatches, raised) = self
            .shared
            .write(move |tx| {
                let dispatches = seal::next(
                    tx,
                    &Sealing {
                        link_id: link.id,
                        principal: &link.principal,
                        places: &places,
                        connector: link.connector.as_ref(),
                        capabilities: &link.capabilities,
                        key_lifetime,
                        sender_epoch: epoch,
                        from,
                        limit,
                        fresh_key: &|| shared.uuid(),
                        busy: &busy,
                        now,
                    },
                )?;
                // What leaves this computer makes every older copy of the database an old one.
                let leaves = dispatches
                    .iter()
                    .any(|dispatch| matches!(dispatch, Dispatch::Send(_) | Dispatch::SendTogether(_)));
                let raised = leaves.then(|| standing::raise(tx)).transpose()?;
                Ok((dispatches, raised))
            })
            .await?;
        self.drained = dispatches.is_empty();
        self.run.group = limit;
        for dispatch in dispatches {
            match dispatch {
                Dispatch::Send(outgoing) => self.sealed(vec![*outgoing]),
                Dispatch::SendTogether(parcel) => self.sealed(parcel),
                Dispatch::ReadBack(waiting) => self.looks(waiting, Purpose::ReadBack),
                Dispatch::Refresh(waiting) => self.looks(waiting, Purpose::Refresh),
            }
        }
        match raised {
            Some(generation) => self.shared.note(generation).await,
            None => Ok(()),
        }
    }

    fn sealed(&mut self, parcel: Parcel) {
        self.shared.bulletin.changes_moved(parcel.iter().map(|outgoing| outgoing.sealed.mutation.clone()));
        self.buffer.push_back(Next::Send(parcel));
    }

    fn looks(&mut self, waiting: Waiting, purpose: Purpose) {
        self.looking.push(waiting.seq);
        self.buffer.push_back(Next::Look(waiting, purpose));
    }

    fn begin(&mut self, next: Next) -> BoxFuture<'static, Arrived> {
        let link = Arc::clone(self.link);
        match next {
            Next::Send(parcel) => {
                self.run.progress.bytes.0 += bytes_of(&parcel);
                let number = link.width(Width::send);
                let answered = send(Arc::clone(self.shared), link, parcel);
                Box::pin(async move { Arrived::Answer(number, answered.await) })
            }
            Next::Look(waiting, purpose) => Box::pin(async move {
                let seen = link.connector.fetch(&waiting.collection, &waiting.rid).await;
                Arrived::Look { waiting, purpose, seen }
            }),
        }
    }

    fn written(&mut self, written: Written) {
        if let Some(seq) = written.looked {
            self.looking.retain(|looking| *looking != seq);
        }
        if written.settled.contains(&Settled::Confirmed) {
            self.shared.bulletin.pushed(self.link.id);
        }
        // One that a look at a record met beside its answer is met all the same.
        let told = written.settled.iter().filter(|settled| **settled == Settled::Conflicted).count();
        self.run.met_conflicts(written.moved.conflicts.len().saturating_sub(told));
        for settled in written.settled {
            self.run.count(settled);
        }
        self.shared.announce(written.moved, None);
        self.shared.bulletin.progressed(&self.link.name, self.run.progress);
        self.link.change_live(|live| live.progress = Some(self.run.progress));
    }

    async fn came(&mut self, came: Option<Came>) -> Result<(), StoreError> {
        let Some(Came { place, rows, moved, shown }) = came else { return Ok(()) };
        came_in(self.shared, self.link, &place, rows, (moved, shown), self.run).await
    }

    /// What an answer says about the server as a whole.
    fn hear(&mut self, heard: &Heard, server_time: Option<Millis>) {
        self.run.hear(self.shared, self.link, heard, server_time);
        self.stopped |= self.run.must_stop(self.shared, self.link);
    }

    /// Sealed and not sent: as if it had not been.
    async fn give_back(&mut self) -> Result<(), StoreError> {
        let mut items = Vec::new();
        for next in self.buffer.drain(..) {
            match next {
                Next::Send(parcel) => {
                    items.extend(parcel.into_iter().map(|out| (out.seq, out.attempt, out.fresh)));
                }
                Next::Look(waiting, _) => self.looking.retain(|looking| *looking != waiting.seq),
            }
        }
        match items.is_empty() {
            true => Ok(()),
            false => self.shared.write(move |tx| take_back(tx, &items)).await,
        }
    }
}

/// What the wire takes in about 50 ms, judged by the answers since a group of `before` was sealed `span` milliseconds ago.
fn group_of(before: usize, answers: usize, span: i64) -> usize {
    const AHEAD: usize = 50;
    const MOST: usize = 256;
    let group = match usize::try_from(span) {
        Ok(span) if span > 0 => answers * AHEAD / span,
        // Faster than the clock tells.
        Ok(_) | Err(_) => before,
    };
    group.min(MOST)
}

#[cfg(test)]
mod tests {
    use super::group_of;

    // proves A11
    #[test]
    fn a_group_is_what_the_wire_takes_in_fifty_milliseconds() {
        assert_eq!(group_of(10, 10, 1_000), 0, "a slow wire");
        assert_eq!(group_of(10, 30, 100), 15, "300 a second");
        assert_eq!(group_of(15, 256, 10), 256, "never without end");
        assert_eq!(group_of(10, 10, 0), 10, "faster than the clock tells");
        assert_eq!(group_of(10, 3, -5_000), 10, "the clock was put back");
    }
}
