//! Kinto's error shape `{code, errno, error, message, details?}` and what its numbers mean.

use crate::classify::{self, Asked, Speaker};
use crate::http::Answer;
use crate::wire;
use serde::Deserialize;
use serde_json::value::RawValue;
use tidemark_model::failure::{Effect, ErrorClass, Failure};

/// A refusal in Kinto's own words.
#[derive(Deserialize)]
pub struct Refusal<'a> {
    /// The HTTP status, again.
    pub code: u16,
    /// Which refusal.
    pub errno: u32,
    /// Its sentence.
    #[serde(default)]
    pub message: Option<String>,
    /// More about it; its shape depends on the refusal.
    #[serde(borrow, default)]
    details: Option<&'a RawValue>,
}

/// What a refusal means beyond its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// 404 errno 110 about a record: it is not there.
    NoRecord,
    /// 404 errno 111 about a collection or bucket.
    NoCollection,
    /// 404 errno 111 about nothing: Kinto knows no such address.
    NoAddress,
    /// 412: another version.
    Modified,
    /// 409 errno 122: two writers met in the database; the same request again goes through.
    Repeat,
    /// 410 errno 202: the service has ended for clients of this age.
    Ended,
    /// What its status says.
    AsStatus,
}

impl<'a> Refusal<'a> {
    /// The refusal in an answer; `None` where the answer is not Kinto's.
    pub fn read(answer: &'a Answer) -> Option<Self> {
        let refusal: Self = serde_json::from_slice(answer.json()?).ok()?;
        (refusal.code == answer.status).then_some(refusal)
    }

    /// What it means.
    pub fn meaning(&self) -> Meaning {
        match (self.code, self.errno) {
            (404, 110 | 111) => match self.resource().as_deref() {
                Some("record") => Meaning::NoRecord,
                Some(_) => Meaning::NoCollection,
                None => Meaning::NoAddress,
            },
            (412, _) => Meaning::Modified,
            (409, 122) => Meaning::Repeat,
            (410, 202) => Meaning::Ended,
            _ => Meaning::AsStatus,
        }
    }

    /// The record that stands in the way of a precondition, where the answer shows it.
    pub fn existing(&self) -> Option<&'a RawValue> {
        let details = wire::members(self.details?.get().as_bytes())?;
        details.get("existing").copied()
    }

    fn resource(&self) -> Option<String> {
        wire::text(&wire::members(self.details?.get().as_bytes())?, "resource_name")
    }
}

/// The failure of a refused request.
pub fn failure(answer: &Answer, asked: Asked, refusal: Option<&Refusal<'_>>) -> Failure {
    let speaker = match refusal {
        Some(refusal) => Speaker::Server(refusal.message.clone()),
        None if answer.body.is_empty() => Speaker::Silence,
        None => Speaker::Stranger,
    };
    let failure = classify::refusal(answer, asked, &speaker);
    match refusal.map(Refusal::meaning) {
        Some(Meaning::Repeat) => Failure {
            class: ErrorClass::Transient,
            effect: Effect::None,
            counts: false,
            retry_after: answer.retry_after(),
            ..failure
        },
        Some(Meaning::Ended) => {
            Failure { class: ErrorClass::Upgrade, effect: Effect::None, counts: false, ..failure }
        }
        // An address that Kinto does not know is a fault of the connection, not of the record.
        Some(Meaning::NoAddress) => Failure { class: ErrorClass::Intercepted, counts: false, ..failure },
        Some(Meaning::NoRecord | Meaning::NoCollection | Meaning::Modified | Meaning::AsStatus) | None => {
            failure
        }
    }
}
