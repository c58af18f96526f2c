//! What is read: files, standard input, secrets.

use crate::fault::Fault;
use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use tidemark_model::document;

/// The longest secret that is read.
const LONGEST_SECRET: u64 = 64 * 1024;

/// The text of a file, or of standard input where the name is `-`; at most one byte more than a document may have.
pub fn text(path: &Path) -> Result<String, Fault> {
    let fault = |error| Fault::File { path: shown(path), error };
    let limit = document::MAX_BYTES as u64 + 1;
    let mut text = String::new();
    if path == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_string(&mut text).map_err(fault)?;
    } else {
        std::fs::File::open(path).map_err(fault)?.take(limit).read_to_string(&mut text).map_err(fault)?;
    }
    Ok(text)
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
