//! Reading: the server's description, collections, pages, records.

use super::answer::{Answer, ProblemKind};
use super::call::{Call, List};
use super::document::invalid;
use super::token::Token;
use super::{World, instant, version, write};
use crate::store::records::{self, RecordRow};
use crate::store::{StoreError, collections};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::borrow::Cow;

/// A page ends at this many bytes of documents, though it always has one record.
const PAGE_BYTES: usize = 8 * 1024 * 1024;
const PAGE_ITEMS: usize = 100;
const MAX_PAGE_ITEMS: usize = 1000;

/// One row of a page, and `current` of a conflict.
#[derive(Serialize)]
struct Item<'a> {
    id: &'a str,
    version: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    deleted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    doc: Option<Box<RawValue>>,
    modified_at: String,
    modified_by: &'a str,
}

/// A record as `{id, version, deleted?, doc?, modified_at, modified_by}`.
pub(super) struct ItemOf<'a>(pub &'a RecordRow);

impl<'a> ItemOf<'a> {
    fn item(&self) -> Item<'a> {
        Item {
            id: &self.0.id,
            version: &self.0.version,
            deleted: self.0.doc.is_none(),
            // The text was written by this server, so that it is JSON.
            doc: self.0.doc.clone().and_then(|text| RawValue::from_string(text).ok()),
            modified_at: instant(self.0.modified_at),
            modified_by: &self.0.modified_by,
        }
    }

    pub fn to_value(&self) -> Value {
        super::document::parse(&item_json(self.0)).unwrap_or(Value::Null)
    }
}

pub(super) fn item_json(row: &RecordRow) -> String {
    serde_json::to_string(&ItemOf(row).item()).unwrap_or_default()
}

impl World {
    pub(super) fn read(&self, call: Call, now: DateTime<Utc>) -> Answer {
        let answer = match call {
            Call::Root => Ok(self.root()),
            Call::Time => Ok(json_answer(&json!({"now": now.to_rfc3339_opts(SecondsFormat::Millis, true),
                        "ms": now.timestamp_millis(), "time_zone": self.options.time_zone}))),
            Call::Collections => self.collections(),
            Call::List(list) => self.list(&list),
            Call::Get { collection, id, if_none_match } => {
                self.get(&collection, &id, if_none_match.as_deref())
            }
            Call::Digest { collection, at, bucket } => self.digest(&collection, at.as_deref(), bucket),
            Call::Write(_) | Call::Batch(_) => Ok(invalid("A change is not read.")),
        };
        answer.unwrap_or_else(|error| {
            tracing::error!(%error, "the sandbox's database failed");
            Answer::refuse_with(ProblemKind::Throttled, 503, "The storage failed.", serde_json::Map::new())
        })
    }

    fn root(&self) -> Answer {
        json_answer(&json!({
            "epoch": self.epoch,
            "key_ttl_s": self.options.key_ttl_s,
            "tombstone_floor": self.floor,
            "max_batch": self.options.max_batch,
            "compress": ["gzip", "zstd"],
            "time_zone": self.options.time_zone,
        }))
    }

    fn collections(&self) -> Result<Answer, StoreError> {
        let items: Vec<Value> = collections::list(self.store.read())?
            .into_iter()
            .map(|row| {
                let mut item = json!({"name": row.name, "count": row.count, "bytes": row.bytes});
                if let Some(schema) = row.schema.and_then(|text| serde_json::from_str(&text).ok()) {
                    item["schema"] = schema;
                }
                if let Ok(Value::Array(references)) = serde_json::from_str::<Value>(&row.refs)
                    && !references.is_empty()
                {
                    item["references"] = Value::Array(references);
                }
                if let Some(label) = row.label {
                    item["label"] = label.into();
                }
                item
            })
            .collect();
        Ok(json_answer(&json!({ "items": items })))
    }

    fn get(&self, collection: &str, id: &str, if_none_match: Option<&str>) -> Result<Answer, StoreError> {
        if let Some(refusal) = self.no_collection(collection)? {
            return Ok(refusal);
        }
        let Some(row) = records::get(self.store.read(), collection, id)? else {
            return Ok(write::missing(id, None));
        };
        let Some(doc) = &row.doc else { return Ok(write::missing(id, Some(&row))) };
        if if_none_match.is_some_and(|header| version::weak_match(header, Some(&row.version))) {
            return Ok(Answer::ok(304, Some(row.version), String::new()));
        }
        let mut answer = Answer::ok(200, None, doc.clone());
        answer.version = Some(row.version);
        Ok(answer)
    }

    fn list(&self, list: &List) -> Result<Answer, StoreError> {
        if let Some(refusal) = self.no_collection(&list.collection)? {
            return Ok(refusal);
        }
        let limit = list.limit.unwrap_or(PAGE_ITEMS);
        if !(1..=MAX_PAGE_ITEMS).contains(&limit) {
            return Ok(invalid(format!("`limit` is 1 to {MAX_PAGE_ITEMS}.")));
        }
        let filter = match list.filter.as_deref().map(Filter::parse).transpose() {
            Ok(filter) => filter,
            Err(refusal) => return Ok(refusal),
        };
        let token = match self.position(&list.collection, list.after.as_deref(), list.filter.as_deref()) {
            Ok(token) => token,
            Err(refusal) => return Ok(refusal),
        };
        let bound = token.bound.unwrap_or(self.seq);
        let (mut items, mut last, mut bytes, mut more) = (Vec::new(), token.after, 0, false);
        records::walk(self.store.read(), &list.collection, token.after, bound, |row| {
            if !filter.as_ref().is_none_or(|filter| filter.takes(&row)) {
                last = row.seq;
                return true;
            }
            if items.len() == limit || (bytes > PAGE_BYTES && !items.is_empty()) {
                more = true;
                return false;
            }
            last = row.seq;
            bytes += row.doc.as_ref().map_or(0, String::len);
            items.push(row);
            true
        })?;
        let since = token.since.unwrap_or(if token.after == 0 { bound } else { token.after });
        let next = match more {
            true => Token { after: last, bound: Some(bound), since: Some(since), ..token },
            false => Token { after: bound, bound: None, since: None, ..token },
        };
        let page = Page {
            items: items.iter().map(|row| ItemOf(row).item()).collect(),
            next: next.encode(),
            more,
            epoch: &self.epoch,
            floor: self.floor,
        };
        Ok(Answer::ok(200, None, serde_json::to_string(&page).unwrap_or_default()))
    }

    /// Where a token stands, or why it stands nowhere any more.
    pub(super) fn position(
        &self,
        collection: &str,
        after: Option<&str>,
        filter: Option<&str>,
    ) -> Result<Token, Answer> {
        let Some(text) = after else {
            return Ok(Token {
                epoch: self.epoch.clone(),
                collection: collection.to_owned(),
                after: 0,
                bound: None,
                since: None,
                filter: filter.map(str::to_owned),
            });
        };
        let token = Token::decode(text).ok_or_else(|| invalid("The token was not made by this server."))?;
        if token.epoch != self.epoch {
            let more = serde_json::Map::from_iter([("epoch".to_owned(), self.epoch.clone().into())]);
            return Err(Answer::refuse_with(
                ProblemKind::EpochChanged,
                409,
                "Begin again without a token.",
                more,
            ));
        }
        if token.collection != collection || token.filter.as_deref() != filter {
            return Err(invalid("The token belongs to another listing."));
        }
        if token.since.unwrap_or(token.after) < self.floor {
            let more = serde_json::Map::from_iter([("floor".to_owned(), self.floor.into())]);
            return Err(Answer::refuse_with(
                ProblemKind::CheckpointExpired,
                410,
                "Compare both sides.",
                more,
            ));
        }
        Ok(token)
    }

    pub(super) fn no_collection(&self, name: &str) -> Result<Option<Answer>, StoreError> {
        if collections::exists(self.store.read(), name)? {
            return Ok(None);
        }
        Ok(Some(Answer::refuse(ProblemKind::NotFound, format!("There is no collection {name:?}."))))
    }
}

#[derive(Serialize)]
struct Page<'a> {
    items: Vec<Item<'a>>,
    next: String,
    more: bool,
    epoch: &'a str,
    floor: i64,
}

/// `member=text`
struct Filter {
    member: String,
    text: String,
}

impl Filter {
    fn parse(text: &str) -> Result<Filter, Answer> {
        let (member, text) =
            text.split_once('=').ok_or_else(|| invalid("`filter` is MEMBER=TEXT, e.g. status=open."))?;
        Ok(Filter { member: member.to_owned(), text: text.to_owned() })
    }

    /// Tombstones always pass: what the filter once let through must be known to be gone.
    fn takes(&self, row: &RecordRow) -> bool {
        let Some(doc) = &row.doc else { return true };
        let doc = super::document::parse(doc).unwrap_or(Value::Null);
        let Some(member) = doc.get(&self.member) else { return false };
        // A text without its quotes, everything else as JSON writes it.
        let said = member.as_str().map_or_else(|| Cow::Owned(member.to_string()), Cow::Borrowed);
        said == self.text
    }
}

pub(super) fn json_answer(value: &Value) -> Answer {
    Answer::ok(200, None, value.to_string())
}
