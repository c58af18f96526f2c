//! Promises of the engine, one per file: engine, connector and sandbox over real HTTP, SQLite on disk.
//!
//! Each ends with `World::finish`, which recomputes the books from the rows on disk and compares both sides.
#![allow(clippy::unwrap_used)]

mod acknowledgement;
mod changing_settings;
mod coalescing;
mod conflicts;
mod deletion_guard;
mod events;
mod flush;
mod in_flight;
mod killed;
mod lanes;
mod login_page;
mod lost_answer;
mod merging;
mod mid_drain;
mod numbers;
mod offline;
mod one_host;
mod other_account;
mod outage;
mod packing;
mod pages;
mod pausing;
mod poisoned;
mod priorities;
mod read_back;
mod references;
mod regressions;
mod resolution;
mod retry_after;
mod schedule;
mod sign_in;
mod tombstones;
mod two_engines;
mod whole_sets;
mod wrong_address;
