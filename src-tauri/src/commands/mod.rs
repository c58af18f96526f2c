//! The window's commands, one file per subject. Each takes typed arguments, calls one method, and maps the error.

pub mod activity;
pub mod conflicts;
pub mod decisions;
pub mod hooks;
pub mod incoming;
pub mod links;
pub mod queue;
pub mod records;
pub mod rules;
pub mod settings;
pub mod status;
pub mod storage;
pub mod transactions;

pub use crate::desk::Desk;
use tidemark_model::number::Count;

/// A list's place and size; a negative one is the beginning or nothing.
fn place(count: Count) -> usize {
    usize::try_from(count.0).unwrap_or(0)
}
