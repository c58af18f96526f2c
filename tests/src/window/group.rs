//! A program and everything it starts, ended together and by number.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const POLITELY: Duration = Duration::from_secs(5);

/// A running program with a process group of its own; dropping it ends the whole group.
pub struct Group {
    name: String,
    child: Child,
}

impl Group {
    /// Starts the program and returns with the first line of its standard output, which says that it is ready.
    pub fn start(mut command: Command) -> (Group, String) {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut child =
            command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap_or_else(
                |error| panic!("{name} could not start ({error}): run `cargo xtask test --only window`"),
            );
        let mut output = BufReader::new(child.stdout.take().expect("its output is piped"));
        let group = Group { name, child };
        let mut line = String::new();
        output.read_line(&mut line).expect("its output is text");
        // Read on, so that a talkative program never waits for us.
        std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
        assert!(!line.is_empty(), "{} ended before it was ready", group.name);
        (group, line.trim().to_string())
    }

    fn tell(&self, signal: &str) {
        // By the group's number: the standard library has no word for it.
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args([signal, "--", &group]).stderr(Stdio::null()).status();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // First politely, so that the display removes its socket; then whatever of the group is left.
        self.tell("-TERM");
        let begun = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && begun.elapsed() < POLITELY {
            std::thread::park_timeout(Duration::from_millis(10));
        }
        self.tell("-KILL");
        let _ = self.child.wait();
    }
}
