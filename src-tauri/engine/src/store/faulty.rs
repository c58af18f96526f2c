//! A storage that fails where it is told to, for tests: before a write, at its commit, after it, or at a look.

use super::storage::{Storage, Write};
use super::{StoreError, Tx};
use std::path::Path;
use std::sync::Arc;

/// What a storage is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// A write.
    Write,
    /// A look.
    Read,
}

/// Where a write fails; a look only fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultAt {
    /// Nothing of it is done.
    Before,
    /// All of it is done and then undone.
    Commit,
    /// It is committed, and yet reported as failed: the disk erred after it had the data.
    After,
}

/// Decides each time: whether it fails, where, and with what.
pub trait Faults: Send + Sync {
    /// The fault of this access, if it has one.
    fn next(&self, access: Access) -> Option<(FaultAt, StoreError)>;
}

/// Another storage with faults.
pub struct Faulty {
    inner: Arc<dyn Storage>,
    faults: Arc<dyn Faults>,
}

impl Faulty {
    /// In front of `inner`.
    pub fn new(inner: Arc<dyn Storage>, faults: Arc<dyn Faults>) -> Self {
        Self { inner, faults }
    }
}

impl Storage for Faulty {
    fn submit(&self, write: Box<dyn Write>) -> Result<(), StoreError> {
        match self.faults.next(Access::Write) {
            None => self.inner.submit(write),
            Some((FaultAt::Before, error)) => {
                write.answer(Err(error));
                Ok(())
            }
            Some((at, error)) => {
                self.inner.submit(Box::new(Failing { inner: write, undoes: at == FaultAt::Commit, error }))
            }
        }
    }

    fn read(&self, look: &mut dyn FnMut(&Tx) -> Result<(), StoreError>) -> Result<(), StoreError> {
        match self.faults.next(Access::Read) {
            None => self.inner.read(look),
            Some((_, error)) => Err(error),
        }
    }

    fn data_version(&self) -> Result<i64, StoreError> {
        self.inner.data_version()
    }

    fn path(&self) -> Option<&Path> {
        self.inner.path()
    }

    fn close(&self) {
        self.inner.close();
    }
}

/// A write that is reported as failed.
struct Failing {
    inner: Box<dyn Write>,
    undoes: bool,
    error: StoreError,
}

impl Write for Failing {
    fn run(&mut self, tx: &Tx, alone: bool) -> bool {
        if !self.undoes {
            return self.inner.run(tx, alone);
        }
        let undone = tx.execute_batch("SAVEPOINT fault").is_ok() && {
            self.inner.run(tx, false);
            tx.execute_batch("ROLLBACK TO fault; RELEASE fault").is_ok()
        };
        // Alone, what could not be undone goes with the whole transaction.
        undone
    }

    fn answer(self: Box<Self>, _committed: Result<(), StoreError>) {
        self.inner.answer(Err(self.error));
    }
}
