//! The network of a scenario, as the system would tell of it.

use tidemark_engine::{NetworkState, Surroundings};
use tidemark_model::schedule::Network;
use tokio::sync::watch;

/// A network that a test turns into another.
#[derive(Debug)]
pub struct TestNetwork(watch::Sender<NetworkState>);

impl Default for TestNetwork {
    fn default() -> Self {
        Self(watch::Sender::new(NetworkState::default()))
    }
}

impl TestNetwork {
    /// The network becomes another one, which may be of the same kind.
    pub fn becomes(&self, network: Network) {
        self.0.send_modify(|state| {
            state.network = network;
            state.changes += 1;
        });
    }

    /// It is called so.
    pub fn is_called(&self, name: &str) {
        self.0.send_modify(|state| state.name = Some(name.to_owned()));
    }
}

impl Surroundings for TestNetwork {
    fn state(&self) -> NetworkState {
        self.0.borrow().clone()
    }

    fn watch(&self) -> watch::Receiver<NetworkState> {
        self.0.subscribe()
    }
}
