//! What holds for any sequence of edits, through the whole engine, against a server in memory.
#![allow(clippy::unwrap_used)]

mod client;
mod coalescing;
mod converging;
mod desk;
mod naming;
mod steps;
mod transactions;
mod waiting;

use proptest::test_runner::{Config, RngSeed};

/// The same cases in every run, so that a red one is the change's own doing; `TIDEMARK_SEED=N` looks at others.
fn cases() -> Config {
    let seed = std::env::var("TIDEMARK_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7);
    Config { cases: 96, rng_seed: RngSeed::Fixed(seed), ..Config::default() }
}
