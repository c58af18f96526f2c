//! `POST /v1/token`: access tokens for refresh tokens (RFC 6749, section 6), with switches for their lives.

use super::Shared;
use super::respond::response;
use super::sign_in::same;
use crate::options::{Account, Now};
use crate::world::answer::Answer;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::HeaderValue;
use axum::http::header::CACHE_CONTROL;
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How tokens live, as `POST /_tokens` sets it; what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TokenSwitches {
    /// Whether each refresh token is good once and comes back replaced; it is at the start.
    pub rotate: Option<bool>,
    /// How long an access token is good, in seconds; 3600 at the start.
    pub expires_in_s: Option<u32>,
    /// Ends every access token that was given.
    pub expire: bool,
    /// Ends every refresh token; those that accounts have from the start too.
    pub revoke: bool,
    /// Makes those that accounts have from the start good again, as after a sign-in on the server's own page.
    pub restore: bool,
}

/// The tokens of a sandbox. A token's text begins with the account's first refresh token, so that a search for that finds
/// every one.
pub(crate) struct Tokens {
    rotate: bool,
    life: TimeDelta,
    first: Vec<(String, Account)>,
    given: u64,
    requests: u64,
    refresh: Vec<Token>,
    access: Vec<Token>,
    now: Now,
}

struct Token {
    text: String,
    first: String,
    account: Account,
    ends: Option<DateTime<Utc>>,
}

impl Tokens {
    pub fn new(accounts: &[Account], now: Now) -> Tokens {
        let first: Vec<_> =
            accounts.iter().filter_map(|of| Some((of.refresh_token.clone()?, of.clone()))).collect();
        let (refresh, life) = (tokens_of(&first), TimeDelta::hours(1));
        Tokens { rotate: true, life, first, given: 0, requests: 0, refresh, access: Vec::new(), now }
    }

    /// How often a token was asked for.
    pub fn requests(&self) -> u64 {
        self.requests
    }

    pub fn set(&mut self, switches: &TokenSwitches) {
        self.rotate = switches.rotate.unwrap_or(self.rotate);
        self.life = switches.expires_in_s.map_or(self.life, |seconds| TimeDelta::seconds(seconds.into()));
        if switches.expire {
            self.access.clear();
        }
        if switches.revoke {
            self.refresh.clear();
        }
        if switches.restore {
            self.refresh = tokens_of(&self.first);
        }
    }

    /// Whose access token this is, while it is good.
    pub fn account_of(&self, given: &str) -> Option<Account> {
        let now = (self.now)();
        let good = |token: &&Token| token.ends.is_none_or(|ends| now < ends) && same(&token.text, given);
        self.access.iter().find(good).map(|token| token.account.clone())
    }

    fn grant(&mut self, form: &BTreeMap<String, String>) -> Answer {
        self.requests += 1;
        let part = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        match part("grant_type") {
            "refresh_token" => {}
            "" => return refused("invalid_request", "There is no grant_type."),
            _ => return refused("unsupported_grant_type", "Only refresh_token is taken here."),
        }
        if part("client_id").is_empty() {
            return refused("invalid_client", "There is no client_id.");
        }
        let given = part("refresh_token");
        let Some(at) = self.refresh.iter().position(|token| same(&token.text, given)) else {
            return refused("invalid_grant", "This refresh token is not good, or not any more.");
        };
        self.given += 1;
        let (first, account) = (self.refresh[at].first.clone(), self.refresh[at].account.clone());
        let text = |kind: &str| format!("{first}.{kind}.{}", self.given);
        let ends = (self.now)() + self.life;
        let mut body = json!({
            "access_token": text("access"),
            "token_type": "Bearer",
            "expires_in": self.life.num_seconds(),
        });
        if self.rotate {
            body["refresh_token"] = text("refresh").into();
            self.refresh[at].text = text("refresh");
        }
        let access = Token { text: text("access"), first: first.clone(), account, ends: Some(ends) };
        self.access.push(access);
        Answer::ok(200, None, body.to_string())
    }
}

fn tokens_of(first: &[(String, Account)]) -> Vec<Token> {
    first
        .iter()
        .map(|(first, account)| Token {
            text: first.clone(),
            first: first.clone(),
            account: account.clone(),
            ends: None,
        })
        .collect()
}

fn refused(error: &str, description: &str) -> Answer {
    let body = json!({"error": error, "error_description": description});
    Answer::ok(400, None, body.to_string())
}

/// Gives a token.
pub(crate) async fn token(
    State(shared): State<Arc<Shared>>,
    form: Result<Form<BTreeMap<String, String>>, FormRejection>,
) -> Response {
    let answer = match form {
        Ok(Form(form)) => shared.tokens().grant(&form),
        Err(error) => refused("invalid_request", &error.to_string()),
    };
    let mut answer = response(answer);
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
