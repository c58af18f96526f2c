//! `link add | list | remove | test | secret`.

use crate::exit::Exit;
use crate::fault::Fault;
use crate::grammar::{LinkAddArguments, LinkCommand};
use crate::out::Out;
use crate::{input, words};
use serde::Serialize;
use serde_json::json;
use tidemark_host::{Host, secret_variable};
use tidemark_model::connector::Discovered;
use tidemark_model::view::{AddedLink, NewLink, RemovedLink, TestStepKind};
use tidemark_model::words::count;

pub async fn perform(command: LinkCommand, host: &Host, out: &Out) -> Result<Exit, Fault> {
    match command {
        LinkCommand::Add(arguments) => add(arguments, host, out).await,
        LinkCommand::List => list(host, out),
        LinkCommand::Remove { name, force } => remove(&name, force, host, out).await,
        LinkCommand::Test { name } => test(&name, host, out).await,
        LinkCommand::Secret { name } => secret(&name, host, out).await,
    }
}

async fn add(arguments: LinkAddArguments, host: &Host, out: &Out) -> Result<Exit, Fault> {
    let secret = read_secret(&arguments, out)?;
    let new = NewLink {
        name: arguments.name,
        kind: arguments.kind,
        url: arguments.url,
        user: arguments.user,
        secret,
        settings: arguments.settings.as_deref().map(input::text).transpose()?,
        collections: arguments.collections,
    };
    let added = host.add_link_with_everything(new).await?;
    // Before anything is brought in.
    let to_bring_in = host.to_bring_in(&added.name).await?;
    out.say(&Added { added: &added, to_bring_in: &to_bring_in }, || {
        let kept: Vec<String> = added.collections.iter().map(|name| size_of(name, &to_bring_in)).collect();
        format!("Connected '{}'. Kept: {}.", words::plain(&added.name), kept.join(", "))
    });
    if let Some(note) = &added.secret_note
        && !out.is_json()
    {
        out.note(note);
    }
    Ok(Exit::Done)
}

/// What was added, and how much its first sync brings in.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Added<'a> {
    #[serde(flatten)]
    added: &'a AddedLink,
    to_bring_in: &'a [Discovered],
}

/// A collection with its size, as far as the server tells it.
fn size_of(name: &str, offered: &[Discovered]) -> String {
    let found = offered.iter().find(|found| found.name == name);
    let records = found.and_then(|found| found.count).map(|n| count(n, "record", "records"));
    let bytes = found.and_then(|found| found.bytes).map(|n| count(n, "byte", "bytes"));
    let size: Vec<String> = records.into_iter().chain(bytes).collect();
    match size.is_empty() {
        true => words::plain(name),
        false => format!("{} ({})", words::plain(name), size.join(", ")),
    }
}

/// From the environment nothing is read here: the host finds it there itself.
fn read_secret(arguments: &LinkAddArguments, out: &Out) -> Result<Option<String>, Fault> {
    let wanted = arguments.secret_stdin || arguments.user.is_some();
    let given_elsewhere = std::env::var_os(secret_variable(&arguments.name)).is_some();
    if !wanted || (given_elsewhere && !arguments.secret_stdin) {
        return Ok(None);
    }
    if input::is_terminal() {
        if arguments.secret_stdin {
            return Err(Fault::Usage(in_the_open(&arguments.name)));
        }
        out.note(&format!("No secret was given. {}", in_the_open(&arguments.name)));
        return Ok(None);
    }
    input::secret()
}

fn in_the_open(name: &str) -> String {
    let variable = secret_variable(name);
    format!("A secret typed here would be seen: give it through a pipe, or in {variable}.")
}

fn list(host: &Host, out: &Out) -> Result<Exit, Fault> {
    let status = host.engine().status()?;
    if !out.is_json() {
        let rows: Vec<Vec<String>> = status
            .links
            .iter()
            .map(|link| {
                vec![
                    words::plain(&link.name),
                    link.kind.clone(),
                    words::plain(&link.url),
                    words::plain(link.user.as_deref().unwrap_or("–")),
                    link.collections
                        .iter()
                        .map(|kept| words::plain(&kept.name))
                        .collect::<Vec<_>>()
                        .join(", "),
                ]
            })
            .collect();
        let text = match rows.is_empty() {
            true => "There is no connection yet.".to_owned(),
            false => words::table(&["Name", "Kind", "Address", "Account", "Kept"], &rows),
        };
        out.say(&(), || text);
        return Ok(Exit::Done);
    }
    for link in &status.links {
        out.say(link, String::new);
    }
    Ok(Exit::Done)
}

/// Why a connection is not removed without force, and what would become of it.
fn kept_back(removed: &RemovedLink) -> String {
    let unsent = match removed.unsent.0 {
        0 => String::new(),
        1 => "1 change is not sent yet. With --force it goes to the trash.".to_owned(),
        count => format!("{count} changes are not sent yet. With --force they go to the trash."),
    };
    let drafts = match removed.drafts.0 {
        0 => String::new(),
        1 => "1 form has edits that were not saved. With --force they are lost.".to_owned(),
        count => format!("{count} forms have edits that were not saved. With --force they are lost."),
    };
    [unsent, drafts].join(" ").trim().to_owned()
}

async fn remove(name: &str, force: bool, host: &Host, out: &Out) -> Result<Exit, Fault> {
    let removed = host.remove_link(name, force).await?;
    let name = words::plain(name);
    out.say(&removed, || match removed.removed {
        true if removed.unsent.0 > 0 => {
            format!("Removed '{name}'. {} went to the trash.", words::changes(removed.unsent.0))
        }
        true => format!("Removed '{name}'."),
        false => format!("'{name}' was not removed: {}", kept_back(&removed)),
    });
    Ok(if removed.removed { Exit::Done } else { Exit::Person })
}

async fn test(name: &str, host: &Host, out: &Out) -> Result<Exit, Fault> {
    let test = host.test_link(name).await?;
    out.say(&test, || {
        let step = |step: &tidemark_model::view::TestStep| {
            let mark = if step.ok { "ok  " } else { "FAIL" };
            format!("{mark}  {:<12} {}", step_word(step.step), words::plain(&step.words))
                .trim_end()
                .to_owned()
        };
        test.steps.iter().map(step).collect::<Vec<_>>().join("\n")
    });
    Ok(match test.steps.last() {
        _ if test.ok => Exit::Done,
        Some(last) if last.step == TestStepKind::Connected => Exit::Offline,
        Some(last) if last.step == TestStepKind::SignedIn => Exit::Person,
        _ => Exit::Error,
    })
}

fn step_word(step: TestStepKind) -> &'static str {
    match step {
        TestStepKind::Address => "Address",
        TestStepKind::Connected => "Connected",
        TestStepKind::Speaks => "Speaks",
        TestStepKind::SignedIn => "Signed in",
        TestStepKind::MayRead => "May read",
        TestStepKind::Clock => "Clock",
    }
}

async fn secret(name: &str, host: &Host, out: &Out) -> Result<Exit, Fault> {
    if input::is_terminal() {
        return Err(Fault::Usage(in_the_open(name)));
    }
    let secret = input::secret()?;
    let secret = secret.ok_or_else(|| Fault::Usage("standard input held no secret".to_owned()))?;
    let note = host.set_secret(name, secret).await?;
    out.say(&json!({"link": name, "secretKept": note.is_none(), "secretNote": note}), || {
        note.clone().unwrap_or_else(|| "The secret is in the keychain.".to_owned())
    });
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidemark_model::number::Count;

    #[test]
    fn what_keeps_a_connection_is_named_with_what_force_would_do_to_it() {
        let said = |unsent, drafts| {
            kept_back(&RemovedLink { unsent: Count(unsent), drafts: Count(drafts), removed: false })
        };
        assert_eq!(said(2, 0), "2 changes are not sent yet. With --force they go to the trash.");
        assert_eq!(said(0, 1), "1 form has edits that were not saved. With --force they are lost.");
        assert_eq!(
            said(1, 3),
            "1 change is not sent yet. With --force it goes to the trash. \
             3 forms have edits that were not saved. With --force they are lost."
        );
    }
}
