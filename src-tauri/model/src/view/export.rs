//! In what form changes are given away.

use serde::{Deserialize, Serialize};

/// In what form changes are given away; neither holds secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// Values, attempts and requests, as one JSON object.
    Json,
    /// The requests as commands for a shell.
    Curl,
}
