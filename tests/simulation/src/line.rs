//! What lies between a client and the server.

use super::power::Power;
use crate::rng::SeededRng;
use axum::body::Body;
use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tidemark_connectors::{Carrier, Secret, connect_with};
use tidemark_engine::{Connect, LinkRow};
use tidemark_model::clock::{BoxFuture, Rng as _};
use tidemark_model::connector::Connector;
use tidemark_model::failure::{ErrorClass, Failure};
use tidemark_model::view::{Refusal, RefusalCode};
use tidemark_sandbox::InProcess;

/// How a line is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Way {
    /// Everything arrives, sooner or later.
    #[default]
    Fair,
    /// Nobody answers.
    Away,
    /// Requests get lost.
    RequestsLost,
    /// Requests arrive, and their answers get lost.
    AnswersLost,
    /// Nothing comes back and nothing ends.
    Hangs,
    /// Answers come in drops.
    Drips,
    /// Every other request finds nobody.
    Flaps,
}

/// One client's line; it lasts as long as its power.
pub struct Line {
    server: InProcess,
    way: Mutex<Way>,
    power: Arc<Power>,
    /// Whoever signs in as nobody else.
    name: String,
    rng: SeededRng,
}

impl Line {
    /// A fair line.
    pub fn new(server: InProcess, power: Arc<Power>, way: Way, name: &str, seed: u64) -> Self {
        let (way, name) = (Mutex::new(way), name.to_owned());
        Self { server, way, power, name, rng: SeededRng::new(seed) }
    }

    /// Changes it.
    pub fn set(&self, way: Way) {
        *self.way.lock().unwrap_or_else(PoisonError::into_inner) = way;
    }

    fn way(&self) -> Way {
        *self.way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Requests overtake each other.
    async fn lag(&self) {
        let ms = match self.rng.next_u64() % 10 {
            0 => 900,
            some => some * 7,
        };
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }

    async fn exchange(&self, request: reqwest::Request) -> Result<reqwest::Response, Failure> {
        let way = self.way();
        if way == Way::Away || way == Way::Flaps && self.rng.next_u64().is_multiple_of(2) {
            return Err(Failure::new(ErrorClass::Offline, "the server cannot be reached"));
        }
        self.lag().await;
        match way {
            Way::RequestsLost => return Err(broken("the request got lost")),
            Way::Hangs => std::future::pending().await,
            _ => {}
        }
        let request = axum::http::Request::try_from(request).expect("a request is one").map(Body::new);
        let server = self.server.clone();
        // The server goes on whether or not anybody waits.
        let answer = tokio::spawn(async move { server.answer(request).await }).await;
        let answer =
            answer.expect("the server does not panic").map_err(|closed| broken(&closed.to_string()))?;
        self.lag().await;
        if way == Way::AnswersLost {
            return Err(broken("the answer got lost"));
        }
        let drips = way == Way::Drips;
        let answer = answer.map(|body| {
            reqwest::Body::wrap_stream(body.into_data_stream().then(move |piece| async move {
                if drips {
                    tokio::time::sleep(Duration::from_secs(8)).await;
                }
                piece
            }))
        });
        Ok(answer.into())
    }
}

fn broken(words: &str) -> Failure {
    Failure::new(ErrorClass::Transient, words).uncertain()
}

/// A line that a connector can be given.
pub struct Carried(pub Arc<Line>);

impl Carrier for Carried {
    fn carry(&self, request: reqwest::Request) -> BoxFuture<'_, Result<reqwest::Response, Failure>> {
        Box::pin(async move {
            tokio::select! {
                biased;
                () = self.0.power.gone() => Err(broken("the power is gone")),
                answer = self.0.exchange(request) => answer,
            }
        })
    }
}

impl Connect for Carried {
    fn connect(&self, link: &LinkRow) -> Result<Arc<dyn Connector>, Refusal> {
        // An account's password is its name.
        let secret = Secret::new(link.user.as_ref().unwrap_or(&self.0.name).clone());
        let options = tidemark_connectors::HttpOptions {
            carrier: Some(Arc::new(Carried(Arc::clone(&self.0)))),
            ..Default::default()
        };
        let (settings, user) = (link.settings.clone(), link.user.clone());
        connect_with(&link.kind, &link.url, settings, user, Some(secret), options).map(Arc::from).map_err(
            |error| Refusal { code: RefusalCode::Invalid, message: error.to_string(), hint: String::new() },
        )
    }
}
