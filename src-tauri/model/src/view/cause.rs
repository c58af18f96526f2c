//! What needs a person, by cause.

use crate::failure::ErrorClass;
use crate::number::Count;
use serde::{Deserialize, Serialize};

/// What needs a person, by cause: one stretch of the queue, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Causes {
    /// The largest group first; at most 100.
    pub groups: Vec<CauseGroup>,
    /// Changes of this stretch in groups that found no room.
    pub others: Count,
    /// How many need a person in all.
    pub total: Count,
    /// Where the next stretch begins; none: this was all.
    pub next: Option<Count>,
}

/// Changes that need a person for one cause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct CauseGroup {
    /// The cause's name, to ask for its changes by.
    pub key: String,
    /// The link whose server refused.
    pub link: String,
    /// The failure.
    pub class: ErrorClass,
    /// HTTP status, where there was one.
    pub status: Option<u16>,
    /// The server's own words where all were told the same, else what their words have in common.
    pub words: String,
    /// How many.
    pub count: Count,
    /// The oldest of them.
    pub example: String,
    /// Its record's title.
    pub example_title: String,
}

/// Ids of one cause's changes: one stretch of the queue, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct CauseChanges {
    /// The ids.
    pub ids: Vec<String>,
    /// Where the next stretch begins; none: these were the last.
    pub next: Option<Count>,
}
