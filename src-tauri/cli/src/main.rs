//! `tidemarkctl`: the whole of Tidemark without a window, on the same engine and the same database.
//!
//! Exit codes: 0 done, 1 error, 2 something needs a person, 3 offline, 64 wrong usage.

mod bench;
mod commands;
mod demo;
mod exit;
mod fault;
mod field_choice;
mod grammar;
mod input;
mod out;
mod words;

use clap::Parser as _;
use exit::Exit;
use fault::Fault;
use grammar::Grammar;
use out::Out;
use std::ffi::OsString;
use std::process::ExitCode;
use tidemark_host::log::{self, Style};

fn main() -> ExitCode {
    // As the system gives them: one that is no text is wrong usage and nothing worse.
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let exit = match Grammar::try_parse_from(&arguments) {
        Ok(grammar) => perform(grammar),
        Err(error) => answer_usage(&error, arguments.iter().any(|argument| argument == "--json")),
    };
    exit.into()
}

fn perform(grammar: Grammar) -> Exit {
    let out = Out::new(grammar.json);
    // Silent unless `TIDEMARK_LOG` asks for it (`info`, `tidemark_engine=debug` …).
    log::start(if grammar.json { Style::Json } else { Style::Text }, "off");
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return out.fault(&Fault::System(error)),
    };
    // Boxed: the future of a whole run is large.
    let done = runtime.block_on(Box::pin(commands::perform(grammar, &out)));
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    done.unwrap_or_else(|fault| out.fault(&fault))
}

/// Help and version are answers; everything else is wrong usage.
fn answer_usage(error: &clap::Error, json: bool) -> Exit {
    use clap::error::ErrorKind;
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // Nobody may be reading any more.
            let _ = error.print();
            Exit::Done
        }
        _ if json => Out::new(true).fault(&Fault::Usage(error.to_string())),
        _ => {
            let _ = error.print();
            Exit::Usage
        }
    }
}
