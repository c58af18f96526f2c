//! `queue list | show | retry | may-be | is-there | send-again | discard | clear`.

use super::doubt;
use super::records::all;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::grammar::QueueCommand;
use crate::out::Out;
use crate::words;
use serde_json::json;
use tidemark_host::Host;
use tidemark_model::number::Count;
use tidemark_model::view::{BulkResult, ChangeDetail, ChangeRow, ChangeState, QueueFilter};

pub async fn perform(command: QueueCommand, host: &Host, out: &Out) -> Result<Exit, Fault> {
    let engine = host.engine();
    match command {
        QueueCommand::List { state, link, collection, search, window } => {
            let state = state.as_deref().map(state_of).transpose()?;
            let filter = QueueFilter { state, link, collection, search };
            let rows = all(&window, |offset, limit| Ok(engine.list_queue(&filter, offset, limit)?))?;
            list(&rows, out);
            Ok(Exit::Done)
        }
        QueueCommand::Show { id } => {
            let change = engine.get_change(&id)?;
            out.show(&change, || in_words(&change));
            Ok(Exit::Done)
        }
        QueueCommand::Retry { ids } if ids.is_empty() => {
            tell("sent again at the next sync", &engine.reprocess_failed().await?, out)
        }
        QueueCommand::Retry { ids } => tell("sent again at the next sync", &engine.retry(ids).await?, out),
        QueueCommand::MayBe { id } => doubt::may_be(engine, &id, out).await,
        QueueCommand::IsThere { id, record } => doubt::is_there(engine, &id, &record, out).await,
        QueueCommand::SendAgain { id } => doubt::send_again(engine, &id, out).await,
        QueueCommand::Discard { ids } => tell("in the trash for 30 days", &engine.discard(ids).await?, out),
        QueueCommand::Clear { yes: Some(number) } => {
            tell("in the trash for 30 days", &engine.clear_queue(Count(number)).await?, out)
        }
        QueueCommand::Clear { yes: None } => {
            let counts = engine.queue_stats()?.counts;
            let number = counts.queued.0 + counts.parked.0 + counts.uncertain.0;
            if number == 0 {
                out.say(&json!({"wouldDiscard": 0}), || "Nothing waits.".to_owned());
                return Ok(Exit::Done);
            }
            out.say(&json!({ "wouldDiscard": number }), || {
                format!(
                    "{} would go to the trash. To do it: queue clear --yes {number}",
                    words::changes(number)
                )
            });
            Ok(Exit::Person)
        }
    }
}

fn state_of(word: &str) -> Result<ChangeState, Fault> {
    serde_json::from_value(json!(word.replace('-', "_"))).map_err(|_| {
        Fault::Usage(format!(
            "--state {word}: one of waiting, sending, trying_again, on_hold, needs_you, conflict, not_confirmed, \
             confirmed, in_trash, ended"
        ))
    })
}

fn tell(what: &str, result: &BulkResult, out: &Out) -> Result<Exit, Fault> {
    out.say(result, || match result.already_gone.0 {
        0 => format!("{} {what}.", words::changes(result.done.0)),
        gone => format!("{} {what}; {gone} had already gone.", words::changes(result.done.0)),
    });
    Ok(Exit::Done)
}

fn list(rows: &[ChangeRow], out: &Out) {
    if out.is_json() {
        return rows.iter().for_each(|row| out.show(row, String::new));
    }
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            vec![
                row.number.0.to_string(),
                words::change_state(row.state).to_owned(),
                row.operation.as_str().to_owned(),
                words::short(&format!("{} {}", row.collection, row.title), 50),
                words::short(&row.fields.join(" "), 40),
                row.reason
                    .as_ref()
                    .map(|reason| words::short(&words::reason(reason), 60))
                    .unwrap_or_default(),
                row.id.clone(),
            ]
        })
        .collect();
    out.say(&(), || match rows.is_empty() {
        true => "Nothing waiting.".to_owned(),
        false => words::table(&["No.", "State", "What", "Record", "Fields", "Why", "Id"], &cells),
    });
}

fn in_words(change: &ChangeDetail) -> String {
    let row = &change.row;
    let mut lines = vec![format!(
        "{}: {} {} {}, saved {}.",
        words::change_state(row.state),
        row.operation.as_str(),
        words::plain(&row.collection),
        words::plain(&row.record),
        words::time(row.saved_at)
    )];
    if let Some(reason) = &row.reason {
        lines.push(words::reason(reason));
    }
    lines.extend(change.changes.iter().map(|field| {
        let (before, after) = (field.before.as_deref(), field.after.as_deref());
        format!("  {}: {} → {}", words::plain(&field.path), words::value(before, 60), words::value(after, 60))
    }));
    lines.extend(change.attempts.iter().map(|attempt| {
        let status = attempt.status.map(|status| status.to_string()).unwrap_or_default();
        format!(
            "  #{} {} {status} {}",
            attempt.number.0,
            words::time(attempt.started_at),
            words::plain(&attempt.words)
        )
    }));
    lines.join("\n")
}
