//! A connector straight to the sandbox's world, without sockets: for properties with many cases.

mod atomic;
mod taken;

pub use taken::Taken;

use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tidemark_engine::{Connect, LinkRow};
use tidemark_model::clock::{BoxFuture, Clock as _};
use tidemark_model::connector::{
    Capabilities, Checkpoint, Connector, Contact, Discovered, Intent, Outcome, Page, PullFailure,
    PullRequest, PushAnswer, Remote, Row, SealError, Sealed, WireForm,
};
use tidemark_model::failure::{ErrorClass, Failure};
use tidemark_model::mutation::Operation;
use tidemark_model::number::Millis;
use tidemark_model::view::Refusal;
use tidemark_sandbox::world::answer::{Answer, ProblemKind};
use tidemark_sandbox::world::call::{Call, Caller, Form, List, Precondition, Write};
use tidemark_sandbox::world::{World, WorldOptions};

use crate::clock::ManualClock;

/// How the way to the server is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weather {
    /// Everything arrives.
    #[default]
    Fair,
    /// Nothing arrives.
    Away,
    /// Writes arrive and their answers do not.
    AnswersLost,
    /// Writes do not arrive, and nobody can tell.
    WritesLost,
}

/// A server in memory with the way to it; clones share both.
#[derive(Clone)]
pub struct Direct {
    world: Arc<Mutex<World>>,
    weather: Arc<Mutex<Weather>>,
    clock: ManualClock,
    honours_keys: bool,
    names_records: bool,
    /// The most changes that it takes all or none.
    at_once: usize,
    /// Records of which it refuses every new write for good.
    refused: Arc<Mutex<BTreeSet<String>>>,
    /// Records of which it takes one more write and refuses every one after that.
    refused_after: Arc<Mutex<BTreeSet<String>>>,
    taken: Arc<Mutex<Vec<Taken>>>,
}

impl Direct {
    /// A server with empty collections; one that does not honour keys never gets to see one.
    pub fn new(collections: &[&str], clock: ManualClock, honours_keys: bool) -> Self {
        Self::made(collections, clock, honours_keys, false)
    }

    /// The same, where the server alone names new records.
    pub fn naming(collections: &[&str], clock: ManualClock, honours_keys: bool) -> Self {
        Self::made(collections, clock, honours_keys, true)
    }

    fn made(collections: &[&str], clock: ManualClock, honours_keys: bool, names_records: bool) -> Self {
        let specs = collections.iter().map(|name| tidemark_sandbox::CollectionSpec::named(name)).collect();
        let options = WorldOptions { collections: specs, names_records, ..WorldOptions::default() };
        let world = World::open(options, instant(clock.now())).expect("a world in memory opens");
        Self {
            world: Arc::new(Mutex::new(world)),
            weather: Arc::default(),
            clock,
            honours_keys,
            names_records,
            at_once: 0,
            refused: Arc::default(),
            refused_after: Arc::default(),
            taken: Arc::default(),
        }
    }

    /// Changes the weather.
    pub fn set_weather(&self, weather: Weather) {
        *self.weather.lock().unwrap_or_else(PoisonError::into_inner) = weather;
    }

    /// The server itself.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A record's document there.
    pub fn document(&self, collection: &str, id: &str) -> Option<Value> {
        let answer = self.ask(get(collection, id));
        answer.is_ok().then(|| answer.json())
    }

    fn ask(&self, call: Call) -> Answer {
        self.world().handle(call, &Caller::default(), instant(self.clock.now()))
    }

    fn weather(&self) -> Weather {
        *self.weather.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reach(&self) -> Result<(), Failure> {
        match self.weather() {
            Weather::Away => Err(Failure::new(ErrorClass::Offline, "the weather is bad")),
            Weather::Fair | Weather::AnswersLost | Weather::WritesLost => Ok(()),
        }
    }

    fn send(&self, item: &Sealed) -> Outcome {
        let lost = || Outcome::Failed(Failure::new(ErrorClass::Transient, "no answer came").uncertain());
        match self.weather() {
            Weather::Away => Outcome::Failed(Failure::new(ErrorClass::Offline, "the weather is bad")),
            Weather::WritesLost => lost(),
            Weather::AnswersLost => {
                self.arrive(item);
                lost()
            }
            Weather::Fair => self.arrive(item),
        }
    }

    fn arrive(&self, item: &Sealed) -> Outcome {
        if self.refuses(item) {
            return Outcome::Failed(taken::refusal());
        }
        let answer = self.ask(Call::Write(self.write(item)));
        if answer.is_ok() && !answer.replayed {
            self.take(std::slice::from_ref(item));
        }
        outcome(item, &answer)
    }

    fn write(&self, item: &Sealed) -> Write {
        let header = |name: &str| {
            let found = item.wire.headers.iter().find(|(header, _)| header == name);
            found.map(|(_, value)| value.clone())
        };
        Write {
            form: match item.wire.method.as_str() {
                "DELETE" => Form::Delete,
                "POST" => Form::Create,
                _ => Form::Put,
            },
            // An opaque request names both in its target alone.
            collection: item.wire.target.split('/').next().unwrap_or_default().to_owned(),
            id: (item.wire.method != "POST").then(|| item.record.clone()),
            precondition: Precondition {
                if_match: header("If-Match"),
                if_none_match: header("If-None-Match"),
            },
            body: item.wire.body.clone().unwrap_or_default(),
            key: self.honours_keys.then(|| item.key.clone()),
        }
    }
}

impl Connect for Direct {
    fn connect(&self, _: &LinkRow) -> Result<Arc<dyn Connector>, Refusal> {
        Ok(Arc::new(self.clone()))
    }
}

impl Connector for Direct {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            honours_keys: self.honours_keys,
            key_lifetime: Millis(24 * 60 * 60 * 1000),
            client_ids: !self.names_records,
            preconditions: true,
            echoes_document: true,
            in_flight: 6,
            atomic_batch: self.at_once,
            plain_bodies: false,
            look_back: None,
            pages_with_push: false,
        }
    }

    fn host(&self) -> String {
        "memory:1".into()
    }

    fn check(&self) -> BoxFuture<'_, Result<Contact, Failure>> {
        Box::pin(async { self.reach().map(|()| Contact::default()) })
    }

    fn discover(&self) -> BoxFuture<'_, Result<Vec<Discovered>, Failure>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn seal(&self, intent: &Intent<'_>) -> Result<WireForm, SealError> {
        if let Some(request) = intent.request {
            return Ok(WireForm {
                method: request.method.as_str().into(),
                target: request.target.clone(),
                headers: Vec::new(),
                body: request.body.clone(),
                whole: false,
            });
        }
        let made = matches!(intent.operation, Operation::Create);
        if made && self.names_records {
            let mut document = intent.document.cloned().unwrap_or_default();
            if let Value::Object(fields) = &mut document {
                fields.shift_remove("id");
            }
            return Ok(WireForm {
                method: "POST".into(),
                target: intent.collection.to_owned(),
                headers: Vec::new(),
                body: Some(document.to_string()),
                whole: false,
            });
        }
        let header = match (made, intent.base_version) {
            (true, _) => ("If-None-Match".to_owned(), "*".to_owned()),
            (false, Some(version)) => ("If-Match".to_owned(), format!("\"{version}\"")),
            (false, None) if intent.operation == Operation::Replace => {
                ("If-None-Match".to_owned(), "*".to_owned())
            }
            (false, None) => return Err(SealError::NoVersion),
        };
        Ok(WireForm {
            method: if intent.operation == Operation::Delete { "DELETE" } else { "PUT" }.into(),
            target: format!("{}/{}", intent.collection, intent.record),
            headers: vec![header],
            body: intent.document.map(Value::to_string),
            whole: true,
        })
    }

    fn push<'a>(&'a self, items: &'a [Sealed]) -> BoxFuture<'a, PushAnswer> {
        Box::pin(async move {
            let outcomes = items.iter().map(|item| self.send(item)).collect();
            PushAnswer { outcomes, page: None, server_time: None, backoff: None, exchange: None }
        })
    }

    fn push_atomic<'a>(&'a self, items: &'a [Sealed]) -> BoxFuture<'a, PushAnswer> {
        Box::pin(async move {
            let outcomes = self.send_whole(items);
            PushAnswer { outcomes, page: None, server_time: None, backoff: None, exchange: None }
        })
    }

    fn pull<'a>(&'a self, request: &'a PullRequest) -> BoxFuture<'a, Result<Page, PullFailure>> {
        Box::pin(async move {
            self.reach()?;
            let list = List {
                collection: request.collection.clone(),
                after: request.after.as_ref().map(|after| after.token.clone()),
                limit: Some(request.limit),
                filter: None,
            };
            let answer = self.ask(Call::List(list));
            match answer.problem {
                None => Ok(page(&request.collection, &answer.json())),
                Some(ProblemKind::EpochChanged) => Err(PullFailure::EpochChanged),
                Some(ProblemKind::CheckpointExpired) => Err(PullFailure::CheckpointExpired),
                Some(_) => Err(Failure::new(ErrorClass::Permanent, answer.body).into()),
            }
        })
    }

    fn fetch<'a>(&'a self, collection: &'a str, record: &'a str) -> BoxFuture<'a, Result<Remote, Failure>> {
        Box::pin(async move {
            self.reach()?;
            let answer = self.ask(get(collection, record));
            Ok(match answer.problem {
                None => present(&answer),
                Some(ProblemKind::Gone) => Remote::Deleted { version: answer.version, at: None, by: None },
                Some(_) => Remote::Missing,
            })
        })
    }
}

fn get(collection: &str, id: &str) -> Call {
    Call::Get { collection: collection.into(), id: id.into(), if_none_match: None }
}

fn present(answer: &Answer) -> Remote {
    Remote::Present { document: answer.json(), version: answer.version.clone(), at: None, by: None }
}

fn outcome(item: &Sealed, answer: &Answer) -> Outcome {
    let deletes = item.operation == Operation::Delete;
    let deleted = || Remote::Deleted { version: answer.version.clone(), at: None, by: None };
    let refused = |class| Failure::new(class, answer.body.clone()).with_status(answer.status);
    match answer.problem {
        None if item.operation == Operation::Request => {
            Outcome::Done { status: answer.status, excerpt: None, replayed: answer.replayed }
        }
        Some(_) if item.operation == Operation::Request => Outcome::Failed(refused(ErrorClass::Permanent)),
        None if deletes => Outcome::Accepted { remote: Some(deleted()), replayed: answer.replayed },
        None => Outcome::Accepted { remote: Some(present(answer)), replayed: answer.replayed },
        Some(ProblemKind::Gone | ProblemKind::NotFound) if deletes => {
            Outcome::Accepted { remote: Some(deleted()), replayed: answer.replayed }
        }
        // What it has instead is asked for by the engine.
        Some(ProblemKind::VersionConflict | ProblemKind::Gone | ProblemKind::NotFound) => {
            Outcome::Conflict { current: None, failure: refused(ErrorClass::Conflict) }
        }
        Some(_) => Outcome::Failed(refused(ErrorClass::Permanent)),
    }
}

fn page(collection: &str, said: &Value) -> Page {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let rows = said["items"].as_array().into_iter().flatten().map(|item| {
        let version = item["version"].as_str().map(str::to_owned);
        let remote = match item.get("doc") {
            Some(document) => Remote::Present { document: document.clone(), version, at: None, by: None },
            None => Remote::Deleted { version, at: None, by: None },
        };
        Row::Record { id: text(&item["id"]), remote }
    });
    Page {
        collection: collection.to_owned(),
        rows: rows.collect(),
        next: Checkpoint { stream: "memory".into(), epoch: text(&said["epoch"]), token: text(&said["next"]) },
        more: said["more"] == Value::Bool(true),
        total: None,
        backoff: None,
        read_to: None,
    }
}

fn instant(at: Millis) -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp_millis(at.0).expect("the clock shows a time of this era")
}
