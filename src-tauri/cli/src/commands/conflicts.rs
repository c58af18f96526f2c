//! `conflicts list | groups | show`.

use super::records::all;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::grammar::ConflictsCommand;
use crate::out::Out;
use crate::words;
use tidemark_host::Host;
use tidemark_model::number::Count;
use tidemark_model::view::{ConflictField, ConflictRow, ConflictView, FieldChange, FieldChoice};

pub fn perform(command: &ConflictsCommand, host: &Host, out: &Out) -> Result<Exit, Fault> {
    match command {
        ConflictsCommand::List { window } => {
            list(&all(window, |offset, limit| Ok(host.engine().list_conflicts(offset, limit)?))?, out);
        }
        ConflictsCommand::Groups => {
            let heads = ["Conflicts", "Collection", "What happened", "Fields", "For all"];
            let none = "No two conflicts are about the same.";
            out.list(&host.engine().conflict_groups()?, none, &heads, |group| {
                vec![
                    group.conflicts.0.to_string(),
                    words::short(&group.shape.collection, 30),
                    words::conflict_type(group.shape.conflict_type).to_owned(),
                    words::short(&group.shape.paths.join(", "), 50),
                    format!("resolve {} --alike", group.first.0),
                ]
            });
        }
        ConflictsCommand::Show { id } => {
            let conflict = host.engine().get_conflict(Count(*id))?;
            out.show(&conflict, || in_words(&conflict));
        }
    }
    Ok(Exit::Done)
}

fn list(rows: &[ConflictRow], out: &Out) {
    let heads = ["No.", "Record", "What happened", "Fields", "By", "Met"];
    out.list(rows, "No conflicts. Nothing is overwritten.", &heads, |row| {
        vec![
            row.id.0.to_string(),
            words::short(&format!("{} {}", row.resource_type, row.title), 50),
            words::conflict_type(row.conflict_type).to_owned(),
            format!("{} to choose, {} merged", row.to_choose.0, row.merged.0),
            words::short(row.server_by.as_deref().unwrap_or("the server doesn't say who"), 30),
            words::time(row.created_at),
        ]
    });
}

fn in_words(conflict: &ConflictView) -> String {
    let row = &conflict.row;
    let hook =
        conflict.hook_said.as_deref().map_or_else(String::new, |said| format!("{}.\n", words::plain(said)));
    format!(
        "Conflict {}: {} {} ({})\n{hook}{}",
        row.id.0,
        words::plain(&row.resource_type),
        words::plain(&row.title),
        words::conflict_type(row.conflict_type),
        table(conflict)
    )
}

/// The fields: Started as, Mine, Server, Result; those to choose first. Where one side deleted the record: what the other
/// changed of it.
pub fn table(conflict: &ConflictView) -> String {
    const WIDTH: usize = 34;
    if conflict.local_data.is_none() || conflict.server_data.is_none() {
        let side = if conflict.server_data.is_none() { "Mine" } else { "Server" };
        let cells = |change: &FieldChange| {
            let value = |text: &Option<String>| words::value(text.as_deref(), WIDTH);
            vec![words::short(&change.path, WIDTH), value(&change.before), value(&change.after)]
        };
        let rows: Vec<Vec<String>> = conflict.changed.iter().map(cells).collect();
        return words::table(&["Field", "Started as", side], &rows);
    }
    let cells = |field: &ConflictField| {
        let result = match (&field.result, field.undecided) {
            (_, true) => "choose".to_owned(),
            (result, false) => words::value(result.as_deref(), WIDTH),
        };
        let by = match &field.choice {
            Some(FieldChoice::Mine) => "you chose Mine",
            Some(FieldChoice::Server) => "you chose Server",
            Some(FieldChoice::Base) => "you chose Started as",
            Some(FieldChoice::Json(_)) => "you typed it",
            None if field.undecided => "",
            None => field.rule.map_or("merged", words::rule),
        };
        vec![
            words::short(&field.path, WIDTH),
            words::value(field.base.as_deref(), WIDTH),
            words::value(field.local.as_deref(), WIDTH),
            words::value(field.server.as_deref(), WIDTH),
            result,
            by.to_owned(),
        ]
    };
    let (open, closed): (Vec<&ConflictField>, Vec<&ConflictField>) =
        conflict.fields.iter().partition(|field| field.undecided);
    let rows: Vec<Vec<String>> = open.into_iter().chain(closed).map(cells).collect();
    words::table(&["Field", "Started as", "Mine", "Server", "Result", ""], &rows)
}
