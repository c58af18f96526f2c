//! `records list | get | secret | create | update | delete`.

use crate::exit::Exit;
use crate::fault::Fault;
use crate::grammar::{RecordState, RecordsCommand, UpdateArguments, Urgency, Window};
use crate::out::Out;
use crate::{field_choice, input, words};
use serde_json::{Value, json};
use tidemark_host::{Beside, Host};
use tidemark_model::document::DocumentError;
use tidemark_model::view::{FieldEdit, ListPage, RecordDetail, RecordFilter, RecordRow, Saved};

/// Rows read at once; fewer may come.
pub const PAGE: usize = 500;

pub async fn perform(command: RecordsCommand, host: &Host, out: &Out) -> Result<Exit, Fault> {
    let engine = host.engine();
    match command {
        RecordsCommand::List { link, collection, filter, search, window } => {
            let filter = filter_of(filter, search);
            let rows = all(&window, |offset, limit| {
                Ok(engine.list_records(&link, &collection, &filter, offset, limit)?)
            })?;
            list(&rows, out);
        }
        RecordsCommand::Get { link, collection, id } => {
            let record = engine.get_record(&link, &collection, &id)?;
            out.show(&record, || in_words(&record));
        }
        RecordsCommand::Secret { link, collection, id, path } => {
            let path = field_choice::pointer(&path);
            let secret = engine.record_secret(&link, &collection, &id, &path)?;
            out.show(&json!({"path": path, "value": secret}), || match &secret {
                Some(secret) => pretty(secret),
                None => format!("{} has no value there.", words::plain(&id)),
            });
        }
        RecordsCommand::Create { lines: true, urgency, .. } if !urgency.after.is_empty() => {
            return Err(Fault::Usage("--after is for one record, and --lines makes many".to_owned()));
        }
        RecordsCommand::Create { link, collection, file, lines: true, .. } => {
            return super::lines::create(engine, &link, &collection, &file, out).await;
        }
        RecordsCommand::Create { link, collection, file, lines: false, urgency } => {
            let text = input::text(&file)?;
            let saved = engine.create_record_with(&link, &collection, &text, beside(urgency)).await?;
            tell_saved(&saved, out);
        }
        RecordsCommand::Update(arguments) => {
            let edits = edits(&arguments)?;
            let UpdateArguments { link, collection, id, urgency, .. } = arguments;
            let saved = engine.update_record_with(&link, &collection, &id, &edits, beside(urgency)).await?;
            tell_saved(&saved, out);
        }
        RecordsCommand::Delete { link, collection, id, urgency } => {
            let saved = engine.delete_record_with(&link, &collection, &id, beside(urgency)).await?;
            tell_saved(&saved, out);
        }
    }
    Ok(Exit::Done)
}

fn beside(urgency: Urgency) -> Beside {
    Beside { priority: urgency.priority, depends_on: urgency.after, ..Beside::default() }
}

fn filter_of(state: Option<RecordState>, search: Option<String>) -> RecordFilter {
    let mut filter = RecordFilter { search, ..RecordFilter::default() };
    match state {
        Some(RecordState::Changed) => filter.changed_here = true,
        Some(RecordState::Conflict) => filter.conflict = true,
        Some(RecordState::Deleted) => filter.deleted_here = true,
        Some(RecordState::Draft) => filter.draft = true,
        None => {}
    }
    filter
}

/// Every row of a window, page by page.
pub fn all<T>(
    window: &Window,
    page: impl Fn(usize, usize) -> Result<ListPage<T>, Fault>,
) -> Result<Vec<T>, Fault> {
    let mut rows: Vec<T> = Vec::new();
    let wanted = window.limit.unwrap_or(usize::MAX);
    loop {
        let limit = PAGE.min(wanted - rows.len());
        if limit == 0 {
            return Ok(rows);
        }
        let next = page(window.offset + rows.len(), limit)?.rows;
        if next.is_empty() {
            return Ok(rows);
        }
        rows.extend(next);
    }
}

fn list(rows: &[RecordRow], out: &Out) {
    let heads = ["Id", "Title", "State", "Changed"];
    out.list(rows, "No records.", &heads, |row| {
        vec![
            words::short(&row.id, 40),
            words::short(&row.title, 50),
            words::record_state(row.state).to_owned(),
            row.changed_at.map(words::time).unwrap_or_default(),
        ]
    });
}

fn in_words(record: &RecordDetail) -> String {
    let mut lines =
        vec![format!("{}  {}", words::plain(&record.row.id), words::record_state(record.row.state))];
    match &record.document {
        Some(document) => lines.push(pretty(document)),
        None => lines.push("Deleted here.".to_owned()),
    }
    if !record.pending.is_empty() {
        lines.push("Not sent yet:".to_owned());
        lines.extend(record.pending.iter().map(|change| {
            let (before, after) = (change.before.as_deref(), change.after.as_deref());
            format!(
                "  {}: {} → {}",
                words::plain(&change.path),
                words::value(before, 60),
                words::value(after, 60)
            )
        }));
    }
    lines.join("\n")
}

/// A document over several lines; its texts cannot disturb a terminal, since JSON escapes control characters and the
/// invisible ones are escaped here.
pub fn pretty(document: &str) -> String {
    let value: Option<Value> = tidemark_model::document::parse_value(document.as_bytes()).ok();
    let text = value.and_then(|value| serde_json::to_string_pretty(&value).ok());
    text.unwrap_or_else(|| document.to_owned()).lines().map(words::plain).collect::<Vec<_>>().join("\n")
}

fn tell_saved(saved: &Saved, out: &Out) {
    out.say(saved, || match &saved.change {
        Some(change) => format!("{}: saved on this computer (change {change}).", words::plain(&saved.record)),
        None => format!("{}: nothing changed.", words::plain(&saved.record)),
    });
}

fn edits(arguments: &UpdateArguments) -> Result<Vec<FieldEdit>, Fault> {
    let mut edits = Vec::new();
    if let Some(file) = &arguments.merge {
        let value = input::value(file)?;
        let Value::Object(members) = &value else {
            let error = DocumentError::NotAnObject { found: "no object" };
            return Err(Fault::Document { path: file.clone(), error });
        };
        merge_into("", members, &mut edits);
    }
    for set in &arguments.sets {
        edits.push(field_choice::edit(set)?);
    }
    for path in &arguments.removes {
        edits.push(FieldEdit { path: field_choice::pointer(path), set: None });
    }
    let mut paths: Vec<&str> = edits.iter().map(|edit| edit.path.as_str()).collect();
    paths.sort_unstable();
    if let Some(twice) = paths.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(Fault::Usage(format!("'{}' is named twice; say once what it becomes", twice[0])));
    }
    if edits.is_empty() {
        return Err(Fault::Usage("name what changes: PATH=JSON, --remove PATH or --merge FILE".to_owned()));
    }
    Ok(edits)
}

/// The edits of a merge patch: objects field by field, null removes, everything else is set whole (RFC 7396).
fn merge_into(at: &str, members: &serde_json::Map<String, Value>, edits: &mut Vec<FieldEdit>) {
    for (key, value) in members {
        let path = tidemark_model::path::child(at, key);
        match value {
            Value::Null => edits.push(FieldEdit { path, set: None }),
            Value::Object(inner) if !inner.is_empty() => merge_into(&path, inner, edits),
            other => edits.push(FieldEdit { path, set: Some(other.to_string()) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_ends_where_it_is_told_or_where_the_rows_end() {
        let page = |total: usize| {
            move |offset: usize, limit: usize| {
                // The engine hands over fewer than it is asked for.
                let rows: Vec<usize> = (offset..total.min(offset + limit.min(300))).collect();
                Ok(ListPage { rows, total: tidemark_model::number::Count::of(total) })
            }
        };
        let rows = |offset, limit, total| all(&Window { offset, limit }, page(total)).unwrap();
        assert_eq!(rows(0, None, 2_500).len(), 2_500);
        assert_eq!(rows(2_000, Some(100), 2_050), (2_000..2_050).collect::<Vec<_>>());
        assert_eq!(rows(5, Some(2), 100), [5, 6]);
        assert!(rows(0, Some(0), 100).is_empty());
    }

    #[test]
    fn a_merge_file_sets_field_by_field_and_null_removes() {
        let value = tidemark_model::document::parse(br#"{"a":{"b":1.10,"c":null},"d":[1],"e":{}}"#).unwrap();
        let mut edits = Vec::new();
        merge_into("", value.as_object().unwrap(), &mut edits);
        let edits: Vec<(&str, Option<&str>)> =
            edits.iter().map(|edit| (edit.path.as_str(), edit.set.as_deref())).collect();
        assert_eq!(edits, [("/a/b", Some("1.10")), ("/a/c", None), ("/d", Some("[1]")), ("/e", Some("{}"))]);
    }
}
