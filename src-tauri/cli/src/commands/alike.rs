//! `resolve --alike`: one decision for all open conflicts of the same shape.

use super::sync::bring_in_step;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::grammar::ResolveArguments;
use crate::out::Out;
use crate::{field_choice, words};
use tidemark_host::Host;
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{
    ConflictShape, FieldChoice, GroupChoice, GroupMember, GroupResolved, SeenConflict,
};

pub async fn perform(arguments: &ResolveArguments, host: &Host, out: &Out) -> Result<Exit, Fault> {
    let engine = host.engine();
    let shape = engine.conflict_shape(Count(arguments.id))?;
    let choices = choices(arguments, &shape)?;
    let members: Vec<GroupMember> = members(host, &shape)?;
    let seen = members
        .into_iter()
        .map(|member| SeenConflict { conflict: member.conflict.id, seen: member.server_version })
        .collect();
    let hold = if arguments.hold { engine.settings()?.undo_hold } else { Millis(0) };
    let link = shape.link.clone();
    let resolved = engine.resolve_group(shape, seen, choices, hold).await?;
    if !arguments.hold && !resolved.done.is_empty() {
        bring_in_step(host, Some(&link), None).await?;
    }
    out.say(&resolved, || in_words(&resolved));
    Ok(if resolved.refused.is_empty() { Exit::Done } else { Exit::Person })
}

/// Every conflict of the shape, page by page.
fn members(host: &Host, shape: &ConflictShape) -> Result<Vec<GroupMember>, Fault> {
    const PAGE: usize = 500;
    let mut members = Vec::new();
    loop {
        let page = host.engine().group_members(shape, members.len(), PAGE)?;
        let is_last = page.rows.len() < PAGE;
        members.extend(page.rows);
        if is_last {
            return Ok(members);
        }
    }
}

fn choices(arguments: &ResolveArguments, shape: &ConflictShape) -> Result<Vec<GroupChoice>, Fault> {
    let side = match (arguments.local, arguments.server) {
        (true, _) => Some(FieldChoice::Mine),
        (_, true) => Some(FieldChoice::Server),
        (false, false) => None,
    };
    let Some(side) = side else {
        let chosen = arguments.fields.iter().map(|field| field_choice::choice(field));
        return chosen.map(|at| at.map(|at| GroupChoice { path: at.path, choice: at.choice })).collect();
    };
    let whole = [String::new()];
    let paths = if shape.paths.is_empty() { &whole[..] } else { &shape.paths[..] };
    Ok(paths.iter().map(|path| GroupChoice { path: path.clone(), choice: side.clone() }).collect())
}

fn in_words(resolved: &GroupResolved) -> String {
    let mut text = match resolved.sends_at {
        Some(at) => {
            format!("{} decided alike. They go out at {}.", count(resolved.done.len()), words::time(at))
        }
        None => format!("{} decided alike.", count(resolved.done.len())),
    };
    if !resolved.refused.is_empty() {
        let rows: Vec<Vec<String>> = resolved
            .refused
            .iter()
            .map(|one| vec![one.conflict.0.to_string(), words::plain(&one.refusal.message)])
            .collect();
        text.push_str(&format!("\n{} left as they were:\n", count(resolved.refused.len())));
        text.push_str(&words::table(&["No.", "Why"], &rows));
    }
    text
}

fn count(number: usize) -> String {
    if number == 1 { "1 conflict".to_owned() } else { format!("{number} conflicts") }
}
