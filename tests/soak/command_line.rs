//! The second process: `tidemarkctl` on the same data folder, a process for each command.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tidemark_tests::window::application::programs;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// After so long a command is ended, as an impatient person would.
const PATIENCE: Duration = Duration::from_secs(60);

/// The command line on a data folder.
pub struct CommandLine {
    program: PathBuf,
    data: PathBuf,
}

/// What came of a command.
#[derive(Debug)]
pub struct Told {
    /// Its exit code; none where it was ended.
    pub code: Option<i32>,
    /// The lines it wrote.
    pub lines: Vec<Value>,
    /// What it said on standard error.
    pub errors: String,
}

impl Told {
    /// Whether it did what it was asked to.
    pub fn is_done(&self) -> bool {
        self.code == Some(0)
    }
}

impl CommandLine {
    /// On this data folder.
    pub fn on(data: &Path) -> CommandLine {
        CommandLine { program: programs().join("tidemarkctl"), data: data.to_owned() }
    }

    /// Runs a command to its end.
    pub async fn run(&self, arguments: &[&str]) -> Told {
        self.run_with(arguments, "").await
    }

    /// The same with something on standard input.
    pub async fn run_with(&self, arguments: &[&str], input: &str) -> Told {
        let mut command = Command::new(&self.program);
        command
            .arg("--json")
            .args(arguments)
            .env("TIDEMARK_DATA", &self.data)
            .env("TIDEMARK_KEYCHAIN", "none")
            .env("TIDEMARK_NETWORK", "unknown")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().expect("tidemarkctl is built");
        if let Some(mut stdin) = child.stdin.take() {
            // A command that reads nothing may have ended already.
            let _ = stdin.write_all(input.as_bytes()).await;
        }
        match tokio::time::timeout(PATIENCE, child.wait_with_output()).await {
            Ok(output) => {
                let output = output.expect("its output is readable");
                let text = String::from_utf8_lossy(&output.stdout);
                Told {
                    code: output.status.code(),
                    lines: text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect(),
                    errors: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
                }
            }
            Err(_) => Told { code: None, lines: Vec::new(), errors: "it took too long".to_owned() },
        }
    }
}
