//! Nouns, the connector trait and pure decisions of Tidemark. No I/O: time, chance and answers are inputs.
#![warn(missing_docs)]

pub mod backoff;
pub mod cause;
pub mod change;
pub mod clock;
pub mod coalesce;
pub mod connector;
pub mod document;
pub mod equality;
pub mod exchange;
pub mod export;
pub mod failure;
pub mod form;
pub mod lateness;
pub mod lines;
pub mod merge;
pub mod mutation;
pub mod number;
pub mod path;
pub mod plan;
pub mod planted;
pub mod removals;
pub mod request;
pub mod rows;
pub mod schedule;
pub mod settings;
pub mod status;
pub mod sync_settings;
pub mod temporary;
pub mod timing;
pub mod transaction;
pub mod uncertain;
pub mod view;
pub mod width;
pub mod words;
