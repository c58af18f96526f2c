//! What happened, for tests that must know: effects, doubles, steps out of order.
//!
//! *Doubles*: a key that took effect twice in one epoch (`key`), or the same request of the same client on the
//! same record twice with nothing in between (`body`). *Order*: a client's effect on a record that the client
//! made before another one which is in already. It is told by `X-Client-Order` (a number that grows) where
//! sent, else by the times inside UUIDv7 keys.

use super::{World, WorldError, instant};
use crate::store::changes::{self, ChangeRow};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;

/// All that `GET /_report` says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The epoch now.
    pub epoch: String,
    /// Every effect in the order of commit; the first records of a world are none.
    pub effects: Vec<Effect>,
    /// What took effect twice.
    pub duplicates: Vec<Duplicate>,
    /// What came out of order.
    pub order_violations: Vec<OrderViolation>,
    /// How often a token was asked for; 0 of a world without HTTP.
    #[serde(default)]
    pub token_requests: u64,
}

/// One effect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// Its number in the order of commit; grows, with gaps.
    pub seq: i64,
    /// Its place in the listing; differs in order from `seq` only after a late commit.
    pub place: i64,
    /// The epoch in which it happened.
    pub epoch: String,
    /// Whether an older copy was restored over it.
    pub lost: bool,
    /// The collection.
    pub collection: String,
    /// The record.
    pub id: String,
    /// create, put, merge-patch, json-patch or delete.
    pub op: String,
    /// The version it made.
    pub version: String,
    /// The idempotency key.
    pub key: Option<String>,
    /// Hash of what was asked.
    pub fingerprint: Option<String>,
    /// `modified_by`.
    pub by: String,
    /// `X-Client-Id`.
    pub client: Option<String>,
    /// When, RFC 3339.
    pub at: String,
}

/// Two effects that should be one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Duplicate {
    /// `key` or `body`.
    pub kind: String,
    /// The collection.
    pub collection: String,
    /// The record.
    pub id: String,
    /// The `seq` of the first effect.
    pub first: i64,
    /// The `seq` of the second.
    pub second: i64,
}

/// Two effects in the wrong order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderViolation {
    /// The collection.
    pub collection: String,
    /// The record.
    pub id: String,
    /// The client.
    pub client: String,
    /// The `seq` of the effect that came first and should be later.
    pub first: i64,
    /// The `seq` of the effect that came second.
    pub second: i64,
}

impl World {
    /// Everything that happened since the world was filled.
    pub fn report(&self) -> Result<Report, WorldError> {
        let rows: Vec<ChangeRow> =
            changes::list(self.store.read())?.into_iter().filter(|row| row.cause.op != "seed").collect();
        Ok(Report {
            epoch: self.epoch.clone(),
            duplicates: duplicates(&rows),
            order_violations: order_violations(&rows),
            effects: rows.into_iter().map(effect_of).collect(),
            token_requests: 0,
        })
    }

    /// Every effect in the order of commit, with the record's document by it; none where it deleted that.
    pub fn history(&self) -> Result<Vec<(Effect, Option<Value>)>, WorldError> {
        let rows = changes::list(self.store.read())?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let document = row.record.doc.as_deref().and_then(|text| serde_json::from_str(text).ok());
                (effect_of(row), document)
            })
            .collect())
    }
}

fn effect_of(row: ChangeRow) -> Effect {
    Effect {
        seq: row.effect,
        place: row.record.seq,
        epoch: row.epoch,
        lost: row.lost,
        collection: row.record.collection,
        id: row.record.id,
        op: row.cause.op,
        version: row.record.version,
        key: row.cause.key,
        fingerprint: row.cause.fingerprint,
        by: row.record.modified_by,
        client: row.cause.client,
        at: instant(row.record.modified_at),
    }
}

fn duplicates(rows: &[ChangeRow]) -> Vec<Duplicate> {
    let mut found = Vec::new();
    let mut by_key: HashMap<(&str, &str), &ChangeRow> = HashMap::new();
    let mut newest: HashMap<(&str, &str), &ChangeRow> = HashMap::new();
    // What a restored copy undid may rightly come again.
    for row in rows.iter().filter(|row| !row.lost) {
        let mut note = |kind: &str, first: &ChangeRow| {
            found.push(Duplicate {
                kind: kind.to_owned(),
                collection: row.record.collection.clone(),
                id: row.record.id.clone(),
                first: first.effect,
                second: row.effect,
            });
        };
        if let Some(key) = &row.cause.key
            && let Some(first) = by_key.insert((&row.record.modified_by, key), row)
        {
            note("key", first);
        } else if let Some(first) = newest.get(&(row.record.collection.as_str(), row.record.id.as_str()))
            && first.cause.fingerprint.is_some()
            && first.cause.fingerprint == row.cause.fingerprint
            && first.cause.client == row.cause.client
            && first.record.modified_by == row.record.modified_by
        {
            note("body", first);
        }
        newest.insert((&row.record.collection, &row.record.id), row);
    }
    found
}

fn order_violations(rows: &[ChangeRow]) -> Vec<OrderViolation> {
    let mut found = Vec::new();
    let mut newest: HashMap<(&str, &str, &str), (&ChangeRow, i64)> = HashMap::new();
    for row in rows.iter().filter(|row| !row.lost) {
        let client = row.cause.client.as_deref().unwrap_or(&row.record.modified_by);
        let Some(made) =
            row.cause.client_order.or_else(|| row.cause.key.as_deref().and_then(time_of_uuid_v7))
        else {
            continue;
        };
        let lane = (client, row.record.collection.as_str(), row.record.id.as_str());
        match newest.get(&lane) {
            Some((first, made_first)) if *made_first > made => found.push(OrderViolation {
                collection: row.record.collection.clone(),
                id: row.record.id.clone(),
                client: client.to_owned(),
                first: first.effect,
                second: row.effect,
            }),
            Some(_) | None => {
                newest.insert(lane, (row, made));
            }
        }
    }
    found
}

/// The milliseconds in a UUIDv7; none in other keys.
fn time_of_uuid_v7(key: &str) -> Option<i64> {
    let digits: String = key.chars().filter(|c| *c != '-').collect();
    let is_v7 = digits.len() == 32 && digits.as_bytes()[12] == b'7';
    is_v7.then(|| i64::from_str_radix(&digits[..12], 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_version_7_uuid_is_read() {
        assert_eq!(time_of_uuid_v7("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"), Some(1_645_557_742_000));
        assert_eq!(time_of_uuid_v7("a6e9f5a0-0000-4000-8000-000000000000"), None);
        assert_eq!(time_of_uuid_v7("ключ-ключ-ключ-ключ-ключ-ключ-кл"), None);
    }
}
