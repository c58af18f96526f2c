//! Opaque requests of other programs: what Tidemark keeps and sends without understanding it (row A1).

use crate::change::Change;
use crate::{document, temporary};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The largest body of a request, in bytes.
pub const MAX_BODY: usize = 16 * 1024 * 1024;
/// The longest target, in bytes.
pub const MAX_TARGET: usize = 8 * 1024;
/// The longest label, in characters.
pub const MAX_LABEL: usize = 200;

/// What a request may be sent with. Reading is not among them: it changes nothing that has to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Does something; doing it twice may be something else.
    Post,
    /// Puts something in its place; twice is once.
    Put,
    /// Changes something; doing it twice may be something else.
    Patch,
    /// Takes something away; twice is once.
    Delete,
}

impl Method {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// The method of a word, in capitals or not.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Post, Self::Put, Self::Patch, Self::Delete]
            .into_iter()
            .find(|method| method.as_str().eq_ignore_ascii_case(word))
    }

    /// Whether the same request twice does what it does once (RFC 9110, 9.2.2).
    pub fn is_idempotent(self) -> bool {
        match self {
            Self::Put | Self::Delete => true,
            Self::Post | Self::Patch => false,
        }
    }
}

/// A request as it is kept until it is sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Its method.
    pub method: Method,
    /// Path and query under the link's endpoint, without a '/' at its start.
    pub target: String,
    /// The body, JSON text sent as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The caller's words for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// Why a request is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// No path, or one that addresses do not hold as it stands.
    #[error("'{0}' is no path under the connection's address")]
    Target(String),
    /// A target beyond [`MAX_TARGET`].
    #[error("the path has more than {MAX_TARGET} bytes")]
    LongTarget,
    /// A body beyond [`MAX_BODY`].
    #[error("the body has {0} bytes; at most {MAX_BODY} are taken")]
    LargeBody(usize),
    /// A body that is no JSON.
    #[error("the body is no JSON: {0}")]
    Body(String),
    /// A label beyond [`MAX_LABEL`].
    #[error("the label has more than {MAX_LABEL} characters")]
    LongLabel,
}

impl Request {
    /// A request whose parts are in order; where its target leads is the connector's to judge.
    pub fn new(
        method: Method,
        target: &str,
        body: Option<String>,
        label: Option<String>,
    ) -> Result<Self, RequestError> {
        if target.len() > MAX_TARGET {
            return Err(RequestError::LongTarget);
        }
        let under = target.trim_start_matches('/');
        // What an address would be read without, or read as something else, is refused rather than guessed.
        let strange = |letter: char| letter.is_control() || letter.is_whitespace() || "#\\".contains(letter);
        if under.is_empty() || under.starts_with('?') || under.contains(strange) {
            return Err(RequestError::Target(crate::failure::clip(target, 100)));
        }
        if let Some(body) = &body {
            if body.len() > MAX_BODY {
                return Err(RequestError::LargeBody(body.len()));
            }
            document::typed_value(body.as_bytes()).map_err(|error| RequestError::Body(error.to_string()))?;
        }
        if label.as_ref().is_some_and(|label| label.chars().count() > MAX_LABEL) {
            return Err(RequestError::LongLabel);
        }
        Ok(Self { method, target: under.to_owned(), body, label })
    }

    /// What it is called where it has no label: `POST /invoices/12/submit`.
    pub fn name(&self) -> String {
        format!("{} /{}", self.method.as_str(), self.target)
    }

    /// The request with a temporary id replaced by the server's wherever it stands; `None` where it does not.
    ///
    /// In the target it is escaped as one part of an address; in the body a text that is the id becomes the server's own
    /// value, so that a number stays a number.
    pub fn renamed(&self, old: &str, id: &Value) -> Option<Self> {
        let target = self.target.replace(old, &escaped(&temporary::text_of(id)));
        let body = self.body.as_ref().map(|text| match document::parse_value(text.as_bytes()) {
            Ok(value) => {
                temporary::replaced(&value, old, id).map_or_else(|| text.clone(), |value| value.to_string())
            }
            Err(_) => text.clone(),
        });
        let renamed = Self { target, body, ..self.clone() };
        (renamed != *self).then_some(renamed)
    }

    /// The headers that it goes with, beside those of every request.
    pub fn headers(&self) -> Vec<(String, String)> {
        // Said here as well as by the sender, so that a copied command sends it as what it is.
        self.body.iter().map(|_| ("Content-Type".to_owned(), "application/json".to_owned())).collect()
    }

    /// As a mutation's changes keep it: one value, set whole.
    pub fn to_changes(&self) -> Vec<Change> {
        let text = |text: &String| Value::String(text.clone());
        let mut kept = Map::from_iter([
            ("method".to_owned(), Value::String(self.method.as_str().to_owned())),
            ("target".to_owned(), text(&self.target)),
        ]);
        kept.extend(self.body.as_ref().map(|body| ("body".to_owned(), text(body))));
        kept.extend(self.label.as_ref().map(|label| ("label".to_owned(), text(label))));
        vec![Change::set("", Value::Object(kept))]
    }

    /// The request that a mutation's changes keep; none where they keep something else.
    pub fn of_changes(changes: &[Change]) -> Option<Self> {
        let [Change::Set { path, set }] = changes else { return None };
        path.is_empty().then(|| Self::deserialize(set).ok()).flatten()
    }
}

/// All but the unreserved characters of RFC 3986 as their bytes.
fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => escaped.push(byte.into()),
            other => escaped.push_str(&format!("%{other:02X}")),
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> Result<String, RequestError> {
        Request::new(Method::Post, text, None, None).map(|request| request.target)
    }

    // proves A1
    #[test]
    fn a_target_is_a_path_and_nothing_that_reads_like_one() {
        assert_eq!(target("/invoices/12/submit").unwrap(), "invoices/12/submit");
        assert_eq!(target("documents:commit?x=1").unwrap(), "documents:commit?x=1");
        assert_eq!(target("//evil.example/x").unwrap(), "evil.example/x", "a path, not a host");
        for text in ["", "/", "?x", "a b", "a#b", "a\\b", "a\nb", "\\\\evil.example"] {
            assert!(target(text).is_err(), "{text:?}");
        }
        assert_eq!(target(&"a".repeat(MAX_TARGET + 1)), Err(RequestError::LongTarget));
    }

    #[test]
    fn the_servers_id_takes_the_place_of_a_temporary_one() {
        let old = temporary::make("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
        let body = format!(r#"{{"id":"{old}","note":"see {old}"}}"#);
        let request =
            Request::new(Method::Post, &format!("c/{old}/submit?of={old}"), Some(body), None).unwrap();
        let named = request.renamed(&old, &serde_json::json!(12)).unwrap();
        assert_eq!(named.target, "c/12/submit?of=12");
        assert_eq!(named.body.as_deref(), Some(r#"{"id":12,"note":"see 12"}"#));
        assert_eq!(
            request.renamed(&old, &serde_json::json!("a/ü")).unwrap().target,
            "c/a%2F%C3%BC/submit?of=a%2F%C3%BC"
        );
        assert_eq!(named.renamed(&old, &serde_json::json!(12)), None);
    }

    // proves A1
    #[test]
    fn a_request_is_kept_as_it_was_given_to_the_byte() {
        let body = r#"{ "n": 1.10,  "big":12345678901234567890 }"#.to_owned();
        let request = Request::new(Method::Put, "/a", Some(body), Some("Submit".into())).unwrap();
        let stored = serde_json::to_string(&request.to_changes()).unwrap();
        assert_eq!(
            Request::of_changes(&serde_json::from_str::<Vec<Change>>(&stored).unwrap()),
            Some(request)
        );
        assert!(Request::new(Method::Put, "a", Some("{".into()), None).is_err());
        assert!(Request::new(Method::Put, "a", Some(r#"{"a":1,"a":2}"#.into()), None).is_err());
    }
}
