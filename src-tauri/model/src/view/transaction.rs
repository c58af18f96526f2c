//! Transactions as people and programs see them (rows B1, B7).

use super::{ChangeRow, FieldEdit};
use crate::number::{Count, Millis};
use crate::transaction::{Strategy, TransactionState};
use serde::{Deserialize, Serialize};

/// Changes to be made at once on one link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewTransaction {
    /// Link's name.
    pub link: String,
    /// How they belong together.
    #[serde(default)]
    pub strategy: Strategy,
    /// Whether it is done only when a pull has shown its effect.
    #[serde(default)]
    pub await_sync: bool,
    /// The caller's words for it, at most 200 characters.
    #[serde(default)]
    pub label: Option<String>,
    /// The changes, in order.
    pub changes: Vec<NewChange>,
}

/// One change of a transaction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "snake_case", deny_unknown_fields)]
pub enum NewChange {
    /// A new record.
    Create {
        /// Collection's name.
        collection: String,
        /// The document as JSON text.
        document: String,
        /// Ids of changes of the same link that it waits for.
        #[serde(default)]
        depends_on: Vec<String>,
        /// The caller's own text, kept with the change; at most 16 KiB.
        #[serde(default)]
        metadata: Option<String>,
    },
    /// Fields of a record.
    Update {
        /// Collection's name.
        collection: String,
        /// Record's id.
        record: String,
        /// The fields.
        fields: Vec<FieldEdit>,
        /// Ids of changes of the same link that it waits for.
        #[serde(default)]
        depends_on: Vec<String>,
        /// The caller's own text, kept with the change; at most 16 KiB.
        #[serde(default)]
        metadata: Option<String>,
    },
    /// A record goes.
    Delete {
        /// Collection's name.
        collection: String,
        /// Record's id.
        record: String,
        /// Ids of changes of the same link that it waits for.
        #[serde(default)]
        depends_on: Vec<String>,
        /// The caller's own text, kept with the change; at most 16 KiB.
        #[serde(default)]
        metadata: Option<String>,
    },
}

/// One row of the list of transactions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct TransactionRow {
    /// Its id (UUID).
    pub id: String,
    /// Link's name.
    pub link: String,
    /// The caller's words for it.
    pub label: Option<String>,
    /// How its changes belong together.
    pub strategy: Strategy,
    /// Where it stands.
    pub state: TransactionState,
    /// The nearest transaction that has one of its records first.
    pub queued_behind: Option<String>,
    /// It is done only when a pull has shown its effect.
    pub await_sync: bool,
    /// What was accepted is being taken back.
    pub undoing: bool,
    /// Why it failed.
    pub error: Option<TransactionError>,
    /// How many changes it has.
    pub changes: Count,
    /// How many of them were accepted.
    pub confirmed: Count,
    /// How many wait to be restored.
    pub rolled_back: Count,
    /// When it was made.
    pub created_at: Millis,
    /// When it last moved.
    pub updated_at: Millis,
    /// When it ended.
    pub ended_at: Option<Millis>,
}

/// Why a transaction failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum TransactionError {
    /// The server refused one of its changes.
    Refused {
        /// That change.
        change: String,
        /// The server's words.
        words: String,
        /// How many changes that were accepted before it stay on the server, because somebody changed them since.
        kept: Count,
    },
    /// A person put one of its changes in the trash.
    Discarded,
    /// The transaction that it stood behind failed.
    DependencyFailed {
        /// That transaction.
        transaction: String,
    },
}

/// One transaction, whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct TransactionDetail {
    /// The row.
    pub row: TransactionRow,
    /// Its changes, in order; with those that take accepted ones back.
    pub changes: Vec<ChangeRow>,
    /// Every state that it was in, oldest first.
    pub history: Vec<TransactionStep>,
}

/// One move of a transaction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct TransactionStep {
    /// When.
    pub at: Millis,
    /// From where; none when it was made.
    pub from: Option<TransactionState>,
    /// Where to.
    pub to: TransactionState,
    /// The transaction that it stands behind.
    pub queued_behind: Option<String>,
    /// Why it failed.
    pub error: Option<TransactionError>,
}

/// `transaction-changed`: a transaction moved (row B7).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct TransactionChanged {
    /// Its id.
    pub id: String,
    /// From where; none when it was made.
    pub from: Option<TransactionState>,
    /// Where to.
    pub to: TransactionState,
    /// The transaction that it stands behind.
    pub queued_behind: Option<String>,
    /// Why it failed.
    pub error: Option<TransactionError>,
}
