//! `activity` and `activity export`.

use super::records::PAGE;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::grammar::{ActivityArguments, ActivityCommand, Which};
use crate::out::Out;
use crate::words;
use serde_json::json;
use std::io::{BufWriter, Write};
use std::path::Path;
use tidemark_host::{Engine, Host};
use tidemark_model::number::Count;
use tidemark_model::view::{ActivityFilter, ActivityLine, ActivityRun};

pub fn perform(arguments: ActivityArguments, host: &Host, out: &Out) -> Result<Exit, Fault> {
    match arguments.command {
        Some(ActivityCommand::Export { file, which }) => export(host.engine(), &filter(which), &file, out)?,
        None => list(host.engine(), &filter(arguments.which), arguments.limit, out)?,
    }
    Ok(Exit::Done)
}

fn filter(which: Which) -> ActivityFilter {
    let Which { kind, link, record, search, since } = which;
    ActivityFilter { kind, hide_received: false, link, record, search, since }
}

fn list(engine: &Engine, filter: &ActivityFilter, limit: usize, out: &Out) -> Result<(), Fault> {
    let (mut lines, mut runs) = (Vec::new(), Vec::new());
    each(engine, filter, limit, |page, of| {
        lines.extend(page);
        runs.extend(of);
        Ok(())
    })?;
    if out.is_json() {
        lines.iter().for_each(|line| out.show(line, String::new));
        return Ok(());
    }
    out.say(&(), || in_words(&lines, &runs));
    Ok(())
}

/// The lines, those of one run under what the run came to.
fn in_words(lines: &[ActivityLine], runs: &[ActivityRun]) -> String {
    if lines.is_empty() {
        return "Nothing that is looked for happened.".to_owned();
    }
    let mut told = Vec::with_capacity(lines.len());
    let mut within = None;
    for line in lines {
        if line.run != within
            && let Some(run) = runs.iter().find(|run| Some(run.run) == line.run)
        {
            told.push(format!(
                "{}  {}: {}",
                words::time(run.started_at),
                words::plain(&run.link),
                tidemark_model::words::lines::run(run)
            ));
        }
        within = line.run;
        let indent = if line.run.is_some() { "  " } else { "" };
        let by = line.by.as_ref().map(|by| format!(" ({})", words::plain(by))).unwrap_or_default();
        let at = words::time(line.until.unwrap_or(line.at));
        told.push(format!("{indent}{at}  {}{by}", words::plain(&line.sentence)));
    }
    told.join("\n")
}

/// Page after page, as many lines as are wanted.
fn each(
    engine: &Engine,
    filter: &ActivityFilter,
    limit: usize,
    mut take: impl FnMut(Vec<ActivityLine>, Vec<ActivityRun>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let (mut after, mut left): (Option<Count>, usize) = (None, limit);
    while left > 0 {
        let page = engine.activity(filter, after, PAGE.min(left))?;
        left -= page.lines.len();
        take(page.lines, page.runs)?;
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    Ok(())
}

fn export(engine: &Engine, filter: &ActivityFilter, file: &Path, out: &Out) -> Result<(), Fault> {
    let failed = |error| Fault::File { path: file.to_owned(), error };
    if file == Path::new("-") {
        return write(engine, filter, &mut std::io::stdout().lock(), file).map(drop);
    }
    let mut writer = BufWriter::new(std::fs::File::create(file).map_err(failed)?);
    let written = write(engine, filter, &mut writer, file)?;
    writer.flush().map_err(failed)?;
    out.say(&json!({ "exported": written }), || match written {
        1 => "1 line was written.".to_owned(),
        written => format!("{written} lines were written."),
    });
    Ok(())
}

/// One JSON object a line; never more than a page of them is held.
fn write(
    engine: &Engine,
    filter: &ActivityFilter,
    writer: &mut dyn Write,
    file: &Path,
) -> Result<usize, Fault> {
    let mut written = 0;
    each(engine, filter, usize::MAX, |lines, _| {
        written += lines.len();
        for line in lines {
            let line = serde_json::to_string(&line).map_err(|error| Fault::Unexpected(error.to_string()))?;
            writeln!(writer, "{line}").map_err(|error| Fault::File { path: file.to_owned(), error })?;
        }
        Ok(())
    })?;
    Ok(written)
}
