//! Whether a database is whole.

use super::StoreError;
use super::activity::Size;
use rusqlite::{Connection, OpenFlags, Row};
use std::path::Path;

/// Runs SQLite's quick check over a database on a connection of its own, which only reads; work goes on beside it.
///
/// Errors: it is damaged, with SQLite's first words about it; it cannot be read.
pub(crate) fn quick_check(path: &Path) -> Result<(), StoreError> {
    let said: String = look(path, "PRAGMA quick_check(1)", |row| row.get(0))?;
    match said.as_str() {
        "ok" => Ok(()),
        _ => Err(StoreError::Damaged { path: path.to_owned(), why: said, intact: None }),
    }
}

/// By how much the counter of the activity's lines and of their room is short of what the lines come to, counted anew
/// beside work.
pub(crate) fn uncounted_activity(path: &Path) -> Result<Size, StoreError> {
    let sql = "SELECT count(*) - (SELECT lines FROM activity_size),
                      coalesce(sum(bytes), 0) - (SELECT bytes FROM activity_size) FROM activity";
    look(path, sql, |row| Ok(Size { lines: row.get(0)?, bytes: row.get(1)? }))
}

fn look<T>(
    path: &Path,
    sql: &str,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<T, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| StoreError::at(path, error))?;
    connection
        .busy_timeout(super::BUSY_TIMEOUT)
        .and_then(|()| connection.query_row(sql, [], read))
        .map_err(|error| StoreError::at(path, error))
}
