//! What the window, the command line and tests share: the data folder, settings, the keychain, the kinds of server,
//! and starting an engine with all of them.
//!
//! | variable | says |
//! |---|---|
//! | `TIDEMARK_DATA` | the data folder |
//! | `TIDEMARK_CLOCK` | RFC 3339: the clock starts there and goes on with real time, for screenshots and demonstrations |
//! | `TIDEMARK_KEYCHAIN` | `none`: secrets are kept for this run only |
//! | `TIDEMARK_SECRET_<LINK>` | a link's secret for this process; it beats the keychain |
//! | `TIDEMARK_SAMPLE_SWITCHES` | `1`: the sample server's fault switches are served on its port |
//! | `TIDEMARK_LOG` | what is logged: `warn`, `info`, `tidemark_engine=debug` …; never a record or a secret |
//! | `TIDEMARK_NETWORK` | `unknown`: the system is not asked about its network |
//! | `PROCESSING_INTERVAL` … | [`settings`] |

mod clock;
mod configuring;
mod connections;
mod environment;
mod faults;
mod folder;
mod hidden;
mod host;
mod keychain;
mod link_test;
pub mod log;
pub mod notices;
mod registry;
pub mod sample;
pub mod settings;
mod sign_ins;
mod surroundings;
mod vault;

pub use clock::{LocalZone, RunningClock};
pub use environment::Environment;
pub use faults::HostError;
pub use hidden::Hidden;
pub use host::{Host, HostOptions, backups, restore};
pub use keychain::{Keychain, KeychainFault, NoKeychain, SystemKeychain};
pub use registry::Registry;
pub use tidemark_engine::{Beside, Engine};
pub use vault::{Vault, secret_variable};
