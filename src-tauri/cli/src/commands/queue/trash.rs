//! `queue discard | restore | export`.

use super::{IN_TRASH, pages, tell};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::grammar::{DiscardArguments, Format, Window};
use crate::out::Out;
use crate::words;
use tidemark_host::Engine;
use tidemark_model::view::{Consequence, DiscardPreview, ExportFormat, Fate, QueueFilter, RestoreResult};

/// Discards at once what concerns nothing else; else says what would happen first.
pub async fn discard(engine: &Engine, arguments: DiscardArguments, out: &Out) -> Result<Exit, Fault> {
    let mut ids = arguments.ids;
    let mut preview = engine.preview_discard(&ids)?;
    if arguments.together && !preview.together.is_empty() {
        ids.append(&mut preview.together);
        preview = engine.preview_discard(&ids)?;
    }
    if preview.asks && arguments.yes != Some(preview.there.0) {
        out.say(&preview, || in_words(&preview, arguments.together));
        return Ok(Exit::Person);
    }
    tell(IN_TRASH, &engine.discard(ids).await?, out)
}

fn in_words(preview: &DiscardPreview, together: bool) -> String {
    let number = preview.there.0;
    let mut lines = vec![format!(
        "Discard {}? They stay in Trash until {}.",
        words::changes(number),
        words::time(preview.until)
    )];
    let rest = |shown: &[Consequence], count: i64| {
        let more = count - shown.len() as i64;
        (more > 0).then(|| format!("  and {more} more"))
    };
    lines.extend(preview.later.iter().chain(&preview.dependants).map(fate));
    lines.extend(rest(&preview.later, preview.later_count.0));
    lines.extend(rest(&preview.dependants, preview.dependant_count.0));
    if !together && !preview.together.is_empty() {
        lines.push("To discard these with them: add --together.".to_owned());
    }
    lines.push(format!("To do it: add --yes {number}"));
    lines.join("\n")
}

fn fate(one: &Consequence) -> String {
    let what = match one.fate {
        Fate::GoesToo => "goes too: its record is never made",
        Fate::GoesOutAlone => "stays and goes out on top of the server's version",
        Fate::WillNotFit => "stays and will need you: it acts inside what the discarded one makes",
        Fate::NeedsYou => "stays and needs you: it refers to what is never made",
        Fate::RollsBack => "goes back with its transaction, which can be restored",
    };
    let title = words::short(&format!("{} {}", one.collection, one.title), 50);
    format!("  change {} ({} {title}) {what}", one.number.0, one.operation.as_str())
}

/// Puts changes back.
pub async fn restore(engine: &Engine, ids: Vec<String>, out: &Out) -> Result<Exit, Fault> {
    let result = engine.restore(ids).await?;
    out.say(&result, || restored(&result));
    Ok(if result.refused.0 == 0 { Exit::Done } else { Exit::Person })
}

fn restored(result: &RestoreResult) -> String {
    let mut line = format!("{} put back", words::changes(result.done.0));
    if result.already_gone.0 > 0 {
        line += &format!("; {} had already gone", result.already_gone.0);
    }
    if result.refused.0 > 0 {
        line += &format!("; {} stay in the trash", result.refused.0);
    }
    let mut lines = vec![format!("{line}.")];
    let reasons = result.reasons.iter();
    lines.extend(reasons.map(|one| format!("  change {}: {}", one.number.0, words::plain(&one.why))));
    lines.join("\n")
}

/// Writes changes down; the text itself is the answer, for a file.
pub fn export(engine: &Engine, ids: Vec<String>, format: Format, out: &Out) -> Result<Exit, Fault> {
    let ids = if ids.is_empty() { unfinished(engine)? } else { ids };
    let format = match format {
        Format::Json => ExportFormat::Json,
        Format::Curl => ExportFormat::Curl,
    };
    let text = engine.export_changes(&ids, format)?;
    out.give(&text, format == ExportFormat::Json);
    Ok(Exit::Done)
}

fn unfinished(engine: &Engine) -> Result<Vec<String>, Fault> {
    let (filter, whole) = (QueueFilter::default(), Window { offset: 0, limit: None });
    let rows = pages::all(&whole, |start, limit| pages::of(engine, &filter, start, limit))?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}
