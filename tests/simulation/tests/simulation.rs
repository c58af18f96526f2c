//! A part of the seeds with every change of the code; `cargo xtask simulate` runs as many as one likes.
//!
//! Each run checks the properties of `testing.md` by itself: what it names here are the rows that those rest on.

use tidemark_simulation::{Script, run};

/// So many seeds on each of two cores.
const SEEDS: u64 = 150;

fn is_clean(script: &Script) {
    let (outcome, seed) = (run(script), script.seed);
    assert!(
        outcome.faults.is_empty(),
        "seed {seed}:\n  {}\n\n{}\n\nshrink it: cargo xtask simulate --from {seed} --seeds 1",
        outcome.faults.join("\n  "),
        outcome.trace.join("\n"),
    );
}

// proves A1, A3, A4, C2, C4, D1, D3
#[test]
fn a_hostile_world_loses_doubles_and_overwrites_nothing() {
    (1..=SEEDS).for_each(|seed| is_clean(&Script::of(seed)));
}

// proves A1, A3, A4, C2, C4, D1, D3
#[test]
fn another_hostile_world_loses_doubles_and_overwrites_nothing() {
    (100_001..=100_000 + SEEDS).for_each(|seed| is_clean(&Script::of(seed)));
}

#[test]
fn the_same_seed_makes_the_same_run() {
    for seed in [3, 7, 11] {
        let traces = [(); 2].map(|()| run(&Script::of(seed)).trace);
        assert_eq!(traces[0], traces[1], "seed {seed}");
    }
}

/// Runs that failed once, with the steps that were left of them, each under what it was.
// proves C4, D7
#[test]
fn what_failed_once_stays_mended() {
    for line in include_str!("corpus.txt").lines().filter(|line| !line.starts_with('#')) {
        is_clean(&serde_json::from_str(line).expect("a script"));
    }
}

/// Each bug with a seed that found it: it is tried first, so that this does not take long, then all.
#[cfg(feature = "planted")]
#[test]
fn planted_bugs_are_found() {
    use tidemark_model::planted::{Bug, plant};
    let found_by = |bug| match bug {
        Bug::NameOnce => Script::of(388),
        Bug::CheckpointFirst => Script::of(334),
        Bug::PlanDuringAnswer => Script::of(329),
        Bug::CountOffline => Script::of(44),
        Bug::TrustAnyAnswer => Script::of(34),
        Bug::ForgetWakeUp | Bug::ForgetBackoff => Script::of(5),
        Bug::MergeWithoutBase => Script::of(2),
        Bug::DropSuccessor | Bug::ReuseKey | Bug::SkipPrecondition | Bug::KeepDeleted => Script::of(1),
    };
    for bug in Bug::ALL {
        plant(Some(bug));
        let mut scripts = std::iter::once(found_by(bug)).chain((1..=1_000).map(Script::of));
        let found = scripts.find(|script| !run(script).faults.is_empty());
        plant(None);
        assert!(found.is_some(), "{bug:?} is in none of 1,000 seeds");
    }
}
