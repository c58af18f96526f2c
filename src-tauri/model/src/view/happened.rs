//! What a line of the activity tells; never a field's value, a body or a server's words.

use super::{ActivityKind, Actor, ConflictType};
use crate::failure::ErrorClass;
use crate::mutation::Operation;
use crate::number::Count;
use serde::{Deserialize, Serialize};

/// How a conflict ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Decided {
    /// All mine.
    Mine,
    /// All the server's.
    Server,
    /// Field by field, or by a whole document.
    Chosen,
    /// By the collection's strategy or by policies of fields.
    ByRule,
    /// By the collection's hook.
    ByHook,
    /// Both sides came to agree.
    ByItself,
    /// It went away with the connection or with its transaction.
    Dropped,
}

/// Why a connection does not sync by itself; the words of it stand in the status for as long as it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// The server wants a sign-in.
    SignIn,
    /// Something else answers at its address.
    Intercepted,
    /// The certificate is not trusted.
    Untrusted,
    /// The server wants a newer Tidemark.
    Upgrade,
    /// A collection is not where it was.
    NotFound,
}

/// What happened, with what a sentence about it is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "what", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Happened {
    /// The server has the change.
    Confirmed {
        /// What it did.
        operation: Operation,
    },
    /// The change made no difference any more and was not sent.
    NotNeeded {
        /// What it would have done.
        operation: Operation,
    },
    /// The server came to the same by itself.
    AlreadyThere {
        /// What the change would have done.
        operation: Operation,
    },
    /// A page of a collection came in.
    Received {
        /// Records that are another here now.
        changed: Count,
        /// Of those, records that went.
        removed: Count,
        /// The ids of the first of them.
        records: Vec<String>,
    },
    /// Both sides changed different fields.
    Merged {},
    /// Both sides changed the same.
    ConflictMet {
        /// Its number.
        conflict: Count,
        /// Its kind.
        kind: ConflictType,
        /// It was open before, and the server moved again.
        again: bool,
    },
    /// A conflict ended.
    ConflictSettled {
        /// Its number.
        conflict: Count,
        /// How.
        decided: Decided,
    },
    /// A decision was taken back; the conflict is open again.
    ConflictReopened {
        /// Its number.
        conflict: Count,
    },
    /// A decision or an automatic merge was put back by a new change.
    DecisionPutBack {
        /// The conflict's number; none of an automatic merge.
        conflict: Option<Count>,
    },
    /// The change goes no further without a person.
    NeedsYou {
        /// What it does.
        operation: Operation,
        /// The class of what is in its way.
        class: ErrorClass,
        /// The HTTP status, where there was an answer.
        status: Option<u16>,
        /// The server may have done it all the same.
        may_be_in: bool,
    },
    /// The change was taken back with its transaction and waits to be restored.
    RolledBack {
        /// What it does.
        operation: Operation,
        /// The transaction.
        transaction: String,
    },
    /// The server deleted so many records that a person is asked.
    RemovalsAsked {
        /// How many would go here.
        would_remove: Count,
        /// Of so many.
        of: Count,
    },
    /// The question was answered with yes.
    RemovalsAllowed {
        /// So many may go.
        number: Count,
    },
    /// Rows came that cannot be read.
    Unreadable {
        /// How many.
        rows: Count,
        /// The ids of the first of them that have one.
        records: Vec<String>,
    },
    /// A person wants to hear no more of such rows.
    UnreadableForgotten {
        /// How many.
        rows: Count,
    },
    /// The change went to the trash.
    Discarded {
        /// What it would have done.
        operation: Operation,
    },
    /// The change came back from the trash.
    PutBack {
        /// What it does.
        operation: Operation,
        /// The new change that holds it.
        into: String,
    },
    /// A change that needed a person goes again.
    SentAgain {
        /// What it does.
        operation: Operation,
    },
    /// What a transaction had taken back goes again.
    TransactionRestored {
        /// The transaction.
        transaction: String,
    },
    /// Syncing was paused: all of it, a connection, or a collection.
    Paused {},
    /// A pause ended.
    Resumed {},
    /// The connection does not sync by itself any more.
    Stopped {
        /// Why.
        reason: StopReason,
    },
    /// What had stopped the connection is over.
    WentOn {},
    /// A connection was added.
    LinkAdded {
        /// Its collections.
        collections: Count,
    },
    /// A connection was removed.
    LinkRemoved {
        /// Changes that went to the trash with it.
        unsent: Count,
    },
    /// Another account signs in.
    AccountChanged {},
    /// The connection has another address.
    AddressChanged {},
    /// When and how the connection may sync is another.
    LimitsChanged {},
    /// The connection's secret went into the keychain, or could not be kept there.
    SecretChanged {
        /// The keychain has it.
        kept: bool,
    },
    /// Settings were changed.
    SettingsChanged {
        /// Their names.
        names: Vec<String>,
    },
    /// The server cannot say what changed: a collection is listed anew and compared.
    ComparingAnew {},
    /// A whole comparison came to its end.
    Compared {
        /// Records that went here.
        removed: Count,
    },
    /// Ended changes that had outlived their days were removed from the history.
    CleanedUp {
        /// How many.
        changes: Count,
    },
    /// An older copy of the local store was found in its place.
    OldCopy {
        /// Changes that may have been sent already.
        in_doubt: Count,
    },
    /// The local store was checked after an end without a goodbye, and is whole.
    StoreChecked {},
    /// The server was asked, and nothing was new.
    Checked {},
    /// The server was not reached, or did not answer as it should.
    NotReached {
        /// The class of what was in the way.
        class: ErrorClass,
    },
}

impl Happened {
    /// Under which filter it stands.
    pub fn kind(&self) -> ActivityKind {
        match self {
            Self::Confirmed { .. } | Self::NotNeeded { .. } => ActivityKind::Sent,
            Self::Received { .. } => ActivityKind::Received,
            Self::AlreadyThere { .. } | Self::Merged {} => ActivityKind::Merged,
            Self::ConflictMet { .. } | Self::ConflictSettled { .. } | Self::ConflictReopened { .. } => {
                ActivityKind::Conflict
            }
            Self::DecisionPutBack { conflict: Some(_) } => ActivityKind::Conflict,
            Self::DecisionPutBack { conflict: None } => ActivityKind::Merged,
            Self::NeedsYou { .. }
            | Self::RolledBack { .. }
            | Self::RemovalsAsked { .. }
            | Self::RemovalsAllowed { .. }
            | Self::Unreadable { .. }
            | Self::UnreadableForgotten { .. } => ActivityKind::NeedsYou,
            Self::Discarded { .. }
            | Self::PutBack { .. }
            | Self::SentAgain { .. }
            | Self::TransactionRestored { .. } => ActivityKind::Queue,
            Self::Paused {}
            | Self::Resumed {}
            | Self::Stopped { .. }
            | Self::WentOn {}
            | Self::LinkAdded { .. }
            | Self::LinkRemoved { .. }
            | Self::AccountChanged {}
            | Self::AddressChanged {}
            | Self::LimitsChanged {}
            | Self::SecretChanged { .. }
            | Self::SettingsChanged { .. } => ActivityKind::Settings,
            Self::ComparingAnew {}
            | Self::Compared { .. }
            | Self::CleanedUp { .. }
            | Self::OldCopy { .. }
            | Self::StoreChecked {} => ActivityKind::Upkeep,
            Self::Checked {} | Self::NotReached { .. } => ActivityKind::Checks,
        }
    }

    /// Who did it, where the server names nobody.
    pub fn actor(&self) -> Actor {
        match self {
            Self::Received { .. }
            | Self::ConflictMet { .. }
            | Self::Unreadable { .. }
            | Self::Stopped { .. }
            | Self::WentOn {}
            | Self::ConflictSettled { decided: Decided::ByItself, .. } => Actor::Server,
            Self::NeedsYou { status, .. } if status.is_some() => Actor::Server,
            Self::NeedsYou { .. }
            | Self::NotNeeded { .. }
            | Self::AlreadyThere { .. }
            | Self::Merged {}
            | Self::RolledBack { .. }
            | Self::ConflictSettled { decided: Decided::ByRule | Decided::ByHook, .. }
            | Self::RemovalsAsked { .. }
            | Self::ComparingAnew {}
            | Self::Compared { .. }
            | Self::CleanedUp { .. }
            | Self::OldCopy { .. }
            | Self::StoreChecked {}
            | Self::Checked {}
            | Self::NotReached { .. } => Actor::Rule,
            Self::Confirmed { .. }
            | Self::ConflictSettled { .. }
            | Self::ConflictReopened { .. }
            | Self::DecisionPutBack { .. }
            | Self::RemovalsAllowed { .. }
            | Self::UnreadableForgotten { .. }
            | Self::Discarded { .. }
            | Self::PutBack { .. }
            | Self::SentAgain { .. }
            | Self::TransactionRestored { .. }
            | Self::Paused {}
            | Self::Resumed {}
            | Self::LinkAdded { .. }
            | Self::LinkRemoved { .. }
            | Self::AccountChanged {}
            | Self::AddressChanged {}
            | Self::LimitsChanged {}
            | Self::SecretChanged { .. }
            | Self::SettingsChanged { .. } => Actor::You,
        }
    }

    /// Whether a run of syncing brings it about; what a person does stands for itself, also in the middle of one.
    pub fn is_of_run(&self) -> bool {
        match self.kind() {
            ActivityKind::Checks | ActivityKind::Queue => false,
            _ => self.actor() != Actor::You || matches!(self, Self::Confirmed { .. }),
        }
    }

    /// How many things the line tells of.
    pub fn count(&self) -> i64 {
        match self {
            Self::Received { changed, .. } => changed.0,
            Self::Unreadable { rows, .. } | Self::UnreadableForgotten { rows } => rows.0,
            Self::CleanedUp { changes } => changes.0,
            _ => 1,
        }
    }
}
