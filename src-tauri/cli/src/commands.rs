//! One file per command; here it is decided which, and what it needs.

mod activity;
mod alike;
mod backup;
pub mod conflicts;
mod decisions;
mod doubt;
mod hooks;
mod incoming;
mod lines;
mod link;
mod merge;
mod pausing;
mod queue;
mod records;
mod request;
mod resolve;
mod rules;
mod sandbox;
mod settings;
pub mod status;
pub mod sync;
mod transactions;

use crate::exit::Exit;
use crate::fault::Fault;
use crate::grammar::{BackupCommand, Command, Grammar};
use crate::out::Out;
use tidemark_host::{Host, HostOptions};

/// Does what was asked.
pub async fn perform(grammar: Grammar, out: &Out) -> Result<Exit, Fault> {
    let data = grammar.data;
    match grammar.command {
        Command::Merge(arguments) => merge::perform(&arguments, out),
        Command::Sandbox(arguments) => sandbox::perform(arguments, data, out).await,
        Command::Demo => crate::demo::perform(out).await,
        Command::Bench(arguments) => crate::bench::perform(&arguments, out).await,
        Command::Backup(command @ (BackupCommand::List | BackupCommand::Restore { .. })) => {
            backup::without_store(command, &HostOptions { data, ..HostOptions::default() }, out)
        }
        command => {
            let host = Host::open(HostOptions { data, ..HostOptions::default() }).await?;
            let done = Box::pin(on_data(command, &host, out)).await;
            host.engine().shutdown().await;
            done
        }
    }
}

/// The commands that work on a data folder.
async fn on_data(command: Command, host: &Host, out: &Out) -> Result<Exit, Fault> {
    match command {
        Command::Link(command) => link::perform(command, host, out).await,
        Command::Sync(arguments) => sync::perform(&arguments, host, out).await,
        Command::Status => status::perform(host, out).await,
        Command::Records(command) => records::perform(command, host, out).await,
        Command::Request(arguments) => request::perform(arguments, host, out).await,
        Command::Queue(command) => queue::perform(command, host, out).await,
        Command::Conflicts(command) => conflicts::perform(&command, host, out),
        Command::Resolve(arguments) => resolve::perform(&arguments, host, out).await,
        Command::Rules(command) => rules::perform(command, host, out).await,
        Command::Hooks(command) => hooks::perform(command, host, out).await,
        Command::Decisions(command) => decisions::perform(command, host, out).await,
        Command::Tx(command) => transactions::perform(command, host, out).await,
        Command::Removals(command) => incoming::removals(command, host, out).await,
        Command::Unreadable(command) => incoming::unreadable(command, host, out).await,
        Command::Activity(arguments) => activity::perform(arguments, host, out),
        Command::Pause(arguments) => pausing::perform(&arguments, true, host, out).await,
        Command::Resume(arguments) => pausing::perform(&arguments, false, host, out).await,
        Command::Settings(command) => settings::perform(&command, host, out).await,
        Command::Backup(BackupCommand::Make) => backup::make(host, out).await,
        Command::Backup(BackupCommand::List | BackupCommand::Restore { .. })
        | Command::Merge(_)
        | Command::Sandbox(_)
        | Command::Demo
        | Command::Bench(_) => Err(Fault::Unexpected("this command needs no data folder".to_owned())),
    }
}
