//! The one status: every surface is a rendering of this struct (`engine.md` 12, `ui.md` 3.2).

use super::{Activity, Attention, LinkState, PutBack, Removals, Sentence};
use crate::failure::ErrorClass;
use crate::number::{Count, Millis};
use crate::schedule::{Network, Schedule, ScheduleWait};
use crate::settings::Compress;
use serde::{Deserialize, Serialize};

/// Row E1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum EngineState {
    /// Nothing is under way.
    #[default]
    Idle,
    /// A cycle is under way.
    Syncing,
    /// The last cycle failed; the next good one ends this.
    Failed,
}

/// Whether the server answers; always unknown at start, never stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Connectivity {
    /// Not checked since the start.
    #[default]
    Unknown,
    /// The last request was answered by the server.
    Online,
    /// The last request found no server.
    Offline,
}

/// Everything that every surface says about the engine, taken at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct StatusSnapshot {
    /// Rises with every snapshot of this process.
    pub seq: Count,
    /// When it was taken.
    pub at: Millis,
    /// Row E1, over all links.
    pub state: EngineState,
    /// Over all links: online if one is, offline if all are.
    pub connectivity: Connectivity,
    /// The whole engine is paused.
    pub paused: bool,
    /// Since when.
    pub paused_since: Option<Millis>,
    /// Totals since the start of the process.
    pub stats: SyncStats,
    /// Everything not confirmed.
    pub queue_length: Count,
    /// The end of the last cycle that reached a server.
    pub last_sync_time: Option<Millis>,
    /// The last failure that has not been followed by a good cycle.
    pub last_error: Option<LastError>,
    /// The first sentence of Overview (`ui.md`, appendix A).
    pub sentence: Sentence,
    /// The activity half of the status (`ui.md` 3.2).
    pub activity: Activity,
    /// The attention half.
    pub attention: Attention,
    /// The unfinished changes by what they wait for.
    pub queue: QueueCounts,
    /// The run under way.
    pub progress: Option<Progress>,
    /// Where every saved change is.
    pub ledger: Ledger,
    /// Changes confirmed since midnight UTC.
    pub sent_today: Count,
    /// Changes refused since midnight UTC.
    pub refused_today: Count,
    /// Merges made without asking in the last 7 days.
    pub merged_week: Count,
    /// The last confirmed change.
    pub last_confirmed_at: Option<Millis>,
    /// Whether the store can be written; when not, what is wrong.
    pub store_fault: Option<StoreFault>,
    /// An older copy of the store was put back, until a person has seen that.
    pub put_back: Option<PutBack>,
    /// What the system says of the network.
    pub network: Network,
    /// Each link's own line.
    pub links: Vec<LinkStatus>,
}

/// Row E2's totals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct SyncStats {
    /// Changes confirmed.
    pub success_count: Count,
    /// Answers that were failures.
    pub failure_count: Count,
    /// Conflicts met.
    pub conflict_count: Count,
    /// Length of the last cycle in milliseconds.
    pub last_sync_duration: Option<Millis>,
}

/// A failure as the status tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct LastError {
    /// Which link.
    pub link: String,
    /// Its class.
    pub class: ErrorClass,
    /// The server's words, or what happened below HTTP.
    pub words: String,
    /// When.
    pub at: Millis,
}

/// What keeps the store from being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum StoreFault {
    /// The disk is full.
    DiskFull,
    /// The folder cannot be written.
    ReadOnly,
    /// The database failed its check.
    Damaged,
    /// The disk reports errors.
    Io,
}

/// The unfinished changes by what they wait for; each is counted once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct QueueCounts {
    /// Will go by themselves, including those behind another of their record.
    pub waiting: Count,
    /// Of those, waiting for another try.
    pub trying_again: Count,
    /// Of those, held by a person or by an undo window.
    pub on_hold: Count,
    /// On the wire.
    pub sending: Count,
    /// Sent without a definite answer.
    pub not_confirmed: Count,
    /// Changes in open conflicts.
    pub in_conflict: Count,
    /// Parked.
    pub needs_you: Count,
    /// In the trash.
    pub in_trash: Count,
    /// Saved time of the oldest that is not finished.
    pub oldest_at: Option<Millis>,
    /// The next stored wake-up.
    pub next_at: Option<Millis>,
}

impl QueueCounts {
    /// How many a run that begins now sends, as far as is known before it: not those on hold, those whose next try is still to
    /// come, and those that wait for a person. More may follow while it goes on.
    pub fn to_send(&self) -> i64 {
        self.waiting.0 - self.trying_again.0 - self.on_hold.0 + self.sending.0 + self.not_confirmed.0
    }
}

/// One run's progress (row E2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// Changes answered in this run, or rows received.
    pub processed: Count,
    /// Of so many; it may grow.
    pub total: Count,
    /// Of those, confirmed.
    pub success_count: Count,
    /// Of those, failed.
    pub failure_count: Count,
    /// Of those, in conflict.
    pub conflict_count: Count,
    /// Bytes of the bodies that were sent in this run.
    pub bytes: Count,
    /// Rows received in this run.
    pub received: Count,
}

/// Where every saved change is; it always balances (`engine.md` 1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Ledger {
    /// Since when the counting goes.
    pub since: Option<Millis>,
    /// Changes saved.
    pub saved: Count,
    /// Accepted by the server.
    pub confirmed: Count,
    /// Sent, no definite answer.
    pub not_confirmed: Count,
    /// In line or on the wire.
    pub waiting: Count,
    /// In open conflicts.
    pub conflicts: Count,
    /// Parked.
    pub needs_you: Count,
    /// Ended by a decision for the server's version.
    pub superseded: Count,
    /// Taken into another change.
    pub combined: Count,
    /// Undone before they were sent.
    pub cancelled: Count,
    /// Put in the trash by a person.
    pub discarded: Count,
    /// Whether saved is the sum of the others.
    pub balanced: bool,
}

/// One link's own line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct LinkStatus {
    /// Its id.
    pub id: Count,
    /// Its name.
    pub name: String,
    /// Its kind of server.
    pub kind: String,
    /// Its address.
    pub url: String,
    /// The host, as shown in sentences.
    pub server: String,
    /// Its account.
    pub user: Option<String>,
    /// Whether the server answers.
    pub connectivity: Connectivity,
    /// How it is kept in step (row F3).
    pub state: LinkState,
    /// A person paused it.
    pub paused: bool,
    /// Why it does not sync by itself, if so.
    pub stopped: Option<Stopped>,
    /// A cycle is under way.
    pub syncing: bool,
    /// Last answer from the server.
    pub last_contact: Option<Millis>,
    /// Since when it cannot be reached.
    pub offline_since: Option<Millis>,
    /// When it tries again, where that is timed.
    pub next_try: Option<Millis>,
    /// Its unfinished changes.
    pub queue: QueueCounts,
    /// Its open conflicts.
    pub conflicts: Count,
    /// The last failure, until a good cycle.
    pub last_error: Option<LastError>,
    /// Whether the secret is kept in the keychain.
    pub secret_kept: bool,
    /// How far the server's clock is ahead of this computer's, in milliseconds.
    pub clock_skew: Option<Millis>,
    /// Its collections.
    pub collections: Vec<CollectionStatus>,
    /// When and how it may sync.
    pub limits: LinkLimits,
    /// What it waits for by its schedule.
    pub waits: Option<ScheduleWait>,
    /// The server refused a packed body: bodies go to it as they are.
    pub plain_bodies: bool,
}

/// When and how a link may sync (`ui.md` 3.10, Schedule and limits).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(deny_unknown_fields)]
pub struct LinkLimits {
    /// When it syncs by itself.
    pub schedule: Schedule,
    /// How its bodies are packed.
    pub compress: Compress,
}

/// Why a link does not sync by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "reason", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Stopped {
    /// The server wants a sign-in.
    SignIn {
        /// The server's words.
        words: String,
    },
    /// Something else answers at this address.
    Intercepted {
        /// What came.
        words: String,
    },
    /// The certificate is not trusted.
    Untrusted {
        /// Why.
        words: String,
    },
    /// The server wants a newer Tidemark.
    Upgrade {
        /// Its words.
        words: String,
    },
    /// The collection's place on the server is gone.
    NotFound {
        /// What is gone.
        words: String,
    },
}

impl Stopped {
    /// Whether only a person's answer starts it again.
    pub fn needs_a_person(&self) -> bool {
        match self {
            Self::SignIn { .. } | Self::Untrusted { .. } | Self::Upgrade { .. } => true,
            // A wrong address may be right again.
            Self::Intercepted { .. } | Self::NotFound { .. } => false,
        }
    }
}

/// One collection's line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct CollectionStatus {
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub label: String,
    /// Records kept here.
    pub records: Count,
    /// Rows of the server that could not be read.
    pub unreadable: Count,
    /// It asks before it removes many records here.
    pub asks: Option<Removals>,
    /// End of the last whole pull.
    pub pulled_at: Option<Millis>,
    /// Rows received of the first pull under way, and how many are expected.
    pub downloading: Option<Progress>,
    /// A person paused it.
    pub paused: bool,
}
