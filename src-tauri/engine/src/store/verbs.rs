//! What the store does for the engine, each verb inside one transaction.

pub(crate) mod ask;
pub(crate) mod border;
pub(crate) mod discard;
pub(crate) mod doubt;
pub(crate) mod edit;
pub(crate) mod fold;
pub(crate) mod gone;
pub(crate) mod judge;
pub(crate) mod jump;
pub(crate) mod links;
pub(crate) mod old_copy;
pub(crate) mod parents;
pub(crate) mod park;
pub(crate) mod pause;
pub(crate) mod pull;
pub(crate) mod put_back;
pub(crate) mod queue;
pub(crate) mod reconcile;
pub(crate) mod removals;
pub(crate) mod rename;
pub(crate) mod repair;
pub(crate) mod request;
pub(crate) mod resolve;
pub(crate) mod retention;
pub(crate) mod seal;
pub(crate) mod settle;
pub(crate) mod stop;
pub(crate) mod transactions;
pub(crate) mod trash;
pub(crate) mod waits;

use tidemark_model::number::Count;
use tidemark_model::view::TransactionChanged;

/// What a verb moved, from which events are made after the commit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moved {
    /// Records, by collection key and id.
    pub records: Vec<(i64, String)>,
    /// Changes, by id.
    pub changes: Vec<String>,
    /// Conflicts that were met or refreshed.
    pub conflicts: Vec<MetConflict>,
    /// Conflicts that ended by themselves.
    pub settled: Vec<i64>,
    /// Transactions, with where they stand now.
    pub transactions: Vec<TransactionChanged>,
    /// A conflict waits for its hook.
    pub asks: bool,
}

/// A conflict that was met or refreshed.
#[derive(Clone, Debug, PartialEq)]
pub struct MetConflict {
    /// Its id.
    pub id: Count,
    /// Its collection.
    pub collection_id: i64,
    /// Its record.
    pub rid: String,
    /// Its record's title.
    pub title: String,
    /// It was open before.
    pub refreshed: bool,
}

impl Moved {
    pub(crate) fn record(&mut self, collection_id: i64, rid: &str) {
        self.records.push((collection_id, rid.to_owned()));
    }

    pub(crate) fn append(&mut self, other: Self) {
        self.records.extend(other.records);
        self.changes.extend(other.changes);
        self.conflicts.extend(other.conflicts);
        self.settled.extend(other.settled);
        self.transactions.extend(other.transactions);
        self.asks |= other.asks;
    }
}
