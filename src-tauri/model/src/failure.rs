//! How a request can go wrong, decided once where the answer is born (`engine.md` 7).

use crate::number::Millis;
use serde::{Deserialize, Serialize};

/// The class of a failure; it alone decides what the engine does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ErrorClass {
    /// The server cannot be reached: name, connection, handshake.
    Offline,
    /// The server's certificate is not trusted; the link pauses.
    Untrusted,
    /// It may go better in a while.
    Transient,
    /// The server asks for a slower pace.
    Throttled,
    /// Signed out or refused for this account; the account pauses.
    Auth,
    /// The server has another version.
    Conflict,
    /// The server refuses this change.
    Permanent,
    /// The server asks for a newer client.
    Upgrade,
    /// Somebody else answered: a login page, a proxy, a wrong address.
    Intercepted,
}

impl ErrorClass {
    /// The word stored and shown to programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Untrusted => "untrusted",
            Self::Transient => "transient",
            Self::Throttled => "throttled",
            Self::Auth => "auth",
            Self::Conflict => "conflict",
            Self::Permanent => "permanent",
            Self::Upgrade => "upgrade",
            Self::Intercepted => "intercepted",
        }
    }

    /// The class of a stored word.
    pub fn parse(word: &str) -> Option<Self> {
        use ErrorClass::*;
        [Offline, Untrusted, Transient, Throttled, Auth, Conflict, Permanent, Upgrade, Intercepted]
            .into_iter()
            .find(|class| class.as_str() == word)
    }
}

/// Whether the server may have done what was asked although it did not say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Certainly not applied.
    None,
    /// Perhaps applied: the request left, and no answer that can be believed came back.
    Unknown,
}

/// One failed request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{class:?}: {words}")]
pub struct Failure {
    /// What the engine goes by.
    pub class: ErrorClass,
    /// Whether an effect is possible.
    pub effect: Effect,
    /// The HTTP status, where an answer came.
    pub status: Option<u16>,
    /// Whether this answer is about this one mutation and so counts towards giving up.
    pub counts: bool,
    /// The earliest next try the server allows, as a span from the answer; already clamped to 24 h.
    pub retry_after: Option<Millis>,
    /// The server's own words, or what happened below HTTP; at most 500 characters, no secrets.
    pub words: String,
    /// The start of the answer's body for the record of attempts; at most 2 KiB, no secrets.
    pub excerpt: Option<String>,
}

impl Failure {
    /// A failure of a class with nothing else known; nothing was applied and it does not count.
    pub fn new(class: ErrorClass, words: impl Into<String>) -> Self {
        Self {
            class,
            effect: Effect::None,
            status: None,
            counts: false,
            retry_after: None,
            words: clip(&words.into(), 500),
            excerpt: None,
        }
    }

    /// Whether it is a good answer of the server's about one record that cannot be taken in: another look shows no more.
    pub fn is_unreadable(&self) -> bool {
        self.class == ErrorClass::Permanent && self.status.is_some_and(|status| (200..300).contains(&status))
    }

    /// The same failure with an answer's status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Whether it tells of a server at its limit, as no answer about this one mutation does.
    pub fn is_overload(&self) -> bool {
        matches!(self.class, ErrorClass::Transient | ErrorClass::Throttled) && !self.counts
    }

    /// Whether the answer's status refuses the request itself, whatever class it was given: sent again as it is under the
    /// same key it would be refused again.
    pub fn is_refusal(&self) -> bool {
        self.status.is_some_and(|status| {
            (400..500).contains(&status) && !matches!(status, 401 | 408 | 423 | 425 | 429)
        })
    }

    /// The same failure with an unknown effect.
    #[must_use]
    pub fn uncertain(mut self) -> Self {
        self.effect = Effect::Unknown;
        self
    }
}

/// A text of at most `limit` characters: what is longer loses its middle, for both ends of a sentence say something.
pub fn shortened(text: &str, limit: usize) -> String {
    let length = text.chars().count();
    if length <= limit {
        return text.to_owned();
    }
    let half = limit / 2;
    let start: String = text.chars().take(half).collect();
    let end: String = text.chars().skip(length - half).collect();
    format!("{start} … {end}")
}

/// The first `limit` characters of a text.
pub fn clip(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
