//! How much of it runs, from which seed, and what is said of it at the end.

use std::time::Instant;
use tidemark_simulation::Dice;

/// Whether all of it runs.
pub fn is_long() -> bool {
    std::env::var_os("TIDEMARK_CRASH_LONG").is_some_and(|value| value == "1")
}

/// How many kills each run is to have.
pub fn kills() -> usize {
    number("TIDEMARK_CRASH_KILLS").unwrap_or(if is_long() { 200 } else { 30 })
}

fn number(variable: &str) -> Option<usize> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is '{text}', which is no number")))
}

/// One run with its moments. What it came to is said at its end; a failing one says how to run it again.
pub struct Run {
    name: &'static str,
    seed: usize,
    began: Instant,
    /// What the moments are chosen by.
    pub dice: Dice,
    /// How often a process was killed.
    pub killed: usize,
}

impl Run {
    /// A run of the test of this name.
    pub fn of(name: &'static str) -> Self {
        let seed = number("TIDEMARK_CRASH_SEED").unwrap_or(1);
        let salt = name.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        Self { name, seed, began: Instant::now(), dice: Dice::new(salt ^ seed as u64), killed: 0 }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let (name, kills, took) = (self.name, self.killed, self.began.elapsed().as_secs_f64());
        println!("\n{name}: {kills} kills in {took:.1} s");
        if std::thread::panicking() {
            let seed = self.seed;
            eprintln!(
                "again: TIDEMARK_CRASH_SEED={seed} cargo test -p tidemark-tests --test crash -- {name} --nocapture"
            );
        }
    }
}

/// What is under way; told where it fails. Of several at once the one that failed is told first.
pub struct UnderWay(pub String);

impl Drop for UnderWay {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("it was {}", self.0);
        }
    }
}
