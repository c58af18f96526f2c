//! Several requests at a time, their answers in the order of the items.

use crate::http::Answer;
use futures_util::StreamExt as _;
use std::future::Future;
use tidemark_model::connector::{Outcome, PushAnswer};
use tidemark_model::failure::Failure;
use tidemark_model::number::Millis;

/// How many requests of one link are in flight at most; the engine's setting, 6 where nobody changed it, stays below.
pub const IN_FLIGHT: usize = 32;

/// What became of one item.
pub struct Sent {
    outcome: Outcome,
    server_time: Option<Millis>,
    backoff: Option<Millis>,
}

impl Sent {
    /// An item that was answered.
    pub fn answered(outcome: Outcome, answer: &Answer) -> Self {
        Self { outcome, server_time: answer.server_time(), backoff: answer.backoff() }
    }

    /// An item that was not, or was not even sent.
    pub fn failed(failure: Failure) -> Self {
        Self { outcome: Outcome::Failed(failure), server_time: None, backoff: None }
    }
}

/// Waits for all; items of one push are of different lanes, so that their order on the wire does not matter.
pub async fn all<F: Future<Output = Sent>>(requests: Vec<F>) -> PushAnswer {
    let sent: Vec<Sent> = futures_util::stream::iter(requests).buffered(IN_FLIGHT).collect().await;
    PushAnswer {
        server_time: sent.iter().rev().find_map(|sent| sent.server_time),
        backoff: sent.iter().filter_map(|sent| sent.backoff).max(),
        outcomes: sent.into_iter().map(|sent| sent.outcome).collect(),
        page: None,
    }
}
