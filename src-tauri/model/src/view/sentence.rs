//! What is said of everything at once: one sentence, one activity, and what waits for a person (`ui.md` 3.2, appendix A).

use super::StoreFault;
use crate::number::{Count, Millis};
use serde::{Deserialize, Serialize};

/// The first sentence of Overview; the first that applies, in this order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "id", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Sentence {
    /// 1. New changes can't be saved.
    CannotSave {
        /// Why.
        fault: StoreFault,
    },
    /// 2. The local store failed its check.
    StoreDamaged {
        /// When the newest intact backup was made, where there is one.
        intact: Option<Millis>,
    },
    /// 3. Paused.
    Paused {
        /// Changes that wait.
        waiting: Count,
    },
    /// 4. Sign in again.
    SignIn {
        /// To which server.
        server: String,
        /// Changes that wait for it.
        waiting: Count,
    },
    /// 5. Offline with changes waiting.
    OfflineWaiting {
        /// Changes that wait.
        waiting: Count,
    },
    /// 6. Offline, nothing waiting.
    OfflineNothing {
        /// When a server last answered.
        last_contact: Option<Millis>,
    },
    /// 7. Sending.
    Sending {
        /// Sent so far in this run.
        done: Count,
        /// Of so many.
        total: Count,
        /// To which server.
        server: String,
    },
    /// 8. Some need a person.
    NeedYou {
        /// How many.
        needs_you: Count,
        /// How many others go by themselves.
        others: Count,
    },
    /// 9. Conflicts.
    Conflicts {
        /// How many records.
        conflicts: Count,
    },
    /// A collection asks before it removes many records here.
    Removals {
        /// Of which server.
        server: String,
        /// Of the first that asks, how many records.
        would_remove: Count,
    },
    /// A link does not sync by itself, for another reason than a sign-in.
    Stopped {
        /// Its server.
        server: String,
        /// Changes that wait for it.
        waiting: Count,
    },
    /// 10. The server is busy.
    Busy {
        /// Which server.
        server: String,
        /// Changes that wait.
        waiting: Count,
        /// Next try.
        at: Millis,
    },
    /// Changes wait for an unmetered network, by the wish of a person.
    WaitsForNetwork {
        /// How many.
        waiting: Count,
    },
    /// 11. Checking.
    Checking {
        /// Which server.
        server: String,
    },
    /// 12. Up to date.
    UpToDate {
        /// As of the oldest check among all links.
        as_of: Millis,
    },
    /// Nothing waits, and yet not everything of the servers is here: rows could not be read.
    Unreadable {
        /// How many.
        rows: Count,
    },
    /// Changes wait for a time, for a person's hold to end, or for a server of several; or nothing does, and yet not
    /// every link is up to date (one is paused or unreachable).
    Waiting {
        /// How many; 0 where nothing waits.
        waiting: Count,
        /// Next try, where one is due.
        next: Option<Millis>,
    },
    /// There is no link yet.
    #[default]
    NoLinks,
}

/// The activity half: exactly one line (`ui.md` 3.2, first match).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "id", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Activity {
    /// 1. Can't save changes.
    CannotSave,
    /// 2. Paused.
    Paused {
        /// Changes that wait.
        waiting: Count,
    },
    /// 3. All connections unreachable.
    Offline {
        /// Changes saved on this computer.
        waiting: Count,
    },
    /// 4. Some connections unreachable.
    SomeUnreachable {
        /// How many.
        unreachable: Count,
        /// Of so many.
        of: Count,
    },
    /// 5. Sending or fetching.
    Syncing {
        /// Done in this run.
        done: Count,
        /// Of so many; 0 while only fetching.
        total: Count,
    },
    /// 6. Checking a server.
    Checking {
        /// Which.
        server: String,
    },
    /// 7. Waiting with a due time, or for something named in the queue.
    Waiting {
        /// How many.
        waiting: Count,
        /// Next try, where one is due.
        next: Option<Millis>,
    },
    /// 8 without the tick: nothing waiting, but something needs a person.
    NothingWaiting,
    /// 8. The only line with a tick.
    UpToDate {
        /// As of the oldest check among all links.
        as_of: Millis,
    },
    /// There is no link yet.
    #[default]
    NoLinks,
}

/// The attention half: what waits for a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Attention {
    /// Open conflicts.
    pub conflicts: Count,
    /// Parked changes.
    pub needs_you: Count,
    /// Servers that want a sign-in.
    pub sign_in: Vec<String>,
    /// Collections that ask before they remove many records here.
    pub removals: Count,
    /// Rows of servers that could not be read.
    pub unreadable: Count,
}
