//! Nouns, the connector trait and pure decisions of Tidemark. No I/O: time, chance and answers are inputs.
#![warn(missing_docs)]

pub mod backoff;
pub mod change;
pub mod clock;
pub mod coalesce;
pub mod connector;
pub mod document;
pub mod failure;
pub mod mutation;
pub mod number;
pub mod path;
