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
mod verdict;
mod vitals;
mod weather;

use command_line::CommandLine;
use person::{LINK, Person};
use readings::Reader;
use std::path::PathBuf;
use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant};
use tidemark_sandbox::{Sandbox, SandboxOptions};
use tidemark_tests::fault_proxy::FaultProxy;
use tidemark_tests::window::application::programs;
use tidemark_tests::window::desk::{Desk, Theme};
use tokio::signal::unix::{SignalKind, signal};

/// How long nothing is done before the work and after it.
const REST: Duration = Duration::from_secs(40);
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
    let folder = folder();
    let log = folder.join("application.log");
    let errors = std::fs::File::create(&log).expect("the folder can be written");
    let server = Sandbox::start(SandboxOptions::sample()).await.expect("the sandbox starts");
    let proxy = FaultProxy::start(&server.origin()).await.expect("the proxy starts");
    let now = chrono::Utc::now().to_rfc3339();
    let settings = [("TIDEMARK_CLOCK", now.as_str()), ("TIDEMARK_NETWORK", "unknown")];
    let desk = Desk::heard_by(Stdio::from(errors), Theme::Light, &settings);
    let ctl = CommandLine::on(&desk.data());
    let added = ctl.run(&["link", "add", LINK, "--kind", "rest", "--url", &proxy.url("/v1")]).await;
    assert!(added.is_done(), "the server is connected: {added:?}");

    let window = desk.open().await;
    window.see("Up to date").await;
    let application = window.running().id();
    let mut reader =
        Reader::new(application, &desk.data(), &folder.join("readings.csv")).expect("it is writable");
    let before = reader.read_over(REST).await;

    println!("{minutes} minutes of work from seed {seed}");
    let until = Instant::now() + Duration::from_secs_f64(minutes * 60.0);
    let (readings, (typed, refused), by_colleague, (by_hand, pictures), unsettled, spells) = tokio::join!(
        reader.read_until(until),
        Person::new(&ctl, seed ^ 1).work(until),
        colleague::work(server.handle(), seed ^ 2, until),
        hands::work(&window, &desk, &ctl, seed ^ 3, until),
        settling::look_after(&ctl, seed ^ 4, until),
        weather::rage(&proxy, application, seed ^ 5, until),
    );
    println!("weather: {spells:?}");
    println!(
        "{} writes by the command line, {} in the window, {} by the colleague",
        typed.writes, by_hand.writes, by_colleague.writes
    );
    println!("refused: {refused:#?} {unsettled:#?}");
    println!("pictures: {pictures:?}");

    let mut beyond = Vec::new();
    match closing::drain(&ctl, seed ^ 6).await {
        Ok(took) => println!("everything went out within {:.1} s", took.as_secs_f64()),
        Err(left) => beyond.push(left),
    }
    window.see("Up to date").await;
    let after = reader.read_over(REST).await;
    window.picture("soak-end").await;
    window.close().await;

    let mut ledger = typed;
    ledger.take(by_hand);
    ledger.take(by_colleague);
    beyond.extend(closing::breaches(&desk.data(), &server, &ledger).await);
    beyond.extend(log::complaints(&std::fs::read_to_string(&log).unwrap_or_default()));
    let warm: Vec<_> = readings.into_iter().filter(|one| one.at > (REST + WARM_UP).as_secs_f64()).collect();
    beyond.extend(report::of_work(&warm));
    beyond.extend(report::at_rest(&before, &after));
    server.stop().await;
    beyond
}

/// Where the readings and the application's log are left.
fn folder() -> PathBuf {
    let folder = programs().with_file_name("soak");
    std::fs::create_dir_all(&folder).expect("the build folder can be written");
    folder
}
