//! Where things lie, from the project's root.

use std::path::{Path, PathBuf};

/// The project's root: two folders above this crate.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// The page's sources.
pub fn ui() -> PathBuf {
    root().join("ui")
}

/// Where cargo puts what it builds, and where tools of the project's own are kept.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// A program built in the debug profile.
pub fn built(program: &str) -> PathBuf {
    target().join("debug").join(program)
}
