//! The application as a process of the system.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const ENDS_WITHIN: Duration = Duration::from_secs(30);

/// The built application, running on one data folder.
#[derive(Debug, Clone)]
pub struct Application {
    program: PathBuf,
    variable: String,
}

impl Application {
    /// The one that runs, or will, on this data folder.
    pub fn on(data: &Path) -> Application {
        Application { program: program(), variable: format!("TIDEMARK_DATA={}", data.display()) }
    }

    /// Where it was built.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The process that runs.
    pub fn running(&self) -> Running {
        Running(self.id().expect("the application runs"))
    }

    /// Its process; those on other data folders are none of ours.
    fn id(&self) -> Option<u32> {
        let processes = std::fs::read_dir("/proc").expect("the system tells its processes");
        processes.flatten().find_map(|entry| {
            let id = entry.file_name().to_str()?.parse().ok()?;
            // A process that has ended but was not waited for has no program any more.
            let runs = std::fs::read_link(entry.path().join("exe")).ok()? == self.program;
            let environment = std::fs::read(entry.path().join("environ")).ok()?;
            let mut variables = environment.split(|byte| *byte == 0);
            (runs && variables.any(|variable| variable == self.variable.as_bytes())).then_some(id)
        })
    }
}

/// One run of the application.
#[derive(Debug)]
pub struct Running(u32);

impl Running {
    /// Its number.
    pub fn id(&self) -> u32 {
        self.0
    }

    /// Kills it as a power cut would: nothing of it runs any more, nothing is tidied.
    pub fn kill(&self) {
        let killed = Command::new("kill").args(["-KILL", &self.0.to_string()]).status();
        assert!(killed.expect("there is a kill").success());
    }

    /// Kills the process of its page, as the system does with one that takes too much memory.
    pub fn kill_page(&self) {
        let processes = std::fs::read_dir("/proc").expect("the system tells its processes");
        let pages: Vec<String> = processes
            .flatten()
            .filter(|entry| {
                let read = |name| std::fs::read_to_string(entry.path().join(name)).unwrap_or_default();
                let parent = format!("PPid:\t{}\n", self.0);
                read("comm").starts_with("WebKitWebProces") && read("status").contains(&parent)
            })
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        assert_eq!(pages.len(), 1, "one window has one page");
        let killed = Command::new("kill").arg("-KILL").args(pages).status();
        assert!(killed.expect("there is a kill").success());
    }

    /// Waits until it has ended and given back what it held: the driver tells of an end earlier.
    pub async fn ended(&self) {
        let begun = Instant::now();
        while self.holds_files() {
            assert!(begun.elapsed() < ENDS_WITHIN, "the application does not end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// How long it has run, to the hundredth of a second.
    pub fn age(&self) -> Duration {
        let read = |path: String| std::fs::read_to_string(path).expect("the system tells of its processes");
        let stat = read(format!("/proc/{}/stat", self.0));
        // Counted behind the name, which may contain anything; the clock ticks a hundred times a second.
        let started = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(19));
        let started: f64 = started.and_then(|ticks| ticks.parse().ok()).expect("it tells the start");
        let uptime = read("/proc/uptime".to_owned());
        let uptime: f64 = uptime.split(' ').next().and_then(|up| up.parse().ok()).expect("it tells its age");
        Duration::from_secs_f64((uptime - started / 100.0).max(0.0))
    }

    /// The first thread may be a zombie while others still give back what all of them hold.
    fn holds_files(&self) -> bool {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.0)).map_or(0, Iterator::count);
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0)).unwrap_or_default();
        let state = stat.rsplit(')').next().unwrap_or_default().trim_start();
        threads > 1 || (threads == 1 && !state.starts_with(['Z', 'X']))
    }
}

fn program() -> PathBuf {
    let built = programs().join("tidemark");
    assert!(built.exists(), "the application is not built: run `cargo xtask test --only window`");
    built
}

/// Where the programs of this build lie: beside this one, or above it where this is a test.
pub fn programs() -> PathBuf {
    let here = std::env::current_exe().expect("a running program has a path");
    let folder = here.parent().expect("a program lies in a folder");
    match folder.parent() {
        Some(above) if folder.ends_with("deps") => above.to_path_buf(),
        _ => folder.to_path_buf(),
    }
}
