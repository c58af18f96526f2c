//! What came from a server and waits for a person: removals that are asked about, and rows that could not be read.

use crate::number::{Count, Millis};
use serde::{Deserialize, Serialize};

/// The server deleted so many records that a person is asked before they go here too (row C4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Removals {
    /// How many records would go here.
    pub would_remove: Count,
    /// Of so many.
    pub of: Count,
    /// There may be more: the server's list goes on behind what was looked at.
    pub at_least: bool,
    /// Since when it asks.
    pub since: Millis,
}

/// A record that would go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Removal {
    /// Its id.
    pub record: String,
    /// Its title.
    pub title: String,
}

/// A row of a server that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct UnreadableRow {
    /// Its number here.
    pub id: Count,
    /// Its link.
    pub link: String,
    /// Its collection.
    pub collection: String,
    /// The id of its record, where that could be read.
    pub record: Option<String>,
    /// Why it could not be read.
    pub reason: String,
    /// When it came.
    pub at: Millis,
    /// The length of the whole row in bytes.
    pub bytes: Count,
}

/// A row that could not be read, with its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct UnreadableDetail {
    /// The row.
    pub row: UnreadableRow,
    /// Its text, or the beginning of it; none where newer ones took the room.
    pub text: Option<String>,
}

/// What reading again came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ReadAgain {
    /// Rows whose record could be read now.
    pub read: Count,
    /// Rows that still cannot be read, or whose server could not be asked.
    pub still: Count,
    /// Rows without an id to ask for.
    pub nameless: Count,
}
