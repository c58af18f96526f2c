//! Promises of the engine, one per file: engine, connector and sandbox over real HTTP, SQLite on disk.
//!
//! Each ends with `World::finish`, which recomputes the books from the rows on disk and compares both sides.
#![allow(clippy::unwrap_used)]

mod coalescing;
mod in_flight;
mod killed;
mod lanes;
mod lost_answer;
mod offline;
mod poisoned;
