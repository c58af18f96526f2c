//! Promises of the engine, one per file: engine, connector and sandbox over real HTTP, SQLite on disk.
//!
//! Each ends with `World::finish`, which recomputes the books from the rows on disk and compares both sides.
#![allow(clippy::unwrap_used)]

mod acknowledgement;
mod backups;
mod bad_input;
mod causes;
mod changing_settings;
mod coalescing;
mod conflicts;
mod damaged;
mod deletion_guard;
mod discarding;
mod disk_full;
mod durability;
mod earlier_schemas;
mod events;
mod faulty_store;
mod flush;
mod in_flight;
mod killed;
mod lanes;
mod listing;
mod login_page;
mod lost_answer;
mod merging;
mod mid_drain;
mod naming;
mod numbers;
mod offline;
mod old_copy;
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
mod retention;
mod retry_after;
mod schedule;
mod sign_in;
mod tombstones;
mod transactions;
mod trash;
mod two_engines;
mod uncertain;
mod unreadable;
mod whole_sets;
mod width;
mod wrong_address;
