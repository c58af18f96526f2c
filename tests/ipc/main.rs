//! Every command through Tauri's mock runtime, with the real configuration and the real access list; every event.

mod access;
mod activity;
mod agreement;
mod arguments;
mod bindings;
mod conflicts;
mod decisions;
mod events;
mod hooks;
mod hostile;
mod incoming;
mod links;
mod parked;
mod proofs;
mod queue;
mod records;
mod requests;
mod rules;
mod sample;
mod settings;
mod stage;
mod status;
mod storage;
mod transactions;
