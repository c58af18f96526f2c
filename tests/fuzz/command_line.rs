//! `tidemarkctl` with arguments, variables, files and standard input that nobody meant: a process each.

use crate::engine::{FIRST_REST, prepared};
use crate::ground::{Case, Target, watch_panics};
use crate::mutation::Form;
use crate::wire::in_time;
use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Between the arguments, one on each line, and what is in the file and comes on standard input.
const THEN: &[u8] = b"\n---\n";
/// Stands for the file's name.
const FILE: &str = "FILE";
/// What the account signs in with; no argument and no file holds it.
const SECRET: &str = "marlin-88-and-nothing-else";
/// Servers, measurements and the demonstration run for long; they have tests of their own.
const LONG: [&str; 3] = ["sandbox", "bench", "demo"];

/// So many letters about one line of a file at most.
const A_LINE: usize = 400;

/// The built command line: beside the folder that this test runs from.
fn command_line() -> PathBuf {
    let here = std::env::current_exe().expect("a running program has a path");
    let built = here.ancestors().nth(2).unwrap_or(&here).join("tidemarkctl");
    assert!(built.exists(), "the command line is not built: run `cargo xtask test --only fuzz`");
    built
}

#[cfg(unix)]
fn argument(bytes: &[u8]) -> &OsStr {
    std::os::unix::ffi::OsStrExt::from_bytes(bytes)
}

#[cfg(not(unix))]
fn argument(bytes: &[u8]) -> &OsStr {
    OsStr::new(std::str::from_utf8(bytes).unwrap_or_default())
}

/// Whether it would ask for a name over the network, which may take long to be told of.
fn leads_away(argument: &[u8]) -> bool {
    let text = String::from_utf8_lossy(argument);
    let address = text.rsplit_once('=').map_or(&*text, |(_, address)| address);
    let url = reqwest::Url::parse(address.trim()).ok();
    url.is_some_and(|url| url.has_host() && url.host_str() != Some("127.0.0.1"))
}

/// The arguments, and the rest.
fn parts<'a>(case: &Case<'a>) -> (&'a [u8], &'a [u8]) {
    match case.bytes.windows(THEN.len()).position(|window| window == THEN) {
        Some(at) => (&case.bytes[..at], &case.bytes[at + THEN.len()..]),
        None => (case.bytes, &[]),
    }
}

/// Runs it on a copy of a data folder; none where it would not come to an end.
fn ran(program: &Path, (head, rest): (&[u8], &[u8]), data: &Path) -> Option<Output> {
    let lines: Vec<&[u8]> = head.split(|byte| *byte == b'\n').collect();
    let long =
        |line: &&[u8]| LONG.iter().any(|word| line.windows(word.len()).any(|part| part == word.as_bytes()));
    if head.contains(&0) || head.len() > 100_000 || lines.iter().any(|line| long(line) || leads_away(line)) {
        return None;
    }
    // Deep enough that no way up leads out of it.
    let inside = data.join("a/b/c/d/e/f");
    std::fs::create_dir_all(&inside).expect("it can be made");
    let file = inside.join("input");
    std::fs::write(&file, rest).expect("it can be written");
    let mut command = Command::new(program);
    command.env_clear().current_dir(&inside).env("HOME", &inside).env("TIDEMARK_KEYCHAIN", "none");
    command.env("TIDEMARK_DATA", data).env("TIDEMARK_SECRET_OFFICE", SECRET);
    for line in lines {
        match (line.strip_prefix(b"$").map(argument).and_then(OsStr::to_str), line == FILE.as_bytes()) {
            (Some(pair), _) => {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                if !name.is_empty() && name.starts_with(|letter: char| letter.is_ascii_uppercase()) {
                    command.env(name, value);
                }
            }
            (None, true) => drop(command.arg(&file)),
            (None, false) => drop(command.arg(argument(line))),
        }
    }
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command line starts");
    let mut input = child.stdin.take().expect("it has one");
    Some(std::thread::scope(|scope| {
        // It need not read what it is given, and may say more than a pipe holds before it does.
        scope.spawn(move || drop(input.write_all(rest)));
        child.wait_with_output().expect("it ends")
    }))
}

/// What was typed may be repeated; what stands in a file is not, but each of its lines may be named with what is wrong in it.
fn judged(output: &Output, typed: usize, lines: usize) {
    let said = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("what it says is text");
    let (out, err) = (said(&output.stdout), said(&output.stderr));
    assert!(!err.contains("panicked"), "{err}");
    let known = matches!(output.status.code(), Some(0 | 1 | 2 | 3 | 64));
    assert!(known, "it ended with {}: {err}", output.status);
    assert!(
        output.status.code() == Some(0) || !(err.trim().is_empty() && out.trim().is_empty()),
        "it fails without a word"
    );
    let letters = err.chars().count();
    assert!(letters <= 6_000 + 3 * typed + A_LINE * lines, "it says too much: {letters} letters");
    assert!(!out.contains(SECRET) && !err.contains(SECRET), "a secret is given away: {out}{err}");
}

// proves G1
#[test]
fn the_command_line_takes_anything_and_ends_in_order() {
    watch_panics();
    let program = command_line();
    let target =
        Target { name: "tidemarkctl", corpus: "command-line", form: Form::Lines, variants: 1, cases: 120 };
    let prepared = in_time(prepared("rest", FIRST_REST, true));
    target.run(|case| {
        let data = prepared.folder();
        let (head, rest) = parts(case);
        if let Some(output) = ran(&program, (head, rest), data.path()) {
            judged(&output, head.len(), rest.split(|byte| *byte == b'\n').count());
        }
    });
}
