//! Copying the write-ahead log back into the database, beside the writes that people wait for (`engine.md` 2).

use super::{BUSY_TIMEOUT, StoreError};
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::JoinHandle;

/// So many pages in the log and it is copied back: 4 MiB.
const PAGES: i32 = 1_000;
/// So many and the writer does it itself, so that the log grows no further while copying cannot keep up: 64 MiB.
const CAP: i32 = 16 * PAGES;

/// What is left of a copied log is so short that the writer copies it between two groups: 2 MiB.
const REST: i32 = PAGES / 2;

/// A thread with a connection of its own that copies the log back when the writer says that it has grown.
///
/// While writes go on it never reaches the log's end, and a log that is not copied to its end only grows: then every
/// commit has to make the file longer, which a disk does at twice the price of writing over what is there. So the writer
/// copies the short rest, and the next commit begins the log anew in the same file.
pub(super) struct Checkpointer {
    wishes: SyncSender<()>,
    pages: Arc<Pages>,
    thread: JoinHandle<()>,
}

/// Lengths in pages.
#[derive(Default)]
struct Pages {
    /// Of the log, after the last commit.
    log: AtomicI32,
    /// Of what was copied of it since the writer looked; 0 where nothing was.
    copied: AtomicI32,
}

impl Checkpointer {
    /// Starts it, and lets the writer tell it; from here on no commit of the writer copies by itself.
    pub(super) fn start(writer: &mut Connection, path: &Path) -> Result<Self, StoreError> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "checkpoint_fullfsync", true)?;
        // One wish that waits is enough: copying takes all there is.
        let (wishes, inbox) = mpsc::sync_channel(1);
        let pages = Arc::<Pages>::default();
        let (copied, length) = (Arc::clone(&pages), Arc::clone(&pages));
        let thread = std::thread::spawn(move || copy_back(&connection, &inbox, &copied.copied));
        let wish = wishes.clone();
        let mut asked_at = 0;
        writer.wal_hook(Some(move |log: &mut rusqlite::hooks::Wal, pages: i32| {
            length.log.store(pages, Ordering::Relaxed);
            // The log began anew.
            asked_at = asked_at.min(pages);
            if pages >= CAP {
                // A reader may hold the log for a while; the next commit tries again. What was committed stands anyway.
                let _ = log.checkpoint();
            } else if pages - asked_at >= PAGES {
                // While writes go on the log is never copied to its end: each further stretch is asked for once.
                asked_at = pages;
                let _ = wish.try_send(());
            }
            Ok(())
        }))?;
        Ok(Self { wishes, pages, thread })
    }

    /// Copies what the thread left of the log, where that is little; between two groups, when nobody waits for an answer.
    pub(super) fn copy_rest(&self, writer: &Connection) {
        let copied = self.pages.copied.swap(0, Ordering::Relaxed);
        if copied > 0 && self.pages.log.load(Ordering::Relaxed) - copied <= REST {
            copy(writer);
        }
    }

    /// Ends it; the writer copies the rest when it closes.
    pub(super) fn stop(self, writer: &mut Connection) {
        // The hook holds the other end.
        if let Err(error) =
            writer.wal_hook(None::<fn(&mut rusqlite::hooks::Wal, i32) -> rusqlite::Result<()>>)
        {
            tracing::warn!(%error, "letting the log go");
        }
        drop(self.wishes);
        // A panic in it was reported by itself.
        let _ = self.thread.join();
    }
}

fn copy_back(connection: &Connection, inbox: &Receiver<()>, copied: &AtomicI32) {
    while inbox.recv().is_ok() {
        if let Some(pages) = copy(connection) {
            copied.store(pages, Ordering::Relaxed);
        }
    }
}

/// Copies as much of the log as can be copied without waiting; how many of its pages are copied now.
fn copy(connection: &Connection) -> Option<i32> {
    let copied = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(2));
    // It is tried again with the next wish, and by the writer itself when the log gets too long.
    copied.inspect_err(|error| tracing::debug!(%error, "copying the write-ahead log back")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // proves A1
    #[test]
    fn a_log_that_was_copied_to_its_end_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let mut writer = Connection::open(&path).unwrap();
        writer.pragma_update(None, "journal_mode", "WAL").unwrap();
        writer.execute_batch("CREATE TABLE t (text TEXT)").unwrap();
        let checkpointer = Checkpointer::start(&mut writer, &path).unwrap();
        let commit = || assert_eq!(writer.execute("INSERT INTO t VALUES (?1)", ["x".repeat(4096)]), Ok(1));
        let length = || std::fs::metadata(folder.path().join("a.db-wal")).unwrap().len();
        let write_up_to = |pages: i32| {
            while checkpointer.pages.log.load(Ordering::Relaxed) < pages {
                commit();
            }
        };
        write_up_to(PAGES - 100);
        // What is written after this moment of another's reading is not copied yet.
        let reader = Connection::open(&path).unwrap();
        let reading = reader.unchecked_transaction().unwrap();
        reading.query_row("SELECT count(*) FROM t", [], |row| row.get::<_, i64>(0)).unwrap();
        write_up_to(PAGES);
        while checkpointer.pages.copied.load(Ordering::Relaxed) == 0 {
            std::thread::yield_now();
        }
        reading.finish().unwrap();
        let before = length();
        checkpointer.copy_rest(&writer);
        (0..100).for_each(|_| commit());
        assert_eq!(length(), before, "the log began anew in the same file");
        assert!(checkpointer.pages.log.load(Ordering::Relaxed) < PAGES);
        checkpointer.stop(&mut writer);
        let kept: i64 = writer.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap();
        let rows = writer.query_row("SELECT count(*) FROM t WHERE length(text) = 4096", [], |row| row.get(0));
        assert!(kept > 110 && rows == Ok(kept));
    }
}
