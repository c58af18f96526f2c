//! The durable store: one SQLite database, one writer that commits in groups, readers that never wait.

pub(crate) mod aliases;
pub(crate) mod attempts;
pub(crate) mod check;
mod checkpoint;
pub(crate) mod collections;
pub(crate) mod conflicts;
pub(crate) mod copying;
pub(crate) mod counters;
pub(crate) mod daily;
pub(crate) mod edges;
pub(crate) mod faults;
pub(crate) mod hosts;
pub(crate) mod links;
pub(crate) mod meta;
mod migrations;
pub(crate) mod outbox;
pub(crate) mod places;
pub(crate) mod quarantine;
pub(crate) mod records;
pub(crate) mod signals;
pub(crate) mod standing;
pub(crate) mod transactions;
pub(crate) mod verbs;
pub(crate) mod views;
pub(crate) mod wakeups;
mod writer;

pub(crate) use collections::CollectionRow;
pub use faults::StoreError;
pub use links::LinkRow;
pub(crate) use records::SideState;
pub use writer::WriterMode;

/// A transaction of the store; the engine's flows pass it to verbs and never speak SQL themselves.
pub(crate) type Tx = Connection;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use writer::Writer;

/// The name of the database inside the data folder.
pub const DATABASE: &str = "tidemark.db";

/// The store of one data folder.
pub struct Store {
    path: PathBuf,
    writer: Writer,
    readers: Mutex<Vec<Connection>>,
    /// A check or any statement found it damaged: it stays so until another takes its place.
    damaged: AtomicBool,
}

impl Store {
    /// Opens or makes the database in `folder` and brings its schema up to date.
    ///
    /// Errors: the folder cannot be made or written, the database is of a newer version, damaged, or locked.
    pub fn open(folder: &Path, mode: WriterMode) -> Result<Self, StoreError> {
        faults::make_private_folder(folder)?;
        let path = folder.join(DATABASE);
        let mut connection = Connection::open(&path).map_err(|error| StoreError::at(&path, error))?;
        prepare_writer(&connection).map_err(|error| StoreError::at(&path, error))?;
        migrations::migrate(&mut connection).map_err(|error| error.named(&path))?;
        faults::make_private_file(&path)?;
        Ok(Self {
            writer: Writer::start(connection, &path, mode).map_err(|error| error.named(&path))?,
            path,
            readers: Mutex::new(Vec::new()),
            damaged: AtomicBool::new(false),
        })
    }

    /// Where the database is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs `work` in a transaction and returns once it is on disk.
    ///
    /// `work` may share its commit with others; its own failure undoes only its own part.
    pub async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.refuse_damaged()?;
        self.writer.run(work).await.map_err(|error| self.seen(error))
    }

    /// The same for callers without a runtime; it blocks until the commit.
    pub fn write_blocking<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.refuse_damaged()?;
        self.writer.run_blocking(work).map_err(|error| self.seen(error))
    }

    /// Runs `work` on a read-only connection, in one read transaction, so that all it sees is of one moment.
    pub fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let pooled = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match pooled {
            Some(connection) => connection,
            None => self.open_reader()?,
        };
        let result = (|| {
            let tx = connection.unchecked_transaction()?;
            let value = work(&tx)?;
            tx.finish()?;
            Ok(value)
        })();
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        result.map_err(|error: StoreError| self.seen(error))
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

    /// A number that rises when another process (or the writer) has committed something.
    pub fn data_version(&self) -> Result<i64, StoreError> {
        self.writer.data_version()
    }

    /// Copies the write-ahead log back into the database and closes; what is in flight is committed first.
    pub fn close(&self) {
        self.writer.stop();
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn open_reader(&self) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)
            .map_err(|error| StoreError::at(&self.path, error))?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "mmap_size", 256 * 1024 * 1024)?;
        keep_plans(&connection)?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(connection)
    }
}

/// How long a process waits for another's write to end.
const BUSY_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);

/// What was acknowledged survives a power cut: WAL with a full synchronisation at every commit (`engine.md` 2).
fn prepare_writer(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    connection.pragma_update(None, "cache_size", -32 * 1024)?;
    keep_plans(connection)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(())
}

/// A statement is planned once. Otherwise SQLite plans those that could use an index of some rows only anew for each
/// value that is bound to them, and that takes longer than what an edit does.
fn keep_plans(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

#[cfg(test)]
mod tests;
