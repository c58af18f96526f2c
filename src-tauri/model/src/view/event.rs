//! Events: which views are stale, with ids and counters, never documents. A lost event does no harm (row E2).

use super::{Connectivity, LastError, LinkState, Progress, Resolution, StatusSnapshot, TransactionChanged};
use crate::number::{Count, Millis};
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
    /// `link:status-change`.
    LinkStatusChange(LinkStatusChange),
    /// `link:connectivity-change`.
    LinkConnectivityChange(LinkConnectivityChange),
    /// `checkpoint:pull-advance`.
    PullAdvance(PullAdvance),
    /// `checkpoint:push-advance`.
    PushAdvance(PushAdvance),
    /// `gap:detected`.
    GapDetected(GapDetected),
    /// `repair:started`.
    RepairStarted(RepairStarted),
    /// `repair:completed`.
    RepairCompleted(RepairCompleted),
    /// `repair:failed`.
    RepairFailed(RepairFailed),
    /// `degraded-poll:entered`.
    DegradedPollEntered(DegradedPollEntered),
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

/// A link's status is another one (row F3).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct LinkStatusChange {
    /// Link's id.
    pub id: Count,
    /// Link's name.
    pub link: String,
    /// As it was told last.
    pub from: LinkState,
    /// As it is stored now.
    pub to: LinkState,
}

/// A link's server answers, or does so no more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct LinkConnectivityChange {
    /// Link's id.
    pub id: Count,
    /// Link's name.
    pub link: String,
    /// As it was told last.
    pub from: Connectivity,
    /// As it is now.
    pub to: Connectivity,
    /// What went wrong; none while the server answers.
    pub error: Option<LastError>,
    /// When the server is looked for next, where that is timed.
    pub next_try: Option<Millis>,
}

/// More of a collection is durably here: the checkpoint that the next pull starts from (row F2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct PullAdvance {
    /// Link's id.
    pub id: Count,
    /// Link's name.
    pub link: String,
    /// Collection's name.
    pub collection: String,
    /// The server's token that was told last; none where a stream begins, or begins anew.
    pub from: Option<String>,
    /// The token that is stored now.
    pub to: String,
}

/// More of a link's changes are confirmed without a gap (row F5).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct PushAdvance {
    /// Link's id.
    pub id: Count,
    /// Link's name.
    pub link: String,
    /// Number of the change up to which it was told last; 0 where none was.
    pub from: Count,
    /// Number of the last confirmed change before the first one that is not finished.
    pub to: Count,
}

/// Why what is here of a collection cannot be continued (row F4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// The server no longer knows what changed since the checkpoint.
    Expired,
    /// The server began anew: its checkpoints are of another epoch or stream.
    NewEpoch,
    /// An older copy of the local store was put back.
    PutBack,
}

/// What is here of a collection cannot be continued from where it was: all of it will be compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct GapDetected {
    /// Link's id.
    pub id: Count,
    /// Link's name.
    pub link: String,
    /// Collection's name.
    pub collection: String,
    /// The server's token that is void now; none where nothing of a list was there yet.
    pub position: Option<String>,
    /// Why.
    pub reason: GapReason,
}

/// A try to compare a collection's whole set with the server's begins. It lasts until it ends or fails: a pause, a restart
/// or a slower pace only lets it wait.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct RepairStarted {
    /// Link's id.
    pub id: Count,
    /// Link's name.
    pub link: String,
    /// Collection's name.
    pub collection: String,
    /// Its number since the whole sets were equal last, from 1.
    pub attempt: Count,
    /// The server's token that it goes on from; none where it begins.
    pub position: Option<String>,
    /// Why it is compared; none where an earlier version of Tidemark began that.
    pub reason: Option<GapReason>,
}

/// A collection's whole set was compared with the server's and is in step with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct RepairCompleted {
    /// Link's id.
    pub id: Count,
    /// Link's name.
    pub link: String,
    /// Collection's name.
    pub collection: String,
    /// The try that got to the end.
    pub attempt: Count,
    /// Rows that the server listed.
    pub compared: Count,
    /// Records that came or changed here.
    pub brought: Count,
    /// Records that went here.
    pub removed: Count,
}

/// A try to compare was interrupted by an error, and there will be another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct RepairFailed {
    /// Link's id.
    pub id: Count,
    /// Link's name.
    pub link: String,
    /// Collection's name.
    pub collection: String,
    /// The try.
    pub attempt: Count,
    /// The server's token that the next one goes on from; none where it begins.
    pub position: Option<String>,
    /// What went wrong.
    pub error: LastError,
}

/// A link's first repair that failed: it is polled until all of them went well.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct DegradedPollEntered {
    /// Link's id.
    pub id: Count,
    /// Link's name.
    pub link: String,
    /// Name of the collection whose repair failed.
    pub collection: String,
    /// The try.
    pub attempt: Count,
    /// What went wrong.
    pub error: LastError,
}
