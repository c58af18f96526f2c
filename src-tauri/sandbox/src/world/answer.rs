//! What the world answers, without HTTP.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// The errors of the contract; the name is the last part of the problem's `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// 412: somebody else wrote in between.
    VersionConflict,
    /// 409: the request with this key is still running.
    KeyInUse,
    /// 422: the key was used for something else.
    KeyReused,
    /// 410: older than the tombstone floor.
    CheckpointExpired,
    /// 409: a token of another epoch.
    EpochChanged,
    /// 404: never existed.
    NotFound,
    /// 410: deleted.
    Gone,
    /// 400 (405, 415, 424): not to be understood, or not to be done.
    Invalid,
    /// 413: over the limit.
    TooLarge,
    /// 401.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 429 and 503.
    Throttled,
}

impl ProblemKind {
    /// The usual status.
    pub fn status(self) -> u16 {
        match self {
            ProblemKind::VersionConflict => 412,
            ProblemKind::KeyInUse | ProblemKind::EpochChanged => 409,
            ProblemKind::KeyReused => 422,
            ProblemKind::CheckpointExpired | ProblemKind::Gone => 410,
            ProblemKind::NotFound => 404,
            ProblemKind::Invalid => 400,
            ProblemKind::TooLarge => 413,
            ProblemKind::Unauthorized => 401,
            ProblemKind::Forbidden => 403,
            ProblemKind::Throttled => 429,
        }
    }

    /// The name in the `type`.
    pub fn as_str(self) -> &'static str {
        match self {
            ProblemKind::VersionConflict => "version-conflict",
            ProblemKind::KeyInUse => "key-in-use",
            ProblemKind::KeyReused => "key-reused",
            ProblemKind::CheckpointExpired => "checkpoint-expired",
            ProblemKind::EpochChanged => "epoch-changed",
            ProblemKind::NotFound => "not-found",
            ProblemKind::Gone => "gone",
            ProblemKind::Invalid => "invalid",
            ProblemKind::TooLarge => "too-large",
            ProblemKind::Unauthorized => "unauthorized",
            ProblemKind::Forbidden => "forbidden",
            ProblemKind::Throttled => "throttled",
        }
    }

    fn title(self) -> &'static str {
        match self {
            ProblemKind::VersionConflict => "The record is not at the version you named.",
            ProblemKind::KeyInUse => "A request with this key is still running.",
            ProblemKind::KeyReused => "This key was used for another request.",
            ProblemKind::CheckpointExpired => "Deletions since this token are no longer known.",
            ProblemKind::EpochChanged => "The server was restored; this token belongs to the time before.",
            ProblemKind::NotFound => "There is nothing here.",
            ProblemKind::Gone => "The record was deleted.",
            ProblemKind::Invalid => "The request cannot be understood.",
            ProblemKind::TooLarge => "The request is too large.",
            ProblemKind::Unauthorized => "Sign in first.",
            ProblemKind::Forbidden => "This account may not do that.",
            ProblemKind::Throttled => "Too much at once; come back later.",
        }
    }
}

/// An answer before it is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The version for `ETag`, without quotes.
    pub version: Option<String>,
    /// JSON text; empty for 304.
    pub body: String,
    /// What went wrong, if so; then `body` is a problem document.
    pub problem: Option<ProblemKind>,
    /// Whether this is the first answer said again.
    pub replayed: bool,
    /// `Retry-After`, in seconds.
    pub retry_after_s: Option<u64>,
}

impl Answer {
    /// A good answer.
    pub fn ok(status: u16, version: Option<String>, body: String) -> Answer {
        Answer { status, version, body, problem: None, replayed: false, retry_after_s: None }
    }

    /// A refusal with its sentence.
    pub fn refuse(kind: ProblemKind, detail: impl Into<String>) -> Answer {
        Answer::refuse_with(kind, kind.status(), detail, Map::new())
    }

    /// A refusal with another status and further members.
    pub fn refuse_with(
        kind: ProblemKind,
        status: u16,
        detail: impl Into<String>,
        more: Map<String, Value>,
    ) -> Answer {
        let mut body = Map::new();
        body.insert("type".into(), format!("https://tidemark.invalid/problems/{}", kind.as_str()).into());
        body.insert("title".into(), kind.title().into());
        body.insert("status".into(), status.into());
        body.insert("detail".into(), detail.into().into());
        body.extend(more);
        Answer {
            status,
            version: None,
            body: Value::Object(body).to_string(),
            problem: Some(kind),
            replayed: false,
            retry_after_s: None,
        }
    }

    /// The body as a value; null when it is empty.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// Whether the request was done.
    pub fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// An answer as it is kept under a key.
#[derive(Serialize, Deserialize)]
pub(crate) struct KeptAnswer {
    status: u16,
    version: Option<String>,
    body: Option<Box<RawValue>>,
    problem: Option<ProblemKind>,
}

impl KeptAnswer {
    pub(crate) fn of(answer: &Answer) -> KeptAnswer {
        KeptAnswer {
            status: answer.status,
            version: answer.version.clone(),
            body: RawValue::from_string(answer.body.clone()).ok(),
            problem: answer.problem,
        }
    }

    pub(crate) fn again(self) -> Answer {
        Answer {
            status: self.status,
            version: self.version,
            body: self.body.map(|raw| raw.get().to_owned()).unwrap_or_default(),
            problem: self.problem,
            replayed: true,
            retry_after_s: None,
        }
    }
}
