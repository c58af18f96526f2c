//! Every command through Tauri's mock runtime, with the real configuration and the real access list.

mod access;
mod bindings;
