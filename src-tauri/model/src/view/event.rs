//! Events: which views are stale, with ids and counters, never documents. A lost event does no harm (row E2).

use super::{Progress, Resolution, StatusSnapshot, TransactionChanged};
use crate::number::Count;
use serde::{Deserialize, Serialize};

/// Everything that the engine tells while it works.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// `sync-state-changed`.
    SyncStateChanged(Box<StatusSnapshot>),
    /// `sync-progress`.
    SyncProgress(SyncProgress),
    /// `queue-changed`.
    QueueChanged(QueueChanged),
    /// `records-changed`.
    RecordsChanged(RecordsChanged),
    /// `conflict-created`.
    ConflictCreated(ConflictCreated),
    /// `conflict-resolved`.
    ConflictResolved(ConflictResolved),
    /// `transaction-changed`.
    TransactionChanged(TransactionChanged),
}

/// A run's progress on one link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct SyncProgress {
    /// Link's name.
    pub link: String,
    /// The counts.
    #[serde(flatten)]
    pub progress: Progress,
}

/// The queue's lists are stale.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct QueueChanged {
    /// Everything not confirmed.
    pub queue_length: Count,
    /// Ids of changes that moved, at most 100; empty with `many` when more did.
    pub changes: Vec<String>,
    /// More than 100 moved.
    pub many: bool,
}

/// Records of a collection are stale.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct RecordsChanged {
    /// Link's name.
    pub link: String,
    /// Collection's name.
    pub collection: String,
    /// Ids of records that moved, at most 100; empty with `many` when more did.
    pub records: Vec<String>,
    /// More than 100 moved.
    pub many: bool,
}

/// A conflict was met, or the server side of one moved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ConflictCreated {
    /// Its id.
    pub conflict: Count,
    /// Link's name.
    pub link: String,
    /// Collection's name.
    pub collection: String,
    /// Record's id.
    pub record: String,
    /// Record's title.
    pub title: String,
    /// It was open before and the server moved again.
    pub refreshed: bool,
    /// Open conflicts now.
    pub open: Count,
}

/// A conflict ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ConflictResolved {
    /// Its id.
    pub conflict: Count,
    /// Link's name.
    pub link: String,
    /// Collection's name.
    pub collection: String,
    /// Record's id.
    pub record: String,
    /// How; none where it ended by itself.
    pub resolution: Option<Resolution>,
    /// Open conflicts now.
    pub open: Count,
}
