//! The soak: the real application under hands, colleagues and faults for minutes or hours, measured all the while.
//!
//! `cargo xtask soak --minutes M [--seed S]`. Everything that is chosen follows from the seed; when it happens does not,
//! for the application, its server and its network run in real time.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line speaks on its standard streams"
)]

mod closing;
mod colleague;
mod command_line;
mod hands;
mod ledger;
mod log;
mod person;
mod readings;
mod report;
mod settling;
mod stage;
mod verdict;
mod vitals;
mod weather;

use stage::Stage;
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// What is behind us before figures are compared: caches fill, pools grow, screens are seen once.
const WARM_UP: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((minutes, seed)) = read(&arguments) else {
        eprintln!("soak --minutes M [--seed S]");
        return ExitCode::from(64);
    };
    let runtime = tokio::runtime::Runtime::new().expect("threads can be started");
    // Whatever ends it, what it started is dropped here, and ends with that.
    let beyond = runtime.block_on(async {
        let (mut interrupted, mut ended) = (
            signal(SignalKind::interrupt()).expect("signals"),
            signal(SignalKind::terminate()).expect("signals"),
        );
        tokio::select! {
            beyond = Box::pin(soak(minutes, seed)) => beyond,
            _ = interrupted.recv() => vec!["it was interrupted".to_owned()],
            _ = ended.recv() => vec!["it was ended".to_owned()],
        }
    });
    for line in &beyond {
        println!("BEYOND: {line}");
    }
    if beyond.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The minutes and the seed.
fn read(arguments: &[String]) -> Option<(f64, u64)> {
    let (mut minutes, mut seed) = (None, 1);
    for pair in arguments.chunks(2) {
        match pair {
            [name, value] if name == "--minutes" => minutes = Some(value.parse().ok()?),
            [name, value] if name == "--seed" => seed = value.parse().ok()?,
            _ => return None,
        }
    }
    minutes.filter(|minutes| *minutes > 0.0).map(|minutes| (minutes, seed))
}

/// Runs it all; what does not hold, in words.
async fn soak(minutes: f64, seed: u64) -> Vec<String> {
    let stage = Stage::set_up().await;
    let mut reader = stage.reader();
    let before = stage.rest(&mut reader).await;
    println!("{minutes} minutes of work from seed {seed}");
    let worked = stage.work(&mut reader, Duration::from_secs_f64(minutes * 60.0), seed).await;
    worked.tell();

    let mut beyond = Vec::new();
    match closing::drain(&stage.ctl, seed ^ 6).await {
        Ok(took) => println!("everything went out within {:.1} s", took.as_secs_f64()),
        Err(left) => beyond.push(left),
    }
    stage.window.see("Up to date").await;
    let after = stage.rest(&mut reader).await;
    stage.window.picture("soak-end").await;

    let begun = before.at + WARM_UP.as_secs_f64();
    let warm: Vec<_> = worked.readings.into_iter().filter(|one| one.at > begun).collect();
    beyond.extend(report::of_work(&warm));
    beyond.extend(report::at_rest(&before, &after));
    beyond.extend(stage.close(&worked.ledger).await);
    beyond
}
