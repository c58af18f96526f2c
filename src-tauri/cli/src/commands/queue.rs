//! `queue list | show | causes | retry | hold | release | first | export | discard | restore | clear`.

mod attempt;
mod causes;
mod pages;
mod trash;

use super::doubt;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::grammar::QueueCommand;
use crate::out::Out;
use crate::words;
use serde_json::json;
use tidemark_host::Host;
use tidemark_model::number::Count;
use tidemark_model::view::{BulkResult, ChangeDetail, ChangeRow, ChangeState, QueueFilter};

/// The priority that goes before all others.
const FIRST: u8 = 9;
const AGAIN: &str = "sent again at the next sync";
const IN_TRASH: &str = "in the trash for 30 days";

pub async fn perform(command: QueueCommand, host: &Host, out: &Out) -> Result<Exit, Fault> {
    let engine = host.engine();
    match command {
        QueueCommand::List { state, link, collection, search, window } => {
            let state = state.as_deref().map(state_of).transpose()?;
            let filter = QueueFilter { state, link, collection, search, sort: None };
            let rows = pages::all(&window, |start, limit| pages::of(engine, &filter, start, limit))?;
            list(&rows, out);
            Ok(Exit::Done)
        }
        QueueCommand::Show { id, attempt: Some(number) } => {
            let attempt = engine.get_attempt(&id, Count(number))?;
            out.show(&attempt, || attempt::in_words(&attempt));
            Ok(Exit::Done)
        }
        QueueCommand::Show { id, attempt: None } => {
            let change = engine.get_change(&id)?;
            out.show(&change, || in_words(&change));
            Ok(Exit::Done)
        }
        QueueCommand::Causes { ids: None } => causes::list(engine, out),
        QueueCommand::Causes { ids: Some(key) } => causes::ids(engine, &key, out),
        QueueCommand::Retry { cause: Some(key), .. } => {
            tell(AGAIN, &engine.retry(causes::changes_of(engine, &key)?).await?, out)
        }
        QueueCommand::Retry { ids, cause: None } if ids.is_empty() => {
            tell(AGAIN, &engine.reprocess_failed().await?, out)
        }
        QueueCommand::Retry { ids, cause: None } => tell(AGAIN, &engine.retry(ids).await?, out),
        QueueCommand::Hold { ids } => tell("on hold", &engine.hold(ids, true).await?, out),
        QueueCommand::Release { ids } => tell("no longer on hold", &engine.hold(ids, false).await?, out),
        QueueCommand::First { ids } => tell("moved first", &engine.set_priority(ids, FIRST).await?, out),
        QueueCommand::MayBe { id } => doubt::may_be(engine, &id, out).await,
        QueueCommand::IsThere { id, record } => doubt::is_there(engine, &id, &record, out).await,
        QueueCommand::SendAgain { id } => doubt::send_again(engine, &id, out).await,
        QueueCommand::Export { ids, format } => trash::export(engine, ids, format, out),
        QueueCommand::Discard(arguments) => trash::discard(engine, arguments, out).await,
        QueueCommand::Restore { ids } => trash::restore(engine, ids, out).await,
        QueueCommand::Clear { yes: Some(number) } => {
            tell(IN_TRASH, &engine.clear_queue(Count(number)).await?, out)
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
    out.say(result, || {
        let mut parts = vec![format!("{} {what}", words::changes(result.done.0))];
        if result.already_gone.0 > 0 {
            parts.push(format!("{} had already gone", result.already_gone.0));
        }
        if result.kept.0 > 0 {
            parts.push(format!("{} still need you: what they refer to was discarded", result.kept.0));
        }
        format!("{}.", parts.join("; "))
    });
    Ok(Exit::Done)
}

fn list(rows: &[ChangeRow], out: &Out) {
    let heads = ["No.", "State", "What", "Record", "Fields", "Why", "Id"];
    out.list(rows, "Nothing waiting.", &heads, |row| {
        vec![
            row.number.0.to_string(),
            words::change_state(row.state).to_owned(),
            row.operation.as_str().to_owned(),
            words::short(format!("{} {}", row.collection, row.title).trim_start(), 50),
            words::short(&row.fields.join(" "), 40),
            words::short(&words::why(row), 60),
            row.id.clone(),
        ]
    });
}

fn in_words(change: &ChangeDetail) -> String {
    let row = &change.row;
    let mut lines = vec![format!(
        "{}: {} {}, saved {}.",
        words::change_state(row.state),
        row.operation.as_str(),
        words::plain(format!("{} {}", row.collection, row.record).trim_start()),
        words::time(row.saved_at)
    )];
    lines.extend(Some(words::why(row)).filter(|why| !why.is_empty()));
    if let Some(at) = row.gone_at {
        lines.push(format!("Deleted for good on {}.", words::time(at)));
    }
    lines.extend(change.changes.iter().map(|field| {
        let (before, after) = (field.before.as_deref(), field.after.as_deref());
        format!("  {}: {} → {}", words::plain(&field.path), words::value(before, 60), words::value(after, 60))
    }));
    lines.extend(change.attempts.iter().map(|attempt| {
        let status = attempt.status.map(|status| status.to_string()).unwrap_or_default();
        let decided = match (attempt.retry_at, attempt.server_asked) {
            (None, _) => String::new(),
            (Some(at), false) => format!(", decided: try again at {}", words::time(at)),
            (Some(at), true) => format!(", decided: try again at {} (the server asked)", words::time(at)),
        };
        format!(
            "  #{} {} {status} {}{decided}",
            attempt.number.0,
            words::time(attempt.started_at),
            words::plain(&attempt.words)
        )
    }));
    lines.join("\n")
}
