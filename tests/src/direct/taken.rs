//! What the server took, in order, and what it refuses for good.

use super::Direct;
use serde_json::Value;
use std::sync::PoisonError;
use tidemark_model::connector::Sealed;
use tidemark_model::failure::{ErrorClass, Failure};

/// One write that took effect.
#[derive(Clone, Debug, PartialEq)]
pub struct Taken {
    /// The request that brought it: members of one batch have the same number.
    pub request: usize,
    /// The record.
    pub record: String,
    /// The whole document as sent; none for a deletion.
    pub document: Option<Value>,
    /// Its mutation.
    pub mutation: String,
    /// The key under which it came.
    pub key: String,
}

impl Direct {
    /// From now on every new write of a record is refused for good, or no longer.
    pub fn refuse(&self, record: &str, on: bool) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        match on {
            true => refused.insert(record.to_owned()),
            false => {
                self.refused_after.lock().unwrap_or_else(PoisonError::into_inner).remove(record);
                refused.remove(record)
            }
        };
    }

    /// The next write of a record is taken, and every one after that is refused for good.
    pub fn refuse_after_next(&self, record: &str) {
        self.refused_after.lock().unwrap_or_else(PoisonError::into_inner).insert(record.to_owned());
    }

    /// Everything that took effect, oldest first.
    pub fn taken(&self) -> Vec<Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether a write is refused. One that is in already is not new: a server that honours keys says its answer again.
    pub(super) fn refuses(&self, item: &Sealed) -> bool {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner).contains(&item.record);
        let is_in = || self.taken().iter().any(|taken| taken.key == item.key);
        refused && !(self.honours_keys && is_in())
    }

    /// Notes what one request brought about.
    pub(super) fn take(&self, items: &[Sealed]) {
        let mut all = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let request = all.last().map_or(0, |last| last.request + 1);
        let mut after = self.refused_after.lock().unwrap_or_else(PoisonError::into_inner);
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.extend(items.iter().filter_map(|item| after.take(&item.record)));
        all.extend(items.iter().map(|item| Taken {
            request,
            record: item.record.clone(),
            document: item.wire.body.as_deref().and_then(|body| serde_json::from_str(body).ok()),
            mutation: item.mutation.clone(),
            key: item.key.clone(),
        }));
    }
}

pub(super) fn refusal() -> Failure {
    Failure::new(ErrorClass::Permanent, "this record is refused").with_status(422)
}
