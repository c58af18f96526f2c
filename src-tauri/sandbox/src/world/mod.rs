//! The server's logic without sockets: requests are values, time is an input, the answer is a value.
//!
//! `handle` is all a simulation needs. The HTTP layer uses its two halves, [`World::admit`] and
//! [`World::commit`], because a fault may put time between them.

pub mod answer;
mod batch;
pub mod call;
pub mod colleague;
mod digest;
pub mod document;
mod keys;
mod read;
pub mod report;
mod token;
mod version;
mod write;

use crate::options::{CollectionSpec, SeedRecord};
use crate::store::{Store, StoreError, Tx, collections, meta, records};
use answer::Answer;
use call::{Call, Caller};
use chrono::{DateTime, SecondsFormat, Utc};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::path::PathBuf;

pub use keys::{Admission, Ticket};

/// How a world is made.
#[derive(Debug, Clone)]
pub struct WorldOptions {
    /// The folder of its database, which is made when missing; in memory when absent.
    pub data: Option<PathBuf>,
    /// Names the first epoch.
    pub seed: u64,
    /// How long answers are kept under their keys, in seconds.
    pub key_ttl_s: u64,
    /// How many items a batch may have.
    pub max_batch: usize,
    /// The zone in which dates without a zone are meant.
    pub time_zone: String,
    /// Whether the server names new records itself and refuses a name that the client chose.
    pub names_records: bool,
    /// The collections of a new world.
    pub collections: Vec<CollectionSpec>,
    /// The records of a new world, in the order in which they were made.
    pub records: Vec<SeedRecord>,
}

impl Default for WorldOptions {
    fn default() -> Self {
        WorldOptions {
            data: None,
            seed: 1,
            key_ttl_s: 24 * 60 * 60,
            max_batch: 100,
            time_zone: "UTC".to_owned(),
            names_records: false,
            collections: Vec::new(),
            records: Vec::new(),
        }
    }
}

/// Why a world could not be opened or changed.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// SQLite could not.
    #[error("the sandbox's database: {0}")]
    Store(#[from] StoreError),
    /// The folder could not be made.
    #[error("the sandbox's folder {folder}: {error}")]
    Folder {
        /// Which.
        folder: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// What was asked of it is refused, e.g. an edit of a record that is not there.
    #[error("{0}")]
    Refused(String),
}

/// The server's records, log and keys.
pub struct World {
    store: Store,
    options: WorldOptions,
    epoch: String,
    /// The last place that was given out; a late commit may still be on its way to it.
    seq: i64,
    /// Tombstones up to here are forgotten.
    floor: i64,
    /// Keys whose requests are running.
    running: HashSet<(String, String)>,
}

impl World {
    /// Opens the world, and fills it when it is new.
    pub fn open(options: WorldOptions, now: DateTime<Utc>) -> Result<World, WorldError> {
        if let Some(folder) = &options.data {
            std::fs::create_dir_all(folder)
                .map_err(|error| WorldError::Folder { folder: folder.clone(), error })?;
        }
        let store = Store::open(options.data.as_deref())?;
        let epoch = meta::get(store.read(), "epoch")?;
        let number = |name: &str| -> Result<i64, StoreError> {
            Ok(meta::get(store.read(), name)?.and_then(|text| text.parse().ok()).unwrap_or(0))
        };
        let (seq, floor) = (number("seq")?, number("floor")?);
        let mut world = World { store, options, epoch: String::new(), seq, floor, running: HashSet::new() };
        match epoch {
            Some(epoch) => world.epoch = epoch,
            None => world.fill(&[], now)?,
        }
        Ok(world)
    }

    /// Does what is asked, at once.
    pub fn handle(&mut self, call: Call, caller: &Caller, now: DateTime<Utc>) -> Answer {
        match self.admit(call, caller, now) {
            Admission::Answered(answer) => answer,
            Admission::Run(ticket) => self.commit(ticket, now),
        }
    }

    /// Starts again from the first records, in a new epoch; effects and keys are forgotten.
    pub fn reset(&mut self, now: DateTime<Utc>) -> Result<(), WorldError> {
        let salt = self.epoch.clone();
        self.fill(salt.as_bytes(), now)
    }

    /// Restores the copy of `back` places ago (0: the present) under a new epoch, as a server does that lost
    /// its disk. Places, keys and records after it are unknown to it, and their numbers are given out again.
    pub fn new_epoch(&mut self, back: i64) -> Result<String, WorldError> {
        let seq = (self.seq - back.max(0)).max(0);
        let epoch = epoch_name(self.options.seed, self.epoch.as_bytes());
        let tx = self.store.write()?;
        crate::store::changes::lose_after(&tx, seq)?;
        records::restore(&tx, seq)?;
        let floor = self.floor.min(seq);
        records::forget_tombstones(&tx, floor)?;
        crate::store::keys::forget_after(&tx, seq)?;
        write_position(&tx, &epoch, seq, floor)?;
        tx.commit()?;
        (self.seq, self.floor) = (seq, floor);
        self.epoch = epoch.clone();
        Ok(epoch)
    }

    /// Forgets all tombstones there are: tokens from before now have expired. Says the new floor.
    pub fn forget_tombstones(&mut self) -> Result<i64, WorldError> {
        let tx = self.store.write()?;
        records::forget_tombstones(&tx, self.seq)?;
        write_position(&tx, &self.epoch, self.seq, self.seq)?;
        tx.commit()?;
        self.floor = self.seq;
        Ok(self.floor)
    }

    /// Adds an empty collection, or describes one anew.
    pub fn add_collection(&mut self, spec: &CollectionSpec) -> Result<(), WorldError> {
        put_collection(self.store.read(), spec)?;
        Ok(())
    }

    /// The epoch.
    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    fn fill(&mut self, salt: &[u8], now: DateTime<Utc>) -> Result<(), WorldError> {
        let epoch = epoch_name(self.options.seed, salt);
        let mut seq = 0;
        let tx = self.store.write()?;
        meta::wipe(&tx)?;
        for spec in &self.options.collections {
            put_collection(&tx, spec)?;
        }
        for record in &self.options.records {
            seq += 1;
            write::seed(&tx, &epoch, seq, record, now)?;
        }
        write_position(&tx, &epoch, seq, 0)?;
        tx.commit()?;
        self.epoch = epoch;
        (self.seq, self.floor) = (seq, 0);
        Ok(())
    }
}

fn put_collection(tx: &Tx, spec: &CollectionSpec) -> Result<(), StoreError> {
    let schema = spec.schema.as_ref().map(ToString::to_string);
    let refs = serde_json::to_string(&spec.references).unwrap_or_else(|_| "[]".to_owned());
    collections::put(tx, &spec.name, spec.label.as_deref(), schema.as_deref(), &refs)
}

fn write_position(tx: &Tx, epoch: &str, seq: i64, floor: i64) -> Result<(), StoreError> {
    meta::set(tx, "epoch", epoch)?;
    meta::set(tx, "seq", &seq.to_string())?;
    meta::set(tx, "floor", &floor.to_string())
}

/// A name that says nothing, is new for each epoch, and is the same for the same seed.
fn epoch_name(seed: u64, salt: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(seed.to_be_bytes());
    hash.update(salt);
    format!("e{}", &version::hex(&hash.finalize())[..10])
}

/// RFC 3339 with milliseconds, in UTC.
fn instant(millis: i64) -> String {
    DateTime::<Utc>::from_timestamp_millis(millis)
        .unwrap_or(DateTime::<Utc>::UNIX_EPOCH)
        .to_rfc3339_opts(SecondsFormat::Millis, true)
}
