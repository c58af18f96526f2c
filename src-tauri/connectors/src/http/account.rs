//! Who signs requests: the one header with a secret, and the removal of that secret from what servers say.

use crate::Secret;
use base64::Engine as _;
use reqwest::header::HeaderValue;
use url::form_urlencoded::byte_serialize;
use zeroize::Zeroizing;

/// Stands for a secret.
const DOTS: &str = "•••";
/// The shortest text that is one.
const SHORTEST: usize = 3;

/// What one account sends.
#[derive(Clone)]
pub(super) struct Account {
    header: Option<HeaderValue>,
    /// Texts that must not come back: the secret itself, encoded, and as it stands in JSON and in forms.
    hidden: Vec<Secret>,
}

impl Account {
    /// Basic authentication with a user, else a bearer token; `None` where no header can carry them.
    pub(super) fn new(user: Option<&str>, secret: Option<Secret>) -> Option<Self> {
        let Some(secret) = secret else { return Some(Self { header: None, hidden: Vec::new() }) };
        match user {
            Some(user) if user.contains(':') => None,
            Some(user) => {
                let pair = Zeroizing::new(format!("{user}:{}", secret.expose()));
                let pair = Secret::new(base64::engine::general_purpose::STANDARD.encode(pair.as_bytes()));
                Self::with("Basic", pair, secret)
            }
            None => Self::bearer(secret),
        }
    }

    /// An account with a bearer token; `None` where no header can carry it.
    pub(super) fn bearer(token: Secret) -> Option<Self> {
        Self::with("Bearer", token.clone(), token)
    }

    fn with(scheme: &str, credentials: Secret, secret: Secret) -> Option<Self> {
        let line = Zeroizing::new(format!("{scheme} {}", credentials.expose()));
        let mut header = HeaderValue::from_str(&line).ok()?;
        header.set_sensitive(true);
        let quoted = Zeroizing::new(serde_json::Value::from(secret.expose()).to_string());
        let in_json = Secret::new(quoted.trim_matches('"'));
        let in_form = Secret::new(byte_serialize(secret.expose().as_bytes()).collect::<String>());
        Some(Self { header: Some(header), hidden: vec![credentials, in_json, in_form, secret] })
    }

    pub(super) fn header(&self) -> Option<&HeaderValue> {
        self.header.as_ref()
    }

    /// The text without the secret, which a server may echo.
    pub(super) fn scrub(&self, text: &str) -> String {
        self.hidden().fold(text.to_owned(), |text, secret| text.replace(secret, DOTS))
    }

    /// The same for a text that may have been cut anywhere: neither does it end in the beginning of a secret.
    pub(super) fn scrub_start(&self, text: &str) -> String {
        let mut text = self.scrub(text);
        let ends_in = |secret: &str| {
            let begun = (SHORTEST..secret.len()).filter_map(|end| secret.get(..end));
            begun.filter(|begun| text.ends_with(begun)).map(str::len).max()
        };
        if let Some(part) = self.hidden().filter_map(ends_in).max() {
            text.truncate(text.len() - part);
            text.push_str(DOTS);
        }
        text
    }

    /// The first `most` bytes of an answer's text without the secret; none where there is no text.
    pub(super) fn start_of(&self, body: &[u8], most: usize) -> Option<String> {
        if body.is_empty() {
            return None;
        }
        // The secret is taken out before the cut, or half of it would stay at the border.
        let text = self.scrub_start(&String::from_utf8_lossy(&body[..body.len().min(2 * most)]));
        let mut end = text.len().min(most);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        Some(text[..end].to_owned())
    }

    /// A secret of one or two letters would turn every text into dots; it protects nothing either.
    fn hidden(&self) -> impl Iterator<Item = &str> {
        self.hidden.iter().map(Secret::expose).filter(|secret| secret.len() >= SHORTEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_echoed_by_a_server_is_taken_out_of_its_words() {
        let account = Account::new(Some("ann"), Some(Secret::new("swordfish"))).unwrap();
        let header = account.header().unwrap();
        assert!(header.is_sensitive());
        let encoded = header.to_str().unwrap().to_owned();
        let scrubbed = account.scrub(&format!("you sent {encoded} that is swordfish"));
        assert_eq!(scrubbed, "you sent Basic ••• that is •••");
    }

    #[test]
    fn a_secret_is_known_again_in_the_quotes_of_an_answer() {
        let account = Account::new(None, Some(Secret::new("sword\\fi\"sh"))).unwrap();
        assert_eq!(account.scrub(r#"{"token":"sword\\fi\"sh"}"#), r#"{"token":"•••"}"#);
    }

    #[test]
    fn a_text_that_was_cut_within_the_secret_does_not_end_in_its_beginning() {
        let account = Account::new(None, Some(Secret::new("swordfish"))).unwrap();
        assert_eq!(account.scrub_start("swordfish, swordfi"), "•••, •••");
        assert_eq!(account.scrub_start("it is sw"), "it is sw", "two letters are no part of anything");
        assert_eq!(account.scrub_start("swordfi and more"), "swordfi and more");
    }

    #[test]
    fn without_a_user_the_secret_is_a_bearer_token() {
        let account = Account::new(None, Some(Secret::new("t0ken"))).unwrap();
        assert_eq!(account.header().unwrap().to_str().unwrap(), "Bearer t0ken");
        assert!(Account::new(None, Some(Secret::new("line\nbreak"))).is_none());
        assert!(Account::new(Some("a:b"), Some(Secret::new("x"))).is_none());
    }
}
