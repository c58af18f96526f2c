//! `backup`: copies of the local store, and putting one in its place.

use crate::exit::Exit;
use crate::fault::Fault;
use crate::grammar::BackupCommand;
use crate::out::Out;
use crate::words;
use tidemark_host::{Host, HostOptions};
use tidemark_model::view::{Backup, Restored};

/// What works also where the store cannot be opened.
pub fn without_store(command: BackupCommand, options: &HostOptions, out: &Out) -> Result<Exit, Fault> {
    match command {
        BackupCommand::List => list(options, out),
        BackupCommand::Restore { name } => restore(options, name.as_deref(), out),
        BackupCommand::Make => Err(Fault::Unexpected("a backup is made from an open store".to_owned())),
    }
}

pub async fn make(host: &Host, out: &Out) -> Result<Exit, Fault> {
    let backup = host.engine().back_up_now().await?;
    out.say(&backup, || format!("Made and checked: {}", line(&backup)));
    Ok(Exit::Done)
}

fn list(options: &HostOptions, out: &Out) -> Result<Exit, Fault> {
    let backups = tidemark_host::backups(options)?;
    match out.is_json() {
        true => backups.iter().for_each(|backup| out.say(backup, String::new)),
        false if backups.is_empty() => out.say(&(), || "No backups yet. Make one: backup make".to_owned()),
        false => backups.iter().for_each(|backup| out.say(backup, || line(backup))),
    }
    Ok(Exit::Done)
}

fn restore(options: &HostOptions, name: Option<&str>, out: &Out) -> Result<Exit, Fault> {
    let restored = tidemark_host::restore(options, name)?;
    out.say(&restored, || in_words(&restored));
    Ok(Exit::Done)
}

fn line(backup: &Backup) -> String {
    format!("{}  {}  {} kB", backup.name, words::time(backup.made_at), (backup.bytes.0 + 999) / 1000)
}

fn in_words(restored: &Restored) -> String {
    let kept = match &restored.set_aside {
        Some(name) => format!("\nThe former store is kept as {name}."),
        None => String::new(),
    };
    format!(
        "The copy from {} is in place.{kept}\nWhat is unsent in it is looked up on the server before it is sent.",
        words::time(restored.from.made_at)
    )
}
