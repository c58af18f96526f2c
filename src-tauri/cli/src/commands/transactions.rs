//! `tx apply | list | show | restore`.

use super::records::all;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::grammar::TransactionCommand;
use crate::input;
use crate::out::Out;
use crate::words;
use serde::Deserialize;
use serde_json::{Map, Value};
use tidemark_host::Host;
use tidemark_model::transaction::{Strategy, TransactionState};
use tidemark_model::view::{
    FieldEdit, NewChange, NewTransaction, TransactionDetail, TransactionError, TransactionRow,
};

/// What stands in the file.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    link: String,
    #[serde(default)]
    strategy: Strategy,
    #[serde(default)]
    await_sync: bool,
    #[serde(default)]
    label: Option<String>,
    changes: Vec<Change>,
}

/// One change in the file. One shape for all three, because a tagged choice would not keep the digits of numbers.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    operation: Verb,
    collection: String,
    record: Option<String>,
    document: Option<Value>,
    #[serde(default)]
    set: Map<String, Value>,
    #[serde(default)]
    remove: Vec<String>,
    #[serde(default)]
    after: Vec<String>,
    /// The caller's own text, kept with the change.
    metadata: Option<String>,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Verb {
    Create,
    Update,
    Delete,
}

pub async fn perform(command: TransactionCommand, host: &Host, out: &Out) -> Result<Exit, Fault> {
    let engine = host.engine();
    match command {
        TransactionCommand::Apply { file } => {
            let new = read(&file)?;
            let row = engine.apply_transaction(new).await?;
            out.say(&row, || in_a_line(&row));
            Ok(Exit::Done)
        }
        TransactionCommand::List { open, window } => {
            let rows = all(&window, |offset, limit| Ok(engine.list_transactions(open, offset, limit)?))?;
            list(&rows, out);
            Ok(Exit::Done)
        }
        TransactionCommand::Show { id } => {
            let detail = engine.get_transaction(&id)?;
            out.show(&detail, || in_words(&detail));
            Ok(Exit::Done)
        }
        TransactionCommand::Restore { id } => {
            let row = engine.restore_transaction(&id).await?;
            out.say(&row, || in_a_line(&row));
            Ok(Exit::Done)
        }
    }
}

fn read(file: &std::path::Path) -> Result<NewTransaction, Fault> {
    let wrong = |why: String| Fault::Usage(format!("{}: {why}", file.display()));
    let parsed: File =
        serde_json::from_value(input::value(file)?).map_err(|error| wrong(error.to_string()))?;
    let numbered = |(index, change): (usize, Change)| {
        change.into_new().map_err(|why| wrong(format!("change {}: {why}", index + 1)))
    };
    Ok(NewTransaction {
        link: parsed.link,
        strategy: parsed.strategy,
        await_sync: parsed.await_sync,
        label: parsed.label,
        changes: parsed.changes.into_iter().enumerate().map(numbered).collect::<Result<_, _>>()?,
    })
}

impl Change {
    fn into_new(self) -> Result<NewChange, String> {
        let (collection, depends_on, metadata) = (self.collection, self.after, self.metadata);
        let fields = !self.set.is_empty() || !self.remove.is_empty();
        match (self.operation, self.record, self.document) {
            (Verb::Create, None, Some(document)) if !fields => {
                Ok(NewChange::Create { collection, document: document.to_string(), depends_on, metadata })
            }
            (Verb::Update, Some(record), None) if fields => {
                let set = self
                    .set
                    .into_iter()
                    .map(|(path, value)| FieldEdit { path, set: Some(value.to_string()) });
                let removed = self.remove.into_iter().map(|path| FieldEdit { path, set: None });
                Ok(NewChange::Update {
                    collection,
                    record,
                    fields: set.chain(removed).collect(),
                    depends_on,
                    metadata,
                })
            }
            (Verb::Delete, Some(record), None) if !fields => {
                Ok(NewChange::Delete { collection, record, depends_on, metadata })
            }
            (Verb::Create, ..) => Err("create takes collection and document".to_owned()),
            (Verb::Update, ..) => {
                Err("update takes collection, record, and set ({path: value}) or remove ([path])".to_owned())
            }
            (Verb::Delete, ..) => Err("delete takes collection and record".to_owned()),
        }
    }
}

fn state(state: TransactionState) -> &'static str {
    match state {
        TransactionState::Queued => "Waits for another",
        TransactionState::Pending => "Waiting",
        TransactionState::Persisting => "Sending",
        TransactionState::PersistedAwaitingSync => "Sent, not seen yet",
        TransactionState::Completed => "Confirmed",
        TransactionState::Failed => "Needs you",
        TransactionState::Conflicted => "Conflict",
    }
}

fn why(row: &TransactionRow) -> String {
    match (&row.error, &row.queued_behind) {
        (Some(TransactionError::Refused { words, kept, .. }), _) if kept.0 > 0 => {
            format!("{}; {} could not be taken back", words::plain(words), words::changes(kept.0))
        }
        (Some(TransactionError::Refused { words, .. }), _) => words::plain(words),
        (Some(TransactionError::DependencyFailed { transaction }), _) => {
            format!("transaction {transaction}, which it stood behind, did not go through")
        }
        (Some(TransactionError::Discarded), _) => "a change of it is in the trash".to_owned(),
        (None, Some(behind)) => format!("waits for transaction {behind}"),
        (None, None) => String::new(),
    }
}

fn in_a_line(row: &TransactionRow) -> String {
    let why = why(row);
    let colon = if why.is_empty() { "" } else { ": " };
    format!(
        "{} {} ({}, {}){colon}{why}",
        row.id,
        state(row.state),
        row.strategy.as_str(),
        words::changes(row.changes.0)
    )
}

fn list(rows: &[TransactionRow], out: &Out) {
    let heads = ["State", "Strategy", "Confirmed", "Label", "Why", "Id"];
    out.list(rows, "No transactions.", &heads, |row| {
        vec![
            state(row.state).to_owned(),
            row.strategy.as_str().to_owned(),
            format!("{} of {}", row.confirmed.0, row.changes.0),
            words::short(row.label.as_deref().unwrap_or_default(), 40),
            words::short(&why(row), 60),
            row.id.clone(),
        ]
    });
}

fn in_words(detail: &TransactionDetail) -> String {
    let mut lines = vec![in_a_line(&detail.row)];
    lines.extend(detail.changes.iter().map(|row| {
        let why = words::why(row);
        format!(
            "  {}: {} {} {} {why}",
            words::change_state(row.state),
            row.operation.as_str(),
            words::plain(&row.collection),
            words::plain(&row.record),
        )
        .trim_end()
        .to_owned()
    }));
    lines.extend(detail.history.iter().map(|step| format!("  {} {}", words::time(step.at), state(step.to))));
    lines.join("\n")
}
