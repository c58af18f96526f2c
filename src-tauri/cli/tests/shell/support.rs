//! Running the program, and judging what it says.

use serde_json::Value;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use tempfile::TempDir;
use tidemark_host::{Environment, Host, HostOptions, NoKeychain};
use tidemark_sandbox::{RunningSandbox, Sandbox, SandboxOptions};

/// A data folder with the program that works on it.
pub struct Shell {
    pub folder: TempDir,
    pub variables: Vec<(String, String)>,
}

/// How a run ended and what it said; standard output held JSON lines only.
#[derive(Debug)]
pub struct Said {
    pub exit: i32,
    pub lines: Vec<Value>,
    pub errors: String,
}

impl Said {
    /// The only line.
    pub fn line(&self) -> &Value {
        assert_eq!(self.lines.len(), 1, "{self:?}");
        &self.lines[0]
    }

    /// The error as programs read it.
    pub fn error(&self) -> Value {
        serde_json::from_str(self.errors.lines().last().unwrap_or_default())
            .unwrap_or_else(|error| panic!("standard error holds no JSON ({error}): {self:?}"))
    }

    #[track_caller]
    pub fn ends(self, exit: i32) -> Self {
        assert_eq!(self.exit, exit, "{self:?}");
        self
    }
}

impl Shell {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), variables: Vec::new() }
    }

    /// A folder with a link called Work to this server.
    pub async fn linked(server: &RunningSandbox) -> Self {
        let shell = Self::new();
        let url = server.url();
        shell.run(&["link", "add", "Work", "--kind", "rest", "--url", &url]).await.ends(0);
        shell
    }

    /// A window that has this folder open, in this process.
    pub async fn window(&self) -> Host {
        Host::open(HostOptions {
            data: Some(self.folder.path().to_owned()),
            keychain: Some(Arc::new(NoKeychain)),
            environment: Environment::of([]),
            ..HostOptions::default()
        })
        .await
        .unwrap()
    }

    /// The program without arguments; nothing of this computer's own Tidemark is seen.
    pub fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidemarkctl"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TIDEMARK_")) {
            command.env_remove(name);
        }
        command.env("TIDEMARK_KEYCHAIN", "none").env("TIDEMARK_DATA", self.folder.path());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub async fn run(&self, arguments: &[&str]) -> Said {
        self.run_with(arguments, "").await
    }

    /// Runs it with `--json` and this standard input, while the server in this process goes on.
    pub async fn run_with(&self, arguments: &[&str], input: &str) -> Said {
        let mut command = self.program();
        command.args(arguments).arg("--json").stdin(Stdio::piped());
        let input = input.to_owned();
        let output = tokio::task::spawn_blocking(move || {
            let mut child = command.spawn().unwrap();
            let mut stdin = child.stdin.take().unwrap();
            // It may have ended without reading.
            let _ = stdin.write_all(input.as_bytes());
            drop(stdin);
            child.wait_with_output().unwrap()
        })
        .await
        .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let parse = |line: &str| match serde_json::from_str(line) {
            Ok(value) => value,
            Err(error) => panic!("standard output holds more than JSON lines ({error}): {line}"),
        };
        Said {
            exit: output.status.code().unwrap_or(-1),
            lines: said.lines().map(parse).collect(),
            errors: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// What it says to people, on standard output.
    pub async fn says(&self, arguments: &[&str]) -> String {
        let mut command = self.program();
        command.args(arguments);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// A file beside the data folder's own.
    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_string_lossy().into_owned()
    }

    pub async fn status(&self) -> Value {
        self.run(&["status"]).await.ends(0).line().clone()
    }

    /// Every saved change is somewhere.
    pub async fn assert_balanced(&self) -> Value {
        let ledger = self.status().await["ledger"].clone();
        assert_eq!(ledger["balanced"], true, "{ledger}");
        ledger
    }
}

pub async fn sample() -> RunningSandbox {
    Sandbox::start(SandboxOptions::sample()).await.unwrap()
}

/// A file's bytes, or nothing where it cannot be read.
pub fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_default()
}
