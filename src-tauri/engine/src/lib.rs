//! The engine: a durable outbox, pulling, merging and conflicts over one SQLite database.
//!
//! Time, timers, chance and connectors are inputs ([`Platform`]); the writer runs on its own thread or inline.
#![warn(missing_docs)]

mod changes;
mod clock;
mod connections;
mod cycle;
mod edits;
mod engine;
mod events;
mod gate;
mod lease;
mod link;
mod live_file;
mod platform;
mod pull;
mod push;
mod resolutions;
mod shared;
mod store;
mod worker;

pub use clock::{SystemClock, SystemRng};
pub use cycle::CycleReport;
pub use engine::Engine;
pub use platform::{
    Configure, Connect, EngineSettings, NetworkState, Platform, Surroundings, UnknownSurroundings,
};
pub use store::verbs::links::LinkDraft;
pub use store::{LinkRow, Store, StoreError, WriterMode};
