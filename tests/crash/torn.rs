//! The power goes in the middle of a write: what was synchronised before is there, and the rest whole or not at all.
//!
//! The files are those of one moment at which everything was synchronised, with any part of what was written after it.

use crate::child::{self, Worker};
use crate::extent::{self, Run, UnderWay};
use crate::points::{self, AT_ONCE, Day, GONE, goes_on_from};
use crate::script;
use crate::watched::{self, At, FROZEN};
use futures_util::stream::{self, StreamExt as _};
use std::fs;
use std::path::{Path, PathBuf};
use tidemark_simulation::Dice;
use tidemark_tests::store_files::{Copied, database, note};

/// A disk writes so many bytes whole or not at all.
const SECTOR: usize = 512;
/// The log's own header, and a frame of it.
const HEADER: usize = 32;
const FRAME: usize = 24 + 4096;

// proves A1, B6, C3
#[tokio::test]
async fn what_was_synchronised_outlives_a_power_cut_and_the_rest_is_whole_or_absent() {
    let name = "torn::what_was_synchronised_outlives_a_power_cut_and_the_rest_is_whole_or_absent";
    if child::folder().is_some() {
        return points::play_as_child().await;
    }
    let mut run = Run::of(name);
    let day = Day::without_a_kill(name).await;
    // The last write has no next one in whose middle the power could go.
    let all = day.writes.len() - 1;
    let part = if extent::is_long() { 1 } else { all.div_ceil(extent::kills()) };
    let cuts: Vec<(usize, u64)> = (1 + run.dice.below(part)..=all)
        .step_by(part)
        .map(|write| (write, run.dice.between(0, i64::MAX) as u64))
        .collect();
    let mut days = stream::iter(cuts).map(|cut| power_goes(&day, name, cut)).buffer_unordered(AT_ONCE);
    let mut torn = 0;
    while let Some(was_torn) = days.next().await {
        run.killed += 1;
        torn += usize::from(was_torn);
    }
    // Some writes come to nothing, and one in a thousand pages copies the log back.
    assert!(torn * 2 > run.killed, "{torn} of {} were torn", run.killed);
}

/// The power goes after a write and before the next one is synchronised. Whether anything of that one was on the disk.
async fn power_goes(day: &Day, name: &str, (write, seed): (usize, u64)) -> bool {
    let mut world = script::morning().await;
    let numbers =
        [&goes_on_from(0, 0)[..], &watched::ends_at(write + 1, At::After), &[watched::freezes_after(write)]]
            .concat();
    let mut worker = Worker::start(name, world.folder(), &numbers);
    let mut said = Vec::new();
    loop {
        let line = worker.line().await.expect("it says when it stands still");
        if line == FROZEN {
            break;
        }
        said.push(line);
    }
    let synchronised = Copied::of(world.folder());
    worker.give_word();
    let (rest, ended) = worker.end().await;
    assert!(!ended.success());
    said.extend(rest);
    let gone = said.iter().filter(|line| line.starts_with(GONE)).count();
    let tear = tear(&synchronised, world.folder(), &Dice::new(seed));
    let _told = UnderWay(format!("{tear:?} by {seed} after write {write} and {gone} steps"));
    day.goes_on(&mut world, gone).await;
    day.has_its_end(world).await;
    tear != Tear::Nothing
}

/// What was left of a write that was not synchronised.
#[derive(Debug, PartialEq)]
enum Tear {
    /// All of it: it wrote nothing, or more than the log.
    Nothing,
    /// The log ends at a byte.
    Cut(usize),
    /// It ends between two frames.
    Border(usize),
    /// Some sectors are old and some new.
    Mixed,
    /// Some sectors are neither.
    Garbage,
}

fn log(folder: &Path) -> PathBuf {
    folder.join("tidemark.db-wal")
}

fn tear(synchronised: &Copied, folder: &Path, dice: &Dice) -> Tear {
    let read = |path: PathBuf| fs::read(path).unwrap_or_default();
    let (old, new) = (read(log(synchronised.folder())), read(log(folder)));
    if read(database(synchronised.folder())) != read(database(folder)) {
        return Tear::Nothing;
    }
    let same = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    if same == new.len() {
        return Tear::Nothing;
    }
    let mut left = new.clone();
    let sectors = || (same / SECTOR..new.len().div_ceil(SECTOR)).filter(|_| dice.in_hundred(50));
    let tear = match dice.below(4) {
        0 => Tear::Cut(same + dice.below(new.len() - same)),
        1 => {
            let frames = (same.max(HEADER) - HEADER).div_ceil(FRAME)..(new.len() - HEADER) / FRAME;
            Tear::Border(HEADER + FRAME * (frames.start + dice.below(frames.len().max(1))))
        }
        2 => {
            for at in sectors()
                .flat_map(|sector| sector * SECTOR..(sector + 1) * SECTOR)
                .filter(|at| *at < new.len())
            {
                left[at] = old.get(at).copied().unwrap_or(0);
            }
            Tear::Mixed
        }
        _ => {
            // The sector in which the old part ends keeps that.
            for at in sectors()
                .flat_map(|sector| sector * SECTOR..(sector + 1) * SECTOR)
                .filter(|at| (same..new.len()).contains(at))
            {
                left[at] = 0xA5;
            }
            Tear::Garbage
        }
    };
    if let Tear::Cut(length) | Tear::Border(length) = tear {
        left.truncate(length);
    }
    fs::write(log(folder), left).unwrap();
    // The index over the log lies in memory: a power cut takes it along.
    fs::remove_file(folder.join("tidemark.db-shm")).unwrap();
    tear
}

// proves A1, B6
#[tokio::test]
async fn a_log_that_is_gone_is_told_and_nothing_goes_out_twice() {
    let mut world = tidemark_tests::world::Stage::tasks(3).open().await;
    world.restart().await;
    for rid in ["t001", "t002"] {
        world.set(rid, "state", "done").await;
    }
    let before = Copied::of(world.folder());
    world.set("t003", "state", "done").await;
    world.sync().await;
    assert_eq!(world.effect_count(), 3);
    world.drop_engine();
    let noted = fs::read(note(world.folder())).unwrap();
    // Not a power cut, which spares what was synchronised: a disk that loses it all the same.
    before.put_back(world.folder());
    assert_eq!(fs::read(note(world.folder())).unwrap(), noted);
    fs::write(log(world.folder()), []).unwrap();
    world.open_engine().await;
    assert!(world.engine().status().unwrap().put_back.is_some(), "it is told");
    world.sync().await;
    assert_eq!(world.effect_count(), 3, "what was sent is not sent again");
    assert_eq!(world.here("t001").unwrap()["state"], "done", "the server had it");
    world.finish().await;
}
