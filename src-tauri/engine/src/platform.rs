//! What the engine is given from outside: time, chance, and a way to speak to each link's server.

use crate::store::LinkRow;
use std::sync::Arc;
use tidemark_model::backoff::BackoffSettings;
use tidemark_model::clock::{Clock, Rng};
use tidemark_model::connector::Connector;
use tidemark_model::number::Millis;
use tidemark_model::view::Refusal;

/// Everything that is not decided by the engine itself.
#[derive(Clone)]
pub struct Platform {
    /// Wall time and timers.
    pub clock: Arc<dyn Clock>,
    /// Random numbers and ids.
    pub rng: Arc<dyn Rng>,
    /// Makes connectors.
    pub connect: Arc<dyn Connect>,
}

/// Makes the connector of a link; the secret comes from wherever the host keeps it.
pub trait Connect: Send + Sync {
    /// The connector of a link.
    fn connect(&self, link: &LinkRow) -> Result<Arc<dyn Connector>, Refusal>;
}

/// How the engine goes about its work; every time in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EngineSettings {
    /// Row A6.
    pub backoff: BackoffSettings,
    /// Row A5: requests in flight per link.
    pub in_flight: usize,
    /// Row A11: changes sealed at once, at least.
    pub batch: usize,
    /// Time between polls while nothing waits.
    pub poll: Millis,
    /// Row A11: a cycle starts so long after a new write.
    pub debounce: Millis,
    /// Rows asked for with each page.
    pub page: usize,
    /// How long a running batch may take to finish at shutdown.
    pub shutdown: Millis,
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self {
            backoff: BackoffSettings::default(),
            in_flight: 6,
            batch: 10,
            poll: Millis(30_000),
            debounce: Millis(1_000),
            page: 1_000,
            shutdown: Millis(10_000),
        }
    }
}
