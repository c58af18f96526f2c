//! The database in a file: one writer that commits in groups, readers that never wait.

use super::storage::{Storage, Write};
use super::writer::Writer;
use super::{BUSY_TIMEOUT, StoreError, Tx, WriterMode, faults, keep_plans, migrations};
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// The name of the database inside the data folder.
pub const DATABASE: &str = "tidemark.db";

/// The database of one data folder.
pub struct OnDisk {
    path: PathBuf,
    writer: Writer,
    readers: Mutex<Vec<Connection>>,
    /// The log as it stood at rest, and the version of the data then.
    at_rest: Mutex<Option<(Log, i64)>>,
}

impl OnDisk {
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
            at_rest: Mutex::new(None),
        })
    }

    /// The log where it rests; none while it is written to, or where it cannot be looked at.
    fn resting_log(&self) -> Option<Log> {
        let log = self.path.with_extension("db-wal").metadata().ok()?;
        let written = log.modified().ok()?;
        (written.elapsed().ok()? > REST).then_some((log.len(), written))
    }

    fn open_reader(&self) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)
            .map_err(|error| StoreError::at(&self.path, error))?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "mmap_size", 256 * 1024 * 1024)?;
        keep_plans(&connection)?;
        Ok(connection)
    }
}

/// Length and time of the last write of the write-ahead log: every commit of every process writes to it.
type Log = (u64, SystemTime);

/// A log that was written to within this span may be written to again without another time: file systems count in steps
/// of up to two seconds.
const REST: Duration = Duration::from_secs(3);

impl Storage for OnDisk {
    fn submit(&self, write: Box<dyn Write>) -> Result<(), StoreError> {
        self.writer.submit(write)
    }

    fn read(&self, look: &mut dyn FnMut(&Tx) -> Result<(), StoreError>) -> Result<(), StoreError> {
        let pooled = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match pooled {
            Some(connection) => connection,
            None => self.open_reader()?,
        };
        let result = (|| {
            let tx = connection.unchecked_transaction()?;
            look(&tx)?;
            tx.finish()?;
            Ok(())
        })();
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        result
    }

    /// Nothing is asked of the writer while the log rests: this is looked at twice a second for as long as the program runs.
    fn data_version(&self) -> Result<i64, StoreError> {
        // The log first: what is committed between the two looks is seen at the next one.
        let log = self.resting_log();
        let mut at_rest = self.at_rest.lock().unwrap_or_else(PoisonError::into_inner);
        match (*at_rest, log) {
            (Some((then, version)), Some(now)) if then == now => return Ok(version),
            _ => {}
        }
        let version = self.writer.data_version()?;
        *at_rest = log.map(|log| (log, version));
        Ok(version)
    }

    fn path(&self) -> Option<&Path> {
        Some(&self.path)
    }

    /// Copies the write-ahead log back into the database as well.
    fn close(&self) {
        self.writer.stop();
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// What was acknowledged survives a power cut: WAL with a full synchronisation at every commit (`engine.md` 2).
pub(super) fn prepare_writer(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    connection.pragma_update(None, "cache_size", -32 * 1024)?;
    keep_plans(connection)?;
    Ok(())
}
