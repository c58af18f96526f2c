//! Who asks: bearer token (an account's own, or one that was given for a refresh token) or basic, where the sandbox has accounts.

use super::Shared;
use super::respond::response;
use crate::options::Account;
use crate::world::answer::{Answer, ProblemKind};
use crate::world::call::Caller;
use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Lets a request through with its caller, or answers 401 or 403.
pub async fn sign_in(State(shared): State<Arc<Shared>>, mut request: Request, next: Next) -> Response {
    let headers = request.headers();
    let account = match account_of(&shared, headers) {
        Ok(account) => account,
        Err(refusal) => return response(refusal),
    };
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if changes && account.as_ref().is_some_and(|account| account.read_only) {
        return response(Answer::refuse(ProblemKind::Forbidden, "This account may only read."));
    }
    let caller = Caller {
        account: account.map(|account| account.name),
        client: header_text(headers, "x-client-id"),
        order: header_text(headers, "x-client-order").and_then(|text| text.parse().ok()),
    };
    request.extensions_mut().insert(caller);
    next.run(request).await
}

/// A header's text; none where it is absent or no text. At most 200 characters are taken.
fn header_text(headers: &HeaderMap, name: &str) -> Option<String> {
    let text =
        String::from_utf8_lossy(headers.get(name)?.as_bytes()).trim().chars().take(200).collect::<String>();
    (!text.is_empty()).then_some(text)
}

fn account_of(shared: &Shared, headers: &HeaderMap) -> Result<Option<Account>, Answer> {
    let accounts = &shared.accounts;
    if accounts.is_empty() {
        return Ok(None);
    }
    let refused =
        || Answer::refuse(ProblemKind::Unauthorized, "Send a bearer token, or a name and a password.");
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or_else(refused)?;
    let (scheme, rest) = header.split_once(' ').ok_or_else(refused)?;
    let found = if scheme.eq_ignore_ascii_case("bearer") {
        accounts
            .iter()
            .find(|account| same(&account.secret, rest.trim()))
            .cloned()
            .or_else(|| shared.tokens().account_of(rest.trim()))
    } else if scheme.eq_ignore_ascii_case("basic") {
        let pair = STANDARD.decode(rest.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        pair.as_deref().and_then(|pair| pair.split_once(':')).and_then(|(name, secret)| {
            accounts.iter().find(|account| account.name == name && same(&account.secret, secret)).cloned()
        })
    } else {
        None
    };
    found.map(Some).ok_or_else(refused)
}

/// Compares hashes, so that the time taken tells nothing of the secret.
pub(super) fn same(secret: &str, given: &str) -> bool {
    Sha256::digest(secret.as_bytes()) == Sha256::digest(given.as_bytes())
}
