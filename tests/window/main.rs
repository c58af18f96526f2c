//! The built application in a real window, on a display in memory, driven through WebDriver.
//!
//! `cargo xtask test --only window` builds the page and the application first.

// What prepares a test is a function beside it, which the linter does not take for a test.
#![allow(clippy::unwrap_used)]
// Figures that are told and not asserted.
#![allow(clippy::print_stdout)]

mod hands;
mod hostile;
mod killed;
mod main_job;
mod many;
mod numbers;
mod opens;
mod pictures;
mod sample;
mod secrets;
mod server;
mod stage;
mod start;

use tidemark_tests::window::{desk, page, records};
