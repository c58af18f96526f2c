//! Runs seeds of the simulation; `cargo xtask simulate` calls it.
//!
//! `simulate [--seeds N | --long] [--from S] [--steps A,B,…] [--trace]`: N (or 100,000) runs from seed S on, with all their
//! steps or only those.
//! With `--script JSON`, a line of the corpus is run in their place.
//! With `--plant BUG` (a build with the feature `planted`) the engine has that bug.
//! The first seed that fails is shrunk, and the command that replays it is printed; then this ends with 1.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line speaks on its standard streams"
)]

use std::process::ExitCode;
use std::time::Instant;
use tidemark_model::planted::Bug;
use tidemark_simulation::{Script, run, shrink};

struct Wish {
    seeds: u64,
    from: u64,
    only: Option<Vec<usize>>,
    trace: bool,
    planted: Option<Bug>,
    script: Option<Script>,
}

fn wish() -> Result<Wish, String> {
    let mut wish = Wish { seeds: 1_000, from: 1, only: None, trace: false, planted: None, script: None };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} needs a value"));
        let number = |text: String| text.parse::<u64>().map_err(|_| format!("{text} is no number"));
        match word.as_str() {
            "--seeds" => wish.seeds = number(value()?)?,
            "--from" => wish.from = number(value()?)?,
            "--steps" => {
                let numbers =
                    value()?.split(',').map(str::to_owned).map(number).collect::<Result<Vec<u64>, _>>()?;
                wish.only = Some(numbers.into_iter().map(|number| number as usize).collect());
            }
            "--script" => {
                let text = value()?;
                wish.script = Some(serde_json::from_str(&text).map_err(|error| format!("{text}: {error}"))?);
            }
            "--long" => wish.seeds = 100_000,
            "--plant" => {
                let name = value()?;
                let bug = Bug::ALL.into_iter().find(|bug| format!("{bug:?}") == name);
                wish.planted = Some(bug.ok_or(format!("{name} is none of {:?}", Bug::ALL))?);
            }
            "--trace" => wish.trace = true,
            _ => {
                return Err(format!(
                    "{word} is not known: --seeds N, --long, --from S, --steps A,B, --trace, --plant BUG"
                ));
            }
        }
    }
    Ok(wish)
}

fn main() -> ExitCode {
    let wish = match wish() {
        Ok(wish) => wish,
        Err(error) => {
            eprintln!("simulate: {error}");
            return ExitCode::from(2);
        }
    };
    if !plant(wish.planted) {
        eprintln!("simulate: bugs are planted in a build with `--features planted` only");
        return ExitCode::from(2);
    }
    let started = Instant::now();
    let mut effects = 0;
    let seeds = if wish.script.is_some() { 1 } else { wish.seeds };
    for seed in wish.from..wish.from + seeds {
        let mut script = wish.script.clone().unwrap_or_else(|| Script::of(seed));
        if let Some(only) = &wish.only {
            script.steps = only.iter().filter_map(|number| script.steps.get(*number).cloned()).collect();
        }
        let outcome = run(&script);
        effects += outcome.effects;
        if wish.trace {
            println!("{}", outcome.trace.join("\n"));
        }
        if !outcome.faults.is_empty() {
            println!("seed {} fails:\n  {}", script.seed, outcome.faults.join("\n  "));
            if wish.only.is_none() && wish.script.is_none() {
                told_shrunk(&script);
            }
            return ExitCode::from(1);
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    let speed = seeds as f64 / seconds;
    println!("{seeds} seeds are clean, with {effects} effects: {seconds:.1} s, {speed:.1} seeds a second");
    ExitCode::SUCCESS
}

/// Gives this run a bug; whether that is possible, or none is wanted.
fn plant(bug: Option<Bug>) -> bool {
    #[cfg(feature = "planted")]
    tidemark_model::planted::plant(bug);
    bug.is_none() || cfg!(feature = "planted")
}

fn told_shrunk(all: &Script) {
    let kept = shrink(all);
    let outcome = run(&kept);
    let mut from = 0;
    let mut numbers = Vec::new();
    for step in &kept.steps {
        let found = all.steps[from..].iter().position(|other| other == step).unwrap_or_default();
        numbers.push((from + found).to_string());
        from += found + 1;
    }
    println!("\nshrunk to {} steps:\n{}", kept.steps.len(), outcome.trace.join("\n"));
    println!("  {}", outcome.faults.join("\n  "));
    let replay = format!("--from {} --seeds 1 --steps {} --trace", all.seed, numbers.join(","));
    println!("\nreplay: cargo xtask simulate {replay}");
    println!("for the corpus: {}", serde_json::to_string(&kept).unwrap_or_else(|error| error.to_string()));
}
