//! `records create --lines`: many records at once, one document on each line, read as they are saved.

use crate::exit::Exit;
use crate::fault::Fault;
use crate::out::Out;
use crate::words;
use serde_json::json;
use std::io::{BufRead, BufReader, Read as _};
use std::path::Path;
use tidemark_engine::{Engine, StoreError};
use tidemark_model::document::MAX_BYTES;
use tidemark_model::view::{Refusal, Saved};
use tokio::task::JoinSet;

/// So many are saved at once and share a commit; no more lines than these are held.
const AT_ONCE: usize = 256;
/// So many bytes of lines are held at most, whatever their number.
const HELD_BYTES: usize = 2 * MAX_BYTES;

type Done = (usize, usize, Result<Saved, StoreError>);

/// Saves each line as a record. What is refused is told with its line's number and does not stop the others; a fault of
/// the store does.
pub async fn create(
    engine: &Engine,
    link: &str,
    collection: &str,
    file: &Path,
    out: &Out,
) -> Result<Exit, Fault> {
    let mut lines = open(file)?;
    let mut tally = Tally { saved: 0, refused: 0, held: 0 };
    let mut saving: JoinSet<Done> = JoinSet::new();
    let mut number = 0;
    while let Some(line) = next(&mut *lines).map_err(|error| Fault::File { path: file.to_owned(), error })? {
        number += 1;
        let text = match line {
            Line::Text(text) if text.trim().is_empty() => continue,
            Line::Text(text) => text,
            Line::NoText(why) => {
                tally.refuse(number, why, out);
                continue;
            }
        };
        while saving.len() >= AT_ONCE || tally.held + text.len() > HELD_BYTES && !saving.is_empty() {
            tally.take(saving.join_next().await, out)?;
        }
        tally.held += text.len();
        let (engine, link, collection) = (engine.clone(), link.to_owned(), collection.to_owned());
        saving.spawn(async move {
            let size = text.len();
            (number, size, engine.create_record(&link, &collection, &text, None).await)
        });
    }
    while !saving.is_empty() {
        tally.take(saving.join_next().await, out)?;
    }
    let Tally { saved, refused, .. } = tally;
    out.say(&json!({"saved": saved, "refused": refused}), || match refused {
        0 => format!("{} saved on this computer.", words::changes(saved)),
        refused => format!("{} saved on this computer, {refused} lines refused.", words::changes(saved)),
    });
    Ok(if refused == 0 { Exit::Done } else { Exit::Error })
}

struct Tally {
    saved: i64,
    refused: i64,
    held: usize,
}

impl Tally {
    fn take(&mut self, done: Option<Result<Done, tokio::task::JoinError>>, out: &Out) -> Result<(), Fault> {
        let Some(done) = done else { return Ok(()) };
        let (number, size, result) = done.map_err(|error| Fault::Unexpected(error.to_string()))?;
        self.held -= size;
        match result {
            Ok(_) => self.saved += 1,
            Err(StoreError::Refused(Refusal { message, .. })) => self.refuse(number, &message, out),
            Err(fault) => return Err(fault.into()),
        }
        Ok(())
    }

    fn refuse(&mut self, number: usize, why: &str, out: &Out) {
        self.refused += 1;
        out.note(&format!("line {number}: {why}"));
    }
}

enum Line {
    Text(String),
    NoText(&'static str),
}

/// The next line without its end; what is too long for a document is passed over, not read into memory.
fn next(lines: &mut dyn BufRead) -> std::io::Result<Option<Line>> {
    let mut line = Vec::new();
    if lines.take(MAX_BYTES as u64 + 2).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.last() != Some(&b'\n') && line.len() > MAX_BYTES {
        lines.skip_until(b'\n')?;
        return Ok(Some(Line::NoText("it is longer than a document may be")));
    }
    Ok(Some(String::from_utf8(line).map_or(Line::NoText("it is no UTF-8 text"), Line::Text)))
}

fn open(file: &Path) -> Result<Box<dyn BufRead>, Fault> {
    if file == Path::new("-") {
        return Ok(Box::new(BufReader::new(std::io::stdin())));
    }
    let opened = std::fs::File::open(file).map_err(|error| Fault::File { path: file.to_owned(), error })?;
    Ok(Box::new(BufReader::new(opened)))
}
