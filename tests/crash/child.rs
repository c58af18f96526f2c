//! The child: this program once more, working on a folder until it is killed.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// In the child: the data folder on which it works.
const FOLDER: &str = "TIDEMARK_CRASH_FOLDER";
/// Before each line that the child means for its parent.
const SAYS: &str = "the child says: ";
/// Far more than a child takes that nobody kills.
const LONGEST: Duration = Duration::from_secs(300);
/// SIGKILL.
const KILL: i32 = 9;

/// In the child, the folder on which it is to work.
pub fn folder() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

/// In the child, a number that its parent told it.
pub fn told(variable: &str) -> Option<usize> {
    std::env::var(variable).ok()?.parse().ok()
}

/// In the child: says a line to the parent.
pub fn say(line: &str) {
    println!("{SAYS}{line}");
}

/// In the child: waits for a line of the parent.
pub fn wait_for_word() {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
}

/// A child that runs, or has ended.
pub struct Worker {
    child: Child,
    stdin: ChildStdin,
    lines: UnboundedReceiver<String>,
}

impl Worker {
    /// Starts the test of this name again on a folder; it finds the numbers in its environment.
    pub fn start(test: &str, folder: &Path, numbers: &[(&str, usize)]) -> Self {
        Self::start_by(Command::new(std::env::current_exe().unwrap()), test, folder, numbers)
    }

    /// The same by another program that runs this one with the arguments that it gets.
    pub fn start_by(mut command: Command, test: &str, folder: &Path, numbers: &[(&str, usize)]) -> Self {
        let mut child = command
            .args(["--exact", test, "--nocapture"])
            .env(FOLDER, folder)
            .envs(numbers.iter().map(|(name, number)| (*name, number.to_string())))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (sender, lines) = unbounded_channel();
        std::thread::spawn(move || {
            // What a kill cuts off in the middle was not said.
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if let Some((_, said)) = line.split_once(SAYS) {
                    // Nobody may listen any more.
                    let _ = sender.send(said.to_owned());
                }
            }
        });
        Self { child, stdin, lines }
    }

    /// The next line that it says; none when it has ended.
    pub async fn line(&mut self) -> Option<String> {
        match tokio::time::timeout(LONGEST, self.lines.recv()).await {
            Ok(line) => line,
            Err(_) => {
                let _ = self.child.kill();
                panic!("the child neither said anything nor ended in {} s", LONGEST.as_secs());
            }
        }
    }

    /// Lets it go on from [`wait_for_word`].
    pub fn give_word(&mut self) {
        self.stdin.write_all(b"\n").unwrap();
    }

    /// Kills it where it stands; what it had said before, and whether it was not over already.
    pub async fn kill(mut self) -> (Vec<String>, bool) {
        self.child.kill().unwrap();
        let status = self.child.wait().unwrap();
        assert!(status.success() || status.signal() == Some(KILL), "the child failed by itself: {status}");
        (self.rest().await, !status.success())
    }

    /// Waits until it has ended by itself; what it said until then, and how it ended.
    pub async fn end(mut self) -> (Vec<String>, ExitStatus) {
        let said = self.rest().await;
        (said, self.child.wait().unwrap())
    }

    async fn rest(&mut self) -> Vec<String> {
        let mut said = Vec::new();
        while let Some(line) = self.line().await {
            said.push(line);
        }
        said
    }
}
