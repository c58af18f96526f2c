//! SQLite under the sandbox: a file when a folder is given, else memory; one code path for both.

pub mod changes;
pub mod collections;
pub mod keys;
pub mod meta;
pub mod records;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::path::Path;

/// What SQLite said when it could not do as asked.
pub type StoreError = rusqlite::Error;

/// A connection, inside a transaction or not; what the tables' functions take.
pub type Tx = Connection;

/// The open database.
pub struct Store {
    connection: Connection,
}

impl Store {
    /// Opens `sandbox.sqlite` in `folder`, which must exist; without a folder all is kept in memory.
    pub fn open(folder: Option<&Path>) -> Result<Store, StoreError> {
        let connection = match folder {
            Some(folder) => Connection::open(folder.join("sandbox.sqlite"))?,
            None => Connection::open_in_memory()?,
        };
        connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")?;
        connection.execute_batch(include_str!("schema.sql"))?;
        // A page is planned once, not anew for each place that it starts from.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        // The statements of one write and one page; preparing them again would cost more than running them.
        connection.set_prepared_statement_cache_capacity(64);
        Ok(Store { connection })
    }

    /// For reading.
    pub fn read(&self) -> &Connection {
        &self.connection
    }

    /// Begins a writing transaction.
    pub fn write(&mut self) -> Result<Transaction<'_>, StoreError> {
        self.connection.transaction_with_behavior(TransactionBehavior::Immediate)
    }
}
