//! The one trait behind the store (row A2): transactions in which verbs run, whatever keeps the data.

use super::{StoreError, Tx};
use std::path::Path;

/// Keeps what verbs write. The tables behind it are the verbs' own; nobody else speaks SQL.
///
/// [`OnDisk`](super::OnDisk) is the one that people work with; [`Inline`](super::Inline) serves tests of models and
/// simulation, and outlives an engine as a disk does; [`Faulty`](super::Faulty) wraps either and fails where it is told to.
pub trait Storage: Send + Sync {
    /// Takes a write: it runs in a transaction and is answered after the commit, with the fate of that. Writes that come
    /// together may share a commit.
    fn submit(&self, write: Box<dyn Write>) -> Result<(), StoreError>;

    /// Runs `look` in one read transaction, so that all it sees is of one moment.
    fn read(&self, look: &mut dyn FnMut(&Tx) -> Result<(), StoreError>) -> Result<(), StoreError>;

    /// A number that becomes another one when another process has committed something.
    fn data_version(&self) -> Result<i64, StoreError>;

    /// The file of the database; none where there is none to be checked and copied.
    fn path(&self) -> Option<&Path>;

    /// Commits what was taken and lets go of the database.
    fn close(&self);
}

/// A verb on its way to a transaction, with somebody who waits for the answer.
pub trait Write: Send {
    /// Does the work; beside others (not `alone`) it keeps a savepoint of its own, and its own failure undoes only its
    /// own part. Says whether it went well.
    fn run(&mut self, tx: &Tx, alone: bool) -> bool;

    /// Answers: its own failure, else the fate of the commit.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Verb<T, F, A> {
    work: Option<F>,
    result: Option<Result<T, StoreError>>,
    answer: A,
}

/// A write of a closure.
pub(super) fn write<T, F>(
    work: F,
    answer: impl FnOnce(Result<T, StoreError>) + Send + 'static,
) -> Box<dyn Write>
where
    T: Send + 'static,
    F: FnOnce(&Tx) -> Result<T, StoreError> + Send + 'static,
{
    Box::new(Verb { work: Some(work), result: None, answer })
}

impl<T, F, A> Write for Verb<T, F, A>
where
    T: Send,
    F: FnOnce(&Tx) -> Result<T, StoreError> + Send,
    A: FnOnce(Result<T, StoreError>) + Send,
{
    fn run(&mut self, tx: &Tx, alone: bool) -> bool {
        let Some(work) = self.work.take() else { return true };
        // A savepoint copies every page it touches; alone, undoing the transaction undoes the same.
        let result = if alone { work(tx) } else { in_savepoint(tx, work) };
        let went_well = result.is_ok();
        self.result = Some(result);
        went_well
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        // Its own refusal says more than the group's fate; a success holds only with the commit.
        let result = match (self.result, committed) {
            (Some(Err(own)), _) => Err(own),
            (_, Err(group)) => Err(group),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (None, Ok(())) => Err(StoreError::Closed),
        };
        (self.answer)(result);
    }
}

fn in_savepoint<T>(tx: &Tx, work: impl FnOnce(&Tx) -> Result<T, StoreError>) -> Result<T, StoreError> {
    tx.prepare_cached("SAVEPOINT job")?.execute([])?;
    let result = work(tx);
    if tx.is_autocommit() {
        // A full disk or an I/O error has undone the whole transaction already.
        return result;
    }
    if result.is_err() {
        tx.prepare_cached("ROLLBACK TO job")?.execute([])?;
    }
    tx.prepare_cached("RELEASE job")?.execute([])?;
    result
}
