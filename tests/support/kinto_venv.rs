//! The Python environment with Kinto: made once under `target/`, shared by the tests and by `cargo xtask test`.
//!
//! Only the standard library is used, so that any crate can take this file in by its path.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The version that the connector is written to.
pub const KINTO_VERSION: &str = "26.5.0";

/// The environment's folder with `bin/kinto` in it, made when it is missing.
///
/// `target` is the workspace's `target` folder. Several processes may ask at once: one makes it, the others wait.
pub fn prepare(target: &Path) -> io::Result<PathBuf> {
    let venv = target.join("kinto-venv");
    let ready = venv.join(format!("ready-{KINTO_VERSION}"));
    if ready.exists() {
        return Ok(venv);
    }
    fs::create_dir_all(target)?;
    let lock = File::create(target.join("kinto-venv.lock"))?;
    lock.lock()?;
    if ready.exists() {
        return Ok(venv);
    }
    say(&format!(
        "installing Kinto {KINTO_VERSION} into {} for the tests that need a real server",
        venv.display()
    ));
    run(
        Command::new("python3").args(["-m", "venv"]).arg(&venv),
        "making a virtual environment (on Debian: apt install python3-venv)",
    )?;
    let package = format!("kinto=={KINTO_VERSION}");
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", &package];
    run(
        Command::new(venv.join("bin/python")).args(pip),
        "installing Kinto with pip (it needs the network once)",
    )?;
    File::create(&ready)?;
    Ok(venv)
}

fn run(command: &mut Command, what: &str) -> io::Result<()> {
    let output =
        command.output().map_err(|error| io::Error::other(format!("{what}: {command:?}: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Err(io::Error::other(format!("{what} failed: {command:?}\n{words}")))
}

#[allow(clippy::print_stderr)]
fn say(words: &str) {
    eprintln!("{words}");
}
