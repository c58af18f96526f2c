//! Putting a backup in the place of the database, which is set aside and never overwritten.

use crate::backups;
use crate::generation::{self, Generation};
use crate::lease::{self, Use};
use crate::store::check::quick_check;
use crate::store::faults::make_private_file;
use crate::store::places::refuse;
use crate::store::{DATABASE, StoreError};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use tidemark_model::number::Millis;
use tidemark_model::view::{Backup, RefusalCode, Restored};

/// A whole copy of a backup that waits to be put in place.
const RESTORED: &str = "tidemark.db.restored";
/// A database and the files that belong to it.
const PARTS: [&str; 3] = ["", "-wal", "-shm"];

/// Puts a backup in the place of the database: the named one, or the newest that is intact.
///
/// The former database is kept beside it under a dated name. At its next opening the backup is known as an old copy, so
/// that everything unsent in it is asked for before it is sent.
///
/// Errors: another program has the folder open; there is no such backup; it is not intact; the disk.
pub fn restore(folder: &Path, name: Option<&str>, now: Millis) -> Result<Restored, StoreError> {
    let _alone = (lease::alone(folder)?, lease::try_lock(folder)?.ok_or_else(in_use)?);
    let backup = chosen(folder, name)?;
    let fresh = copied(folder, &backup)?;
    let set_aside = set_aside(folder, now)?;
    put_in_place(folder, &fresh)?;
    doubt(folder)?;
    Ok(Restored { from: backup, set_aside })
}

/// A restore that was cut off after the former database was set aside is brought to its end.
pub(crate) fn finish(folder: &Path, now: Millis) -> Result<(), StoreError> {
    let fresh = folder.join(RESTORED);
    if folder.join(DATABASE).exists() || !fresh.exists() {
        return Ok(());
    }
    let _alone = lease::alone(folder)?;
    set_aside(folder, now)?;
    put_in_place(folder, &fresh)?;
    doubt(folder)
}

fn put_in_place(folder: &Path, fresh: &Path) -> Result<(), StoreError> {
    let database = folder.join(DATABASE);
    fs::rename(fresh, &database)
        .and_then(|()| generation::sync_folder(folder))
        .map_err(|error| StoreError::of_file(&database, &error))
}

fn chosen(folder: &Path, name: Option<&str>) -> Result<Backup, StoreError> {
    let Some(name) = name else {
        return backups::newest_intact(folder).ok_or_else(|| {
            refuse(
                RefusalCode::NotFound,
                "there is no intact backup",
                "Keep the damaged file and report this.",
            )
        });
    };
    let found = backups::list(folder)?.into_iter().find(|backup| backup.name == name);
    let backup = found.ok_or_else(|| {
        refuse(RefusalCode::NotFound, format!("there is no backup '{name}'"), "Look at the list of backups.")
    })?;
    quick_check(&backups::path_of(folder, name))?;
    Ok(backup)
}

/// A copy beside the database, so that the backup itself stays and the last step is one rename.
fn copied(folder: &Path, backup: &Backup) -> Result<PathBuf, StoreError> {
    let (fresh, part) = (folder.join(RESTORED), folder.join("tidemark.db.restoring"));
    let done = fs::copy(backups::path_of(folder, &backup.name), &part)
        .and_then(|_| File::options().write(true).open(&part)?.sync_all());
    done.map_err(|error| StoreError::of_file(&part, &error))?;
    make_private_file(&part)?;
    // Under this name it is whole, and a start after a crash puts it in place.
    fs::rename(&part, &fresh)
        .and_then(|()| generation::sync_folder(folder))
        .map_err(|error| StoreError::of_file(&fresh, &error))?;
    Ok(fresh)
}

/// The note moves on, so that the backup is an old copy also where nothing was sent since it was made. Only now: before,
/// a crash would leave the former database in doubt, which it is not.
fn doubt(folder: &Path) -> Result<(), StoreError> {
    match generation::read(folder)? {
        Some(note) => generation::write(folder, &Generation { number: note.number + 1, ..note }),
        // A database without its note is in doubt anyway.
        None => Ok(()),
    }
}

fn set_aside(folder: &Path, now: Millis) -> Result<Option<String>, StoreError> {
    let time = chrono::DateTime::from_timestamp_millis(now.0).unwrap_or_default();
    let dated = time.format("tidemark-set-aside-%Y-%m-%dT%H-%M-%SZ").to_string();
    let taken = |name: &String| PARTS.iter().any(|part| folder.join(format!("{name}.db{part}")).exists());
    let mut names = std::iter::once(dated.clone()).chain((2..).map(|n| format!("{dated}-{n}")));
    let Some(name) = names.find(|name| !taken(name)) else { return Ok(None) };
    let mut moved = None;
    // The database first: a log without its database is never taken for anything.
    for part in PARTS {
        let (from, to) = (folder.join(format!("{DATABASE}{part}")), folder.join(format!("{name}.db{part}")));
        if from.exists() {
            fs::rename(&from, &to).map_err(|error| StoreError::of_file(&from, &error))?;
            moved = Some(format!("{name}.db"));
        }
    }
    Ok(moved)
}

fn in_use() -> StoreError {
    refuse(
        RefusalCode::NotNow,
        "another program has this data folder open",
        "Restore from within that program, or close it first.",
    )
}

impl Use {
    /// The refusal of whoever needs the folder for itself.
    pub(crate) fn refused() -> StoreError {
        in_use()
    }
}
