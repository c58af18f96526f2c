//! A real process is killed at any moment, and its files are left as a power cut leaves them: after the next start
//! nothing is lost, doubled or out of order, and nobody has to help.
//!
//! Each test starts itself again as a child process, which works on the same folder until it is killed.
//!
//! | variable | says |
//! |---|---|
//! | `TIDEMARK_CRASH_LONG` | `1`: everything, 200 kills of each, and Kinto too (`cargo xtask test --long`) |
//! | `TIDEMARK_CRASH_KILLS` | so many kills of each instead |
//! | `TIDEMARK_CRASH_SEED` | the number that the moments follow from; a failing run names its own |

// What tests share is no test, and a child speaks on its standard output.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

mod calls;
mod child;
mod decided;
mod drain;
mod extent;
mod full;
mod ground;
mod moments;
mod on_write;
mod points;
mod pull;
mod saving;
mod script;
mod torn;
mod watched;
