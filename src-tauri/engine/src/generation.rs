//! Which state of the database was the last one here, noted beside it: a copy that is put back is older than the note
//! (`engine.md` 2).
//!
//! The database is always written first and the note after it, before anything is sent. A crash between the two leaves
//! the database ahead of the note, which says nothing; a database behind the note is an old copy, without exception.

use crate::store::StoreError;
use crate::store::faults::make_private_file;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// The name of the note inside the data folder.
const FILE: &str = "generation.json";

/// A state of a database: which database, and how often it was opened, closed or sent from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Generation {
    pub(crate) instance: String,
    pub(crate) number: i64,
}

/// What stands in a database when its sender opens it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// None before the first sender opened it.
    pub(crate) generation: Option<Generation>,
    /// The note beside it was written at least once, so that it cannot be missing by a crash.
    pub(crate) noted: bool,
    /// It holds no connection and no change: there is nothing to be in doubt about.
    pub(crate) empty: bool,
}

/// Whether a database is the one that was here last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is, or it is new.
    Newest,
    /// An old copy was put back, or one from elsewhere.
    OldCopy,
}

/// Compares a database with the note beside it.
pub(crate) fn judge(found: &Found, note: Option<&Generation>) -> Verdict {
    let is_newest = match (&found.generation, note) {
        // Of before there were notes, or new.
        (None, None) => true,
        (None, Some(_)) => found.empty,
        (Some(_), None) => !found.noted || found.empty,
        (Some(known), Some(note)) => known.instance == note.instance && known.number >= note.number,
    };
    if is_newest { Verdict::Newest } else { Verdict::OldCopy }
}

/// Reads the note; none where there is none. One that cannot be understood is told: it is written whole or not at all.
pub(crate) fn read(folder: &Path) -> Result<Option<Generation>, StoreError> {
    let path = path(folder);
    match fs::read(&path) {
        Ok(text) => match serde_json::from_slice(&text) {
            Ok(generation) => Ok(Some(generation)),
            Err(error) => {
                tracing::warn!(%error, "the note of the last state cannot be read and counts as missing");
                Ok(None)
            }
        },
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::Io { path, why: error.to_string() }),
    }
}

/// Writes the note so that it is on disk when this returns, the old one or the new one, never half of one.
pub(crate) fn write(folder: &Path, generation: &Generation) -> Result<(), StoreError> {
    let (path, fresh) = (path(folder), folder.join("generation.json.new"));
    let text = serde_json::to_vec(generation)?;
    let written = File::create(&fresh).and_then(|mut file| {
        file.write_all(&text)?;
        file.sync_all()
    });
    written.map_err(|error| StoreError::of_file(&path, &error))?;
    make_private_file(&fresh)?;
    fs::rename(&fresh, &path)
        .and_then(|()| sync_folder(folder))
        .map_err(|error| StoreError::of_file(&path, &error))
}

/// A file's new name is on disk only with its folder.
pub(crate) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

fn path(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(instance: &str, number: i64) -> Option<Generation> {
        Some(Generation { instance: instance.into(), number })
    }

    #[test]
    fn only_a_database_behind_its_note_or_from_elsewhere_is_an_old_copy() {
        let found = |generation, noted, empty| Found { generation, noted, empty };
        let cases = [
            ("the first start", found(None, false, true), None, Verdict::Newest),
            ("a database of before there were notes", found(None, false, false), None, Verdict::Newest),
            ("a new one beside an old note", found(None, false, true), of("a", 7), Verdict::Newest),
            ("an old copy of before the notes", found(None, false, false), of("a", 7), Verdict::OldCopy),
            ("a crash before the first note", found(of("a", 1), false, false), None, Verdict::Newest),
            ("a database copied alone", found(of("a", 1), true, false), None, Verdict::OldCopy),
            ("an empty one copied alone", found(of("a", 1), true, true), None, Verdict::Newest),
            ("as it was left", found(of("a", 4), true, false), of("a", 4), Verdict::Newest),
            ("a crash before the note", found(of("a", 5), true, false), of("a", 4), Verdict::Newest),
            ("an old copy", found(of("a", 3), true, false), of("a", 4), Verdict::OldCopy),
            ("another database", found(of("b", 9), true, false), of("a", 4), Verdict::OldCopy),
        ];
        for (what, found, note, expected) in cases {
            assert_eq!(judge(&found, note.as_ref()), expected, "{what}");
        }
    }

    #[test]
    fn a_note_is_read_as_it_was_written_and_half_a_note_counts_as_none() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap(), None);
        let generation = of("a", 3).unwrap();
        write(folder.path(), &generation).unwrap();
        assert_eq!(read(folder.path()).unwrap(), Some(generation));
        fs::write(path(folder.path()), b"{\"inst").unwrap();
        assert_eq!(read(folder.path()).unwrap(), None);
    }
}
