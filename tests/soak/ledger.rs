//! What the soak itself wrote and was told is saved, and what must come of it.
//!
//! Each field has one writer, so that its end is known whatever order things arrive in: we write `remarks`, the colleague
//! writes `technician`. Both write `priority`, of which only agreement is asked.

use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The collection that is worked on.
pub const ORDERS: &str = "work_orders";

/// Documents by collection and id.
pub type Documents = BTreeMap<(String, String), Value>;

/// Everything that was acknowledged.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// The last text of a record's field, by id and member.
    fields: BTreeMap<(String, &'static str), String>,
    /// Records made here or by the colleague that must be there.
    there: BTreeSet<String>,
    /// Records that must not be there.
    gone: BTreeSet<String>,
    /// How many writes were acknowledged.
    pub writes: usize,
}

impl Ledger {
    /// A field was written.
    pub fn wrote(&mut self, id: &str, member: &'static str, text: &str) {
        self.writes += 1;
        self.fields.insert((id.to_owned(), member), text.to_owned());
    }

    /// A record was made, with a text of ours in a field.
    pub fn made(&mut self, id: &str, member: &'static str, text: &str) {
        self.wrote(id, member, text);
        self.there.insert(id.to_owned());
    }

    /// A record was deleted.
    pub fn deleted(&mut self, id: &str) {
        self.writes += 1;
        self.fields.retain(|(of, _), _| of != id);
        self.there.remove(id);
        self.gone.insert(id.to_owned());
    }

    /// Everything of another that it does not hold itself.
    pub fn take(&mut self, other: Ledger) {
        self.fields.extend(other.fields);
        self.there.extend(other.there);
        self.gone.extend(other.gone);
        self.writes += other.writes;
    }

    /// What is lost, came back or came twice among the documents of one side, in words.
    pub fn breaches(&self, side: &str, documents: &Documents) -> Vec<String> {
        let order = |id: &str| documents.get(&(ORDERS.to_owned(), id.to_owned())).and_then(Value::as_object);
        let text = |document: &Map<String, Value>, member: &str| {
            document.get(member).and_then(Value::as_str).map(str::to_owned)
        };
        let mut breaches = Vec::new();
        for ((id, member), written) in &self.fields {
            let found = order(id).and_then(|document| text(document, member));
            if found.as_deref() != Some(written) {
                breaches.push(format!("{side}: {id} should have {member} {written:?} and has {found:?}"));
            }
        }
        breaches.extend(
            self.there.iter().filter(|id| order(id).is_none()).map(|id| format!("{side}: {id} is lost")),
        );
        breaches.extend(
            self.gone.iter().filter(|id| order(id).is_some()).map(|id| format!("{side}: {id} came back")),
        );
        let mut titles: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for ((_, id), document) in documents.iter().filter(|((collection, _), _)| collection == ORDERS) {
            let title = document.as_object().and_then(|document| text(document, "title"));
            if let Some(title) = title.filter(|title| title.starts_with(MADE)) {
                titles.entry(title).or_default().push(id);
            }
        }
        let twice = titles.iter().filter(|(_, ids)| ids.len() > 1);
        breaches.extend(twice.map(|(title, ids)| format!("{side}: {title:?} was made twice: {ids:?}")));
        breaches
    }
}

/// How the title of a record begins that the soak made; each has a number of its own.
pub const MADE: &str = "Soak order";

/// Where two sides differ, in words.
pub fn differences(here: &Documents, there: &Documents) -> Vec<String> {
    let keys: BTreeSet<_> = here.keys().chain(there.keys()).collect();
    let differ = keys.into_iter().filter(|key| match (here.get(*key), there.get(*key)) {
        (Some(here), Some(there)) => !tidemark_model::document::same(here, there),
        (here, there) => here.is_some() || there.is_some(),
    });
    differ
        .map(|key| {
            let (here, there) = (here.get(key), there.get(key));
            format!("{}/{} is {here:?} here and {there:?} on the server", key.0, key.1)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn documents(orders: &[(&str, Value)]) -> Documents {
        orders.iter().map(|(id, order)| ((ORDERS.to_owned(), (*id).to_owned()), order.clone())).collect()
    }

    #[test]
    fn what_is_lost_came_back_or_came_twice_is_told() {
        let mut ledger = Ledger::default();
        ledger.wrote("A", "remarks", "old");
        ledger.wrote("A", "remarks", "new");
        ledger.made("B", "remarks", "made");
        ledger.made("C", "remarks", "made, then deleted");
        ledger.deleted("C");
        let good =
            [("A", json!({"remarks": "new"})), ("B", json!({"remarks": "made", "title": "Soak order 1"}))];
        assert_eq!(ledger.breaches("here", &documents(&good)), [""; 0]);
        assert_eq!(ledger.writes, 5);

        let bad = [
            ("A", json!({"remarks": "old"})),
            ("C", json!({"title": "Soak order 1"})),
            ("D", json!({"title": "Soak order 1"})),
        ];
        let told = ledger.breaches("here", &documents(&bad));
        for (part, why) in [
            ("A should have remarks \"new\" and has Some(\"old\")", "an edit is lost"),
            ("B is lost", "a record is lost"),
            ("C came back", "a deletion is undone"),
            ("made twice: [\"C\", \"D\"]", "a record is doubled"),
        ] {
            assert!(told.iter().any(|line| line.contains(part)), "{why}: {told:?}");
        }
    }

    #[test]
    fn sides_differ_by_a_value_or_by_a_record() {
        let here = documents(&[("A", json!({"a": 1, "b": 2})), ("B", json!({}))]);
        let there = documents(&[("A", json!({"b": 2, "a": 1})), ("B", json!({}))]);
        assert_eq!(differences(&here, &there), [""; 0], "the order of members is no difference");
        let there = documents(&[("A", json!({"a": 1, "b": 3}))]);
        assert_eq!(differences(&here, &there).len(), 2);
    }
}
