//! The reference interpreter: every edit in the order of saving, applied to a map. No queue, no lanes, no sealing.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What an edit does to its record.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    Make,
    Set,
    Delete,
}

/// One edit of one record.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its place among all that was done.
    pub number: usize,
    /// The change that it was saved as.
    pub change: String,
    /// The transaction that it is part of, or came back with.
    pub transaction: Option<String>,
    /// It was saved on its own.
    pub single: bool,
    pub record: String,
    pub act: Act,
    /// What was typed: no value is ever typed twice.
    pub values: Vec<(&'static str, u64)>,
    /// Rolled back and not restored.
    pub out: bool,
}

impl Entry {
    pub fn document(&self) -> Value {
        let mut fields = Map::from_iter([("id".to_owned(), json!(self.record))]);
        fields.extend(self.values.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
        Value::Object(fields)
    }
}

#[derive(Debug, Default)]
pub struct Reference {
    pub entries: Vec<Entry>,
}

impl Reference {
    /// What people see. An edit of a record that only something rolled back had made goes back with that, unless it
    /// belongs to another transaction.
    pub fn view(&mut self) -> BTreeMap<String, Value> {
        let mut records: BTreeMap<String, Value> = BTreeMap::new();
        let mut made_by: BTreeMap<String, Option<String>> = BTreeMap::new();
        for entry in &mut self.entries {
            if entry.out {
                if entry.act == Act::Make {
                    made_by.insert(entry.record.clone(), entry.transaction.clone());
                }
                continue;
            }
            match (&entry.act, records.get_mut(&entry.record)) {
                (Act::Make, _) => drop(records.insert(entry.record.clone(), entry.document())),
                (Act::Set, Some(Value::Object(fields))) => {
                    let typed = entry.values.iter();
                    fields.extend(typed.map(|(name, value)| ((*name).to_owned(), json!(value))));
                }
                (Act::Delete, Some(_)) => drop(records.remove(&entry.record)),
                (Act::Set | Act::Delete, _) => {
                    entry.out = true;
                    let made_by = || made_by.get(&entry.record).cloned().flatten();
                    entry.transaction = entry.transaction.take().or_else(made_by);
                }
            }
        }
        records
    }

    /// What a transaction had and the server did not take is seen no longer.
    pub fn roll_back(&mut self, transaction: &str, taken: impl Fn(&Entry) -> bool) {
        for entry in self.entries.iter_mut().filter(|entry| entry.transaction.as_deref() == Some(transaction))
        {
            entry.out = !taken(entry);
        }
    }

    /// What was rolled back comes after everything else.
    pub fn restore(&mut self, transaction: &str) {
        let back = |entry: &Entry| entry.out && entry.transaction.as_deref() == Some(transaction);
        let (again, mut entries): (Vec<_>, Vec<_>) = self.entries.drain(..).partition(back);
        entries.extend(again.into_iter().map(|entry| Entry { out: false, ..entry }));
        self.entries = entries;
    }

    /// The members of a transaction, in their order.
    pub fn members(&self, transaction: &str) -> Vec<&Entry> {
        let of = |entry: &&Entry| !entry.single && entry.transaction.as_deref() == Some(transaction);
        self.entries.iter().filter(of).collect()
    }

    /// Those that were saved later on a record of something that a transaction has just lost.
    pub fn behind(&self, transaction: &str) -> Vec<String> {
        let mut behind = Vec::new();
        let lost =
            |entry: &&Entry| !entry.single && entry.out && entry.transaction.as_deref() == Some(transaction);
        for (place, lost) in self.entries.iter().enumerate().filter(|(_, entry)| lost(entry)) {
            let later =
                self.entries[place..].iter().filter(|later| later.record == lost.record && !later.single);
            behind.extend(later.filter_map(|later| later.transaction.clone()).filter(|id| id != transaction));
        }
        behind
    }
}
