//! NetworkManager over the system's message bus. Without either, nothing is known of the network.

use std::sync::{Arc, Once, Weak};
use tidemark_engine::{NetworkState, Surroundings};
use tidemark_model::failure::clip;
use tidemark_model::schedule::Network;
use tokio::sync::watch;
use zbus::blocking::fdo::PropertiesProxy;
use zbus::blocking::{Connection, Proxy};
use zbus::zvariant::OwnedObjectPath;

const NAME: &str = "org.freedesktop.NetworkManager";
/// What it calls a connection in use.
const ACTIVE: &str = "org.freedesktop.NetworkManager.Connection.Active";
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
        self.told.borrow().clone()
    }

    fn watch(&self) -> watch::Receiver<NetworkState> {
        self.begun.call_once(|| {
            let told = Arc::downgrade(&self.told);
            // The bus is waited on by a thread of its own: nothing of the engine waits with it.
            let thread = std::thread::Builder::new().name("network".into()).spawn(move || {
                if let Err(error) = Connection::system().and_then(|bus| listen(&bus, &told)) {
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

fn listen(bus: &Connection, told: &Weak<watch::Sender<NetworkState>>) -> zbus::Result<()> {
    let manager = Proxy::new(bus, NAME, PATH, NAME)?;
    let properties = PropertiesProxy::new(bus, NAME, PATH)?;
    let changes = properties.receive_properties_changed()?;
    let mut metered = network_of(manager.get_property("Metered").unwrap_or(0));
    let mut name = manager.get_property("PrimaryConnection").ok().and_then(|path| name_of(bus, path));
    tell(told, metered, name.clone(), 0);
    for change in changes {
        let change = change.args()?;
        let of_manager = change.interface_name().as_str() == NAME;
        if !of_manager || !change.changed_properties().keys().any(|name| TELLING.contains(name)) {
            continue;
        }
        if let Some(value) = change.changed_properties().get("Metered") {
            metered = network_of(value.downcast_ref().unwrap_or(0));
        }
        if let Some(value) = change.changed_properties().get("PrimaryConnection") {
            name = value
                .try_clone()
                .ok()
                .and_then(|path| path.try_into().ok())
                .and_then(|path| name_of(bus, path));
        }
        if !tell(told, metered, name.clone(), 1) {
            return Ok(());
        }
    }
    Ok(())
}

/// What a person called the connection that everything goes over: for Wi-Fi as a rule its own name. "/" is none.
fn name_of(bus: &Connection, path: OwnedObjectPath) -> Option<String> {
    if path.as_str() == "/" {
        return None;
    }
    let active = Proxy::new(bus, NAME, path, ACTIVE).ok()?;
    let name: String = active.get_property("Id").ok()?;
    Some(clip(name.trim(), 100)).filter(|name| !name.is_empty())
}

/// Whether anybody still listens.
fn tell(
    told: &Weak<watch::Sender<NetworkState>>,
    network: Network,
    name: Option<String>,
    changes: u64,
) -> bool {
    let Some(told) = told.upgrade() else { return false };
    told.send_if_modified(|state| {
        let next = NetworkState { network, name, changes: state.changes + changes };
        let other = *state != next;
        *state = next;
        other
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
    use std::os::unix::net::UnixStream;
    use zbus::blocking::connection::Builder;
    use zbus::zvariant::ObjectPath;

    const OFFICE: &str = "/org/freedesktop/NetworkManager/ActiveConnection/1";
    const TRAIN: &str = "/org/freedesktop/NetworkManager/ActiveConnection/2";

    /// What does not come within it never will.
    const SOON: std::time::Duration = std::time::Duration::from_secs(30);

    /// What NetworkManager says, on a bus of two.
    struct Saying {
        metered: u32,
        primary: &'static str,
    }

    /// A connection in use.
    struct InUse(&'static str);

    #[zbus::interface(name = "org.freedesktop.NetworkManager.Connection.Active")]
    impl InUse {
        #[zbus(property)]
        fn id(&self) -> &str {
            self.0
        }
    }

    #[zbus::interface(name = "org.freedesktop.NetworkManager")]
    impl Saying {
        #[zbus(property)]
        fn metered(&self) -> u32 {
            self.metered
        }

        #[zbus(property)]
        fn primary_connection(&self) -> ObjectPath<'_> {
            ObjectPath::from_static_str_unchecked(self.primary)
        }
    }

    // proves A14
    #[test]
    fn what_network_manager_says_is_told_and_what_it_says_later_too() {
        let (theirs, ours) = UnixStream::pair().unwrap();
        let serving = std::thread::spawn(move || {
            let guid = zbus::Guid::generate();
            let server = Builder::async_io_unix_stream(theirs).server(guid).unwrap().p2p();
            let saying = Saying { metered: 2, primary: OFFICE };
            let server = server.serve_at(PATH, saying).unwrap();
            let server = server.serve_at(OFFICE, InUse("Office")).unwrap();
            server.serve_at(TRAIN, InUse("Train Wi-Fi")).unwrap().build().unwrap()
        });
        let bus = Builder::async_io_unix_stream(ours).p2p().build().unwrap();
        let server = serving.join().unwrap();
        let told = Arc::new(watch::Sender::new(NetworkState::default()));
        let mut heard = told.subscribe();
        let listener = Arc::downgrade(&told);
        let listening = std::thread::spawn(move || listen(&bus, &listener).unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let until = |heard: &mut watch::Receiver<NetworkState>,
                     network: Network,
                     name: Option<&str>,
                     changes: u64| {
            let wanted = NetworkState { network, name: name.map(str::to_owned), changes };
            let told =
                async { tokio::time::timeout(SOON, heard.wait_for(|state| *state == wanted)).await.is_ok() };
            assert!(runtime.block_on(told), "{wanted:?} is told");
        };
        until(&mut heard, Network::Unmetered, Some("Office"), 0);
        let say = |metered: u32| {
            let object = server.object_server().interface::<_, Saying>(PATH).unwrap();
            object.get_mut().metered = metered;
            zbus::block_on(object.get().metered_changed(object.signal_emitter())).unwrap();
        };
        say(1);
        until(&mut heard, Network::Metered, Some("Office"), 1);
        let goes_over = |path: &'static str| {
            let object = server.object_server().interface::<_, Saying>(PATH).unwrap();
            object.get_mut().primary = path;
            zbus::block_on(object.get().primary_connection_changed(object.signal_emitter())).unwrap();
        };
        goes_over(TRAIN);
        until(&mut heard, Network::Metered, Some("Train Wi-Fi"), 2);
        goes_over("/");
        until(&mut heard, Network::Metered, None, 3);
        drop(told);
        say(2);
        listening.join().unwrap();
    }

    // proves A14
    #[test]
    fn what_the_system_guesses_counts_and_what_it_does_not_know_is_unknown() {
        let told = [0, 1, 2, 3, 4, 9].map(network_of);
        use Network::{Metered, Unknown, Unmetered};
        assert_eq!(told, [Unknown, Metered, Unmetered, Metered, Unmetered, Unknown]);
    }
}
