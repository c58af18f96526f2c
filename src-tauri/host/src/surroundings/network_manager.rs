//! NetworkManager over the system's message bus. Without either, nothing is known of the network.

use std::sync::{Arc, Once, Weak};
use tidemark_engine::{NetworkState, Surroundings};
use tidemark_model::schedule::Network;
use tokio::sync::watch;
use zbus::blocking::fdo::PropertiesProxy;
use zbus::blocking::{Connection, Proxy};

const NAME: &str = "org.freedesktop.NetworkManager";
const PATH: &str = "/org/freedesktop/NetworkManager";
/// Its properties that say that the network became another.
const TELLING: [&str; 4] = ["Metered", "State", "Connectivity", "PrimaryConnection"];

/// The network as NetworkManager tells it, from the first watching on.
pub(super) struct SystemNetwork {
    told: Arc<watch::Sender<NetworkState>>,
    begun: Once,
}

impl Default for SystemNetwork {
    fn default() -> Self {
        Self { told: Arc::new(watch::Sender::new(NetworkState::default())), begun: Once::new() }
    }
}

impl Surroundings for SystemNetwork {
    fn state(&self) -> NetworkState {
        *self.told.borrow()
    }

    fn watch(&self) -> watch::Receiver<NetworkState> {
        self.begun.call_once(|| {
            let told = Arc::downgrade(&self.told);
            // The bus is waited on by a thread of its own: nothing of the engine waits with it.
            let thread = std::thread::Builder::new().name("network".into()).spawn(move || {
                if let Err(error) = listen(&told) {
                    tracing::debug!(%error, "the system tells nothing of its network");
                }
            });
            if let Err(error) = thread {
                tracing::debug!(%error, "the network cannot be watched");
            }
        });
        self.told.subscribe()
    }
}

fn listen(told: &Weak<watch::Sender<NetworkState>>) -> zbus::Result<()> {
    let bus = Connection::system()?;
    let manager = Proxy::new(&bus, NAME, PATH, NAME)?;
    let properties = PropertiesProxy::new(&bus, NAME, PATH)?;
    let changes = properties.receive_properties_changed()?;
    let mut metered = network_of(manager.get_property("Metered").unwrap_or(0));
    tell(told, metered, 0);
    for change in changes {
        let change = change.args()?;
        let of_manager = change.interface_name().as_str() == NAME;
        if !of_manager || !change.changed_properties().keys().any(|name| TELLING.contains(name)) {
            continue;
        }
        if let Some(value) = change.changed_properties().get("Metered") {
            metered = network_of(value.downcast_ref().unwrap_or(0));
        }
        if !tell(told, metered, 1) {
            return Ok(());
        }
    }
    Ok(())
}

/// Whether anybody still listens.
fn tell(told: &Weak<watch::Sender<NetworkState>>, network: Network, changes: u64) -> bool {
    let Some(told) = told.upgrade() else { return false };
    told.send_if_modified(|state| {
        let next = NetworkState { network, changes: state.changes + changes };
        std::mem::replace(state, next) != next
    });
    true
}

/// `NMMetered`: a guess counts as knowledge.
fn network_of(metered: u32) -> Network {
    match metered {
        1 | 3 => Network::Metered,
        2 | 4 => Network::Unmetered,
        _ => Network::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // proves A14
    #[test]
    fn what_the_system_guesses_counts_and_what_it_does_not_know_is_unknown() {
        let told = [0, 1, 2, 3, 4, 9].map(network_of);
        use Network::{Metered, Unknown, Unmetered};
        assert_eq!(told, [Unknown, Metered, Unmetered, Metered, Unmetered, Unknown]);
    }
}
