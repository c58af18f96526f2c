//! A database on the caller's thread, one thing at a time, for tests of models and for simulation: in memory, or in a file.

use super::on_disk::prepare_writer;
use super::storage::{Storage, Write};
use super::writer::{commit, data_version};
use super::{StoreError, Tx, keep_plans, migrations};
use rusqlite::Connection;
use rusqlite::backup::Backup;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

thread_local! {
    /// One of which new ones are copies: making the tables takes longer than many a run.
    static EMPTY: RefCell<Option<Connection>> = const { RefCell::new(None) };
}

fn migrated() -> Result<Connection, StoreError> {
    let mut connection = Connection::open_in_memory()?;
    connection.pragma_update(None, "foreign_keys", true)?;
    migrations::migrate(&mut connection)?;
    Ok(connection)
}

fn copy_empty(into: &mut Connection) -> Result<(), StoreError> {
    EMPTY.with_borrow_mut(|empty| {
        let empty = match empty {
            Some(empty) => empty,
            None => empty.insert(migrated()?),
        };
        Backup::new(empty, into)?.step(-1)?;
        Ok(())
    })
}

/// Keeps what was committed until it is dropped: as a disk does, it outlives the engines that are opened on it.
pub struct Inline {
    connection: Mutex<Connection>,
    /// Of a file.
    path: Option<PathBuf>,
}

impl Inline {
    /// The database of a file, which is made where there is none.
    pub fn at(path: &Path) -> Result<Self, StoreError> {
        let is_new = !path.exists();
        let mut connection = Connection::open(path).map_err(|error| StoreError::at(path, error))?;
        prepare_writer(&connection)?;
        if is_new {
            copy_empty(&mut connection)?;
        }
        migrations::migrate(&mut connection)?;
        Ok(Self { connection: Mutex::new(connection), path: Some(path.to_owned()) })
    }

    /// An empty one in memory.
    pub fn in_memory() -> Result<Self, StoreError> {
        let mut connection = Connection::open_in_memory()?;
        copy_empty(&mut connection)?;
        Self::of(connection)
    }

    /// What it holds now, in memory: as a backup program would copy it.
    pub fn copy(&self) -> Result<Self, StoreError> {
        let mut connection = Connection::open_in_memory()?;
        Backup::new(&self.connection(), &mut connection)?.step(-1)?;
        Self::of(connection)
    }

    fn of(connection: Connection) -> Result<Self, StoreError> {
        connection.pragma_update(None, "foreign_keys", true)?;
        keep_plans(&connection)?;
        Ok(Self { connection: Mutex::new(connection), path: None })
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Storage for Inline {
    fn submit(&self, write: Box<dyn Write>) -> Result<(), StoreError> {
        commit(&self.connection(), vec![write]);
        Ok(())
    }

    fn read(&self, look: &mut dyn FnMut(&Tx) -> Result<(), StoreError>) -> Result<(), StoreError> {
        let connection = self.connection();
        let tx = connection.unchecked_transaction()?;
        look(&tx)?;
        Ok(tx.finish()?)
    }

    fn data_version(&self) -> Result<i64, StoreError> {
        data_version(&self.connection())
    }

    fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    fn close(&self) {}
}
