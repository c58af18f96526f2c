//! Several requests at a time, their answers in the order of the items.

use crate::http::{Answer, Stop, Watch};
use futures_util::StreamExt as _;
use std::future::Future;
use tidemark_model::connector::{Outcome, PushAnswer};
use tidemark_model::exchange::Exchange;
use tidemark_model::failure::{Effect, ErrorClass, Failure};
use tidemark_model::number::Millis;

/// How many requests of one link are in flight at most; the engine's setting, 6 where nobody changed it, stays below.
pub const IN_FLIGHT: usize = 32;

/// What became of one item.
pub struct Sent {
    outcome: Outcome,
    server_time: Option<Millis>,
    backoff: Option<Millis>,
    exchange: Option<Exchange>,
}

impl Sent {
    /// An item that was answered.
    pub fn answered(outcome: Outcome, answer: &Answer) -> Self {
        Self { outcome, server_time: answer.server_time(), backoff: answer.backoff(), exchange: None }
    }

    /// An item that was not, or was not even sent.
    pub fn failed(failure: Failure) -> Self {
        Self::stopped(failure.into())
    }

    /// The same, where its answer may have been too large.
    pub fn stopped(stop: Stop) -> Self {
        Self::unheard(stopped(stop))
    }

    /// An item of whose answer nothing is known but what it means.
    pub fn unheard(outcome: Outcome) -> Self {
        Self { outcome, server_time: None, backoff: None, exchange: None }
    }

    /// The same with its request as it went over the wire.
    #[must_use]
    pub fn watched(self, watch: &Watch) -> Self {
        Self { exchange: watch.read(), ..self }
    }
}

/// What an answer means that was not taken in.
pub fn stopped(stop: Stop) -> Outcome {
    match stop {
        // What the server has in the change's place comes with its refusal and is too large: it is asked for by itself.
        Stop::TooLarge(failure) if matches!(failure.status, Some(409 | 412)) => Outcome::Conflict {
            current: None,
            failure: Failure { class: ErrorClass::Conflict, effect: Effect::None, ..failure },
        },
        stop => Outcome::Failed(stop.about_one()),
    }
}

/// Waits for all; items of one push are of different lanes, so that their order on the wire does not matter.
pub async fn all<F: Future<Output = Sent>>(requests: Vec<F>) -> PushAnswer {
    let mut sent: Vec<Sent> = futures_util::stream::iter(requests).buffered(IN_FLIGHT).collect().await;
    PushAnswer {
        server_time: sent.iter().rev().find_map(|sent| sent.server_time),
        backoff: sent.iter().filter_map(|sent| sent.backoff).max(),
        exchange: match sent.as_mut_slice() {
            [one] => one.exchange.take(),
            _ => None,
        },
        outcomes: sent.into_iter().map(|sent| sent.outcome).collect(),
        page: None,
    }
}
