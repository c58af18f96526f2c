//! Which kinds of server there are, and how a connection to one is made.

use crate::http::{Http, HttpError, HttpOptions, RefreshTokens, Session, Unkept};
use crate::kinto::Kinto;
use crate::rest::Rest;
use crate::{Secret, http};
use std::sync::Arc;
use tidemark_model::connector::Connector;
use tidemark_model::settings::{LinkSettings, SettingsError};
use url::Url;

/// A kind of server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The server contract with settable names.
    Rest,
    /// Kinto, protocol 1.
    Kinto,
}

/// The names by which kinds are chosen.
pub const KINDS: [&str; 2] = ["rest", "kinto"];

impl Kind {
    /// The kind of a name.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "rest" => Some(Self::Rest),
            "kinto" => Some(Self::Kinto),
            _ => None,
        }
    }
}

/// Why there can be no connection of this description.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// A kind that is not known.
    #[error("there is no kind of server called '{kind}'; known are {}", KINDS.join(", "))]
    UnknownKind {
        /// The name given.
        kind: String,
    },
    /// The address cannot be used.
    #[error("the address cannot be used: {why}")]
    BadUrl {
        /// What is wrong with it and what is expected; never the address itself, which may hold a password.
        why: String,
    },
    /// Plain `http` to another machine, without having chosen it.
    #[error(
        "'{host}' would be spoken to without encryption; use https, or allow plain http for this connection"
    )]
    PlainHttp {
        /// The machine.
        host: String,
    },
    /// Settings that this kind does not serve.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// No client can be made.
    #[error(transparent)]
    Client(#[from] HttpError),
}

/// Makes a connector; nothing is sent yet.
///
/// With a user the secret is a password (basic), without one it is a bearer token; where the settings name a sign-in it is
/// a refresh token, and one that replaces it is kept for the life of the connector.
pub fn connect(
    kind: &str,
    url: &str,
    settings: LinkSettings,
    user: Option<String>,
    secret: Option<Secret>,
) -> Result<Box<dyn Connector>, ConnectError> {
    connect_with(kind, url, settings, user, secret, HttpOptions::default())
}

/// The same with other limits and timeouts.
pub fn connect_with(
    kind: &str,
    url: &str,
    settings: LinkSettings,
    user: Option<String>,
    secret: Option<Secret>,
    options: HttpOptions,
) -> Result<Box<dyn Connector>, ConnectError> {
    let unkept = || Arc::new(Unkept::new(secret.clone())) as Arc<dyn RefreshTokens>;
    if let Some(session) = session(&settings, unkept, options.clone())? {
        return connect_in(kind, url, settings, user, session, options);
    }
    made(kind, url, settings, |base| Http::new(base, user, secret, options))
}

/// The same for an account that signs in by a session, which other connectors may share.
pub fn connect_in(
    kind: &str,
    url: &str,
    settings: LinkSettings,
    user: Option<String>,
    session: Arc<Session>,
    options: HttpOptions,
) -> Result<Box<dyn Connector>, ConnectError> {
    session.ask_anew();
    made(kind, url, settings, |base| Ok(Http::new(base, user, None, options)?.signed_by(session)))
}

/// The session that the settings name, with the refresh token that `tokens` keeps; none where they name no sign-in.
pub fn session(
    settings: &LinkSettings,
    tokens: impl FnOnce() -> Arc<dyn RefreshTokens>,
    options: HttpOptions,
) -> Result<Option<Arc<Session>>, ConnectError> {
    let Some(sign_in) = &settings.sign_in else { return Ok(None) };
    let url = address(&sign_in.token_url, settings)
        .map_err(|error| SettingsError { place: "sign_in.token_url".into(), what: error.to_string() })?;
    Ok(Some(Session::new(&url, sign_in.clone(), tokens(), options)?))
}

fn made(
    kind: &str,
    url: &str,
    settings: LinkSettings,
    client: impl FnOnce(Url) -> Result<Http, HttpError>,
) -> Result<Box<dyn Connector>, ConnectError> {
    let kind = Kind::parse(kind).ok_or_else(|| ConnectError::UnknownKind { kind: kind.to_owned() })?;
    let mut base = endpoint(url, &settings)?;
    if kind == Kind::Kinto && base.path() == "/" {
        base.set_path("/v1/");
    }
    let http = client(base)?.packing(settings.write.compress);
    Ok(match kind {
        Kind::Rest => Box::new(Rest::new(http, settings)?),
        Kind::Kinto => Box::new(Kinto::new(http, settings)?),
    })
}

/// The endpoint with a path that ends in '/'.
fn endpoint(text: &str, settings: &LinkSettings) -> Result<Url, ConnectError> {
    let mut url = address(text, settings)?;
    if url.query().is_some() {
        return Err(bad("an endpoint has no '?' and no '#'"));
    }
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

fn bad(why: &str) -> ConnectError {
    ConnectError::BadUrl { why: why.to_owned() }
}

/// An address that may be spoken to.
fn address(text: &str, settings: &LinkSettings) -> Result<Url, ConnectError> {
    let url = Url::parse(text.trim())
        .map_err(|error| bad(&format!("{error}; an address looks like https://example.org/v1")))?;
    match url.scheme() {
        "https" => {}
        "http" if http::is_loopback(&url) || settings.allow_plain_http => {}
        "http" => {
            return Err(ConnectError::PlainHttp { host: url.host_str().unwrap_or_default().to_owned() });
        }
        _ => return Err(bad("it starts with https:// or http://")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("user and password are given apart, not inside the address"));
    }
    if url.fragment().is_some() {
        return Err(bad("an endpoint has no '?' and no '#'"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(kind: &str, url: &str) -> Option<ConnectError> {
        connect(kind, url, LinkSettings::default(), None, None).err()
    }

    #[test]
    fn an_address_is_refused_with_what_is_wrong_and_without_its_password() {
        let error = refusal("rest", "https://ann:hunter2@example.org/").unwrap();
        assert!(
            matches!(error, ConnectError::BadUrl { .. }) && !error.to_string().contains("hunter2"),
            "{error}"
        );
        for url in ["", "example.org", "ftp://example.org", "https://", "https://x/?a=b", "https://x/#a"] {
            assert!(matches!(refusal("rest", url), Some(ConnectError::BadUrl { .. })), "{url}");
        }
        assert!(matches!(refusal("soap", "https://x/"), Some(ConnectError::UnknownKind { .. })));
    }

    #[test]
    fn plain_http_to_another_machine_has_to_be_chosen() {
        let error = refusal("rest", "http://example.org/v1");
        assert_eq!(error, Some(ConnectError::PlainHttp { host: "example.org".into() }));
        assert_eq!(refusal("rest", "http://127.0.0.1:1/v1"), None);
        let chosen = LinkSettings { allow_plain_http: true, ..LinkSettings::default() };
        assert!(connect("rest", "http://example.org/v1", chosen, None, None).is_ok());
    }

    #[test]
    fn a_setting_that_is_not_served_is_named() {
        for (text, place) in [
            (r#"{"pull":{"kind":"none"}}"#, "pull.kind"),
            (r#"{"collections":[{"name":"a","path":"../b"}]}"#, "collections.a.path"),
            (
                r#"{"sign_in":{"kind":"oauth2","token_url":"http://example.org/t","client_id":"c"}}"#,
                "sign_in.token_url",
            ),
        ] {
            let settings = LinkSettings::parse(text).unwrap();
            let error = connect("rest", "http://localhost:1", settings, None, None).err();
            let Some(ConnectError::Settings(error)) = error else { panic!("{text}: {error:?}") };
            assert_eq!(error.place, place);
        }
    }
}
