//! One suite for every connector, each before its real server and behind the fault proxy.
//!
//! A promise in `writing`, `reading`, `faults` or `doubt` is kept by every kind; what only one kind can promise
//! stands in its own file.

// A promise is a function that two tests call, which the linter does not take for a test.
#![allow(clippy::unwrap_used)]

mod ground;

mod certificates;
mod doubt;
mod exchange;
mod faults;
mod kinto_only;
mod main_job;
mod other_names;
mod patience;
mod reading;
mod requests;
mod rest_only;
mod timing;
mod writing;

/// The same promises for each kind of server.
macro_rules! every_kind {
    ($($promise:ident),* $(,)?) => {
        mod rest {
            $(#[tokio::test] async fn $promise() { super::$promise(crate::ground::Ground::rest().await).await })*
        }
        mod kinto {
            $(#[tokio::test] async fn $promise() { super::$promise(crate::ground::Ground::kinto().await).await })*
        }
    };
}
pub(crate) use every_kind;
