//! Whether a database is whole.

use super::StoreError;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// Runs SQLite's quick check over a database on a connection of its own, which only reads; work goes on beside it.
///
/// Errors: it is damaged, with SQLite's first words about it; it cannot be read.
pub(crate) fn quick_check(path: &Path) -> Result<(), StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| StoreError::at(path, error))?;
    let said: String = connection
        .busy_timeout(super::BUSY_TIMEOUT)
        .and_then(|()| connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)))
        .map_err(|error| StoreError::at(path, error))?;
    match said.as_str() {
        "ok" => Ok(()),
        _ => Err(StoreError::Damaged { path: path.to_owned(), why: said, intact: None }),
    }
}
