//! The project's chores: `cargo xtask run | test | simulate | soak | bench | rows | bindings`.
//!
//! It has no dependencies, because it installs what everything else depends on.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line speaks on its standard streams"
)]

mod chores;
mod kinds;
mod needs;
mod paths;
mod provision;
mod rows;
mod start;
mod step;
mod suite;
mod tally;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask run                   install what is missing, build, open the window (without a display: the demonstration)
cargo xtask test [--only KIND] [--long]
                                  install what is missing, run every check and test, say how many ran;
                                  with --long every kill and power cut, Kinto's too, and 40 times the fuzzing
cargo xtask simulate [--seeds N]  run whole worlds from seeds (arguments go to `simulate`: --from S, --trace, --long)
cargo xtask soak --minutes M [--seed S] [--release]
                                  let the real application work among faults, measure it, compare both sides at the end
cargo xtask bench [CASE]...       measure, in a release build (arguments go to `tidemarkctl bench`)
cargo xtask rows                  each row of the promised behaviour with the tests that prove it
cargo xtask bindings              write the window's TypeScript types from the Rust ones";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["run"] => start::run(),
        ["test"] => suite::test(None, false),
        ["test", "--long"] => suite::test(None, true),
        ["test", "--only", kind] => suite::test(Some(kind), false),
        ["test", "--only", kind, "--long"] => suite::test(Some(kind), true),
        ["simulate", rest @ ..] => chores::simulate(rest),
        ["soak", rest @ ..] => chores::soak(rest),
        ["bench", rest @ ..] => chores::bench(rest),
        ["rows"] => rows::print(),
        ["bindings"] => chores::bindings(),
        _ => {
            eprintln!("{USAGE}\n\nkinds of test: {}", kinds::names().join(", "));
            return ExitCode::from(64);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("\nxtask: {reason}");
            ExitCode::FAILURE
        }
    }
}
