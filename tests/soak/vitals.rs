//! What the system tells of the application's processes.

use procfs::process::{FDTarget, Process, all_processes};
use procfs::{ProcError, ProcResult};
use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

/// The figures of a part of the application at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Vitals {
    /// Memory in use, shared pages counted whole, in MiB.
    pub rss: f64,
    /// Memory in use that no file stands behind: heap and stacks, in MiB.
    pub anon: f64,
    /// Memory in use, shared pages counted by their share, in MiB.
    pub pss: f64,
    /// Open file descriptors.
    pub handles: f64,
    /// Threads.
    pub threads: f64,
    /// Voluntary context switches of all threads per second: each is a thread that went to sleep, and so one that was
    /// woken. Those of threads that ended since the last look are not counted.
    pub wakeups: f64,
    /// Time on a processor, as a share of one, in percent.
    pub cpu: f64,
}

/// What was counted at the last look.
#[derive(Default)]
struct Counted {
    /// Voluntary switches by thread.
    switches: HashMap<i32, u64>,
    /// Time on a processor by process, in ticks.
    ticks: HashMap<i32, u64>,
}

/// Looks again and again at one run of the application.
pub struct Look {
    core: i32,
    last: Instant,
    before: [Counted; 2],
}

impl Look {
    /// At the process with this number and all that it starts.
    pub fn at(core: u32) -> Look {
        let core = i32::try_from(core).expect("a process has a positive number");
        let mut look = Look { core, last: Instant::now(), before: Default::default() };
        look.again();
        look
    }

    /// The core's figures, and those of the web view's processes together; rates are since the last look.
    pub fn again(&mut self) -> [Vitals; 2] {
        let seconds = self.last.elapsed().as_secs_f64().max(f64::EPSILON);
        self.last = Instant::now();
        let page = below(self.core);
        let parts = [vec![self.core], page];
        let mut all = [Vitals::default(); 2];
        for ((ids, before), vitals) in parts.iter().zip(&mut self.before).zip(&mut all) {
            *vitals = looked(ids, before, seconds);
        }
        all
    }
}

/// A process's open handles by kind, for reading where their number grew.
pub fn handles(id: u32) -> BTreeMap<String, usize> {
    let process = i32::try_from(id).ok().and_then(|id| Process::new(id).ok());
    let mut kinds = BTreeMap::new();
    for handle in process.and_then(|process| process.fd().ok()).into_iter().flatten().flatten() {
        let kind = match handle.target {
            FDTarget::Path(path) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            FDTarget::Socket(_) => "socket".to_owned(),
            FDTarget::Pipe(_) => "pipe".to_owned(),
            FDTarget::AnonInode(kind) | FDTarget::MemFD(kind) | FDTarget::Other(kind, _) => kind,
            FDTarget::Net(_) | FDTarget::Unknown(..) => "other".to_owned(),
        };
        *kinds.entry(kind).or_default() += 1;
    }
    kinds
}

fn looked(ids: &[i32], before: &mut Counted, seconds: f64) -> Vitals {
    let mut sum = Vitals::default();
    let mut now = Counted::default();
    for id in ids {
        // One that ends between two questions has no figures any more.
        let _ = add(*id, &mut sum, &mut now);
    }
    let grown = |now: &HashMap<i32, u64>, before: &HashMap<i32, u64>| {
        now.iter().filter_map(|(id, count)| Some(count.saturating_sub(*before.get(id)?))).sum::<u64>() as f64
    };
    sum.wakeups = grown(&now.switches, &before.switches) / seconds;
    let ticks = procfs::ticks_per_second() as f64;
    sum.cpu = grown(&now.ticks, &before.ticks) / ticks / seconds * 100.0;
    *before = now;
    sum
}

fn add(id: i32, sum: &mut Vitals, now: &mut Counted) -> ProcResult<()> {
    let process = Process::new(id)?;
    let (status, stat) = (process.status()?, process.stat()?);
    sum.rss += mib(status.vmrss.unwrap_or(0) * 1024);
    sum.anon += mib(status.rssanon.unwrap_or(0) * 1024);
    let pages = process.smaps_rollup()?.memory_map_rollup;
    sum.pss += mib(pages.iter().filter_map(|map| map.extension.map.get("Pss")).sum());
    sum.handles += process.fd_count()? as f64;
    sum.threads += stat.num_threads as f64;
    now.ticks.insert(id, stat.utime + stat.stime);
    for task in process.tasks()? {
        let status = task.and_then(|task| Ok((task.tid, task.status()?.voluntary_ctxt_switches)));
        match status {
            Ok((tid, switches)) => drop(now.switches.insert(tid, switches.unwrap_or(0))),
            Err(ProcError::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / (1024.0 * 1024.0)
}

/// The processes that a process started, and theirs.
fn below(root: i32) -> Vec<i32> {
    let stats = all_processes().into_iter().flatten().flatten().filter_map(|process| process.stat().ok());
    let parents: Vec<(i32, i32)> = stats.map(|stat| (stat.pid, stat.ppid)).collect();
    descendants(root, &parents)
}

/// All that come from `root`, by pairs of a process and its parent.
fn descendants(root: i32, parents: &[(i32, i32)]) -> Vec<i32> {
    let mut found = vec![root];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(id, _)| *id));
        next += 1;
    }
    found.split_off(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_process_started_is_found_to_the_last_and_nothing_else() {
        let parents = [(1, 0), (10, 1), (11, 10), (12, 10), (13, 12), (20, 1)];
        let mut found = descendants(10, &parents);
        found.sort_unstable();
        assert_eq!(found, [11, 12, 13]);
        assert!(descendants(20, &parents).is_empty());
    }

    #[test]
    fn a_process_that_works_and_opens_files_shows_it() {
        let mut look = Look::at(std::process::id());
        let begun = Instant::now();
        let [before, _] = look.again();
        let opened: Vec<_> = (0..50).map(|_| std::fs::File::open("/dev/null").unwrap()).collect();
        let held = vec![1_u8; 64 * 1024 * 1024];
        // Each wait is a sleep, and its end a wake-up.
        (0..40).for_each(|_| std::thread::sleep(std::time::Duration::from_millis(1)));
        let [after, _] = look.again();
        assert!(after.handles >= before.handles + 50.0, "{before:?} {after:?}");
        assert!(after.anon >= before.anon + 60.0, "{before:?} {after:?}");
        let woken = after.wakeups * begun.elapsed().as_secs_f64();
        assert!(woken >= 40.0, "40 sleeps ended, and {woken} wake-ups are told");
        drop((opened, held));
    }
}
