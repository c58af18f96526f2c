//! The engine: a durable outbox, pulling, merging and conflicts over one SQLite database.
//!
//! Time, timers, chance and connectors are inputs ([`Platform`]); the writer runs on its own thread or inline.
#![warn(missing_docs)]

mod changes;
mod clock;
mod connections;
mod cycle;
mod doubts;
mod edits;
mod engine;
mod events;
mod ids;
mod jump;
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
pub use platform::{Connect, EngineSettings, Platform};
pub use store::verbs::links::LinkDraft;
pub use store::{LinkRow, Store, StoreError, WriterMode};
