//! The Tauri shell: wiring, commands and events.

pub mod arguments;
pub mod bridge;
