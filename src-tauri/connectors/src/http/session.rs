//! Signing in with OAuth 2.0: access tokens for a refresh token (RFC 6749, section 6), one request for all who wait.
//!
//! A refresh token that the server replaces is kept before the access token that came with it is used. The access token
//! itself lives here alone. No client secret is sent: the client is a public one.

use super::account::Account;
use super::granted::{self, Granted};
use super::{Call, Http, HttpError, HttpOptions};
use crate::Secret;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tidemark_model::failure::{Effect, ErrorClass, Failure};
use tidemark_model::settings::SignIn;
use tokio::time::Instant;
use url::{Url, form_urlencoded};
use zeroize::Zeroizing;

/// Largest answer of a sign-in server, in bytes.
const ANSWER_BYTES: usize = 64 * 1024;
/// So long before its end a token is replaced, or a tenth of its life where that is shorter.
const MARGIN: Duration = Duration::from_secs(60);

/// Where the refresh token of one account is kept. All may block.
pub trait RefreshTokens: Send + Sync {
    /// The one to use; none where nobody has signed in.
    fn current(&self) -> Option<Secret>;
    /// The server gave `fresh` in the place of `used`; called before anything is done with what came beside it.
    fn replaced(&self, used: &Secret, fresh: &Secret);
    /// The server refuses `used`: another one that somebody else has put in its place meanwhile.
    fn elsewhere(&self, used: &Secret) -> Option<Secret>;
    /// An access token, before it is used for the first time, so that it is kept out of what is written.
    fn obtained(&self, access: &Secret);
}

/// The sign-in of one account, shared by all connectors that use it.
pub struct Session {
    http: Http,
    target: String,
    settings: SignIn,
    tokens: Arc<dyn RefreshTokens>,
    standing: Mutex<Standing>,
}

#[derive(Default)]
struct Standing {
    access: Option<Access>,
    /// The request under way for the next token.
    flight: Option<Flight>,
    /// The server's refusal, until somebody connects anew: asked again it would say the same.
    refused: Option<Failure>,
}

type Flight = Shared<BoxFuture<'static, Result<Access, Failure>>>;

/// An access token with its place among those of the session.
#[derive(Clone)]
pub(super) struct Access {
    pub(super) account: Account,
    pub(super) number: u64,
    due: Option<Instant>,
    ends: Option<Instant>,
}

impl Access {
    fn is_due(&self, now: Instant) -> bool {
        self.due.is_some_and(|due| now >= due)
    }

    fn has_ended(&self, now: Instant) -> bool {
        self.ends.is_some_and(|ends| now >= ends)
    }
}

impl Session {
    /// A session that asks the token endpoint at `url`; nothing is sent yet.
    pub(crate) fn new(
        url: &Url,
        settings: SignIn,
        tokens: Arc<dyn RefreshTokens>,
        options: HttpOptions,
    ) -> Result<Arc<Self>, HttpError> {
        let mut origin = url.clone();
        origin.set_path("/");
        origin.set_query(None);
        let http = Http::new(origin, None, None, options)?;
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let target = format!("{}{query}", url.path());
        Ok(Arc::new(Self { http, target, settings, tokens, standing: Mutex::default() }))
    }

    /// Asks the server again, whatever it said before.
    pub(crate) fn ask_anew(&self) {
        self.standing().refused = None;
    }

    /// The token to send a request with.
    pub(super) async fn access(self: &Arc<Self>) -> Result<Access, Failure> {
        let at_hand = self.standing().access.clone();
        match at_hand {
            Some(access) if !access.is_due(Instant::now()) => Ok(access),
            Some(access) => match self.renewed(access.number).await {
                Err(failure) if failure.class != ErrorClass::Auth && !access.has_ended(Instant::now()) => {
                    Ok(access)
                }
                renewed => renewed,
            },
            None => self.renewed(0).await,
        }
    }

    /// A token later than the one of this number, which was refused or is due. However many ask, one request runs.
    pub(super) async fn renewed(self: &Arc<Self>, number: u64) -> Result<Access, Failure> {
        let flight = {
            let mut standing = self.standing();
            let last = standing.access.as_ref().map_or(0, |access| access.number);
            match (&standing.flight, &standing.access, &standing.refused) {
                (Some(flight), _, _) => flight.clone(),
                (None, Some(access), _) if access.number > number => return Ok(access.clone()),
                (None, _, Some(refused)) => return Err(refused.clone()),
                (None, _, None) => {
                    let flight = self.take_off(last + 1);
                    standing.flight = Some(flight.clone());
                    flight
                }
            }
        };
        flight.await
    }

    /// On a task of its own: those who wait may go away, and the token that comes with the answer must not be lost.
    fn take_off(self: &Arc<Self>, number: u64) -> Flight {
        let (session, watched) = (Arc::clone(self), Arc::clone(self));
        let task = tokio::spawn(async move {
            let asked = session.ask(number).await;
            let mut standing = session.standing();
            standing.flight = None;
            match &asked {
                Ok(access) => standing.access = Some(access.clone()),
                Err(failure) if failure.class == ErrorClass::Auth => {
                    standing.refused = Some(failure.clone());
                }
                Err(_) => {}
            }
            asked
        });
        let landed = async move {
            task.await.unwrap_or_else(|_| {
                watched.standing().flight = None;
                Err(Failure::new(ErrorClass::Transient, "the sign-in was broken off"))
            })
        };
        landed.boxed().shared()
    }

    async fn ask(&self, number: u64) -> Result<Access, Failure> {
        let nobody = || Failure::new(ErrorClass::Auth, "nobody has signed in: there is no refresh token");
        let mut used = self.beside(|tokens| tokens.current()).await?.ok_or_else(nobody)?;
        let asked = Instant::now();
        let mut answer = self.request(&used).await;
        if answer.as_ref().is_err_and(|failure| failure.class == ErrorClass::Auth) {
            let refused = used.clone();
            if let Some(other) = self.beside(move |tokens| tokens.elsewhere(&refused)).await? {
                answer = self.request(&other).await;
                used = other;
            }
        }
        let granted = answer?;
        let (access, refresh) = (granted.access_token.clone(), granted.refresh_token);
        self.beside(move |tokens| {
            if let Some(fresh) = refresh.filter(|fresh| fresh.expose() != used.expose()) {
                tokens.replaced(&used, &fresh);
            }
            tokens.obtained(&access);
        })
        .await?;
        let account = Account::bearer(granted.access_token)
            .ok_or_else(|| self.strange("gave a token that no header can carry"))?;
        let life = granted.expires_in.map(Duration::from_secs);
        let ends = life.and_then(|life| asked.checked_add(life));
        let due = life.and_then(|life| ends?.checked_sub(MARGIN.min(life / 10)));
        Ok(Access { account, number, due, ends })
    }

    /// The keychain blocks, and whoever asks it here must not.
    async fn beside<T: Send + 'static>(
        &self,
        act: impl FnOnce(&dyn RefreshTokens) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let tokens = Arc::clone(&self.tokens);
        let done = tokio::task::spawn_blocking(move || act(tokens.as_ref())).await;
        done.map_err(|_| Failure::new(ErrorClass::Transient, "the sign-in was broken off"))
    }

    async fn request(&self, refresh: &Secret) -> Result<Granted, Failure> {
        let body = self.form(refresh);
        let call = Call {
            headers: vec![(CONTENT_TYPE, "application/x-www-form-urlencoded".to_owned())],
            body: Some(&body),
            ..Call::new(Method::POST, self.target.clone(), ANSWER_BYTES)
        };
        let answer = self.http.send(call).await.map_err(|failure| Failure {
            // Whatever became of it: the request that waits for the token did not leave.
            effect: Effect::None,
            counts: false,
            status: None,
            words: self.said(&failure.words),
            ..failure
        })?;
        granted::read(answer, refresh)
            .map_err(|failure| Failure { words: self.said(&failure.words), ..failure })
    }

    fn form(&self, refresh: &Secret) -> Zeroizing<String> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "refresh_token").append_pair("refresh_token", refresh.expose());
        form.append_pair("client_id", &self.settings.client_id);
        if let Some(scope) = &self.settings.scope {
            form.append_pair("scope", scope);
        }
        Zeroizing::new(form.finish())
    }

    fn strange(&self, what: &str) -> Failure {
        Failure::new(ErrorClass::Intercepted, self.said(what))
    }

    fn said(&self, what: &str) -> String {
        format!("the sign-in server {}: {what}", self.http.host())
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("host", &self.http.host()).finish_non_exhaustive()
    }
}

/// A refresh token that nobody keeps: it lives as long as this does.
pub struct Unkept(Mutex<Option<Secret>>);

impl Unkept {
    /// Starts with a refresh token as it was given.
    pub fn new(refresh: Option<Secret>) -> Self {
        Self(Mutex::new(refresh))
    }
}

impl RefreshTokens for Unkept {
    fn current(&self) -> Option<Secret> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn replaced(&self, _used: &Secret, fresh: &Secret) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(fresh.clone());
    }

    fn elsewhere(&self, _used: &Secret) -> Option<Secret> {
        None
    }

    fn obtained(&self, _access: &Secret) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Carrier;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tidemark_model::settings::SignInKind;

    /// A sign-in server that is away.
    #[derive(Default)]
    struct Away(AtomicUsize);

    impl Carrier for Away {
        fn carry(
            &self,
            _request: reqwest::Request,
        ) -> tidemark_model::clock::BoxFuture<'_, Result<reqwest::Response, Failure>> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Box::pin(async { Err(Failure::new(ErrorClass::Offline, "nobody there").uncertain()) })
        }
    }

    fn session(carrier: &Arc<Away>) -> Arc<Session> {
        let sign_in = SignIn {
            kind: SignInKind::Oauth2,
            token_url: "http://127.0.0.1:9/token?of=1".into(),
            client_id: "c".into(),
            scope: None,
        };
        let url = Url::parse(&sign_in.token_url).unwrap();
        let options =
            HttpOptions { carrier: Some(Arc::clone(carrier) as Arc<dyn Carrier>), ..HttpOptions::default() };
        let tokens = Arc::new(Unkept::new(Some(Secret::new("refresh"))));
        Session::new(&url, sign_in, tokens, options).unwrap()
    }

    fn has(session: &Session, due_in_s: u64, ends_in_s: u64) {
        let in_s = |seconds| Some(Instant::now() + Duration::from_secs(seconds));
        let account = Account::bearer(Secret::new("access")).unwrap();
        let access = Access { account, number: 1, due: in_s(due_in_s), ends: in_s(ends_in_s) };
        session.standing().access = Some(access);
    }

    // proves A7
    #[tokio::test]
    async fn a_token_that_is_good_yet_is_used_while_the_sign_in_server_is_away() {
        let carrier = Arc::new(Away::default());
        let session = session(&carrier);
        let asked = || carrier.0.load(Ordering::Relaxed);
        has(&session, 100, 200);
        assert_eq!(session.access().await.ok().unwrap().number, 1);
        assert_eq!(asked(), 0, "nobody is asked before it is due");
        has(&session, 0, 200);
        assert_eq!(session.access().await.ok().unwrap().number, 1);
        assert_eq!(asked(), 1, "it is asked for before the other ends");
        has(&session, 0, 0);
        let failure = session.access().await.err().unwrap();
        assert_eq!((failure.class, failure.effect, asked()), (ErrorClass::Offline, Effect::None, 2));
    }

    #[test]
    fn a_session_prints_no_token() {
        let session = session(&Arc::default());
        has(&session, 1, 1);
        assert!(!format!("{session:?}").contains("access"));
    }
}
