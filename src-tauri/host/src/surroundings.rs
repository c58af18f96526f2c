//! What this system tells of its network.

#[cfg(target_os = "linux")]
mod network_manager;

use std::sync::Arc;
use tidemark_engine::Surroundings;

/// The system's own account of the network; nothing where it gives none, which counts as unmetered.
pub(crate) fn of_system() -> Arc<dyn Surroundings> {
    #[cfg(target_os = "linux")]
    return Arc::new(network_manager::SystemNetwork::default());
    #[cfg(not(target_os = "linux"))]
    return Arc::new(tidemark_engine::UnknownSurroundings::default());
}
