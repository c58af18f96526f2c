//! The secrets of this process as texts that no log line may hold.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use tidemark_model::merge::MASK;
use url::form_urlencoded::byte_serialize;
use zeroize::Zeroizing;

/// A shorter secret would turn every text into dots; it protects nothing either.
const SHORTEST: usize = 3;
/// Of each entry so many secrets are remembered: a replaced one may still be on its way.
const REMEMBERED: usize = 4;

/// One secret in every form in which it travels.
type Forms = Vec<Zeroizing<String>>;

/// Known secrets; clones share them, and they are wiped from memory with the last.
#[derive(Clone, Default)]
pub struct Hidden(Arc<Mutex<BTreeMap<String, Vec<Forms>>>>);

impl Hidden {
    /// The one beside this process's log.
    pub fn of_process() -> Self {
        static HIDDEN: LazyLock<Hidden> = LazyLock::new(Hidden::default);
        HIDDEN.clone()
    }

    /// Hides a secret of an entry, alone and as the pair with its account.
    pub(crate) fn add(&self, entry: &str, user: Option<&str>, secret: &str) {
        if secret.len() < SHORTEST {
            return;
        }
        let forms = forms(user, secret);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_entry = known.entry(entry.to_owned()).or_default();
        of_entry.retain(|earlier| *earlier != forms);
        of_entry.push(forms);
        let too_many = of_entry.len().saturating_sub(REMEMBERED);
        of_entry.drain(..too_many);
    }

    /// The entry's secrets are in use no more.
    pub(crate) fn forget(&self, entry: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(entry);
    }

    /// The text with dots in the place of each secret.
    pub(crate) fn mask(&self, mut text: String) -> String {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for form in known.values().flatten().flatten() {
            if text.contains(form.as_str()) {
                text = text.replace(form.as_str(), MASK);
            }
        }
        text
    }
}

/// Longest first, so that no form leaves the rest of a longer one behind.
fn forms(user: Option<&str>, secret: &str) -> Forms {
    let mut plain = vec![Zeroizing::new(secret.to_owned())];
    if let Some(user) = user {
        plain.push(Zeroizing::new(format!("{user}:{secret}")));
    }
    let mut forms = Forms::new();
    for text in plain {
        for engine in [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            forms.push(Zeroizing::new(engine.encode(text.as_bytes())));
        }
        // As it stands in a form that asks for a token.
        forms.push(Zeroizing::new(byte_serialize(text.as_bytes()).collect()));
        // As it stands in the quotes of printed structures.
        forms.push(Zeroizing::new(text.escape_debug().to_string()));
        forms.push(text);
    }
    forms.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
    forms.dedup();
    forms
}

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hidden")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // proves E6
    #[test]
    fn a_secret_is_hidden_in_every_form_in_which_it_travels() {
        let hidden = Hidden::default();
        hidden.add("work", Some("ann"), "sword\"fish?>");
        let travels = [
            "sword\"fish?>".to_owned(),
            format!("{:?}", "sword\"fish?>"),
            STANDARD.encode("ann:sword\"fish?>"),
            STANDARD.encode("sword\"fish?>"),
            URL_SAFE_NO_PAD.encode("sword\"fish?>"),
        ];
        for text in travels {
            let masked = hidden.mask(format!("<{text}>"));
            assert!(masked.contains(MASK) && masked.len() < 20, "{text}: {masked}");
        }
        assert_eq!(hidden.mask("nothing of it".into()), "nothing of it");
        assert!(!format!("{hidden:?}").contains("sword"));
    }

    #[test]
    fn a_replaced_secret_stays_hidden_for_a_while_and_a_forgotten_one_leaves_the_memory() {
        let hidden = Hidden::default();
        for secret in ["first", "second", "third", "fourth", "fifth"] {
            hidden.add("work", None, secret);
        }
        assert_eq!(hidden.mask("first second fifth".into()), format!("first {MASK} {MASK}"));
        hidden.forget("work");
        assert_eq!(hidden.mask("fifth".into()), "fifth");
        hidden.add("work", None, "ab");
        assert_eq!(hidden.mask("abc".into()), "abc", "two letters would dot every word");
    }
}
