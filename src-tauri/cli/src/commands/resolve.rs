//! `resolve`: a person's decision, sent on top of the version that was compared and read back.

use super::alike;
use super::sync::bring_in_step;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::grammar::ResolveArguments;
use crate::out::Out;
use crate::{field_choice, input, words};
use serde::Serialize;
use tidemark_host::Host;
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{ChangeState, ConflictView, Resolution, Resolved};

/// What is told.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    resolved: &'a Resolved,
    /// Where the change that carries it stands; none where nothing need be sent.
    state: Option<ChangeState>,
}

pub async fn perform(arguments: &ResolveArguments, host: &Host, out: &Out) -> Result<Exit, Fault> {
    if arguments.alike {
        return alike::perform(arguments, host, out).await;
    }
    let engine = host.engine();
    let conflict = engine.get_conflict(Count(arguments.id))?;
    let resolution = resolution(arguments)?;
    let hold = if arguments.hold { engine.settings()?.undo_hold } else { Millis(0) };
    let seen = arguments.seen.clone().or_else(|| conflict.server_version.clone());
    let later = matches!(resolution, Resolution::Skip { .. });
    let resolved = engine.resolve_conflict(Count(arguments.id), resolution, seen, hold).await?;
    let mut exit = Exit::Done;
    if !later && !arguments.hold && resolved.change.is_some() {
        bring_in_step(host, Some(&conflict.row.link), None).await?;
        exit = exit_of(host, &resolved)?;
    }
    let state = match &resolved.change {
        Some(change) => Some(engine.get_change(change)?.row.state),
        None => None,
    };
    out.show(&Told { resolved: &resolved, state }, || in_words(&conflict, &resolved, state, later));
    Ok(exit)
}

fn resolution(arguments: &ResolveArguments) -> Result<Resolution, Fault> {
    if arguments.local {
        return Ok(Resolution::LocalWins {});
    }
    if arguments.server {
        return Ok(Resolution::ServerWins {});
    }
    if let Some(file) = &arguments.merged {
        return Ok(Resolution::Manual { choices: Vec::new(), document: Some(input::text(file)?) });
    }
    let choices =
        arguments.fields.iter().map(|field| field_choice::choice(field)).collect::<Result<Vec<_>, _>>()?;
    Ok(match arguments.later {
        true => Resolution::Skip { choices, until: None },
        false => Resolution::Manual { choices, document: None },
    })
}

/// Saved is done, also while the server is away; only what the server refused or changed meanwhile needs a person.
fn exit_of(host: &Host, resolved: &Resolved) -> Result<Exit, Fault> {
    let Some(change) = &resolved.change else { return Ok(Exit::Done) };
    Ok(match host.engine().get_change(change)?.row.state {
        ChangeState::Conflict | ChangeState::NeedsYou => Exit::Person,
        ChangeState::Waiting
        | ChangeState::Sending
        | ChangeState::TryingAgain
        | ChangeState::OnHold
        | ChangeState::NotConfirmed
        | ChangeState::Confirmed
        | ChangeState::InTrash
        | ChangeState::Ended => Exit::Done,
    })
}

fn in_words(conflict: &ConflictView, resolved: &Resolved, state: Option<ChangeState>, later: bool) -> String {
    let (title, server) = (words::plain(&conflict.row.title), words::plain(&conflict.row.server));
    match (state, resolved.sends_at) {
        _ if later => format!("{title}: later. Your choices are kept."),
        (Some(ChangeState::Confirmed), _) => format!("{title}: merged and confirmed by {server}."),
        (Some(ChangeState::Conflict), _) => {
            format!(
                "{title}: changed again on the server. Nothing was overwritten; look at the conflict again."
            )
        }
        (Some(ChangeState::NeedsYou), _) => {
            format!("{title}: {server} did not accept the result. It is kept.")
        }
        (_, Some(at)) => format!("{title}: merged. Goes out at {}.", words::time(at)),
        (Some(_), None) => {
            format!("{title}: merged and saved on this computer. Goes out when {server} can be reached.")
        }
        (None, None) => format!("{title}: settled. The server holds this result already."),
    }
}
