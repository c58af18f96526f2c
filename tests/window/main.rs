//! The built application in a real window, on a display in memory, driven through WebDriver.
//!
//! `cargo xtask test --only window` builds the page and the application first.

mod application;
mod desk;
mod group;
mod hands;
mod hostile;
mod killed;
mod main_job;
mod many;
mod numbers;
mod opens;
mod page;
mod pictures;
mod records;
mod sample;
mod secrets;
mod server;
mod stage;
mod start;
