//! What people are shown, read from the tables in one moment.
//!
//! Every function here runs inside one read transaction and writes nothing.

pub(crate) mod activity;
pub(crate) mod conflicts;
pub(crate) mod decisions;
pub(crate) mod groups;
pub(crate) mod incoming;
mod like;
pub(crate) mod queue;
pub(crate) mod records;
pub(crate) mod status;
pub(crate) mod transactions;
mod waiting;

pub use status::{LiveLink, ProcessFacts};

#[cfg(test)]
mod fixture;

/// The most rows of one page; more are asked for page by page.
pub(crate) const PAGE: usize = 500;

/// The host of a link's address, as sentences name it; the whole text where it is no address.
fn server(url: &str) -> String {
    url::Url::parse(url)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_else(|| url.to_owned())
}
