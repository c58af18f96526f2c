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
    let words = match refused.error_description {
        Some(description) => format!("{} ({})", clip(&refused.error, 100), description),
        None => clip(&refused.error, 100),
    };
    match Account::bearer(refresh.clone()) {
        Some(account) => clip(&account.scrub(&words), 300),
        None => clip(&refused.error, 100),
    }
}
