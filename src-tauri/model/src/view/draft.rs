//! Drafts: what was typed into the form of a record and not saved.

use crate::number::Millis;
use serde::{Deserialize, Serialize};

/// One typed value of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DraftEdit {
    /// JSON Pointer.
    pub path: String,
    /// The text as it was typed, which may be no JSON yet; none removes the field.
    pub set: Option<String>,
    /// What stood in the record when it was typed, JSON text; another value there now means that somebody else changed it.
    pub before: Option<String>,
}

/// What was typed into the form of a record, or of a new one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Draft {
    /// Field by field.
    pub edits: Vec<DraftEdit>,
    /// When it was kept last.
    pub at: Millis,
}
