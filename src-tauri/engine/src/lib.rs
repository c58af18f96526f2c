//! The engine: a durable outbox, pulling, merging and conflicts over one SQLite database.
//!
//! Time, timers, chance and connectors are inputs ([`Platform`]); the writer runs on its own thread or inline.
#![warn(missing_docs)]

mod clock;
mod store;

pub use clock::{SystemClock, SystemRng};
pub use store::{Store, StoreError, WriterMode};
