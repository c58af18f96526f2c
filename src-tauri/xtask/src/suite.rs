//! `cargo xtask test`: every kind in order, counted, with a table at the end.

use std::time::{Duration, Instant};

use crate::kinds::{self, How, Kind, Need};
use crate::provision as get;
use crate::tally::Tally;
use crate::{chores, needs, paths, step};

/// What came of one kind.
struct Report {
    kind: String,
    tally: Tally,
    took: Duration,
    note: Option<String>,
}

/// Runs every kind, or the one named, and fails when anything failed; `long` runs also what takes its time.
pub fn test(only: Option<&str>, long: bool) -> Result<(), String> {
    let mut chosen = kinds::all(long);
    if let Some(name) = only {
        chosen.retain(|kind| kind.name == name);
        if chosen.is_empty() {
            return Err(format!("there is no kind `{name}`; there are: {}", kinds::names().join(", ")));
        }
    }
    if chosen.iter().any(|kind| kind.needs.contains(&Need::Page)) {
        chosen.insert(0, kinds::page());
    }
    prepare(&chosen)?;
    let reports: Vec<Report> = chosen.iter().map(run).collect();
    conclude(&reports)
}

/// Installs first, all at once: a machine that cannot be prepared is told before an hour's work.
fn prepare(chosen: &[Kind]) -> Result<(), String> {
    let needed = |need: Need| chosen.iter().any(|kind| kind.needs.contains(&need));
    let mut packages = vec![needs::COMPILE];
    if needed(Need::Window) {
        packages.push(needs::WINDOW);
    }
    if needed(Need::Display) {
        packages.push(needs::DISPLAY);
    }
    if needed(Need::Browser) {
        packages.push(needs::BROWSER);
    }
    if needed(Need::Kinto) {
        packages.push(needs::PYTHON);
    }
    if needed(Need::Disk) {
        packages.push(needs::DISK);
    }
    get::packages(&packages)?;
    if needed(Need::Page) || needed(Need::Node) {
        get::page_tools()?;
    }
    if needed(Need::Kinto) {
        get::kinto()?;
    }
    if needed(Need::Display) {
        get::window_driver()?;
    }
    Ok(())
}

fn run(kind: &Kind) -> Report {
    println!("\n== {} ==", kind.name);
    let begun = Instant::now();
    let mut tally = Tally::default();
    let outcome = match &kind.how {
        How::CargoCheck(arguments) => checked(&mut tally, cargo(arguments)),
        How::NpmCheck(script) => checked(&mut tally, get::npm(&["run", script])),
        How::NpmTest(script) => counted(&mut tally, get::npm(&["run", script])),
        How::CargoTest(arguments) => programs(kind).and_then(|()| {
            let mut test = cargo(&["test", "--workspace", "--no-fail-fast"]);
            test.args(arguments).envs(kind.variables.iter().copied());
            counted(&mut tally, test)
        }),
        How::Simulation => {
            let mut test = cargo(&["test", "--no-fail-fast", "--test", "simulation"]);
            test.args(chores::SIMULATION);
            counted(&mut tally, test)
        }
        How::Deny if step::ask("cargo", &["deny", "--version"]).is_none() => {
            println!("skipped: cargo-deny is not installed (`cargo install cargo-deny --locked`)");
            return report(kind, tally, begun, Some("skipped: cargo-deny is not installed".to_string()));
        }
        How::Deny => checked(&mut tally, cargo(&["deny", "check"])),
    };
    if let Err(reason) = &outcome {
        println!("FAILED: {reason}");
        tally.failed = tally.failed.max(1);
    } else if tally.passed == 0 && kind.name != "docs" {
        tally.failed = 1;
        return report(kind, tally, begun, Some("no test ran".to_string()));
    }
    let kills = (tally.kills > 0).then(|| format!("{} kills", tally.kills));
    report(kind, tally, begun, outcome.err().or(kills))
}

/// The programs that a test starts, in the same feature set as the tests themselves: nothing is built twice.
fn programs(kind: &Kind) -> Result<(), String> {
    if !kind.needs.contains(&Need::Programs) {
        return Ok(());
    }
    step::run(&mut cargo(&["build", "--workspace", "--bins", "--quiet"]))
}

fn cargo(arguments: &[&str]) -> std::process::Command {
    step::program("cargo", arguments, &paths::root())
}

fn checked(tally: &mut Tally, mut command: std::process::Command) -> Result<(), String> {
    step::run(&mut command)?;
    tally.passed += 1;
    Ok(())
}

fn counted(tally: &mut Tally, mut command: std::process::Command) -> Result<(), String> {
    step::watch(&mut command, |line| tally.read(line))
}

fn report(kind: &Kind, tally: Tally, begun: Instant, note: Option<String>) -> Report {
    Report { kind: kind.name.clone(), tally, took: begun.elapsed(), note }
}

fn conclude(reports: &[Report]) -> Result<(), String> {
    println!("\n{:<12} {:>7} {:>7} {:>8} {:>8}", "kind", "passed", "failed", "left out", "seconds");
    for one in reports {
        let Tally { passed, failed, ignored, kills: _ } = one.tally;
        let note = one.note.as_deref().unwrap_or_default();
        println!(
            "{:<12} {passed:>7} {failed:>7} {ignored:>8} {:>8.1}  {note}",
            one.kind,
            one.took.as_secs_f64()
        );
    }
    let passed: u64 = reports.iter().map(|one| one.tally.passed).sum();
    let failed: u64 = reports.iter().map(|one| one.tally.failed).sum();
    println!("\n{passed} passed, {failed} failed");
    if failed == 0 { Ok(()) } else { Err("not everything holds".to_string()) }
}
