//! Every parser of outside input before inputs that nobody meant: nothing panics, nothing grows or goes on beyond what the
//! input's own length explains, what is refused is named, and what is taken in comes back as it was.
//!
//! `cargo xtask test --only fuzz` runs some thousands of each in under a minute, with `--long` for minutes. A kept input is a
//! file in `corpus/`, in the shape that a real server or person gives; `once-…` are those that once failed.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr, reason = "tests say what they ran")]

mod answers;
mod believed;
mod border;
mod command_line;
mod documents;
mod engine;
mod files;
mod ground;
mod mutation;
mod network;
mod sandbox;
mod settings;
mod spans;
#[path = "../ipc/stage.rs"]
#[allow(dead_code, reason = "the stage of the tests of the border, of which only a part is needed here")]
mod stage;
mod wire;
mod words;
mod written;
