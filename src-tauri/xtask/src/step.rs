//! Running one program: announced first, and its failure named by what was run.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// Starts describing a program, to be run in `folder` with the project's own tools in reach.
pub fn program(name: &str, arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(name);
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    command
}

/// Runs and waits; all output goes where ours goes.
pub fn run(command: &mut Command) -> Result<(), String> {
    announce(command);
    let status = command.status().map_err(|error| format!("`{}` could not start: {error}", line(command)))?;
    if status.success() { Ok(()) } else { Err(format!("`{}` ended with {status}", line(command))) }
}

/// Runs and waits, hands each line of standard output to `see` and shows it.
pub fn watch(command: &mut Command, mut see: impl FnMut(&str)) -> Result<(), String> {
    announce(command);
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("`{}` could not start: {error}", line(command)))?;
    let output = child.stdout.take().ok_or("its output is not readable")?;
    let mut lines = BufReader::new(output);
    let mut raw = Vec::new();
    while lines.read_until(b'\n', &mut raw).map_err(|error| error.to_string())? > 0 {
        let text = String::from_utf8_lossy(&raw);
        print!("{text}");
        let _ = std::io::stdout().flush();
        see(text.trim_end());
        raw.clear();
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    if status.success() { Ok(()) } else { Err(format!("`{}` ended with {status}", line(command))) }
}

/// The standard output of a program that only answers a question, if it could answer.
pub fn ask(name: &str, arguments: &[&str]) -> Option<String> {
    let output =
        Command::new(name).args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_string())
}

fn announce(command: &Command) {
    println!("\n$ {}", line(command));
}

fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
