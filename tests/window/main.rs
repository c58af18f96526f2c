//! The built application in a real window, on a display in memory, driven through WebDriver.
//!
//! `cargo xtask test --only window` builds the page and the application first.

mod desk;
mod group;
mod hands;
mod opens;
mod page;
