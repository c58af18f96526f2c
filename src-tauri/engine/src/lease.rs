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
    let path = folder.join(LOCK);
    let failed = |error: std::io::Error| StoreError::ReadOnly { path: path.clone(), why: error.to_string() };
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(failed(error)),
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
