//! Copying a database while it is in use, by SQLite's online backup in steps.

use super::check::quick_check;
use super::faults::make_private_file;
use super::{BUSY_TIMEOUT, StoreError};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use std::fs::File;
use std::path::Path;
use std::time::Duration;

/// Pages of one step, about a megabyte.
const STEP: i32 = 256;
/// Rest after each step, so that the disk is free for whoever waits for an edit.
const REST: Duration = Duration::from_millis(5);

/// Copies the database at `from` into the new file `to`, whole and of one moment, and checks it. `go_on` is asked
/// between the steps; a copy that is given up leaves no file.
pub(crate) fn copy(from: &Path, to: &Path, go_on: &dyn Fn() -> bool) -> Result<bool, StoreError> {
    let done = copy_into(from, to, go_on).and_then(|whole| {
        if whole {
            quick_check(to)?;
            let synced = File::open(to).and_then(|file| file.sync_all());
            synced.map_err(|error| StoreError::of_file(to, &error))?;
        }
        Ok(whole)
    });
    if !matches!(done, Ok(true)) {
        // What is left of it is no copy of anything.
        let _ = std::fs::remove_file(to);
    }
    done
}

fn copy_into(from: &Path, to: &Path, go_on: &dyn Fn() -> bool) -> Result<bool, StoreError> {
    // Made before SQLite opens it, so that nobody else can ever read it.
    File::create(to).map_err(|error| StoreError::of_file(to, &error))?;
    make_private_file(to)?;
    let mut target = Connection::open(to).map_err(|error| StoreError::at(to, error))?;
    // A copy is one file, without side files.
    target.pragma_update(None, "journal_mode", "OFF").map_err(|error| StoreError::at(to, error))?;
    let source = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .map_err(|error| StoreError::at(from, error))?;
    source.busy_timeout(BUSY_TIMEOUT)?;
    // One read transaction for all steps: otherwise every commit meanwhile would make it begin again.
    let moment = source.unchecked_transaction()?;
    moment.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get::<_, i64>(0))?;
    let whole = steps(&moment, &mut target, go_on).map_err(|error| error.named(to))?;
    moment.finish()?;
    if whole {
        target.pragma_update(None, "journal_mode", "DELETE").map_err(|error| StoreError::at(to, error))?;
    }
    target.close().map_err(|(_, error)| StoreError::at(to, error))?;
    Ok(whole)
}

fn steps(source: &Connection, target: &mut Connection, go_on: &dyn Fn() -> bool) -> Result<bool, StoreError> {
    let backup = Backup::new(source, target)?;
    loop {
        match backup.step(STEP)? {
            StepResult::Done => return Ok(true),
            // Busy and locked are over soon: the source is only read, and nobody else knows the target.
            _ if !go_on() => return Ok(false),
            _ => std::thread::sleep(REST),
        }
    }
}
