//! Header lines as they may be kept: bounded, and without secrets.

use super::account::Account;
use reqwest::header::{HeaderMap, HeaderName};
use tidemark_model::failure::clip;

/// How many lines are kept.
const MOST: usize = 60;
/// How much of one line is kept, in characters.
const LINE: usize = 500;
/// Parts of names of headers whose value may let somebody in.
const SECRET: [&str; 7] = ["auth", "cookie", "token", "secret", "password", "session", "api-key"];
/// Names that only tell how to sign in.
const HARMLESS: [&str; 2] = ["www-authenticate", "proxy-authenticate"];
/// How servers call the number of a request in their own logs, the most usual first.
const REQUEST_ID: [&str; 9] = [
    "x-request-id",
    "request-id",
    "x-couch-request-id",
    "x-correlation-id",
    "x-amzn-requestid",
    "x-amz-request-id",
    "x-ms-request-id",
    "x-trace-id",
    "cf-ray",
];

/// `name: value`, in the order that they came in.
pub(super) fn kept(headers: &HeaderMap, account: &Account) -> Vec<String> {
    let line = |(name, value): (&HeaderName, &reqwest::header::HeaderValue)| match value.is_sensitive()
        || is_secret(name)
    {
        true => format!("{name}: ••••"),
        false => {
            let text = account.scrub(&String::from_utf8_lossy(value.as_bytes()));
            clip(&format!("{name}: {text}"), LINE)
        }
    };
    headers.iter().take(MOST).map(line).collect()
}

/// The server's own name for a request.
pub(super) fn request_id(headers: &HeaderMap, account: &Account) -> Option<String> {
    let told = REQUEST_ID.iter().find_map(|name| headers.get(*name))?;
    let text = account.scrub(told.to_str().ok()?.trim());
    (!text.is_empty()).then(|| clip(&text, 200))
}

fn is_secret(name: &HeaderName) -> bool {
    let name = name.as_str();
    !HARMLESS.contains(&name) && SECRET.iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;
    use reqwest::header::HeaderValue;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let line = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        };
        lines.iter().map(line).collect()
    }

    // proves A9
    #[test]
    fn no_header_that_may_let_somebody_in_is_kept_and_no_echo_of_the_secret() {
        let account = Account::new(None, Some(Secret::new("swordfish"))).unwrap();
        let came = headers(&[
            ("set-cookie", "sid=abc"),
            ("x-auth-token", "abc"),
            ("x-csrf-token", "abc"),
            ("www-authenticate", "Bearer realm=\"x\""),
            ("x-echo", "you are swordfish"),
            ("retry-after", "30"),
        ]);
        let wanted = [
            "set-cookie: ••••",
            "x-auth-token: ••••",
            "x-csrf-token: ••••",
            "www-authenticate: Bearer realm=\"x\"",
            "x-echo: you are •••",
            "retry-after: 30",
        ];
        assert_eq!(kept(&came, &account), wanted);
    }

    #[test]
    fn a_flood_of_headers_is_kept_in_part() {
        let account = Account::new(None, None).unwrap();
        let mut came = HeaderMap::new();
        for _ in 0..1_000 {
            came.append("x-flood", HeaderValue::from_str(&"é".repeat(2_000)).unwrap());
        }
        let lines = kept(&came, &account);
        assert_eq!(lines.len(), MOST);
        assert!(lines.iter().all(|line| line.chars().count() <= LINE + 1), "and each of them is cut");
    }

    #[test]
    fn the_servers_own_name_for_a_request_is_found_and_cut() {
        let account = Account::new(None, Some(Secret::new("swordfish"))).unwrap();
        let id = |lines: &[(&'static str, &str)]| request_id(&headers(lines), &account);
        assert_eq!(id(&[("cf-ray", "edge"), ("x-request-id", "7f3a")]).as_deref(), Some("7f3a"));
        assert_eq!(id(&[("x-couch-request-id", " 2ab ")]).as_deref(), Some("2ab"));
        assert_eq!(id(&[("x-request-id", "swordfish")]).as_deref(), Some("•••"));
        assert_eq!(id(&[("x-request-id", "")]), None);
        assert_eq!(id(&[("x-request-id", &"1".repeat(900))]).map(|id| id.len()), Some(200 + "…".len()));
        assert_eq!(id(&[("date", "today")]), None);
    }
}
