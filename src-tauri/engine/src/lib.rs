//! The engine: a durable outbox, pulling, merging and conflicts over one SQLite database.
//!
//! Time, timers, chance and connectors are inputs ([`Platform`]); the writer runs on its own thread or inline.
#![warn(missing_docs)]

mod activity;
mod asking;
mod backups;
mod changes;
mod clock;
mod connections;
mod cycle;
mod decisions;
mod doubts;
mod drafts;
mod edits;
mod engine;
mod events;
mod gate;
mod generation;
mod groups;
mod hook_scripts;
mod hooks;
mod ids;
mod incoming;
mod jump;
mod lease;
mod link;
mod link_news;
mod live_file;
mod platform;
mod pull;
mod push;
mod recovery;
mod requests;
mod resolutions;
mod restoring;
mod rules;
mod shared;
mod store;
mod telemetry;
mod transactions;
mod trash;
mod worker;

pub use backups::{list as list_backups, storage};
pub use clock::{SystemClock, SystemRng};
pub use cycle::CycleReport;
pub use edits::Beside;
pub use engine::Engine;
pub use hooks::ScriptHook;
pub use platform::{
    ActivityKept, Configure, Connect, EngineSettings, HostHooks, Judgement, NetworkState, Platform,
    Surroundings, UnknownSurroundings, Verdict,
};
pub use restoring::restore;
pub use store::verbs::links::LinkDraft;
pub use store::{
    Access, FaultAt, Faults, Faulty, Inline, Keep, LinkRow, OnDisk, Storage, Store, StoreError, Write,
    WriterMode,
};
pub use transactions::MOST_CHANGES;
