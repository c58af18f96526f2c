//! Idempotency keys: looked at before anything else, kept in the transaction of the effect.

use super::World;
use super::answer::{Answer, KeptAnswer, ProblemKind};
use super::call::{Batch, Call, Caller, Write};
use super::document::invalid;
use super::version::hex;
use crate::store::keys::{self, KeyRow};
use crate::store::{StoreError, Tx, meta};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

/// Whether a request runs or is answered already.
#[derive(Debug)]
pub enum Admission {
    /// The answer: of a read, or of a key that is known or in use.
    Answered(Answer),
    /// A change that may run; it holds its key until [`World::commit`].
    Run(Ticket),
}

/// A change on its way. It must be given to [`World::commit`], else its key stays in use.
#[derive(Debug)]
pub struct Ticket {
    pub(super) job: Job,
    pub(super) caller: Caller,
    pub(super) fingerprint: String,
    /// Places given out beforehand, for a commit that comes late.
    pub(super) places: Vec<i64>,
}

#[derive(Debug)]
pub(super) enum Job {
    Write(Write),
    Batch(Batch),
}

impl Job {
    fn key(&self) -> Option<&str> {
        match self {
            Job::Write(write) => write.key.as_deref(),
            Job::Batch(batch) => batch.key.as_deref(),
        }
    }

    fn len(&self) -> usize {
        match self {
            Job::Write(_) => 1,
            Job::Batch(batch) => batch.items.len(),
        }
    }
}

impl World {
    /// Answers reads and known keys; lets changes run.
    pub fn admit(&mut self, call: Call, caller: &Caller, now: DateTime<Utc>) -> Admission {
        let job = match call {
            Call::Write(write) => Job::Write(write),
            Call::Batch(batch) => Job::Batch(batch),
            read => return Admission::Answered(self.read(read, now)),
        };
        let fingerprint = match &job {
            Job::Write(write) => fingerprint_of(write),
            Job::Batch(batch) => fingerprint_of_batch(batch),
        };
        if let Some(key) = job.key() {
            if key.is_empty() || key.len() > 255 {
                return Admission::Answered(invalid("An idempotency key has 1 to 255 bytes."));
            }
            let slot = (caller.owner().to_owned(), key.to_owned());
            if self.running.contains(&slot) {
                let mut answer = Answer::refuse(ProblemKind::KeyInUse, "Ask again in a moment.");
                answer.retry_after_s = Some(1);
                return Admission::Answered(answer);
            }
            match known(self.store.read(), caller.owner(), key, &fingerprint, self.since(now)) {
                Ok(Some(answer)) => return Admission::Answered(answer),
                Ok(None) => {
                    self.running.insert(slot);
                }
                Err(error) => return Admission::Answered(broken(&error)),
            }
        }
        Admission::Run(Ticket { job, caller: caller.clone(), fingerprint, places: Vec::new() })
    }

    /// Gives the ticket its places now although it commits later: others may read past them meanwhile.
    /// This is what a server does that numbers before it commits, and what makes its readers skip.
    pub fn reserve(&mut self, ticket: &mut Ticket) {
        for _ in 0..ticket.job.len() {
            self.seq += 1;
            ticket.places.push(self.seq);
        }
    }

    /// Makes the change, keeps its answer under its key, and frees the key.
    pub fn commit(&mut self, ticket: Ticket, now: DateTime<Utc>) -> Answer {
        let slot = ticket.job.key().map(|key| (ticket.caller.owner().to_owned(), key.to_owned()));
        let before = self.seq;
        let answer = self.run(ticket, now).unwrap_or_else(|error| {
            self.seq = before;
            broken(&error)
        });
        if let Some(slot) = slot {
            self.running.remove(&slot);
        }
        answer
    }

    fn run(&mut self, ticket: Ticket, now: DateTime<Utc>) -> Result<Answer, StoreError> {
        let since = self.since(now);
        let Ticket { job, caller, fingerprint, places } = ticket;
        let tx = self.store.write()?;
        let mut desk = super::write::Desk {
            tx: &tx,
            epoch: &self.epoch,
            seq: self.seq,
            places: places.into(),
            caller: &caller,
            names_records: self.options.names_records,
            now: now.timestamp_millis(),
        };
        let answer = match &job {
            Job::Write(write) => desk.apply(write, &fingerprint)?,
            Job::Batch(batch) => desk.batch(batch, self.options.max_batch, since, &self.running)?,
        };
        let seq = desk.seq;
        if let Some(key) = job.key() {
            keep(&tx, caller.owner(), key, fingerprint, &answer, seq, now.timestamp_millis())?;
            keys::expire(&tx, since)?;
        }
        if seq != self.seq || !desk.places.is_empty() {
            meta::set(&tx, "seq", &seq.to_string())?;
        }
        tx.commit()?;
        self.seq = seq;
        Ok(answer)
    }

    /// How many keys are in use just now.
    pub fn running_keys(&self) -> usize {
        self.running.len()
    }

    /// Keys from before this moment have ended.
    fn since(&self, now: DateTime<Utc>) -> i64 {
        now.timestamp_millis()
            - i64::try_from(self.options.key_ttl_s.saturating_mul(1000)).unwrap_or(i64::MAX)
    }
}

/// The first answer of a key, or that it was used for something else.
pub(super) fn known(
    tx: &Tx,
    owner: &str,
    key: &str,
    fingerprint: &str,
    since: i64,
) -> Result<Option<Answer>, StoreError> {
    let Some(row) = keys::get(tx, owner, key, since)? else { return Ok(None) };
    if row.fingerprint != fingerprint {
        return Ok(Some(Answer::refuse(ProblemKind::KeyReused, "Take a new key for a new request.")));
    }
    Ok(serde_json::from_str::<KeptAnswer>(&row.answer).ok().map(KeptAnswer::again))
}

/// Keeps a first answer. Refusals for bad form are not kept: nothing ran, and a mended body needs its key.
pub(super) fn keep(
    tx: &Tx,
    owner: &str,
    key: &str,
    fingerprint: String,
    answer: &Answer,
    seq: i64,
    at: i64,
) -> Result<(), StoreError> {
    if matches!(answer.problem, Some(ProblemKind::Invalid | ProblemKind::TooLarge)) {
        return Ok(());
    }
    let kept = serde_json::to_string(&KeptAnswer::of(answer)).unwrap_or_default();
    keys::put(tx, owner, key, &KeyRow { fingerprint, answer: kept }, seq, at)
}

/// Hash of what is asked: form, collection, id, body; not of the preconditions.
pub(super) fn fingerprint_of(write: &Write) -> String {
    let mut hash = Sha256::new();
    for part in [write.form.as_str(), &write.collection, write.id.as_deref().unwrap_or(""), &write.body] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex(&hash.finalize()[..16])
}

fn fingerprint_of_batch(batch: &Batch) -> String {
    let mut hash = Sha256::new();
    hash.update([u8::from(batch.atomic)]);
    for item in &batch.items {
        hash.update(fingerprint_of(item));
    }
    hex(&hash.finalize()[..16])
}

/// The database failed: nothing was done, and nobody can say more.
fn broken(error: &StoreError) -> Answer {
    tracing::error!(%error, "the sandbox's database failed");
    Answer::refuse_with(ProblemKind::Throttled, 503, "The server's storage failed.", serde_json::Map::new())
}
