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
        self.0.send_modify(|state| *state = NetworkState { network, changes: state.changes + 1 });
    }
}

impl Surroundings for TestNetwork {
    fn state(&self) -> NetworkState {
        *self.0.borrow()
    }

    fn watch(&self) -> watch::Receiver<NetworkState> {
        self.0.subscribe()
    }
}
