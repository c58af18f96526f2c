//! What only the sending process knows, left in a file beside the database, so that a second program says the same
//! status (`ui.md` 3.2, rule of agreement). It holds no records and no secrets, and means nothing after its process.

use crate::store::views::{LiveLink, ProcessFacts};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The name of the file inside the data folder.
const FILE: &str = "live.json";

/// What the sender last told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(crate) process: ProcessFacts,
    pub(crate) live: Vec<LiveLink>,
}

/// Leaves what was told; without the file a second program says less, never something wrong, so a failure is only noted.
pub(crate) fn leave(folder: &Path, told: &Told) {
    let (path, fresh) = (path(folder), folder.join("live.json.new"));
    let written = serde_json::to_vec(told)
        .map_err(std::io::Error::other)
        .and_then(|text| fs::write(&fresh, text))
        // A reader sees the old file or the new one, never half of one.
        .and_then(|()| fs::rename(&fresh, &path));
    if let Err(error) = written {
        tracing::debug!(%error, "leaving the live status for other programs");
    }
}

/// What the sender left, where there is one.
pub(crate) fn read(folder: &Path) -> Option<Told> {
    serde_json::from_slice(&fs::read(path(folder)).ok()?).ok()
}

/// When the sender last told something.
pub(crate) fn told_at(folder: &Path) -> Option<SystemTime> {
    fs::metadata(path(folder)).ok()?.modified().ok()
}

/// What an ended process left says nothing any more.
pub(crate) fn remove(folder: &Path) {
    match fs::remove_file(path(folder)) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => tracing::debug!(%error, "removing an ended process's live status"),
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join(FILE)
}
