//! What an HTTP status means where a connector knows no better (`engine.md` 7).

use crate::http::Answer;
use tidemark_model::failure::{Effect, ErrorClass, Failure};

/// What was asked when the answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Whether the account is accepted at all.
    Probe,
    /// Something that changes nothing.
    Reading,
    /// A change.
    Writing,
}

/// Whose words the answer's body is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// The server's own error shape, with its sentence where it has one.
    Server(Option<String>),
    /// Nobody's: there is no body.
    Silence,
    /// Somebody else's: a proxy, a login page, another server.
    Stranger,
}

/// The failure of an answer that is no success of the asked kind.
pub fn refusal(answer: &Answer, asked: Asked, speaker: &Speaker) -> Failure {
    let retry_after = answer.retry_after();
    let Verdict { class, effect, counts } = verdict(answer.status, asked, speaker, retry_after.is_some());
    let words = match speaker {
        // A sentence without a word would leave people with nothing.
        Speaker::Server(Some(words)) if !words.trim().is_empty() => answer.scrub(words),
        Speaker::Server(_) | Speaker::Silence => answer.status_words(),
        Speaker::Stranger if class == ErrorClass::Intercepted => {
            format!("not the server's own kind of answer: {}", answer.status_words())
        }
        Speaker::Stranger => answer.status_words(),
    };
    let waits = matches!(class, ErrorClass::Throttled | ErrorClass::Transient);
    Failure {
        effect: if asked == Asked::Writing { effect } else { Effect::None },
        status: Some(answer.status),
        counts,
        retry_after: retry_after.filter(|_| waits),
        excerpt: answer.excerpt(),
        ..Failure::new(class, words)
    }
}

/// A success that is none in this server's language: a login page, an empty answer, another record.
pub fn intercepted(answer: &Answer, asked: Asked, what: &str) -> Failure {
    Failure {
        effect: if asked == Asked::Writing { Effect::Unknown } else { Effect::None },
        status: Some(answer.status),
        excerpt: answer.excerpt(),
        ..Failure::new(ErrorClass::Intercepted, answer.scrub(what))
    }
}

/// Why a good answer shows no record.
#[derive(Debug, thiserror::Error)]
pub enum Unshown {
    /// It is none in this server's language, or not about the record asked for.
    #[error("{0}")]
    Strange(String),
    /// The server's own, about the record asked for, whose document is not taken.
    #[error("the record on the server cannot be read: {0}")]
    Unreadable(String),
}

impl From<&str> for Unshown {
    fn from(what: &str) -> Self {
        Self::Strange(what.to_owned())
    }
}

impl From<String> for Unshown {
    fn from(what: String) -> Self {
        Self::Strange(what)
    }
}

/// The failure of a look at a record or of a change whose good answer shows none: about that one record, or somebody
/// else's answer. What a change did is not known by it.
pub fn unshown(answer: &Answer, asked: Asked, why: &Unshown) -> Failure {
    let failure = intercepted(answer, asked, &why.to_string());
    match why {
        Unshown::Strange(_) => failure,
        Unshown::Unreadable(_) => Failure { class: ErrorClass::Permanent, ..failure },
    }
}

struct Verdict {
    class: ErrorClass,
    effect: Effect,
    counts: bool,
}

/// Pure: the class, what may have happened, and whether the answer is about this one change.
fn verdict(status: u16, asked: Asked, speaker: &Speaker, has_wait: bool) -> Verdict {
    use ErrorClass::*;
    let is = |class, effect, counts| Verdict { class, effect, counts };
    let stranger = *speaker == Speaker::Stranger;
    match status {
        401 => is(Auth, Effect::None, false),
        408 => is(Transient, Effect::Unknown, false),
        423 | 425 => is(Transient, Effect::None, false),
        426 => is(Upgrade, Effect::None, false),
        429 => is(Throttled, Effect::None, false),
        412 | 428 => is(Conflict, Effect::None, false),
        // A 5xx is no proof that it did not happen.
        503 if has_wait => is(Throttled, Effect::Unknown, false),
        502..=504 => is(Transient, Effect::Unknown, false),
        511 => is(Intercepted, Effect::Unknown, false),
        500..=599 => is(Transient, Effect::Unknown, true),
        // Below, only the server's own word is a refusal of this change.
        400..=499 if stranger => is(Intercepted, Effect::Unknown, false),
        403 if asked == Asked::Probe => is(Auth, Effect::None, false),
        // An endpoint where nothing is answers nothing about the account.
        404 | 405 | 410 if asked == Asked::Probe => is(Intercepted, Effect::None, false),
        // Somewhere without a voice of its own nothing is ever "not found".
        404 | 410 if *speaker == Speaker::Silence => is(Intercepted, Effect::Unknown, false),
        400..=407 | 409..=411 | 413..=417 | 422 | 424 | 431 | 451 => is(Permanent, Effect::None, true),
        400..=499 => is(Transient, Effect::None, true),
        _ => is(Intercepted, Effect::Unknown, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ErrorClass::*;

    fn class(status: u16, speaker: Speaker) -> (ErrorClass, Effect, bool) {
        let verdict = verdict(status, Asked::Writing, &speaker, false);
        (verdict.class, verdict.effect, verdict.counts)
    }

    // proves A7
    #[test]
    fn each_status_has_its_class() {
        let own = || Speaker::Server(None);
        let table = [
            (401, Auth),
            (403, Permanent),
            (408, Transient),
            (412, Conflict),
            (413, Permanent),
            (415, Permanent),
            (422, Permanent),
            (423, Transient),
            (425, Transient),
            (426, Upgrade),
            (428, Conflict),
            (429, Throttled),
            (451, Permanent),
            (500, Transient),
            (502, Transient),
            (503, Transient),
            (504, Transient),
            (511, Intercepted),
        ];
        for (status, expected) in table {
            assert_eq!(class(status, own()).0, expected, "{status}");
        }
    }

    // proves A7
    #[test]
    fn outages_never_count_towards_giving_up() {
        for status in [401, 408, 423, 425, 429, 502, 503, 504, 511] {
            assert!(!class(status, Speaker::Server(None)).2, "{status} says nothing about this change");
        }
        for status in [500, 418, 599] {
            assert!(class(status, Speaker::Server(None)).2, "{status} may be about this change");
        }
    }

    #[test]
    fn a_server_error_leaves_open_whether_it_happened() {
        for status in [500, 501, 502, 503, 504, 507] {
            assert_eq!(class(status, Speaker::Server(None)).1, Effect::Unknown, "{status}");
        }
        assert_eq!(class(429, Speaker::Silence).1, Effect::None);
    }

    #[test]
    fn a_strangers_refusal_parks_nothing_and_deletes_nothing() {
        for status in [400, 403, 404, 405, 410, 422] {
            assert_eq!(class(status, Speaker::Stranger), (Intercepted, Effect::Unknown, false), "{status}");
        }
        assert_eq!(class(404, Speaker::Silence).0, Intercepted);
        assert_eq!(class(200, Speaker::Stranger).0, Intercepted);
        assert_eq!(class(302, Speaker::Silence).0, Intercepted);
    }

    #[test]
    fn a_forbidden_probe_is_about_the_account_and_a_forbidden_change_about_the_record() {
        let probe = verdict(403, Asked::Probe, &Speaker::Server(None), false);
        assert_eq!(probe.class, Auth);
        let nothing_there = verdict(404, Asked::Probe, &Speaker::Server(None), false);
        assert_eq!(nothing_there.class, Intercepted);
        assert_eq!(verdict(503, Asked::Writing, &Speaker::Silence, true).class, Throttled);
    }
}
