//! The one owner of the write connection. Concurrent writes share a commit; each keeps its own savepoint.

use super::StoreError;
use super::checkpoint::Checkpointer;
use super::storage::Write;
use rusqlite::Connection;
use std::path::Path;
use std::sync::mpsc;
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

/// Where writing happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriterMode {
    /// On a thread of its own, in groups.
    Threaded,
    /// On the caller's thread, one at a time: for simulation.
    Inline,
}

/// The most writes that share one commit.
const GROUP: usize = 256;

enum Wish {
    Write(Box<dyn Write>),
    DataVersion(mpsc::Sender<Result<i64, StoreError>>),
}

pub(super) struct Writer {
    place: Mutex<Option<Place>>,
}

enum Place {
    Thread { wishes: mpsc::Sender<Wish>, thread: JoinHandle<()> },
    Inline(Box<Connection>),
}

impl Writer {
    pub(super) fn start(
        mut connection: Connection,
        path: &Path,
        mode: WriterMode,
    ) -> Result<Self, StoreError> {
        let place = match mode {
            WriterMode::Inline => Place::Inline(Box::new(connection)),
            WriterMode::Threaded => {
                let checkpointer = Checkpointer::start(&mut connection, path)?;
                let (wishes, inbox) = mpsc::channel();
                let thread = std::thread::spawn(move || {
                    serve(&connection, &inbox, &checkpointer);
                    checkpointer.stop(&mut connection);
                    close(&connection);
                });
                Place::Thread { wishes, thread }
            }
        };
        Ok(Self { place: Mutex::new(Some(place)) })
    }

    pub(super) fn data_version(&self) -> Result<i64, StoreError> {
        let receive = {
            let place = self.place.lock().unwrap_or_else(PoisonError::into_inner);
            match place.as_ref() {
                None => return Err(StoreError::Closed),
                Some(Place::Inline(connection)) => return data_version(connection),
                Some(Place::Thread { wishes, .. }) => {
                    let (send, receive) = mpsc::channel();
                    wishes.send(Wish::DataVersion(send)).map_err(|_| StoreError::Closed)?;
                    receive
                }
            }
        };
        receive.recv().unwrap_or(Err(StoreError::Closed))
    }

    /// Lets what was submitted be committed, then closes the connection.
    pub(super) fn stop(&self) {
        let place = self.place.lock().unwrap_or_else(PoisonError::into_inner).take();
        match place {
            None => {}
            Some(Place::Inline(connection)) => close(&connection),
            Some(Place::Thread { wishes, thread }) => {
                drop(wishes);
                // Whoever let go of the store last may be a write, on that very thread: it cannot wait for itself.
                if thread.thread().id() != std::thread::current().id() {
                    // The thread ends when the last sender is gone; a panic in it was reported by itself.
                    let _ = thread.join();
                }
            }
        }
    }

    /// Takes a write for the next commit.
    pub(super) fn submit(&self, job: Box<dyn Write>) -> Result<(), StoreError> {
        let place = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        match place.as_ref() {
            None => Err(StoreError::Closed),
            Some(Place::Thread { wishes, .. }) => {
                wishes.send(Wish::Write(job)).map_err(|_| StoreError::Closed)
            }
            Some(Place::Inline(connection)) => {
                commit(connection, vec![job]);
                Ok(())
            }
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.stop();
    }
}

fn serve(connection: &Connection, inbox: &mpsc::Receiver<Wish>, checkpointer: &Checkpointer) {
    while let Ok(first) = inbox.recv() {
        let mut group: Vec<Box<dyn Write>> = Vec::new();
        let mut next = Some(first);
        while let Some(wish) = next {
            match wish {
                Wish::Write(job) => group.push(job),
                // The asker may have gone away.
                Wish::DataVersion(answer) => drop(answer.send(data_version(connection))),
            }
            next = if group.len() < GROUP { inbox.try_recv().ok() } else { None };
        }
        if !group.is_empty() {
            commit(connection, group);
            checkpointer.copy_rest(connection);
        }
    }
}

/// Runs a group in one transaction and answers each.
pub(super) fn commit(connection: &Connection, mut group: Vec<Box<dyn Write>>) {
    let committed = run_group(connection, &mut group);
    if committed.is_err() && !connection.is_autocommit() {
        // A failed COMMIT can leave the transaction open; nothing of it may reach the next group.
        if let Err(error) = connection.execute_batch("ROLLBACK") {
            tracing::error!(%error, "rolling back a failed commit");
        }
    }
    for job in group {
        job.answer(committed.clone());
    }
}

fn run_group(connection: &Connection, group: &mut [Box<dyn Write>]) -> Result<(), StoreError> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let alone = group.len() == 1;
    for job in group {
        let went_well = job.run(connection, alone);
        if connection.is_autocommit() {
            return Err(StoreError::Io {
                path: std::path::PathBuf::new(),
                why: "the disk refused a write; everything of this moment was undone".into(),
            });
        }
        if alone && !went_well {
            connection.prepare_cached("ROLLBACK")?.execute([])?;
            return Ok(());
        }
    }
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok(())
}

pub(super) fn data_version(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?)
}

fn close(connection: &Connection) {
    if let Err(error) = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)") {
        tracing::warn!(%error, "copying the write-ahead log back at the end");
    }
}
