//! What is kept on this computer's disk, and its copies.

use crate::number::{Count, Millis};
use serde::{Deserialize, Serialize};

/// A backup of the local store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Backup {
    /// Its name, by which it is restored.
    pub name: String,
    /// When it was made.
    pub made_at: Millis,
    /// Its size in bytes.
    pub bytes: Count,
}

/// The local store with its backups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Storage {
    /// The data folder.
    pub folder: String,
    /// What the database takes, in bytes.
    pub bytes: Count,
    /// What is free on its disk, in bytes; none where the system does not tell.
    pub free: Option<Count>,
    /// The backups, newest first.
    pub backups: Vec<Backup>,
}

/// What a restore did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Restored {
    /// The backup that stands in place now.
    pub from: Backup,
    /// The name under which the former database is kept; none where there was none.
    pub set_aside: Option<String>,
}

/// An older copy of the local store was put back: what was unsent in it is asked for before it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct PutBack {
    /// When that was noticed.
    pub at: Millis,
    /// How many changes may have been sent already.
    pub in_doubt: Count,
}
