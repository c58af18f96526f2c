//! The durable store: verbs that run in transactions, and what keeps the data behind them.

pub(crate) mod activity;
pub(crate) mod aliases;
pub(crate) mod attempts;
pub(crate) mod check;
mod checkpoint;
pub(crate) mod collections;
pub(crate) mod conflicts;
pub(crate) mod copying;
pub(crate) mod counters;
pub(crate) mod daily;
pub(crate) mod decisions;
pub(crate) mod drafts;
pub(crate) mod edges;
pub(crate) mod exchanges;
pub(crate) mod faults;
mod faulty;
pub(crate) mod hooks;
pub(crate) mod hosts;
mod inline;
pub(crate) mod links;
pub(crate) mod meta;
mod migrations;
mod on_disk;
pub(crate) mod outbox;
pub(crate) mod places;
pub(crate) mod quarantine;
pub(crate) mod records;
pub(crate) mod repairs;
pub(crate) mod signals;
pub(crate) mod standing;
mod storage;
pub(crate) mod transactions;
pub(crate) mod verbs;
pub(crate) mod views;
pub(crate) mod wakeups;
mod writer;

pub(crate) use collections::CollectionRow;
pub use faults::StoreError;
pub use faulty::{Access, FaultAt, Faults, Faulty};
pub use inline::Inline;
pub use links::LinkRow;
pub use on_disk::{DATABASE, OnDisk};
pub(crate) use records::SideState;
pub use storage::{Storage, Write};
pub use writer::WriterMode;

/// A transaction of the store; the engine's flows pass it to verbs and never speak SQL themselves.
pub type Tx = Connection;

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use storage::write;
use tokio::sync::oneshot;

/// What a data folder's store is kept in.
#[derive(Clone)]
pub enum Keep {
    /// The database in the folder.
    OnDisk(WriterMode),
    /// This one, on the caller's thread; beside it the folder holds only notes and locks.
    In(Arc<dyn Storage>),
    /// Either of those, with faults.
    Faulty(Box<Keep>, Arc<dyn Faults>),
}

impl Keep {
    fn open(&self, folder: &Path) -> Result<Arc<dyn Storage>, StoreError> {
        Ok(match self {
            Self::OnDisk(mode) => Arc::new(OnDisk::open(folder, *mode)?),
            Self::In(storage) => Arc::clone(storage),
            Self::Faulty(inner, faults) => Arc::new(Faulty::new(inner.open(folder)?, Arc::clone(faults))),
        })
    }

    /// What takes its time runs on threads of its own, not on the caller's.
    pub(crate) fn is_threaded(&self) -> bool {
        match self {
            Self::OnDisk(mode) => *mode == WriterMode::Threaded,
            Self::In(_) => false,
            Self::Faulty(inner, _) => inner.is_threaded(),
        }
    }
}

impl From<WriterMode> for Keep {
    fn from(mode: WriterMode) -> Self {
        Self::OnDisk(mode)
    }
}

/// The store of one data folder.
pub struct Store {
    storage: Arc<dyn Storage>,
    /// Where its database is, or would be: errors name it.
    path: PathBuf,
    /// A check or any statement found it damaged: it stays so until another takes its place.
    damaged: AtomicBool,
}

impl Store {
    /// Opens or makes the database in `folder` and brings its schema up to date.
    ///
    /// Errors: the folder cannot be made or written, the database is of a newer version, damaged, or locked.
    pub fn open(folder: &Path, keep: impl Into<Keep>) -> Result<Self, StoreError> {
        let storage = keep.into().open(folder)?;
        Ok(Self { storage, path: folder.join(DATABASE), damaged: AtomicBool::new(false) })
    }

    /// The file of the database; none where there is none to be checked and copied.
    pub fn path(&self) -> Option<&Path> {
        self.storage.path()
    }

    /// Runs `work` in a transaction and returns once it is on disk.
    ///
    /// `work` may share its commit with others; its own failure undoes only its own part.
    pub async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Tx) -> Result<T, StoreError> + Send + 'static,
    {
        self.refuse_damaged()?;
        let (send, receive) = oneshot::channel();
        self.submit(write(work, move |result| drop(send.send(result))))?;
        receive.await.unwrap_or(Err(StoreError::Closed)).map_err(|error| self.seen(error))
    }

    /// The same for callers without a runtime; it blocks until the commit.
    pub fn write_blocking<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Tx) -> Result<T, StoreError> + Send + 'static,
    {
        self.refuse_damaged()?;
        let (send, receive) = mpsc::channel();
        self.submit(write(work, move |result| drop(send.send(result))))?;
        receive.recv().unwrap_or(Err(StoreError::Closed)).map_err(|error| self.seen(error))
    }

    /// Runs `work` in one read transaction, so that all it sees is of one moment.
    pub fn read<T>(&self, work: impl FnOnce(&Tx) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let (mut work, mut value) = (Some(work), None);
        let looked = self.storage.read(&mut |tx| {
            if let Some(work) = work.take() {
                value = Some(work(tx)?);
            }
            Ok(())
        });
        looked.and_then(|()| value.ok_or(StoreError::Closed)).map_err(|error| self.seen(error))
    }

    fn submit(&self, write: Box<dyn Write>) -> Result<(), StoreError> {
        self.storage.submit(write).map_err(|error| self.seen(error))
    }

    /// Whether it was found damaged.
    pub(crate) fn is_damaged(&self) -> bool {
        self.damaged.load(Ordering::Relaxed)
    }

    /// A check found it damaged.
    pub(crate) fn mark_damaged(&self) {
        self.damaged.store(true, Ordering::Relaxed);
    }

    /// What would be written into a damaged database might be lost with it, so that nothing is called saved.
    fn refuse_damaged(&self) -> Result<(), StoreError> {
        match self.is_damaged() {
            false => Ok(()),
            true => Err(StoreError::Damaged {
                path: self.path.clone(),
                why: "it failed its check, and nothing more is saved into it".into(),
                intact: None,
            }),
        }
    }

    fn seen(&self, error: StoreError) -> StoreError {
        if matches!(error, StoreError::Damaged { .. }) {
            self.mark_damaged();
        }
        error.named(&self.path)
    }

    /// A number that becomes another one when another process has committed something.
    pub fn data_version(&self) -> Result<i64, StoreError> {
        self.storage.data_version()
    }

    /// Commits what is in flight and closes.
    pub fn close(&self) {
        self.storage.close();
    }
}

/// How long a process waits for another's write to end.
const BUSY_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);

/// More than there are statements: each is parsed once by a connection.
const STATEMENTS: usize = 512;

/// A statement is planned once. Otherwise SQLite plans those that could use an index of some rows only anew for each
/// value that is bound to them, and that takes longer than what an edit does.
fn keep_plans(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

#[cfg(test)]
mod tests;
