//! A write is on disk before the caller is told so: seen from outside, in the calls that a real process makes.
//!
//! The test starts itself again as a child under `strace`. The child saves records and says each acknowledgement on its
//! standard output, so that both stand in one list of system calls, in their order.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use tidemark_tests::world::{LINK, Stage, TASKS, World, task};

/// In the child: the data folder on which it works.
const FOLDER: &str = "TIDEMARK_SCENARIO_TRACED_FOLDER";
/// How many edits are made.
const EDITS: usize = 1_000;
/// What the child says after each.
const SAVED: &str = "saved and acknowledged";

// proves A1
#[tokio::test]
async fn every_edit_is_synchronised_before_it_is_acknowledged() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return save_and_say(Path::new(&folder)).await;
    }
    let mut world = Stage::default().open().await;
    world.close().await;
    let list = world.folder().join("calls.txt");
    let child = Command::new("strace")
        .args(["-f", "-y", "-s", "64", "-e", "trace=write,pwrite64,fsync,fdatasync", "-o"])
        .arg(&list)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "durability::every_edit_is_synchronised_before_it_is_acknowledged", "--nocapture"])
        .env(FOLDER, world.folder())
        .output()
        .expect("strace is installed");
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
    let mut calls = Calls::default();
    std::fs::read_to_string(list).unwrap().lines().for_each(|line| calls.take_in(line));
    assert_eq!(calls.acknowledged, EDITS, "each was heard");
    world.open_engine().await;
    assert_eq!(world.count_here(), i64::try_from(EDITS).unwrap());
    world.finish().await;
}

#[allow(clippy::print_stdout)]
async fn save_and_say(folder: &Path) {
    let (engine, _) = World::engine_on(folder).await;
    for number in 0..EDITS {
        engine.create_record(LINK, TASKS, &task(number).to_string(), None).await.unwrap();
        println!("{SAVED} {number}");
    }
    engine.shutdown().await;
}

/// What was read of the list so far.
#[derive(Default)]
struct Calls {
    /// The log was written and not synchronised since.
    dirty: bool,
    /// Writes to the log since the last acknowledgement.
    written: usize,
    acknowledged: usize,
    /// Synchronisations of the log that have begun, by thread.
    under_way: BTreeMap<String, ()>,
}

impl Calls {
    fn take_in(&mut self, line: &str) {
        let (thread, call) = line.split_once(' ').unwrap_or(("", line));
        let call = call.trim_start();
        let of_log = call.contains("/tidemark.db-wal>");
        let syncs = call.starts_with("fdatasync(") || call.starts_with("fsync(");
        if call.starts_with("pwrite64(") && of_log {
            (self.dirty, self.written) = (true, self.written + 1);
        } else if syncs && of_log && call.contains("<unfinished") {
            self.under_way.insert(thread.to_owned(), ());
        } else if (syncs && of_log)
            || (call.contains("sync resumed>") && self.under_way.remove(thread).is_some())
        {
            assert!(call.ends_with("= 0"), "the disk took it: {line}");
            self.dirty = false;
        } else if call.starts_with("write(1<") && call.contains(SAVED) {
            assert!(
                self.written > 0,
                "acknowledgement {} came without a write to the log",
                self.acknowledged
            );
            assert!(!self.dirty, "acknowledgement {} came before its write was on disk", self.acknowledged);
            (self.written, self.acknowledged) = (0, self.acknowledged + 1);
        }
    }
}
