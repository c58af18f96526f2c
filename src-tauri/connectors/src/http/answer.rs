//! One answer, read whole and within its limits.

use super::account::Account;
use super::pace;
use reqwest::header::{CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, LAST_MODIFIED};
use std::time::Duration;
use tidemark_model::failure::clip;
use tidemark_model::number::Millis;

/// How much of an answer is kept for the record of attempts.
const EXCERPT_BYTES: usize = 2 * 1024;

/// An answer of any status.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body, decompressed.
    pub body: Vec<u8>,
    /// From the request to the headers.
    pub round_trip: Duration,
    headers: HeaderMap,
    account: Account,
}

impl Answer {
    pub(super) fn new(
        status: u16,
        headers: HeaderMap,
        body: Vec<u8>,
        round_trip: Duration,
        account: Account,
    ) -> Self {
        Self { status, body, round_trip, headers, account }
    }

    /// One part of an answer to several things, as if it had come alone.
    pub fn part(
        &self,
        status: u16,
        kind: HeaderValue,
        version: Option<HeaderValue>,
        replayed: bool,
        body: Vec<u8>,
    ) -> Self {
        let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, kind)]);
        if let Some(version) = version {
            headers.insert(ETAG, version);
        }
        if replayed {
            headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
        }
        Self { status, body, round_trip: self.round_trip, headers, account: self.account.clone() }
    }

    /// Whether the status says that it was done.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body where its type says JSON; login pages and empty answers are none.
    pub fn json(&self) -> Option<&[u8]> {
        (is_json(&self.headers) && !self.body.is_empty()).then_some(self.body.as_slice())
    }

    /// The version in the `ETag`: a strong tag without its quotes, a weak one as it is.
    pub fn etag(&self) -> Option<String> {
        self.headers.get(ETAG)?.to_str().ok().map(crate::wire::untag)
    }

    /// The `ETag` as it stands in the header, where it is a strong one: a weak one may be the same for two states.
    pub fn strong_tag(&self) -> Option<&str> {
        self.header("etag")
            .map(str::trim)
            .filter(|tag| tag.len() > 2 && tag.starts_with('"') && tag.ends_with('"'))
    }

    /// The server says that nothing has changed since the answer with this tag.
    pub fn is_unchanged(&self, tag: Option<&str>) -> bool {
        self.status == 304 && tag.is_some() && self.strong_tag().is_none_or(|now| Some(now) == tag)
    }

    /// When the record was changed last, by the server.
    pub fn last_modified(&self) -> Option<Millis> {
        pace::instant(self.headers.get(LAST_MODIFIED)?.to_str().ok()?)
    }

    /// The server's time of this answer.
    pub fn server_time(&self) -> Option<Millis> {
        pace::server_time(&self.headers, self.round_trip)
    }

    /// The wait it asks for.
    pub fn retry_after(&self) -> Option<Millis> {
        pace::retry_after(&self.headers).or_else(|| self.backoff())
    }

    /// The pace it asks for, also beside a good answer.
    pub fn backoff(&self) -> Option<Millis> {
        pace::backoff(&self.headers)
    }

    /// A text of the server's without the account's secret.
    pub fn scrub(&self, text: &str) -> String {
        self.account.scrub(text)
    }

    /// The start of the body for the record of attempts, without the account's secret.
    pub fn excerpt(&self) -> Option<String> {
        self.account.start_of(&self.body, EXCERPT_BYTES)
    }

    /// Words for an answer whose body has none.
    pub fn status_words(&self) -> String {
        let name =
            reqwest::StatusCode::from_u16(self.status).ok().and_then(|status| status.canonical_reason());
        clip(&format!("{} {}", self.status, name.unwrap_or("")), 500).trim_end().to_owned()
    }
}

/// Whether an answer's type says JSON.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind.ends_with("+json") || kind == "text/json"
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Bodies are people's records and stay out of logs.
        write!(f, "{} ({} bytes)", self.status, self.body.len())
    }
}
