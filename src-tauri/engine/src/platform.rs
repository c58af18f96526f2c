//! What the engine is given from outside: time, chance, the network's state, its settings, and a way to speak to each
//! link's server.

use crate::store::LinkRow;
use std::sync::Arc;
use tidemark_model::backoff::BackoffSettings;
use tidemark_model::clock::{Clock, Rng};
use tidemark_model::connector::Connector;
use tidemark_model::failure::{Effect, Failure};
use tidemark_model::hook::ConflictHook;
use tidemark_model::number::{Count, Millis};
use tidemark_model::schedule::{FixedZone, Network, Zone};
use tidemark_model::sync_settings::SyncSettings;
use tidemark_model::view::Refusal;
use tokio::sync::watch;

/// Everything that is not decided by the engine itself.
#[derive(Clone)]
pub struct Platform {
    /// Wall time and timers.
    pub clock: Arc<dyn Clock>,
    /// Random numbers and ids.
    pub rng: Arc<dyn Rng>,
    /// Makes connectors.
    pub connect: Arc<dyn Connect>,
    /// Local time, by which the hours of a schedule go.
    pub zone: Arc<dyn Zone>,
    /// What the system tells of its network.
    pub surroundings: Arc<dyn Surroundings>,
    /// Where the settings are kept.
    pub configure: Arc<dyn Configure>,
    /// The host's own word about failures, per collection.
    pub verdict: Arc<dyn Verdict>,
    /// The host's own hooks, per collection.
    pub hooks: Arc<dyn HostHooks>,
}

impl Platform {
    /// A platform that knows no zone but UTC, nothing of the network, no settings but those it starts with, and takes every
    /// failure as its connector classified it.
    pub fn new(clock: Arc<dyn Clock>, rng: Arc<dyn Rng>, connect: Arc<dyn Connect>) -> Self {
        Self {
            clock,
            rng,
            connect,
            zone: Arc::new(FixedZone::default()),
            surroundings: Arc::new(UnknownSurroundings::default()),
            configure: Arc::new(FixedSettings),
            verdict: Arc::new(NoVerdict),
            hooks: Arc::new(NoHooks),
        }
    }
}

/// Makes the connector of a link; the secret comes from wherever the host keeps it.
pub trait Connect: Send + Sync {
    /// The connector of a link.
    fn connect(&self, link: &LinkRow) -> Result<Arc<dyn Connector>, Refusal>;
}

/// What the system tells of its network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkState {
    /// Whether its use is counted.
    pub network: Network,
    /// How the system names it, where it does.
    pub name: Option<String>,
    /// Rises with every change of the network, also one that leaves the rest as it was.
    pub changes: u64,
}

/// The network as the system sees it. Nothing here proves that a server answers (row E3): it only says when to look
/// again, and what a look costs.
pub trait Surroundings: Send + Sync {
    /// The state as far as it is known; before anybody watched, that may be nothing.
    fn state(&self) -> NetworkState;
    /// The state, and every later one.
    fn watch(&self) -> watch::Receiver<NetworkState>;
}

/// Surroundings that nothing is known of.
pub struct UnknownSurroundings(watch::Sender<NetworkState>);

impl Default for UnknownSurroundings {
    fn default() -> Self {
        Self(watch::Sender::new(NetworkState::default()))
    }
}

impl Surroundings for UnknownSurroundings {
    fn state(&self) -> NetworkState {
        self.0.borrow().clone()
    }

    fn watch(&self) -> watch::Receiver<NetworkState> {
        self.0.subscribe()
    }
}

/// Where the engine's settings are kept, asked when another process says that it changed them.
pub trait Configure: Send + Sync {
    /// The settings as they stand; none where those in force stay.
    fn sync_settings(&self) -> Option<SyncSettings>;
}

/// Settings that nobody keeps: those in force stay.
struct FixedSettings;

impl Configure for FixedSettings {
    fn sync_settings(&self) -> Option<SyncSettings> {
        None
    }
}

/// What a host says about a failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Judgement {
    /// The connector is right.
    #[default]
    AsClassified,
    /// It will not go better by itself: the change needs a person at once.
    NonRetriable {
        /// Whether the server may have done it all the same; then the change is kept as one that may have been sent.
        effect: Effect,
    },
    /// It may go better in a while: the change goes again by itself.
    Retriable {
        /// Not before this span has passed; none leaves it to the server's own word and the formula of row A6.
        after: Option<Millis>,
        /// Whether the try counts towards giving up.
        counts: bool,
    },
}

/// A host's own classification and retry, per collection (row A7).
pub trait Verdict: Send + Sync {
    /// What a failure means that the server's answer to one change was classified as; pure. An opaque request has no
    /// collection: its name is empty.
    ///
    /// Asked of answers about the change itself only: never of outages, of a slower pace, or of a sign-in.
    fn judge(&self, collection: &str, failure: &Failure) -> Judgement;
}

impl<F: Fn(&str, &Failure) -> Judgement + Send + Sync> Verdict for F {
    fn judge(&self, collection: &str, failure: &Failure) -> Judgement {
        self(collection, failure)
    }
}

/// No word of its own.
struct NoVerdict;

impl Verdict for NoVerdict {
    fn judge(&self, _: &str, _: &Failure) -> Judgement {
        Judgement::AsClassified
    }
}

/// A host's own hooks (row D6): code that decides conflicts before the script that a person set is asked.
pub trait HostHooks: Send + Sync {
    /// The hook for conflicts of a collection, by its name; none where people and their rules decide.
    fn of(&self, resource_type: &str) -> Option<Arc<dyn ConflictHook>>;
}

impl<F: Fn(&str) -> Option<Arc<dyn ConflictHook>> + Send + Sync> HostHooks for F {
    fn of(&self, resource_type: &str) -> Option<Arc<dyn ConflictHook>> {
        self(resource_type)
    }
}

/// No hook of its own.
struct NoHooks;

impl HostHooks for NoHooks {
    fn of(&self, _: &str) -> Option<Arc<dyn ConflictHook>> {
        None
    }
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
    /// Row A11: while something waits, the queue is looked at at least so often.
    pub tick: Millis,
    /// Row C6: time between polls.
    pub poll: Millis,
    /// Row A11: a cycle starts so long after a new write.
    pub debounce: Millis,
    /// Rows asked for with each page.
    pub page: usize,
    /// How long a running batch may take to finish at shutdown.
    pub shutdown: Millis,
    /// Row A12: how many days completed entries stay.
    pub keep_days: i64,
    /// How much of the activity stays.
    pub activity: ActivityKept,
}

/// How much of the activity stays (`engine.md` 13); what is older or has no room goes, the oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActivityKept {
    /// So many days.
    pub days: i64,
    /// So many bytes, about.
    pub bytes: i64,
}

impl Default for ActivityKept {
    fn default() -> Self {
        Self { days: 90, bytes: 200_000_000 }
    }
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self::from(&SyncSettings::default())
    }
}

impl From<&SyncSettings> for EngineSettings {
    fn from(settings: &SyncSettings) -> Self {
        // What is out of range was refused before; a count that does not fit is as good as the largest.
        let size = |count: Count| usize::try_from(count.0).unwrap_or(1).max(1);
        let number = |count: Count| u32::try_from(count.0).unwrap_or(u32::MAX);
        Self {
            backoff: BackoffSettings {
                base: settings.base_retry_delay,
                max: settings.max_retry_delay,
                retries: number(settings.max_retries),
                jitter: number(settings.retry_jitter),
            },
            in_flight: size(settings.in_flight),
            batch: size(settings.sync_batch_size),
            tick: settings.processing_interval,
            poll: settings.poll_interval,
            debounce: settings.debounce,
            page: size(settings.page_size),
            shutdown: settings.shutdown_wait,
            keep_days: settings.keep_completed_days.0,
            activity: ActivityKept::default(),
        }
    }
}

impl From<&EngineSettings> for SyncSettings {
    fn from(settings: &EngineSettings) -> Self {
        Self {
            processing_interval: settings.tick,
            poll_interval: settings.poll,
            debounce: settings.debounce,
            sync_batch_size: Count::of(settings.batch),
            in_flight: Count::of(settings.in_flight),
            max_retries: Count(settings.backoff.retries.into()),
            base_retry_delay: settings.backoff.base,
            max_retry_delay: settings.backoff.max,
            retry_jitter: Count(settings.backoff.jitter.into()),
            page_size: Count::of(settings.page),
            shutdown_wait: settings.shutdown,
            keep_completed_days: Count(settings.keep_days),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // proves E7
    #[test]
    fn every_setting_reaches_the_engine_and_comes_back() {
        let mut settings = SyncSettings::default();
        for (at, setting) in tidemark_model::sync_settings::SETTINGS.iter().enumerate() {
            (setting.set)(&mut settings, setting.from + at as i64);
        }
        assert_eq!(SyncSettings::from(&EngineSettings::from(&settings)), settings);
    }
}
