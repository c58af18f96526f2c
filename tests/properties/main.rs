//! What holds for any sequence of edits, through the whole engine, against a server in memory.
#![allow(clippy::unwrap_used)]

mod coalescing;
mod converging;
mod desk;
mod steps;
