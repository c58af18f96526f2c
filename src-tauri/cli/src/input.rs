//! What is read: files, standard input, secrets.

use crate::fault::Fault;
use chrono::{DateTime, Local, NaiveDate, NaiveDateTime, NaiveTime};
use std::fs::File;
use std::io::{Error, ErrorKind, IsTerminal as _, Read};
use std::path::{Path, PathBuf};
use tidemark_model::document;
use tidemark_model::number::Millis;

/// The longest text that is read.
const LIMIT: u64 = document::MAX_BYTES as u64;
/// The longest secret that is read.
const LONGEST_SECRET: u64 = 64 * 1024;

/// The text of a file, or of standard input where the name is `-`.
///
/// Errors: it cannot be read, or is longer than a document may be; then no more than that was read of it.
pub fn text(path: &Path) -> Result<String, Fault> {
    let fault = |error| Fault::File { path: shown(path), error };
    if path == Path::new("-") {
        return bounded(std::io::stdin().lock(), path);
    }
    let file = File::open(path).map_err(fault)?;
    let about = file.metadata().map_err(fault)?;
    // A pipe has no length.
    if about.is_file() && about.len() > LIMIT {
        return Err(Fault::TooLong { path: shown(path), bytes: Some(about.len()) });
    }
    bounded(file, path)
}

fn bounded(from: impl Read, path: &Path) -> Result<String, Fault> {
    let fault = |error| Fault::File { path: shown(path), error };
    let mut bytes = Vec::new();
    from.take(LIMIT + 1).read_to_end(&mut bytes).map_err(fault)?;
    if bytes.len() as u64 > LIMIT {
        return Err(Fault::TooLong { path: shown(path), bytes: None });
    }
    String::from_utf8(bytes).map_err(|error| fault(Error::new(ErrorKind::InvalidData, error.utf8_error())))
}

/// The JSON value of a file.
pub fn value(path: &Path) -> Result<serde_json::Value, Fault> {
    document::typed_value(text(path)?.as_bytes())
        .map_err(|error| Fault::Document { path: shown(path), error })
}

/// The secret on standard input, without its line end; none where it is empty.
pub fn secret() -> Result<Option<String>, Fault> {
    let mut secret = String::new();
    std::io::stdin().lock().take(LONGEST_SECRET).read_to_string(&mut secret)?;
    let secret = secret.trim_end_matches(['\r', '\n']);
    Ok((!secret.is_empty()).then(|| secret.to_owned()))
}

/// Whether somebody sits at standard input, whose typing would be seen.
pub fn is_terminal() -> bool {
    std::io::stdin().is_terminal()
}

fn shown(path: &Path) -> PathBuf {
    if path == Path::new("-") { PathBuf::from("standard input") } else { path.to_owned() }
}

/// An instant as it is typed: a date, a date with a time of this computer's zone, or one with a zone of its own.
pub fn time(text: &str) -> Result<Millis, String> {
    let millis = |at: DateTime<Local>| Millis(at.timestamp_millis());
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(millis(at.with_timezone(&Local)));
    }
    let forms = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"];
    let with_time = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let midnight =
        || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|day| day.and_time(NaiveTime::MIN));
    with_time
        .or_else(midnight)
        .and_then(|at| at.and_local_timezone(Local).earliest())
        .map(millis)
        .ok_or_else(|| "it is no time; give one like 2026-11-26 or 2026-11-26T14:05".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_day_or_an_instant() {
        assert_eq!(time("2026-11-26T14:05:00Z"), Ok(Millis(1_795_701_900_000)));
        let day = time("2026-11-26").unwrap();
        assert_eq!(time("2026-11-26T14:05").unwrap().0 - day.0, (14 * 60 + 5) * 60_000);
        assert!(time("yesterday").is_err());
    }
}
