//! `rest`: the server contract, with settable names for servers that speak nearly the same.
//!
//! What it does not do yet is refused at construction with the setting's name: cursors of kind `none` (whole lists
//! are compared).

mod atomic;
mod greet;
mod naming;
mod place;
mod problem;
mod pull;
mod push;
mod record;
mod seal;

use crate::by_time::OVERLAP_S;
use crate::http::Http;
use crate::opaque;
use crate::sending::IN_FLIGHT;
use place::Place;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tidemark_model::clock::BoxFuture;
use tidemark_model::connector::{
    Capabilities, Connector, Contact, Discovered, Intent, Page, PullFailure, PullRequest, PushAnswer, Remote,
    SealError, Sealed, WireForm,
};
use tidemark_model::failure::Failure;
use tidemark_model::lateness::LookBack;
use tidemark_model::number::Millis;
use tidemark_model::settings::{CursorKind, LinkSettings, Precondition, SettingsError};

/// A server that speaks the contract, or nearly.
pub struct Rest {
    http: Http,
    settings: LinkSettings,
    /// Milliseconds that keys are remembered; the server's own word replaces the setting.
    key_lifetime: AtomicI64,
    /// When records were said to be gone, of the last minute.
    gone: Mutex<VecDeque<Instant>>,
}

/// The overlap shrinks no further, where the settings do not say less.
const LEAST_OVERLAP: Millis = Millis(5_000);

/// So many records may be gone within a minute before the collection itself is asked for.
const GONE: usize = 3;

impl Rest {
    /// A connector for settings it can serve.
    pub fn new(http: Http, settings: LinkSettings) -> Result<Self, SettingsError> {
        refuse_unserved(&settings)?;
        for collection in &settings.collections {
            Place::of(&settings, &collection.name).map_err(|error| SettingsError {
                place: format!("collections.{}.path", collection.name),
                what: error.to_string(),
            })?;
        }
        let key_lifetime = AtomicI64::new(i64::from(settings.write.keys.ttl_s) * 1000);
        Ok(Self { http, settings, key_lifetime, gone: Mutex::default() })
    }

    /// Whether so many records were gone lately that the collection has to be proved first (`engine.md` 7).
    fn many_are_gone(&self) -> bool {
        let mut gone = self.gone.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        gone.push_back(now);
        while gone.front().is_some_and(|first| now.duration_since(*first) > Duration::from_secs(60)) {
            gone.pop_front();
        }
        gone.len() > GONE
    }

    /// How far listings by time look back; a setting of none means that rows come in the order of their times.
    fn look_back(&self) -> Option<LookBack> {
        let most = Millis(i64::from(self.settings.pull.overlap_s.unwrap_or(OVERLAP_S)) * 1000);
        let by_time = self.settings.pull.kind == CursorKind::Time;
        by_time.then(|| LookBack { most, least: most.min(LEAST_OVERLAP) })
    }

    fn place(&self, collection: &str) -> Result<Place, SealError> {
        Place::of(&self.settings, collection)
    }
}

fn refuse_unserved(settings: &LinkSettings) -> Result<(), SettingsError> {
    let refuse = |place: &str, what: &str| Err(SettingsError { place: place.into(), what: what.into() });
    if settings.pull.kind == CursorKind::None {
        return refuse("pull.kind", "\"none\" is not served; \"opaque\" and \"time\" are");
    }
    if settings.pull.id_param.is_some() && settings.pull.kind != CursorKind::Time {
        return refuse("pull.id_param", "only a cursor of kind \"time\" has an id beside it");
    }
    if settings.bucket.is_some() {
        return refuse("bucket", "only connections of kind kinto have a bucket");
    }
    Ok(())
}

impl Connector for Rest {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            honours_keys: self.settings.write.keys.honoured,
            key_lifetime: Millis(self.key_lifetime.load(Ordering::Relaxed)),
            client_ids: self.settings.write.client_ids,
            preconditions: self.settings.write.precondition != Precondition::None,
            echoes_document: true,
            in_flight: IN_FLIGHT,
            atomic_batch: self
                .settings
                .write
                .batch
                .as_ref()
                .filter(|batch| batch.atomic)
                .map_or(0, |b| b.max.into()),
            plain_bodies: self.http.sends_plain(),
            look_back: self.look_back(),
            pages_with_push: false,
        }
    }

    fn host(&self) -> String {
        self.http.host()
    }

    fn check(&self) -> BoxFuture<'_, Result<Contact, Failure>> {
        Box::pin(greet::check(self))
    }

    fn discover(&self) -> BoxFuture<'_, Result<Vec<Discovered>, Failure>> {
        Box::pin(greet::discover(self))
    }

    fn seal(&self, intent: &Intent<'_>) -> Result<WireForm, SealError> {
        match intent.request {
            Some(request) => opaque::seal(&self.http, request),
            None => seal::seal(&self.settings, &self.place(intent.collection)?, intent),
        }
    }

    fn push<'a>(&'a self, items: &'a [Sealed]) -> BoxFuture<'a, PushAnswer> {
        Box::pin(push::push(self, items))
    }

    fn push_atomic<'a>(&'a self, items: &'a [Sealed]) -> BoxFuture<'a, PushAnswer> {
        Box::pin(atomic::push(self, items))
    }

    fn pull<'a>(&'a self, request: &'a PullRequest) -> BoxFuture<'a, Result<Page, PullFailure>> {
        Box::pin(pull::pull(self, request))
    }

    fn newest<'a>(
        &'a self,
        collection: &'a str,
        limit: usize,
    ) -> BoxFuture<'a, Result<Option<Page>, PullFailure>> {
        Box::pin(pull::newest(self, collection, limit))
    }

    fn fetch<'a>(&'a self, collection: &'a str, record: &'a str) -> BoxFuture<'a, Result<Remote, Failure>> {
        Box::pin(record::fetch(self, collection, record))
    }
}
