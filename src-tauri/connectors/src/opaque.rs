//! Opaque requests: sent as they are, and their answers judged without knowing what they are about (row A1).

use crate::classify::{self, Asked};
use crate::http::{Answer, Http, Stop};
use tidemark_model::connector::{Outcome, SealError, WireForm};
use tidemark_model::failure::{Effect, ErrorClass, Failure};
use tidemark_model::request::Request;

/// What is sent for a request; pure. Its target stays under the link's endpoint, whatever stands in it.
pub fn seal(http: &Http, request: &Request) -> Result<WireForm, SealError> {
    let outside = || SealError::Outside(format!("/{}", request.target));
    let url = http.url_of(request.target.trim_start_matches('/')).ok_or_else(outside)?;
    let path =
        url.path().strip_prefix(http.base().path()).filter(|path| !path.is_empty()).ok_or_else(outside)?;
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    // A colon in the first part would be read as the name of a scheme (RFC 3986, 4.2), a '/' as the server's root.
    let first = path.split('/').next().unwrap_or_default();
    let dot = if first.is_empty() || first.contains(':') { "./" } else { "" };
    Ok(WireForm {
        method: request.method.as_str().to_owned(),
        target: format!("{dot}{path}{query}"),
        headers: request.headers(),
        body: request.body.clone(),
        whole: false,
    })
}

/// What a good answer means: JSON or nothing is the server's own; a page is somebody else's.
pub fn taken(answer: &Answer, replayed: bool) -> Outcome {
    if answer.body.is_empty() || answer.json().is_some() {
        return Outcome::Done { status: answer.status, excerpt: answer.excerpt(), replayed };
    }
    Outcome::Failed(classify::intercepted(answer, Asked::Writing, "the answer is no JSON"))
}

/// What an answer means that was not taken in: a good one is a success all the same, without an excerpt.
pub fn stopped(stop: Stop) -> Outcome {
    let is_good = stop.is_good();
    let failure = Failure::from(stop);
    match failure.status.filter(|_| is_good) {
        Some(status) => Outcome::Done { status, excerpt: None, replayed: false },
        None => Outcome::Failed(failure),
    }
}

/// What a refusal means, from what it would mean for a record: whatever the server has instead, a request has no sides to
/// compare, and a person looks at it.
pub fn refused(failure: Failure) -> Outcome {
    match failure.class {
        ErrorClass::Conflict => Outcome::Failed(permanent(failure)),
        _ => Outcome::Failed(failure),
    }
}

/// Whether an answer may be about the request's own address, which anybody can have mistyped, as well as about the whole
/// connection's. The server itself is asked then, so that one wrong path does not hold all other changes.
pub fn is_about_its_address(failure: &Failure) -> bool {
    failure.class == ErrorClass::Intercepted && matches!(failure.status, Some(404 | 405 | 410))
}

/// A refusal of this one request.
pub fn permanent(failure: Failure) -> Failure {
    Failure { class: ErrorClass::Permanent, effect: Effect::None, counts: true, ..failure }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::HttpOptions;
    use tidemark_model::request::Method;

    fn sealed(base: &str, target: &str) -> Result<String, SealError> {
        let http = Http::new(base.parse().unwrap(), None, None, HttpOptions::default()).unwrap();
        let wire = seal(&http, &Request::new(Method::Post, target, None, None).unwrap())?;
        let sent = http.url_of(&wire.target).unwrap();
        let shown = http.base().join(&wire.target).unwrap();
        assert_eq!(sent, shown, "people see the address that it goes to");
        assert!(sent.as_str().starts_with(base), "{sent}");
        Ok(wire.target)
    }

    // proves A1
    #[test]
    fn a_request_stays_under_the_connections_address() {
        let v1 = |target: &str| sealed("http://h.example/v1/", target);
        assert_eq!(v1("/invoices/12/submit?x=1&y=%20").unwrap(), "invoices/12/submit?x=1&y=%20");
        assert_eq!(v1("documents:commit").unwrap(), "./documents:commit");
        assert_eq!(v1("http://evil.example/x").unwrap(), "./http://evil.example/x");
        assert_eq!(v1("a/../b").unwrap(), "b");
        assert_eq!(v1("//evil.example/x").unwrap(), "evil.example/x");
        for out in ["../v2/x", "a/../../x", "%2e%2e/x", "..", ".", "a/..", "..%2f../x/../../.."] {
            assert!(matches!(v1(out), Err(SealError::Outside(_))), "{out}: {:?}", v1(out));
        }
        assert_eq!(sealed("http://h.example/", "x//y").unwrap(), "x//y");
        assert_eq!(sealed("http://h.example/", "./%2e//evil.example").unwrap(), ".//evil.example");
    }
}
