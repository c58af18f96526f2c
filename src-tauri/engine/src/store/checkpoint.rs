//! Copying the write-ahead log back into the database, beside the writes that people wait for (`engine.md` 2).

use super::{BUSY_TIMEOUT, StoreError};
use rusqlite::Connection;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::JoinHandle;

/// So many pages in the log and it is copied back: 4 MiB.
const PAGES: i32 = 1_000;
/// So many and the writer does it itself, so that the log grows no further while copying cannot keep up: 64 MiB.
const CAP: i32 = 16 * PAGES;

/// A thread with a connection of its own that copies the log back when the writer says that it has grown.
pub(super) struct Checkpointer {
    wishes: SyncSender<()>,
    thread: JoinHandle<()>,
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
        let thread = std::thread::spawn(move || copy_back(&connection, &inbox));
        let wish = wishes.clone();
        let mut asked_at = 0;
        writer.wal_hook(Some(move |log: &mut rusqlite::hooks::Wal, pages: i32| {
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
        Ok(Self { wishes, thread })
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

fn copy_back(connection: &Connection, inbox: &Receiver<()>) {
    while inbox.recv().is_ok() {
        let copied = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get::<_, i64>(0));
        if let Err(error) = copied {
            // It is tried again with the next wish, and by the writer itself when the log gets too long.
            tracing::debug!(%error, "copying the write-ahead log back");
        }
    }
}
