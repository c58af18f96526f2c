//! What the window, the tray, the command line and other programs are shown: one definition for all of them.
//!
//! Documents and values cross as JSON text, so that numbers keep their digits. Names are camelCase except in
//! [`ConflictView`], whose names are given by row H2. Times are milliseconds since 1970.

mod activity;
mod cause;
mod conflict;
mod decision;
mod draft;
mod event;
mod export;
mod group;
mod happened;
mod hook;
mod incoming;
mod link;
mod queue;
mod record;
mod request;
mod rule;
mod sentence;
mod status;
mod storage;
mod transaction;
mod trash;

pub use activity::*;
pub use cause::*;
pub use conflict::*;
pub use decision::*;
pub use draft::*;
pub use event::*;
pub use export::*;
pub use group::*;
pub use happened::*;
pub use hook::*;
pub use incoming::*;
pub use link::*;
pub use queue::*;
pub use record::*;
pub use request::*;
pub use rule::*;
pub use sentence::*;
pub use status::*;
pub use storage::*;
pub use transaction::*;
pub use trash::*;

use crate::failure::shortened;
use serde::{Deserialize, Serialize};

/// One page of a windowed list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ListPage<T> {
    /// The rows asked for.
    pub rows: Vec<T>,
    /// How many rows match in all.
    pub total: crate::number::Count,
}

/// What a caller is told when something cannot be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type, thiserror::Error)]
#[error("{message}")]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// What the window branches on.
    pub code: RefusalCode,
    /// What, where and why, for people.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl Refusal {
    /// A refusal whose message is a sentence, however much of what was given it repeats.
    pub fn new(code: RefusalCode, message: &str, hint: impl Into<String>) -> Self {
        Self { code, message: shortened(message, 1_000), hint: hint.into() }
    }
}

/// The kinds of refusal that somebody branches on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCode {
    /// There is no such thing (any more).
    NotFound,
    /// The input is not acceptable as it is.
    Invalid,
    /// The thing is in a state that does not allow it.
    NotNow,
    /// The server moved since it was looked at.
    Moved,
    /// The server cannot be reached.
    Offline,
    /// The server refuses the account.
    SignIn,
    /// The data folder cannot be read or written.
    Store,
    /// The server answered something that cannot be used.
    Server,
    /// The system's keychain cannot be used.
    Keychain,
}
