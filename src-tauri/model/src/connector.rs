//! What the engine asks of a server, and what it believes of the answer.
//!
//! A connector is the untrusted edge: it speaks one server's protocol, bounds sizes, checks types, and decides the
//! class of every failure. It keeps no state of the engine and never sees the database.

use crate::change::Change;
use crate::clock::BoxFuture;
use crate::exchange::Exchange;
use crate::failure::Failure;
use crate::lateness::LookBack;
use crate::mutation::Operation;
use crate::number::{Count, Millis};
use crate::request::Request;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A record's version as the server names it: opaque, compared for equality only.
pub type Version = String;

/// What a kind of server can do; the engine's choices follow from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// The server remembers `Idempotency-Key`s and replays its first answer.
    pub honours_keys: bool,
    /// How long a key is remembered, counted from sealing.
    pub key_lifetime: Millis,
    /// The client may choose a record's id.
    pub client_ids: bool,
    /// A stale precondition is refused by the server.
    pub preconditions: bool,
    /// The answer of a write carries the stored document (else it is fetched before the next write).
    pub echoes_document: bool,
    /// The largest number of requests in flight at once.
    pub in_flight: usize,
    /// The most changes that the server takes all or none, in one request; 0 where it does not.
    pub atomic_batch: usize,
    /// The server refused a packed body since the connector was made: bodies go to it as they are.
    pub plain_bodies: bool,
    /// How far pulls look back, where changes are listed by time; `None` where rows come in commit order.
    pub look_back: Option<LookBack>,
    /// The answer to a push brings what others did, where that is asked for ([`Connector::push_asking`]).
    pub pages_with_push: bool,
}

/// What a request to the server proved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    /// The server's time of the answer, by its `Date` header.
    pub server_time: Option<Millis>,
    /// How long the request took.
    pub round_trip: Millis,
    /// The name of the server's software, where it tells.
    pub software: Option<String>,
    /// How long it remembers keys, where it tells.
    pub key_lifetime: Option<Millis>,
    /// Who is signed in, as the server names them.
    pub principal: Option<String>,
    /// A pace the server asked for beside a good answer, as a span.
    pub backoff: Option<Millis>,
}

/// A collection that a server offers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Discovered {
    /// Its name in URLs and settings.
    pub name: String,
    /// Its name for people.
    pub label: Option<String>,
    /// How many records it holds, where the server tells.
    pub count: Option<Count>,
    /// How many bytes they take, where the server tells.
    pub bytes: Option<Count>,
    /// JSON text of its JSON Schema, where the server has one.
    pub schema: Option<String>,
    /// Which fields refer to other collections.
    pub references: Vec<Reference>,
}

/// A field that holds the id of a record of another collection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// JSON Pointer of the field.
    pub path: String,
    /// The collection it points into.
    pub collection: String,
}

/// A record as the server has it.
#[derive(Clone, Debug, PartialEq)]
pub enum Remote {
    /// It is there.
    Present {
        /// The stored document.
        document: Value,
        /// Its version; `None` where the answer did not tell it.
        version: Option<Version>,
        /// When it was changed, by the server's clock.
        at: Option<Millis>,
        /// Who changed it, where the server tells.
        by: Option<String>,
    },
    /// It was deleted there, and the server says so in its own shape.
    Deleted {
        /// The tombstone's version, where the server tells.
        version: Option<Version>,
        /// When.
        at: Option<Millis>,
        /// Who, where the server tells.
        by: Option<String>,
    },
    /// The server never had it, or no longer remembers that it did.
    Missing,
}

impl Remote {
    /// The version, where there is one.
    pub fn version(&self) -> Option<&str> {
        match self {
            Self::Present { version, .. } | Self::Deleted { version, .. } => version.as_deref(),
            Self::Missing => None,
        }
    }

    /// When it was changed, by the server's clock, where it tells.
    pub fn at(&self) -> Option<Millis> {
        match self {
            Self::Present { at, .. } | Self::Deleted { at, .. } => *at,
            Self::Missing => None,
        }
    }

    /// The document, where there is one.
    pub fn document(&self) -> Option<&Value> {
        match self {
            Self::Present { document, .. } => Some(document),
            Self::Deleted { .. } | Self::Missing => None,
        }
    }
}

/// One pulled row.
#[derive(Clone, Debug, PartialEq)]
pub enum Row {
    /// A record or a tombstone.
    Record {
        /// Its id.
        id: String,
        /// What the server has; never [`Remote::Missing`].
        remote: Remote,
    },
    /// A row that cannot be read; it is kept raw and shown, and the checkpoint moves on.
    Unreadable {
        /// The id of its record, where that much could be read.
        id: Option<String>,
        /// The row's text, at most 64 KiB of it.
        raw: String,
        /// How long the whole text is, in bytes.
        bytes: usize,
        /// Why.
        reason: String,
    },
}

/// An opaque mark of how far a collection was pulled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which sequence the token belongs to (an endpoint, a database's identity).
    pub stream: String,
    /// Which life of that sequence; a restored server starts another.
    pub epoch: String,
    /// The token itself.
    pub token: String,
}

impl Checkpoint {
    /// Whether both belong to one life of one sequence.
    pub fn is_of(&self, other: &Self) -> bool {
        self.stream == other.stream && self.epoch == other.epoch
    }
}

/// A wish for one page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullRequest {
    /// Which collection.
    pub collection: String,
    /// Where the last page ended; `None` from the beginning.
    pub after: Option<Checkpoint>,
    /// At most so many rows.
    pub limit: usize,
    /// How far back a listing by time looks for rows that committed late; `None`: as the settings say.
    pub overlap: Option<Millis>,
}

impl PullRequest {
    /// The page after a checkpoint, looking back as the settings say.
    pub fn after(collection: impl Into<String>, after: Option<Checkpoint>, limit: usize) -> Self {
        Self { collection: collection.into(), after, limit, overlap: None }
    }
}

/// One pulled page with the checkpoint after it.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Which collection.
    pub collection: String,
    /// The rows, in the server's order.
    pub rows: Vec<Row>,
    /// Where the next page starts; stored in the page's own transaction.
    pub next: Checkpoint,
    /// Whether more is waiting behind this page.
    pub more: bool,
    /// How many rows are expected in all, where the server tells.
    pub total: Option<Count>,
    /// A pace the server asked for beside a good answer, as a span.
    pub backoff: Option<Millis>,
    /// How far the cursor had read before this listing, by the server's clock, where changes are listed by time: a row that
    /// is new and older came late. `None` in a first listing.
    pub read_to: Option<Millis>,
}

impl Page {
    /// The server says that nothing has changed: no rows, and the checkpoint stays.
    pub fn nothing_new(request: &PullRequest) -> Self {
        Self {
            collection: request.collection.clone(),
            rows: Vec::new(),
            next: request.after.clone().unwrap_or_default(),
            more: false,
            total: None,
            backoff: None,
            read_to: None,
        }
    }
}

/// Why a page did not come.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PullFailure {
    /// The request failed.
    #[error(transparent)]
    Failed(#[from] Failure),
    /// The checkpoint is older than the server's tombstones (410): compare whole sets.
    #[error("the server no longer knows what was deleted since the last visit")]
    CheckpointExpired,
    /// The server is in another life than the checkpoint: compare whole sets.
    #[error("the server was restored or replaced since the last visit")]
    EpochChanged,
    /// The collection is not there: nothing is deleted because of that.
    #[error("the server has no collection of this name: {0}")]
    NoCollection(Failure),
}

/// What the engine wants done, from which a connector makes the wire form at sealing.
#[derive(Clone, Debug, PartialEq)]
pub struct Intent<'a> {
    /// Which collection.
    pub collection: &'a str,
    /// Which record.
    pub record: &'a str,
    /// What is done to it.
    pub operation: Operation,
    /// What the server had when the edit was made; `None` for a create.
    pub base: Option<&'a Value>,
    /// Its version.
    pub base_version: Option<&'a str>,
    /// The whole document as it should be afterwards; `None` for a delete.
    pub document: Option<&'a Value>,
    /// The same as changes on the base.
    pub changes: &'a [Change],
    /// The opaque request, with no collection, for [`Operation::Request`]; `None` for everything else.
    pub request: Option<&'a Request>,
}

impl<'a> Intent<'a> {
    /// What an opaque request asks for.
    pub fn of_request(name: &'a str, request: &'a Request) -> Self {
        Self {
            collection: "",
            record: name,
            operation: Operation::Request,
            base: None,
            base_version: None,
            document: None,
            changes: &[],
            request: Some(request),
        }
    }
}

/// A request with its body's bytes fixed; what is stored at sealing and sent again unchanged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WireForm {
    /// HTTP method.
    pub method: String,
    /// Path and query under the link's endpoint, or an absolute path where it starts with '/'.
    pub target: String,
    /// Header names and values; never secrets.
    pub headers: Vec<(String, String)>,
    /// The body's text.
    pub body: Option<String>,
    /// Whether the body is the whole document under a precondition, so that an accepted one is the server's state.
    pub whole: bool,
}

impl std::fmt::Debug for WireForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Bodies are people's records and stay out of logs.
        write!(f, "{} {} ({} bytes)", self.method, self.target, self.body.as_ref().map_or(0, String::len))
    }
}

/// Why a mutation cannot be given a wire form; it is parked with these words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The server cannot hold a record of this id.
    #[error("the server takes no id '{id}': {why}")]
    BadId {
        /// The id.
        id: String,
        /// The server's rule.
        why: String,
    },
    /// The settings know no such collection.
    #[error("the connection has no collection '{0}'")]
    NoCollection(String),
    /// The base's version is not known, and the server needs one; fetch first.
    #[error("the server's version of this record is not known")]
    NoVersion,
    /// A request whose address lies outside of the connection's.
    #[error("'{0}' leads out of the connection's address")]
    Outside(String),
    /// This kind of server takes no such thing.
    #[error("this kind of connection takes no {0}")]
    NotOffered(String),
}

/// One sealed mutation on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct Sealed {
    /// The mutation's id.
    pub mutation: String,
    /// Its idempotency key, the same over all attempts.
    pub key: String,
    /// Which collection; empty for an opaque request.
    pub collection: String,
    /// Which record; an opaque request's name.
    pub record: String,
    /// What it does.
    pub operation: Operation,
    /// What is sent.
    pub wire: WireForm,
}

/// The server's answer to one mutation.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Accepted, in the server's own shape of it.
    Accepted {
        /// The record as the answer shows it; `None` where the answer carries neither document nor tombstone.
        remote: Option<Remote>,
        /// Whether the server says that it had answered this key before.
        replayed: bool,
    },
    /// An opaque request was taken: a 2xx with JSON or without a body.
    Done {
        /// The HTTP status.
        status: u16,
        /// The start of the answer's body; at most 2 KiB, no secrets.
        excerpt: Option<String>,
        /// Whether the server says that it had answered this key before.
        replayed: bool,
    },
    /// Not applied: the server has another version.
    Conflict {
        /// What it has, where the answer tells; else it is fetched.
        current: Option<Remote>,
        /// The refusal, for the record of attempts.
        failure: Failure,
    },
    /// Anything else.
    Failed(Failure),
    /// Certainly not applied, because another change of the same atomic batch was not.
    NotDone,
}

/// The answer to a push: one outcome per item, in the order sent, and perhaps a page of what others did.
#[derive(Clone, Debug, PartialEq)]
pub struct PushAnswer {
    /// As many as there were items.
    pub outcomes: Vec<Outcome>,
    /// Changes of others, applied like a pulled page; only where it was asked for.
    pub page: Option<Page>,
    /// The server's time of the answer, by its `Date` header.
    pub server_time: Option<Millis>,
    /// A pace the server asked for beside a good answer (Kinto's `Backoff`), as a span.
    pub backoff: Option<Millis>,
    /// The one request as it went over the wire; none where there were several, or where nobody watched it.
    pub exchange: Option<Exchange>,
}

/// A server's protocol.
pub trait Connector: Send + Sync {
    /// What this kind of server can do.
    fn capabilities(&self) -> Capabilities;
    /// The host whose breaker and pace this link shares, as `host:port`.
    fn host(&self) -> String;
    /// Proves that the server answers and that the account is accepted.
    fn check(&self) -> BoxFuture<'_, Result<Contact, Failure>>;
    /// The collections on offer.
    fn discover(&self) -> BoxFuture<'_, Result<Vec<Discovered>, Failure>>;
    /// The wire form of an intent; pure.
    fn seal(&self, intent: &Intent<'_>) -> Result<WireForm, SealError>;
    /// Sends sealed mutations, as many as the engine gives at once (one, where there is no batch).
    fn push<'a>(&'a self, items: &'a [Sealed]) -> BoxFuture<'a, PushAnswer>;
    /// The same, with a wish for what others did to one collection since its checkpoint, answered by [`PushAnswer::page`].
    ///
    /// Only asked of connectors whose capabilities say so. A page without the wish, of another collection, or after another
    /// checkpoint than the wish's is not applied; the next pull brings its rows.
    fn push_asking<'a>(&'a self, items: &'a [Sealed], wish: &'a PullRequest) -> BoxFuture<'a, PushAnswer> {
        let _ = wish;
        self.push(items)
    }
    /// Sends sealed mutations as one request that the server applies whole or not at all, under the first one's key.
    ///
    /// Only asked of connectors whose capabilities name an atomic batch.
    fn push_atomic<'a>(&'a self, items: &'a [Sealed]) -> BoxFuture<'a, PushAnswer> {
        let refused =
            Failure::new(crate::failure::ErrorClass::Permanent, "this server takes no atomic batches");
        let outcomes = items.iter().map(|_| Outcome::Failed(refused.clone())).collect();
        Box::pin(async move {
            PushAnswer { outcomes, page: None, server_time: None, backoff: None, exchange: None }
        })
    }
    /// One page.
    fn pull<'a>(&'a self, request: &'a PullRequest) -> BoxFuture<'a, Result<Page, PullFailure>>;
    /// The newest rows of a collection that was never pulled, at most `limit`, so that they can be used at once; `None`
    /// where the server cannot sort, or where they are all that there is. The page's checkpoint and `more` mean nothing.
    fn newest<'a>(
        &'a self,
        collection: &'a str,
        limit: usize,
    ) -> BoxFuture<'a, Result<Option<Page>, PullFailure>> {
        let _ = (collection, limit);
        Box::pin(async { Ok(None) })
    }
    /// One record.
    fn fetch<'a>(&'a self, collection: &'a str, record: &'a str) -> BoxFuture<'a, Result<Remote, Failure>>;
}
