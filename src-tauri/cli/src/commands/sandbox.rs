//! `sandbox`: the built-in server as a program of its own.

use crate::exit::Exit;
use crate::fault::Fault;
use crate::grammar::SandboxArguments;
use crate::out::Out;
use serde_json::json;
use std::path::PathBuf;
use tidemark_sandbox::{Account, Sandbox, SandboxOptions};

/// The variable that holds the accounts' password.
const SECRET: &str = "TIDEMARK_SANDBOX_SECRET";
/// The variable that holds a refresh token of the first account.
const REFRESH_TOKEN: &str = "TIDEMARK_SANDBOX_REFRESH_TOKEN";

pub async fn perform(arguments: SandboxArguments, data: Option<PathBuf>, out: &Out) -> Result<Exit, Fault> {
    let accounts = accounts(&arguments.accounts)?;
    if let Some(folder) = &data {
        std::fs::create_dir_all(folder).map_err(|error| Fault::File { path: folder.clone(), error })?;
    }
    let names: Vec<&str> = arguments.empty.iter().map(String::as_str).collect();
    let world =
        if names.is_empty() { SandboxOptions::sample() } else { SandboxOptions::with_collections(&names) };
    let options =
        SandboxOptions { port: arguments.port, data, switches: arguments.switches, accounts, ..world };
    // Before anybody is told where it is, since they may end it at once.
    let end = listen_for_the_end()?;
    let server = Sandbox::start(options).await?;
    let switches = arguments.switches.then(|| server.origin());
    out.say(&json!({"url": server.url(), "port": server.port(), "switches": switches}), || {
        let mut lines = vec![format!("The sandbox answers at {}", server.url())];
        lines.extend(switches.as_ref().map(|origin| {
            format!("Its switches are under {origin}/_faults, /_colleague, /_tokens, /_report")
        }));
        lines.push("Ctrl-C ends it.".to_owned());
        lines.join("\n")
    });
    end.await;
    server.stop().await;
    Ok(Exit::Done)
}

fn accounts(names: &[String]) -> Result<Vec<Account>, Fault> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let secret = std::env::var(SECRET).ok().filter(|secret| !secret.is_empty());
    let secret = secret.ok_or_else(|| Fault::Usage(format!("--account needs a password in {SECRET}")))?;
    let mut accounts: Vec<Account> = names.iter().map(|name| Account::new(name, &secret)).collect();
    if let Some(first) = accounts.first_mut() {
        first.refresh_token = std::env::var(REFRESH_TOKEN).ok().filter(|token| !token.is_empty());
    }
    Ok(accounts)
}

/// The wishes to end, listened for from here on.
#[cfg(unix)]
fn listen_for_the_end() -> Result<impl Future<Output = ()>, Fault> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(windows)]
fn listen_for_the_end() -> Result<impl Future<Output = ()>, Fault> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}
