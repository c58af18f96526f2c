//! Opaque requests as programs give them (row A1).

use crate::request::Method;
use serde::{Deserialize, Serialize};

/// A request to be kept, and sent when its link's server can be reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewRequest {
    /// Its method.
    pub method: Method,
    /// Path and query under the link's endpoint, at most 8 KiB; a '/' at its start makes no difference.
    pub target: String,
    /// The body, JSON text of at most 16 MiB, sent as it is; none goes without one.
    #[serde(default)]
    pub body: Option<String>,
    /// The caller's words for it, at most 200 characters.
    #[serde(default)]
    pub label: Option<String>,
    /// The caller's own words about it, JSON text of at most 16 KiB.
    #[serde(default)]
    pub metadata: Option<String>,
    /// How urgent it is, 0–9; none takes 5.
    #[serde(default)]
    pub priority: Option<u8>,
    /// Ids of changes of the same link that it waits for.
    #[serde(default)]
    pub depends_on: Vec<String>,
}
