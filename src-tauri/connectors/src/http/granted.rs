//! What a token endpoint answers (RFC 6749, sections 5.1 and 5.2), read to strict types.

use super::account::Account;
use super::answer::Answer;
use crate::Secret;
use serde::{Deserialize, Deserializer};
use tidemark_model::failure::{ErrorClass, Failure, clip};
use zeroize::Zeroizing;

/// Tokens as they were given.
#[derive(Deserialize)]
pub(super) struct Granted {
    #[serde(deserialize_with = "secret")]
    pub(super) access_token: Secret,
    token_type: String,
    pub(super) expires_in: Option<u64>,
    #[serde(default, deserialize_with = "perhaps_secret")]
    pub(super) refresh_token: Option<Secret>,
}

#[derive(Deserialize)]
struct Refused {
    error: String,
    error_description: Option<String>,
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    String::deserialize(deserializer).map(Secret::new)
}

fn perhaps_secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.filter(|text| !text.is_empty()).map(Secret::new))
}

/// The tokens of an answer to `refresh`. A failure is about the sign-in and never carries a status or the answer itself: it
/// tells nothing of the request that waits.
pub(super) fn read(mut answer: Answer, refresh: &Secret) -> Result<Granted, Failure> {
    let is_json = answer.json().is_some();
    let wait = answer.retry_after();
    let body = Zeroizing::new(std::mem::take(&mut answer.body));
    let fails = |class, words: String| Err(Failure { retry_after: wait, ..Failure::new(class, words) });
    match answer.status {
        200 if is_json => match serde_json::from_slice::<Granted>(&body) {
            Ok(granted) if granted.access_token.expose().is_empty() => {
                fails(ErrorClass::Intercepted, "it gave an empty token".to_owned())
            }
            Ok(granted) if !granted.token_type.eq_ignore_ascii_case("bearer") => {
                fails(ErrorClass::Intercepted, "it gave a token of another kind than bearer".to_owned())
            }
            Ok(granted) => Ok(granted),
            // What the parser says may repeat a token.
            Err(_) => {
                fails(ErrorClass::Intercepted, "its answer holds no token of the expected shape".to_owned())
            }
        },
        400 | 401 => fails(ErrorClass::Auth, refusal(is_json.then_some(&body), &answer, refresh)),
        403 if is_json && serde_json::from_slice::<Refused>(&body).is_ok() => {
            fails(ErrorClass::Auth, refusal(Some(&body), &answer, refresh))
        }
        429 => fails(ErrorClass::Throttled, answer.status_words()),
        408 | 425 | 500..=599 => fails(ErrorClass::Transient, answer.status_words()),
        _ => fails(
            ErrorClass::Intercepted,
            format!("{} is no answer of a sign-in server", answer.status_words()),
        ),
    }
}

/// The server's words for a refusal, without the token that it may repeat.
fn refusal(body: Option<&Zeroizing<Vec<u8>>>, answer: &Answer, refresh: &Secret) -> String {
    let Some(refused) = body.and_then(|body| serde_json::from_slice::<Refused>(body).ok()) else {
        return answer.status_words();
    };
    let Some(account) = Account::bearer(refresh.clone()) else { return answer.status_words() };
    // The token is taken out before anything is cut, or half of it would stay at the border.
    let (error, description) = (account.scrub(&refused.error), refused.error_description);
    match description.map(|description| account.scrub(&description)) {
        Some(description) => clip(&format!("{} ({description})", clip(&error, 100)), 300),
        None => clip(&error, 100),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
    use std::time::Duration;

    fn read_of(status: u16, kind: &'static str, body: &str) -> Result<Granted, Failure> {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]);
        let nobody = Account::new(None, None).unwrap();
        let answer = Answer::new(status, headers, body.into(), Duration::ZERO, nobody);
        read(answer, &Secret::new("old-token"))
    }

    fn class(status: u16, body: &str) -> ErrorClass {
        let failure = read_of(status, "application/json", body).err().unwrap();
        assert_eq!((failure.status, failure.counts), (None, false), "{status} {body}");
        assert!(!failure.words.contains("-token"), "{}", failure.words);
        failure.class
    }

    // proves A7
    #[test]
    fn a_token_is_taken_in_its_exact_shape_alone() {
        let good =
            r#"{"access_token":"a","token_type":"bearer","expires_in":60,"refresh_token":"r","more":1}"#;
        let granted = read_of(200, "application/json;charset=UTF-8", good).ok().unwrap();
        assert_eq!((granted.access_token.expose(), granted.expires_in), ("a", Some(60)));
        assert_eq!(granted.refresh_token.unwrap().expose(), "r");
        for bad in [
            r#"{"access_token":"","token_type":"bearer"}"#,
            r#"{"access_token":7,"token_type":"bearer"}"#,
            r#"{"access_token":"new-token","token_type":"mac"}"#,
            r#"{"access_token":"new-token"}"#,
            r#"{"access_token":"new-token","token_type":"bearer","expires_in":"a-token"}"#,
            r#"{"access_token":"new-token","token_type":"bearer","expires_in":-1}"#,
            r#"["new-token"]"#,
            "new-token",
            "",
        ] {
            assert_eq!(class(200, bad), ErrorClass::Intercepted, "{bad}");
        }
        let page = read_of(200, "text/html", good).err().unwrap();
        assert_eq!(page.class, ErrorClass::Intercepted, "a login page is no token");
    }

    // proves A7
    #[test]
    fn only_a_refusal_asks_for_a_person() {
        let refusal = r#"{"error":"invalid_grant","error_description":"old-token has ended"}"#;
        for (status, body, expected) in [
            (400, refusal, ErrorClass::Auth),
            (400, "", ErrorClass::Auth),
            (401, r#"{"error":"invalid_client"}"#, ErrorClass::Auth),
            (403, refusal, ErrorClass::Auth),
            (403, "", ErrorClass::Intercepted),
            (404, "", ErrorClass::Intercepted),
            (302, "", ErrorClass::Intercepted),
            (204, "", ErrorClass::Intercepted),
            (408, "", ErrorClass::Transient),
            (429, "", ErrorClass::Throttled),
            (500, refusal, ErrorClass::Transient),
            (503, "", ErrorClass::Transient),
        ] {
            assert_eq!(class(status, body), expected, "{status} {body}");
        }
    }
}
