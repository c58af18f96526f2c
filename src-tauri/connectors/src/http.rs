//! One HTTP client for all connectors: bounded in bytes, time and place.
//!
//! No cookies are kept, redirects stay within the origin, secrets travel in one header marked sensitive, and every
//! failure is classified here by the types of its sources.

mod account;
mod answer;
mod granted;
mod limits;
mod lines;
mod pace;
mod packing;
mod redirect;
mod session;
mod stop;
mod transport;
mod watch;

pub use answer::Answer;
pub use limits::{Limits, Timeouts, is_loopback};
pub use session::{RefreshTokens, Session, Unkept};
pub use stop::Stop;
pub use watch::Watch;

use account::Account;
use packing::{Packing, Packings};
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH,
};
use reqwest::{Client, Method, Response};
use std::sync::Arc;
use std::time::Duration;
use tidemark_model::clock::BoxFuture;
use tidemark_model::connector::WireForm;
use tidemark_model::failure::{Effect, ErrorClass, Failure};
use tidemark_model::settings::Compress;
use tokio::time::Instant;
use url::Url;

use crate::Secret;

/// What a test may set otherwise.
#[derive(Clone, Default)]
pub struct HttpOptions {
    /// How long each step may take.
    pub timeouts: Timeouts,
    /// How many bytes an answer may have.
    pub limits: Limits,
    /// What carries requests; the network where none is given.
    pub carrier: Option<Arc<dyn Carrier>>,
}

/// Carries one request to a server and its answer back, in place of the network.
pub trait Carrier: Send + Sync {
    /// The answer, or why there is none.
    fn carry(&self, request: reqwest::Request) -> BoxFuture<'_, Result<Response, Failure>>;
}

/// A client for one link: one origin, one account.
pub struct Http {
    client: Client,
    base: Url,
    user: Option<String>,
    signing: Signing,
    options: HttpOptions,
    packings: Packings,
}

/// What signs the requests of a client.
enum Signing {
    /// A secret that is sent itself.
    Fixed(Account),
    /// Access tokens that end.
    Renewed(Arc<Session>),
}

/// One request.
#[derive(Clone)]
pub struct Call<'a> {
    /// Its method.
    pub method: Method,
    /// Path and query under the link's endpoint, or an absolute path where it starts with '/'.
    pub target: String,
    /// Headers beside the client's own.
    pub headers: Vec<(HeaderName, String)>,
    /// The JSON body.
    pub body: Option<&'a str>,
    /// Largest answer in bytes, after decompression.
    pub limit: usize,
    /// Sees what goes over the wire.
    pub watch: Watch,
}

impl<'a> Call<'a> {
    /// A reading of `target` with at most `limit` bytes of answer.
    pub fn get(target: impl Into<String>, limit: usize) -> Self {
        Self {
            method: Method::GET,
            target: target.into(),
            headers: Vec::new(),
            body: None,
            limit,
            watch: Watch::default(),
        }
    }

    /// A writing to `target` with at most `limit` bytes of answer.
    pub fn new(method: Method, target: impl Into<String>, limit: usize) -> Self {
        Self { method, ..Self::get(target, limit) }
    }

    /// The same where the body is wanted only if the answer's tag is another one.
    #[must_use]
    pub fn unless(mut self, tag: Option<&str>) -> Self {
        self.headers.extend(tag.map(|tag| (IF_NONE_MATCH, tag.to_owned())));
        self
    }

    /// The same asking for headers only.
    pub fn head(target: impl Into<String>) -> Self {
        Self { method: Method::HEAD, ..Self::get(target, 0) }
    }

    /// A sealed request as it was stored.
    pub fn sealed(wire: &'a WireForm, limit: usize) -> Result<Self, Failure> {
        let broken = || Failure::new(ErrorClass::Permanent, "the stored request cannot be sent as it is");
        let header = |(name, value): &(String, String)| {
            HeaderName::try_from(name.as_str()).map(|name| (name, value.clone())).map_err(|_| broken())
        };
        Ok(Self {
            method: Method::from_bytes(wire.method.as_bytes()).map_err(|_| broken())?,
            target: wire.target.clone(),
            headers: wire.headers.iter().map(header).collect::<Result<_, _>>()?,
            body: wire.body.as_deref(),
            limit,
            watch: Watch::default(),
        })
    }

    /// The same, watched.
    #[must_use]
    pub fn watched(mut self, watch: &Watch) -> Self {
        self.watch = watch.clone();
        self
    }

    /// Whether the server may change something because of it.
    pub fn writes(&self) -> bool {
        !self.method.is_safe()
    }
}

/// Why there can be no client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// A user name or secret that no header can carry.
    #[error("the user name or secret holds characters that cannot be sent")]
    Unsendable,
    /// The system's certificates or the TLS library failed.
    #[error("secure connections are not possible on this system: {0}")]
    Tls(String),
}

impl Http {
    /// A client for everything under `base`, whose path ends in '/'.
    pub fn new(
        base: Url,
        user: Option<String>,
        secret: Option<Secret>,
        options: HttpOptions,
    ) -> Result<Self, HttpError> {
        let mut builder = Client::builder()
            .user_agent(concat!("Tidemark/", env!("CARGO_PKG_VERSION")))
            // Redirects are followed below, where method and origin are looked at.
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(options.timeouts.connect)
            .pool_idle_timeout(Duration::from_secs(60))
            .dns_resolver(watch::Names)
            .connector_layer(tower::layer::layer_fn(watch::Timed))
            .referer(false);
        if limits::is_loopback(&base) {
            builder = builder.no_proxy();
        }
        if base.scheme() == "http" {
            // Redirects never leave the origin, so that no certificate will be looked at; loading the roots is slow.
            builder = builder.tls_certs_only([]);
        }
        let client = builder.build().map_err(|error| HttpError::Tls(transport::innermost(&error)))?;
        let signing = Account::new(user.as_deref(), secret).ok_or(HttpError::Unsendable)?;
        let signing = Signing::Fixed(signing);
        Ok(Self { client, base, user, signing, options, packings: Packings::default() })
    }

    /// The same with access tokens of a session in the place of a secret.
    #[must_use]
    pub fn signed_by(self, session: Arc<Session>) -> Self {
        Self { signing: Signing::Renewed(session), ..self }
    }

    /// The same with bodies packed as a setting says.
    #[must_use]
    pub fn packing(mut self, setting: Compress) -> Self {
        self.packings = Packings::new(setting);
        self
    }

    /// Takes in which packings the server says that it takes.
    pub fn server_takes<'a>(&self, names: impl IntoIterator<Item = &'a str>) {
        self.packings.offered(names);
    }

    /// Whether the server refused a packed body.
    pub fn sends_plain(&self) -> bool {
        self.packings.was_refused()
    }

    /// The address everything lies under.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// The limits in force.
    pub fn limits(&self) -> &Limits {
        &self.options.limits
    }

    /// Whether requests carry an account.
    pub fn signed_in(&self) -> bool {
        match &self.signing {
            Signing::Fixed(account) => account.header().is_some(),
            Signing::Renewed(_) => true,
        }
    }

    /// The account's name as it was given.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// `host:port`, which breaker and pace are shared by.
    pub fn host(&self) -> String {
        let host = self.base.host_str().unwrap_or_default();
        format!("{host}:{}", self.base.port_or_known_default().unwrap_or_default())
    }

    /// The address of a target, which stays within the origin and without dot segments.
    pub fn url_of(&self, target: &str) -> Option<Url> {
        let text = match target.starts_with('/') {
            true => format!("{}{target}", self.base.origin().ascii_serialization()),
            false => format!("{}{target}", self.base),
        };
        let url = Url::parse(&text).ok()?;
        let under = target.starts_with('/') || url.path().starts_with(self.base.path());
        (url.origin() == self.base.origin() && under).then_some(url)
    }

    /// Sends a request and reads its whole answer, whatever its status.
    ///
    /// An `Err` is a request that got no answer at all, or one beyond the limits; its effect is unknown once a
    /// writing request may have left.
    pub async fn send(&self, call: Call<'_>) -> Result<Answer, Failure> {
        Ok(self.send_bounded(call).await?)
    }

    /// The same, where an answer beyond the limits is told from all that is not the server's.
    pub async fn send_bounded(&self, call: Call<'_>) -> Result<Answer, Stop> {
        let writes = call.writes();
        let packing = self.packings.of(call.body);
        let mut answer = self.signed(&call, packing).await;
        if packing.is_some() && matches!(&answer, Ok(answer) if answer.status == 415) {
            // Certainly not applied: the same request goes again at once as it was sealed, and every later one does.
            self.packings.refuse();
            answer = self.signed(&call, None).await;
        }
        answer.map_err(|stop| told(stop, writes))
    }

    /// Asks for a list of at most `rows` rows, and for fewer as long as they are more than a page may hold. A row that
    /// alone is more than that is [`Stop::TooLarge`].
    pub async fn send_list(
        &self,
        rows: usize,
        call: impl Fn(usize) -> Call<'static> + Sync,
    ) -> Result<Answer, Stop> {
        let mut rows = rows;
        loop {
            match self.signed(&call(rows), None).await {
                Ok(answer) => return Ok(answer),
                Err(Stop::TooLarge(_)) if rows > 1 => rows = rows.div_ceil(4),
                Err(stop) => return Err(told(stop, false)),
            }
        }
    }

    /// One exchange; where the server refuses a token that ends, the same request goes once more with a later one.
    async fn signed(&self, call: &Call<'_>, packing: Option<Packing>) -> Result<Answer, Stop> {
        let session = match &self.signing {
            Signing::Fixed(account) => return self.exchange(call, packing, account).await,
            Signing::Renewed(session) => session,
        };
        let access = session.access().await?;
        let answer = self.exchange(call, packing, &access.account).await;
        if status_of(&answer) != Some(401) {
            return answer;
        }
        // A 401 is certainly not applied, so that a repetition is no second effect.
        let access = session.renewed(access.number).await?;
        self.exchange(call, packing, &access.account).await
    }

    async fn exchange(
        &self,
        call: &Call<'_>,
        packing: Option<Packing>,
        account: &Account,
    ) -> Result<Answer, Stop> {
        call.watch.begin(self.base.scheme() == "https");
        let answer = self.follow(call, packing, account).await;
        call.watch.end();
        answer.map_err(|mut stop| {
            let (Stop::TooLarge(failure) | Stop::Failed(failure)) = &mut stop;
            failure.words = account.scrub(&failure.words);
            stop
        })
    }

    async fn follow(
        &self,
        call: &Call<'_>,
        packing: Option<Packing>,
        account: &Account,
    ) -> Result<Answer, Stop> {
        let mut url = self.url_of(&call.target).ok_or_else(|| {
            Failure::new(ErrorClass::Permanent, "the request's address leaves the endpoint")
        })?;
        for _ in 0..=redirect::MOST {
            let started = Instant::now();
            let response = self.headers_of(call, packing, url.clone(), account).await?;
            let round_trip = started.elapsed();
            call.watch.answers(response.headers(), account);
            url = match redirect::next(&call.method, &url, response.status(), response.headers())? {
                Some(next) => next,
                None => return self.read(response, round_trip, call, account).await,
            };
        }
        Err(Failure::new(ErrorClass::Intercepted, "the server redirects without end").uncertain().into())
    }

    async fn headers_of(
        &self,
        call: &Call<'_>,
        packing: Option<Packing>,
        url: Url,
        account: &Account,
    ) -> Result<Response, Failure> {
        let mut request = self.client.request(call.method.clone(), url).headers(headers(call, account)?);
        let packed = packing.zip(call.body).and_then(|(packing, body)| Some((packing, packing.pack(body)?)));
        request = match (packed, call.body) {
            (Some((packing, bytes)), _) => request.header(CONTENT_ENCODING, packing.name()).body(bytes),
            (None, Some(body)) => request.body(body.to_owned()),
            (None, None) => request,
        };
        let request = request.build().map_err(|error| transport::classify(&error))?;
        call.watch.sends(request.headers(), account);
        let patience = self.options.timeouts.until_headers(call.body.map_or(0, str::len));
        match tokio::time::timeout(patience, self.carry(request, &call.watch)).await {
            Ok(carried) => carried,
            Err(_) => Err(transport::timed_out("the server did not answer in time")),
        }
    }

    async fn carry(&self, request: reqwest::Request, watch: &Watch) -> Result<Response, Failure> {
        match &self.options.carrier {
            Some(carrier) => carrier.carry(request).await,
            None => {
                let carried = watch.on_network(self.client.execute(request)).await;
                carried.map_err(|error| transport::classify(&error))
            }
        }
    }

    async fn read(
        &self,
        mut response: Response,
        round_trip: Duration,
        call: &Call<'_>,
        account: &Account,
    ) -> Result<Answer, Stop> {
        let mut body = Vec::new();
        let ended = self.take(&mut response, call.limit, &mut body).await;
        call.watch.says(&body, account);
        ended?;
        let (status, headers) = (response.status().as_u16(), std::mem::take(response.headers_mut()));
        Ok(Answer::new(status, headers, body, round_trip, account.clone()))
    }

    /// Reads the body in pieces, so that neither an endless one nor a compression bomb is ever held.
    async fn take(&self, response: &mut Response, limit: usize, body: &mut Vec<u8>) -> Result<(), Stop> {
        let status = response.status().as_u16();
        // A refusal is read in any case: its words are needed, and they are short.
        let limit = limit.max(self.options.limits.refusal);
        let announced = response.content_length().is_some_and(|length| length > limit as u64);
        let deadline = tokio::time::Instant::now() + self.options.timeouts.body;
        loop {
            let idle = tokio::time::Instant::now() + self.options.timeouts.idle;
            let piece = match tokio::time::timeout_at(idle.min(deadline), response.chunk()).await {
                Ok(Ok(Some(piece))) => piece,
                Ok(Ok(None)) => return Ok(()),
                Ok(Err(error)) => return Err(transport::broken_off(&error).with_status(status).into()),
                Err(_) => {
                    let failure = transport::timed_out("the server's answer stopped halfway");
                    return Err(failure.with_status(status).into());
                }
            };
            body.extend_from_slice(&piece);
            if announced || body.len() > limit {
                let words = format!("the server's answer is larger than {limit} bytes");
                let failure = Failure::new(ErrorClass::Intercepted, words).with_status(status).uncertain();
                let own =
                    answer::is_json(response.headers()) && body.trim_ascii_start().first() == Some(&b'{');
                return Err(if own { Stop::TooLarge(failure) } else { Stop::Failed(failure) });
            }
        }
    }
}

fn headers(call: &Call<'_>, account: &Account) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json, application/problem+json"));
    if call.body.is_some() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    for (name, value) in &call.headers {
        let value = HeaderValue::from_str(value).map_err(|_| {
            Failure::new(ErrorClass::Permanent, format!("the header {name} cannot carry this value"))
        })?;
        headers.insert(name.clone(), value);
    }
    if let Some(account) = account.header() {
        headers.insert(AUTHORIZATION, account.clone());
    }
    Ok(headers)
}

fn told(mut stop: Stop, writes: bool) -> Stop {
    let (Stop::TooLarge(failure) | Stop::Failed(failure)) = &mut stop;
    if !writes {
        failure.effect = Effect::None;
    }
    stop
}

fn status_of(answer: &Result<Answer, Stop>) -> Option<u16> {
    match answer {
        Ok(answer) => Some(answer.status),
        Err(Stop::TooLarge(failure) | Stop::Failed(failure)) => failure.status,
    }
}

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Http").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}
