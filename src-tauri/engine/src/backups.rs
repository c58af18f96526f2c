//! Backups of the local store: where they are, what they are called, and how many are kept.

use crate::store::check::quick_check;
use crate::store::copying::copy;
use crate::store::faults::{make_private_folder, restrict_folder};
use crate::store::places::refuse;
use crate::store::{DATABASE, StoreError};
use chrono::{DateTime, NaiveDateTime};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{Backup, RefusalCode, Storage};

/// The folder of backups inside the data folder.
const FOLDER: &str = "backups";
/// The most that are kept.
const KEPT: usize = 3;
/// The share of the free space that all of them may take together, in percent.
const SHARE: u64 = 20;
/// No backup is being made for so long.
const LEFT: Duration = Duration::from_secs(24 * 60 * 60);
/// A backup's name: when it was made, in UTC, as every file system takes it.
const NAME: &str = "tidemark-%Y-%m-%dT%H-%M-%S%.3fZ.db";

/// Where a backup is.
pub(crate) fn path_of(folder: &Path, name: &str) -> PathBuf {
    folder.join(FOLDER).join(name)
}

/// The backups of a data folder, newest first; each was checked when it was made.
pub fn list(folder: &Path) -> Result<Vec<Backup>, StoreError> {
    let path = folder.join(FOLDER);
    let entries = match fs::read_dir(&path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(StoreError::of_file(&path, &error)),
    };
    let mut backups: Vec<Backup> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name().into_string().ok()?;
            let made_at = time_in(&name)?;
            Some(Backup { name, made_at, bytes: count(entry.metadata().ok()?.len()) })
        })
        .collect();
    backups.sort_by_key(|backup| std::cmp::Reverse(backup.made_at));
    Ok(backups)
}

/// A data folder's store with its backups, whether or not it can be opened.
pub fn storage(folder: &Path) -> Result<Storage, StoreError> {
    Ok(Storage {
        folder: folder.display().to_string(),
        bytes: count(size(&folder.join(DATABASE))),
        free: fs4::available_space(folder).ok().map(count),
        backups: list(folder)?,
    })
}

/// The newest backup that passes its check now; it reads whole backups, so it is for when one is needed.
pub fn newest_intact(folder: &Path) -> Option<Backup> {
    list(folder).ok()?.into_iter().find(|backup| quick_check(&path_of(folder, &backup.name)).is_ok())
}

/// Makes a backup while work goes on, checks it, and lets the oldest go; none where it was given up in between.
///
/// Errors: there is too little room; the database is damaged; the disk.
pub(crate) fn make(
    folder: &Path,
    now: Millis,
    go_on: &dyn Fn() -> bool,
) -> Result<Option<Backup>, StoreError> {
    let backups = folder.join(FOLDER);
    make_private_folder(&backups)?;
    restrict_folder(&backups)?;
    sweep(&backups);
    let database = folder.join(DATABASE);
    let earlier = list(folder)?;
    let budget = budget(folder, &earlier)?;
    if size(&database) > budget {
        return Err(refuse(
            RefusalCode::NotNow,
            format!(
                "a backup of {} MB does not fit: backups may take a fifth of the free space",
                mega(size(&database))
            ),
            "Make room on this disk.",
        ));
    }
    let (name, made_at) = free_name(folder, now);
    let fresh = backups.join(format!("{name}.{}.new", std::process::id()));
    if !copy(&database, &fresh, go_on)? {
        return Ok(None);
    }
    let path = path_of(folder, &name);
    fs::rename(&fresh, &path)
        .and_then(|()| crate::generation::sync_folder(&backups))
        .map_err(|error| StoreError::of_file(&path, &error))?;
    let all = list(folder)?;
    let sizes: Vec<u64> = all.iter().map(|backup| backup.bytes.0.unsigned_abs()).collect();
    for gone in &all[kept(&sizes, budget)..] {
        remove(&path_of(folder, &gone.name));
    }
    Ok(Some(Backup { bytes: count(size(&path)), name, made_at }))
}

/// What a crash left of a backup that was being made goes after a day.
fn sweep(backups: &Path) {
    let is_left = |path: &Path| {
        let age = fs::metadata(path).and_then(|file| file.modified()).ok().and_then(|at| at.elapsed().ok());
        path.extension().is_some_and(|end| end == "new") && age.is_some_and(|age| age > LEFT)
    };
    let entries = fs::read_dir(backups).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.filter(|path| is_left(path)).for_each(|path| remove(&path));
}

/// What all backups together may take: a share of the space that would be free without them.
fn budget(folder: &Path, backups: &[Backup]) -> Result<u64, StoreError> {
    let free = fs4::available_space(folder).map_err(|error| StoreError::of_file(folder, &error))?;
    let taken: u64 = backups.iter().map(|backup| backup.bytes.0.unsigned_abs()).sum();
    Ok((free + taken) / 100 * SHARE)
}

/// How many of the newest stay: the newest always, the others as far as there is room.
fn kept(sizes: &[u64], budget: u64) -> usize {
    let mut sum = 0u64;
    let fits = sizes.iter().take_while(|size| {
        sum = sum.saturating_add(**size);
        sum <= budget
    });
    fits.count().clamp(1, KEPT).min(sizes.len())
}

/// Two backups within a millisecond are told apart.
fn free_name(folder: &Path, now: Millis) -> (String, Millis) {
    let mut at = now;
    loop {
        let name = name_at(at);
        if !path_of(folder, &name).exists() {
            return (name, at);
        }
        at = at.plus(1);
    }
}

fn name_at(at: Millis) -> String {
    DateTime::from_timestamp_millis(at.0).unwrap_or_default().format(NAME).to_string()
}

fn time_in(name: &str) -> Option<Millis> {
    let at = NaiveDateTime::parse_from_str(name, NAME).ok()?.and_utc();
    Some(Millis(at.timestamp_millis())).filter(|at| name_at(*at) == name)
}

/// The size of a file with the log beside it; 0 where it is not there.
pub(crate) fn size(path: &Path) -> u64 {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    [path, Path::new(&log)].iter().filter_map(|path| Some(fs::metadata(path).ok()?.len())).sum()
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        tracing::warn!(%error, "removing an old backup");
    }
}

fn count(bytes: u64) -> Count {
    Count(i64::try_from(bytes).unwrap_or(i64::MAX))
}

fn mega(bytes: u64) -> u64 {
    bytes.div_ceil(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_are_kept_and_fewer_where_the_disk_is_small_but_never_none() {
        let cases: [(&[u64], u64, usize); 6] = [
            (&[10, 10, 10, 10], 1_000, 3),
            (&[10, 10], 1_000, 2),
            (&[10, 10, 10], 25, 2),
            (&[10, 10, 10], 5, 1),
            (&[], 100, 0),
            (&[u64::MAX, u64::MAX], 100, 1),
        ];
        for (sizes, budget, expected) in cases {
            assert_eq!(kept(sizes, budget), expected, "{sizes:?} in {budget}");
        }
    }

    #[test]
    fn a_name_says_when_and_nothing_else_is_taken_for_a_backup() {
        let at = Millis(1_795_000_000_123);
        assert_eq!(time_in(&name_at(at)), Some(at));
        for other in ["tidemark.db", "tidemark-2026-11-26T13-00-05.123Z.db.new", "../x", "tidemark-x.db"] {
            assert_eq!(time_in(other), None, "{other}");
        }
    }
}
