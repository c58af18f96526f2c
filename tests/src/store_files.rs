//! What somebody else may do to the files of a store: copy them, put an old copy back, spoil them.

use rusqlite::{Connection, OpenFlags};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The database of a data folder.
pub fn database(folder: &Path) -> PathBuf {
    folder.join("tidemark.db")
}

/// The note beside it.
pub fn note(folder: &Path) -> PathBuf {
    folder.join("generation.json")
}

/// A database and the files that belong to it.
const PARTS: [&str; 3] = ["", "-wal", "-shm"];

/// A copy of a database as a backup program makes it: the files as they are.
pub struct Copied(TempDir);

impl Copied {
    /// Copies the database of a folder, also while it is in use.
    pub fn of(folder: &Path) -> Self {
        let kept = tempfile::tempdir().expect("there is room for a copy");
        let copied = Self(kept);
        carry(folder, copied.0.path());
        copied
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        self.0.path()
    }

    /// Puts it in the place of a folder's database; what stands beside that stays.
    pub fn put_back(&self, folder: &Path) {
        carry(self.0.path(), folder);
    }
}

fn carry(from: &Path, to: &Path) {
    for part in PARTS {
        let name = format!("tidemark.db{part}");
        // What is not in the copy must not stand beside it either.
        let _ = fs::remove_file(to.join(&name));
        if from.join(&name).exists() {
            fs::copy(from.join(&name), to.join(&name)).expect("a file can be copied");
        }
    }
}

/// A value of the database's table of single values, as it is on disk.
pub fn meta(folder: &Path, key: &str) -> Option<String> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let db = Connection::open_with_flags(database(folder), flags).expect("the database opens");
    db.query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0)).ok()
}

/// Spoils the first page of a table in a database that nobody has open; everything else can still be read.
pub fn spoil_table(folder: &Path, table: &str) {
    let path = database(folder);
    let db = Connection::open(&path).expect("the database opens");
    db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").expect("the log is copied back");
    let page: u32 = db
        .query_row("SELECT rootpage FROM sqlite_master WHERE name = ?1", [table], |row| row.get(0))
        .expect("the table is there");
    let size: u32 = db.query_row("PRAGMA page_size", [], |row| row.get(0)).expect("it tells");
    drop(db);
    let (page, size) = (page as usize, size as usize);
    spoil(&path, (page - 1) * size..page * size);
}

/// Spoils the beginning of a database, so that it cannot be opened at all.
pub fn spoil_beginning(folder: &Path) {
    spoil(&database(folder), 0..4096);
}

fn spoil(path: &Path, range: std::ops::Range<usize>) {
    let mut bytes = fs::read(path).expect("the database can be read");
    bytes[range].fill(0xA5);
    fs::write(path, bytes).expect("the database can be written");
}
