//! The sandbox by real HTTP, and its world without sockets.
#![allow(clippy::unwrap_used)]

mod control;
mod errors;
mod faults;
mod idempotency;
mod listing;
mod offline;
mod records;
mod sample;
mod support;
mod world;
