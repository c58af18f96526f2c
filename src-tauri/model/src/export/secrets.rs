//! What must not leave in an export: values under names that mean secrets.

use crate::merge::MASK;
use crate::path;
use serde_json::Value;
use url::Url;

/// Parts of names that mean a secret, without dashes and underscores.
const NAMES: [&str; 9] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "authorization",
    "cookie",
    "credential",
];

/// Whether a field, a parameter or a header of this name holds a secret.
pub fn is_secret(name: &str) -> bool {
    let bare: String = name.chars().filter(|letter| letter.is_alphanumeric()).collect();
    let bare = bare.to_lowercase();
    NAMES.iter().any(|secret| bare.contains(secret))
}

/// Whether a field of this path lies under such a name.
pub(super) fn is_secret_path(pointer: &str) -> bool {
    path::keys(pointer).into_iter().flatten().any(|key| is_secret(&key))
}

/// The value with its secrets masked.
pub(super) fn masked(value: Value) -> Value {
    replaced(value, MASK).0
}

/// The value with `placeholder` for each secret and for each mask of one, and whether there was one.
pub(super) fn replaced(value: Value, placeholder: &str) -> (Value, bool) {
    let mut found = false;
    let value = walk(value, placeholder, &mut found);
    (value, found)
}

fn walk(value: Value, placeholder: &str, found: &mut bool) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .map(|(name, value)| {
                    let value = if is_secret(&name) && !value.is_null() {
                        *found = true;
                        placeholder.into()
                    } else {
                        walk(value, placeholder, found)
                    };
                    (name, value)
                })
                .collect(),
        ),
        Value::Array(rows) => {
            Value::Array(rows.into_iter().map(|row| walk(row, placeholder, found)).collect())
        }
        // It was masked where it was shown; also within JSON that is wrapped in a text.
        Value::String(text) if text.contains(MASK) => {
            *found = true;
            text.replace(MASK, placeholder).into()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

/// An address with `placeholder` for each secret among its parameters, and without a name and a password.
pub(super) fn url(text: &str, placeholder: &str) -> String {
    let Ok(mut url) = Url::parse(text) else { return text.to_owned() };
    let _ = url.set_password(None);
    let _ = url.set_username("");
    let Some(query) = url.query().map(str::to_owned) else { return url.into() };
    let parts: Vec<String> = query
        .split('&')
        .map(|part| match part.split_once('=') {
            Some((name, _)) if is_secret(name) => format!("{name}={placeholder}"),
            _ => part.to_owned(),
        })
        .collect();
    let fragment = url.fragment().map(|fragment| format!("#{fragment}")).unwrap_or_default();
    url.set_fragment(None);
    url.set_query(None);
    format!("{url}?{}{fragment}", parts.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_named_like_a_secret_is_one_at_any_depth() {
        let value = json!({"name": "a", "api_key": "s", "in": [{"Pass-Word": 7, "password": null}], "Token": {"a": 1}});
        assert_eq!(
            masked(value),
            json!({"name": "a", "api_key": MASK, "in": [{"Pass-Word": MASK, "password": null}], "Token": MASK})
        );
        assert!(is_secret_path("/login/clientSecret") && !is_secret_path("/login/name"));
    }

    #[test]
    fn an_address_keeps_everything_but_its_secrets() {
        assert_eq!(
            url("https://u:p@h/a%20b?x=1&access_token=s&y#f", "T"),
            "https://h/a%20b?x=1&access_token=T&y#f"
        );
        assert_eq!(url("https://h/a", "T"), "https://h/a");
    }
}
