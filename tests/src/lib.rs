//! What scenario, contract and window tests share, and the soak.

pub use tidemark_simulation::{audit, rng};

pub mod by_time;
pub mod clock;
pub mod deadline;
pub mod direct;
pub mod earlier;
pub mod fault_proxy;
#[path = "../support/kinto.rs"]
pub mod kinto;
#[path = "../support/kinto_venv.rs"]
pub mod kinto_venv;
pub mod network;
pub mod self_signed;
pub mod store_files;
pub mod tap;
#[cfg(unix)]
pub mod window;
pub mod wire;
pub mod with_pages;
pub mod world;
