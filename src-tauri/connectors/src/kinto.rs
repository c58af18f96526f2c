//! `kinto`: Kinto's protocol 1, written to what the server does.
//!
//! Identical writes still make new versions there, so that the engine sends none. `last_modified` is the version:
//! people edit documents without it and it is never sent, since a client's own value would hide the record from
//! every cursor. A field `schema`, which Kinto sets where it validates, is left in place: where it does not, the
//! field is a person's own.

mod greet;
mod place;
mod pull;
mod push;
mod record;
mod refusal;

use crate::by_time::OVERLAP_S;
use crate::http::Http;
use crate::opaque;
use crate::sending::IN_FLIGHT;
use place::Place;
use tidemark_model::clock::BoxFuture;
use tidemark_model::connector::{
    Capabilities, Connector, Contact, Discovered, Intent, Page, PullFailure, PullRequest, PushAnswer, Remote,
    SealError, Sealed, WireForm,
};
use tidemark_model::failure::Failure;
use tidemark_model::lateness::LookBack;
use tidemark_model::number::Millis;
use tidemark_model::settings::{LinkSettings, PullSettings, SettingsError, VersionPlace, WriteSettings};

/// The least overlap; answers came up to 93 ms late where it was measured.
const LEAST_OVERLAP: Millis = Millis(5_000);

/// A Kinto server, one bucket of it.
pub struct Kinto {
    http: Http,
    settings: LinkSettings,
    bucket: String,
}

impl Kinto {
    /// A connector for settings that leave the protocol as it is.
    pub fn new(http: Http, settings: LinkSettings) -> Result<Self, SettingsError> {
        refuse_unserved(&settings)?;
        let bucket = settings.bucket.clone().unwrap_or_else(|| "default".into());
        let wrong = |place: String, why: SealError| SettingsError { place, what: why.to_string() };
        place::check_id(&bucket).map_err(|why| wrong("bucket".into(), why))?;
        for collection in &settings.collections {
            let place = format!("collections.{}", collection.name);
            place::check_id(&collection.name).map_err(|why| wrong(place, why))?;
        }
        Ok(Self { http, settings, bucket })
    }

    /// How far listings look back: less than the floor loses rows, whatever the settings say.
    fn look_back(&self) -> LookBack {
        let most = Millis(i64::from(self.settings.pull.overlap_s.unwrap_or(OVERLAP_S)) * 1000);
        LookBack { most: most.max(LEAST_OVERLAP), least: LEAST_OVERLAP }
    }

    fn place(&self, collection: &str) -> Result<Place, SealError> {
        Place::of(&self.bucket, collection)
    }
}

/// Names and methods are the protocol's own; a setting that would be ignored is refused.
fn refuse_unserved(settings: &LinkSettings) -> Result<(), SettingsError> {
    let refuse = |place: String| {
        Err(SettingsError { place, what: "the protocol of Kinto fixes this; leave it out".into() })
    };
    let overlap_only = PullSettings { overlap_s: settings.pull.overlap_s, ..PullSettings::default() };
    if settings.pull != overlap_only {
        return refuse("pull".into());
    }
    let packing_only = WriteSettings { compress: settings.write.compress, ..WriteSettings::default() };
    if settings.write != packing_only {
        return refuse("write".into());
    }
    if settings.discovery.is_some() {
        return refuse("discovery".into());
    }
    for collection in &settings.collections {
        let own_names = collection.path.is_some()
            || collection.deleted_field.is_some()
            || collection.version != VersionPlace::Etag
            || collection.id_field.as_deref().is_some_and(|field| field != "id");
        if own_names {
            return refuse(format!("collections.{}", collection.name));
        }
    }
    Ok(())
}

impl Connector for Kinto {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            honours_keys: false,
            key_lifetime: Millis(0),
            client_ids: true,
            preconditions: true,
            echoes_document: true,
            in_flight: IN_FLIGHT,
            // Its batches are not atomic: a refused item stops no other, and memory keeps what came before a fault.
            atomic_batch: 0,
            plain_bodies: self.http.sends_plain(),
            look_back: Some(self.look_back()),
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
            None => push::seal(&self.place(intent.collection)?, intent),
        }
    }

    fn push<'a>(&'a self, items: &'a [Sealed]) -> BoxFuture<'a, PushAnswer> {
        Box::pin(push::push(self, items))
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
