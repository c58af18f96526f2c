//! The queue as people see it.

use crate::failure::ErrorClass;
use crate::mutation::{MutationState, Operation};
use crate::number::{Count, Millis};
use crate::timing::Timing;
use serde::{Deserialize, Serialize};

/// What is shown of a change's state (`ui.md` 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ChangeState {
    /// In line.
    Waiting,
    /// On the wire.
    Sending,
    /// A temporary fault.
    TryingAgain,
    /// Waits for another thing, named.
    OnHold,
    /// Will not go without a person.
    NeedsYou,
    /// Open in the resolver.
    Conflict,
    /// Sent, not confirmed.
    NotConfirmed,
    /// In history only.
    Confirmed,
    /// Discarded.
    InTrash,
    /// Ended without being sent: combined, cancelled or superseded.
    Ended,
}

/// Which changes a list shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct QueueFilter {
    /// Only this state; none: everything that is not finished.
    pub state: Option<ChangeState>,
    /// Only this link.
    pub link: Option<String>,
    /// Only this collection.
    pub collection: Option<String>,
    /// Only records whose id or title contains this text.
    pub search: Option<String>,
    /// By which column; none: what needs a person first, then as it will be sent.
    pub sort: Option<QueueSort>,
}

/// The order of a list of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QueueSort {
    /// By what.
    pub by: QueueColumn,
    /// The greatest first.
    pub descending: bool,
}

/// What changes can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum QueueColumn {
    /// Its state, in the usual order of states.
    State,
    /// The record's title, else its id.
    Record,
    /// What it does.
    What,
    /// The link's name.
    Link,
    /// When it was saved.
    Saved,
    /// The size of its changes.
    Size,
    /// The number of tries.
    Tries,
}

/// One page of the queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct QueuePage {
    /// The rows asked for.
    pub rows: Vec<ChangeRow>,
    /// How many rows match in all; of a search after a place: as many as the first page found.
    pub total: Count,
    /// The place that the next page is asked for after, a text to hand back as it is; null at the end.
    pub next: Option<String>,
    /// They are in the order of the column asked for; false where none was asked for, and where too many match to be sorted:
    /// then they are in the usual order.
    pub sorted: bool,
}

/// Unfinished changes by the record that they change: one stretch of the records.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ChangesByRecord {
    /// The record with the most changes first; at most 100.
    pub groups: Vec<RecordChanges>,
    /// Changes of this stretch whose records found no room.
    pub others: Count,
    /// Changes that have no record here: requests, and what was rolled back. At most 5,000 are counted.
    pub without: Count,
    /// How many are not finished in all.
    pub total: Count,
    /// Where the next stretch begins; none: this was all.
    pub next: Option<Count>,
}

/// The unfinished changes of one record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct RecordChanges {
    /// Link's name.
    pub link: String,
    /// Collection's name.
    pub collection: String,
    /// Record's id.
    pub record: String,
    /// Record's title, else its id.
    pub title: String,
    /// Ids of its changes, oldest first; at most 5,000.
    pub ids: Vec<String>,
    /// How many of those need a person.
    pub needs_you: Count,
    /// It has more than these.
    pub more: bool,
}

/// A record on the server that a change which may have been sent may have made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct MayBeIt {
    /// Its id on the server.
    pub record: String,
    /// Its title, else its id.
    pub title: String,
    /// When it was changed there, where the server tells.
    pub changed_at: Option<Millis>,
}

/// One row of the queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ChangeRow {
    /// Its id (UUID).
    pub id: String,
    /// Its number, rising with saving.
    pub number: Count,
    /// What people see.
    pub state: ChangeState,
    /// What the engine says.
    pub mutation_state: MutationState,
    /// Link's name.
    pub link: String,
    /// Collection's name; empty for an opaque request.
    pub collection: String,
    /// Record's id; an opaque request's method and path.
    pub record: String,
    /// Record's title, else its id; an opaque request's label, else its method and path.
    pub title: String,
    /// What it does.
    pub operation: Operation,
    /// The fields it touches, at most 20.
    pub fields: Vec<String>,
    /// When it was saved.
    pub saved_at: Millis,
    /// Size in bytes of its changes.
    pub size: Count,
    /// Tries so far.
    pub attempts: Count,
    /// Next try, where timed.
    pub next_at: Option<Millis>,
    /// What it waits for or what is wrong.
    pub reason: Option<WaitReason>,
    /// Place among those that wait, from 1, where it is ready.
    pub position: Option<Count>,
    /// 0–9.
    pub priority: u8,
    /// The transaction that it is part of.
    pub transaction: Option<String>,
    /// When it is deleted for good; only in the trash.
    pub gone_at: Option<Millis>,
}

/// Why a change does not go now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum WaitReason {
    /// Behind another change of the same record.
    Behind {
        /// Number of that change.
        change: Count,
    },
    /// Behind the change that makes the record it refers to.
    Dependency {
        /// Number of that change.
        change: Count,
    },
    /// Until all changes of its transaction are first in line for their records.
    Transaction {
        /// That transaction.
        transaction: String,
        /// The one that has a record of it first.
        behind: Option<String>,
    },
    /// Rolled back with its transaction; it can be restored.
    RolledBack {
        /// That transaction.
        transaction: String,
        /// Why: the server's words, or what it stood behind.
        words: String,
    },
    /// Until a time, after a failure.
    Backoff {
        /// The failure.
        class: ErrorClass,
        /// The server's words.
        words: String,
    },
    /// Held by a person.
    Held,
    /// Held until the undo window ends.
    Undo {
        /// When it goes.
        until: Millis,
    },
    /// The engine, its link or its collection is paused.
    Paused,
    /// Until the hours in which the link syncs.
    Hours {
        /// When they begin.
        until: Millis,
    },
    /// For an unmetered network, by the link's schedule.
    Unmetered,
    /// It belongs to another account than the one that is signed in.
    OtherAccount,
    /// The link does not sync by itself (sign-in, certificate …).
    LinkStopped,
    /// A conflict is open.
    Conflict {
        /// Its id.
        conflict: Count,
    },
    /// Refused or given up; a person decides.
    Refused {
        /// The failure.
        class: ErrorClass,
        /// HTTP status, where there was one.
        status: Option<u16>,
        /// The server's words.
        words: String,
    },
    /// Perhaps already applied; repeating could double it.
    MayHaveBeenSent,
}

/// One change, whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ChangeDetail {
    /// The row.
    pub row: ChangeRow,
    /// Field by field: before and after, JSON text.
    pub changes: Vec<FieldChange>,
    /// Newest first, at most 200; the row says how many there were.
    pub attempts: Vec<AttemptView>,
    /// The sealed request, if it has one; an opaque request's own before it is sealed, too.
    pub request: Option<RequestView>,
    /// The caller's own words about it, JSON text.
    pub metadata: Option<String>,
    /// Numbers of changes it waits for.
    pub waits_for: Vec<Count>,
    /// Numbers of changes that wait for it.
    pub waited_on_by: Vec<Count>,
    /// The first of both, by name: at most 50 of each.
    pub neighbours: Vec<Neighbour>,
    /// The change that took it in, or that does again what a saga took back of it.
    pub combined_into: Option<String>,
    /// When it ended.
    pub ended_at: Option<Millis>,
}

/// A change that another waits for, or that waits for another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Neighbour {
    /// Its id (UUID).
    pub id: String,
    /// Its number.
    pub number: Count,
    /// What people see.
    pub state: ChangeState,
    /// What it does.
    pub operation: Operation,
    /// Record's title, else its id; an opaque request's label.
    pub title: String,
}

/// One field of a change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct FieldChange {
    /// JSON Pointer.
    pub path: String,
    /// JSON text before; none where the field was absent.
    pub before: Option<String>,
    /// JSON text after; none where it is removed.
    pub after: Option<String>,
}

/// One try.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct AttemptView {
    /// From 1.
    pub number: Count,
    /// When it began.
    pub started_at: Millis,
    /// When the answer came; none while under way or after a crash.
    pub ended_at: Option<Millis>,
    /// HTTP status.
    pub status: Option<u16>,
    /// Class of the failure; none for a success.
    pub class: Option<ErrorClass>,
    /// The server's words.
    pub words: String,
    /// Start of the answer, without secrets.
    pub excerpt: Option<String>,
    /// When the next try was planned for.
    pub retry_at: Option<Millis>,
    /// That time is later than Tidemark's own rule: the server asked for it.
    pub server_asked: bool,
    /// Its key, the same while the same request is repeated.
    pub key: String,
    /// Where its time went; none where it was not measured.
    pub timing: Option<Timing>,
    /// The network that it went over, as the system names it.
    pub network: Option<String>,
    /// The server's own name for the request.
    pub request_id: Option<String>,
}

/// What of one try is kept word for word: of the newest tries, for 14 days.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct AttemptDetail {
    /// The request that was sent; none where it is no longer kept.
    pub request: Option<RequestView>,
    /// Header lines that it left with, but for those that every request has; empty where nobody saw them.
    pub sent: Vec<String>,
    /// Header lines of the answer; empty where none came or they are no longer kept.
    pub answered: Vec<String>,
    /// The start of the answer's body, at most 64 KiB; of a change that was taken only where it is a request.
    pub body: Option<String>,
}

/// The request as sent, without secrets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct RequestView {
    /// HTTP method.
    pub method: String,
    /// Where it goes.
    pub url: String,
    /// Header lines; secrets never stand here.
    pub headers: Vec<String>,
    /// The body's text.
    pub body: Option<String>,
    /// The idempotency key; empty before it is sealed.
    pub key: String,
    /// The account, where it signs in by name and password.
    pub user: Option<String>,
    /// A secret goes with it, which is not shown.
    pub signed_in: bool,
}

/// What a bulk action did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct BulkResult {
    /// How many it was done to.
    pub done: Count,
    /// How many had already gone or were not in a state for it.
    pub already_gone: Count,
    /// How many stay as they are: a record that they refer to was discarded.
    pub kept: Count,
}

/// Row A13: statistics in constant time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct QueueStats {
    /// Over all links.
    pub counts: QueueCountsByState,
    /// Per collection.
    pub collections: Vec<CollectionQueue>,
    /// Saved time of the oldest that waits.
    pub oldest_pending: Option<Millis>,
    /// The next stored wake-up.
    pub next_retry: Option<Millis>,
}

/// How many changes are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct QueueCountsByState {
    /// Waiting in line.
    pub queued: Count,
    /// On the wire.
    pub sealed: Count,
    /// Sent, no definite answer.
    pub uncertain: Count,
    /// In open conflicts.
    pub conflicted: Count,
    /// Need a person.
    pub parked: Count,
    /// Confirmed.
    pub confirmed: Count,
    /// Ended for the server's version.
    pub superseded: Count,
    /// Taken into another.
    pub combined: Count,
    /// Undone before sending.
    pub cancelled: Count,
    /// In the trash or purged from it.
    pub discarded: Count,
}

/// One collection's part of the queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct CollectionQueue {
    /// Link's name.
    pub link: String,
    /// Collection's name.
    pub collection: String,
    /// Its counts.
    pub counts: QueueCountsByState,
}
