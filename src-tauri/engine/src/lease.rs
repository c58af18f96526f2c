//! Which process sends: the holder of an operating-system file lock, which the kernel frees with the process.

use crate::store::StoreError;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

/// The right to send, held for as long as this value lives.
#[derive(Debug)]
pub(crate) struct Lease {
    file: File,
    /// The epoch of sending that began with this lease.
    pub(crate) epoch: i64,
}

/// The name of the lock's file inside the data folder.
const LOCK: &str = "sender.lock";

/// Takes the lock if nobody holds it.
pub(crate) fn try_lock(folder: &Path) -> Result<Option<File>, StoreError> {
    let file = open_lock(folder, LOCK)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(StoreError::of_file(&folder.join(LOCK), &error)),
    }
}

impl Lease {
    pub(crate) fn new(file: File, epoch: i64) -> Self {
        Self { file, epoch }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // Closing frees it as well; this only makes the moment certain.
        if let Err(error) = self.file.unlock() {
            tracing::warn!(%error, "freeing the sender's lock");
        }
    }
}

/// Held by every process that has the database open, shared by all of them.
#[derive(Debug)]
pub(crate) struct Use {
    _file: File,
}

/// The name of that lock's file inside the data folder.
const USE: &str = "use.lock";

/// Joins those who have the database open.
///
/// Errors: somebody puts another database in its place just now.
pub(crate) fn join(folder: &Path) -> Result<Use, StoreError> {
    let file = open_lock(folder, USE)?;
    match file.try_lock_shared() {
        Ok(()) => Ok(Use { _file: file }),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked { path: folder.join(USE) }),
        Err(TryLockError::Error(error)) => Err(StoreError::of_file(&folder.join(USE), &error)),
    }
}

/// Keeps everybody else from opening the database; refused while anybody has it open.
pub(crate) fn alone(folder: &Path) -> Result<Use, StoreError> {
    let file = open_lock(folder, USE)?;
    match file.try_lock() {
        Ok(()) => Ok(Use { _file: file }),
        Err(TryLockError::WouldBlock) => Err(Use::refused()),
        Err(TryLockError::Error(error)) => Err(StoreError::of_file(&folder.join(USE), &error)),
    }
}

fn open_lock(folder: &Path, name: &str) -> Result<File, StoreError> {
    let path = folder.join(name);
    let opened = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    opened.map_err(|error| StoreError::of_file(&path, &error))
}
