//! What scenario, contract and window tests share.

pub mod fault_proxy;
#[path = "../support/kinto.rs"]
pub mod kinto;
#[path = "../support/kinto_venv.rs"]
pub mod kinto_venv;
