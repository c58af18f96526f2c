//! Measuring: each case beside its floor, in the same run on the same machine, interleaved; each case as a process of
//! its own, so that the memory of one is not another's.
//!
//! A line says `{case, n, runs, seconds, per_second, p50_us, p99_us, peak_rss_bytes, floor_seconds, ratio_to_floor,
//! spread}`: medians over the runs; the ratio is the floor's time over ours, pair by pair, so that 1 means as fast as
//! the floor. What a case has not is null. `scale` has a line for each size up to n, with `scale: {statistics_us, …}`; its
//! seconds are those of 500 edits. `merge` has three: a document with n rows, a text of n lines, and one whose sides have
//! no line in its place. `conflicts` has `conflicts: {meet_ms, …}`; its seconds are those of deciding all n of them together.

mod accept;
mod coalesce;
mod conflicts;
mod drain;
mod ground;
mod merge;
mod pull;
mod reopen;
mod report;
mod scale;
mod store;
mod stub;

use crate::exit::Exit;
use crate::fault::Fault;
use crate::grammar::BenchArguments;
use crate::out::Out;
use report::Line;
use std::process::{Command, Stdio};

/// The cases by name.
pub const CASES: [&str; 8] = ["accept", "drain", "coalesce", "pull", "reopen", "scale", "merge", "conflicts"];

/// How a case is measured.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How many changes or records.
    pub n: usize,
    /// How many runs of each side.
    pub runs: usize,
    /// Another server than the one in the process.
    pub server: Option<String>,
    /// Time the server takes for each answer.
    pub latency_ms: u64,
}

pub async fn perform(arguments: &BenchArguments, out: &Out) -> Result<Exit, Fault> {
    let cases = named(&arguments.cases)?;
    if arguments.inside {
        for case in cases {
            for line in measure(case, arguments).await? {
                out.say(&line, || line.in_words());
            }
        }
        return Ok(Exit::Done);
    }
    for case in cases {
        apart(case, arguments, out)?;
    }
    Ok(Exit::Done)
}

fn named(cases: &[String]) -> Result<Vec<&'static str>, Fault> {
    let find = |name: &String| {
        let found = CASES.iter().find(|case| *case == name).copied();
        found
            .ok_or_else(|| Fault::Usage(format!("there is no case '{name}'; known are {}", CASES.join(", "))))
    };
    match cases {
        [] => Ok(CASES.to_vec()),
        cases => cases.iter().map(find).collect(),
    }
}

async fn measure(case: &str, arguments: &BenchArguments) -> Result<Vec<Line>, Fault> {
    let plan = |n: usize| Plan {
        n: arguments.n.unwrap_or(n).max(5),
        runs: arguments.runs.max(1),
        server: arguments.server.clone(),
        latency_ms: arguments.latency_ms.unwrap_or(0),
    };
    match case {
        "accept" => accept::measure(&plan(1_000)).await,
        "drain" => match arguments.latency_ms {
            Some(_) => Ok(vec![drain::measure(&plan(1_000)).await?]),
            // Both of the design's latencies, where none is named.
            None => {
                let near = drain::measure(&plan(1_000)).await?;
                let far = drain::measure(&Plan { latency_ms: 20, ..plan(1_000) }).await?;
                Ok(vec![near, far])
            }
        },
        "coalesce" => Ok(vec![coalesce::measure(&plan(1_000)).await?]),
        "reopen" => Ok(vec![reopen::measure(&plan(10_000)).await?]),
        "scale" => scale::measure(&plan(10_000)).await,
        "merge" => merge::measure(&plan(5_000)),
        "conflicts" => Ok(vec![conflicts::measure(&plan(10_000)).await?]),
        _ => Ok(vec![pull::measure(&plan(10_000)).await?]),
    }
}

/// Measures a case in a process of its own and hands its lines on.
fn apart(case: &str, arguments: &BenchArguments, out: &Out) -> Result<(), Fault> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["bench", case, "--inside", "--runs", &arguments.runs.to_string()]);
    if let Some(n) = arguments.n {
        command.args(["--n", &n.to_string()]);
    }
    if let Some(server) = &arguments.server {
        command.args(["--server", server]);
    }
    if let Some(latency) = arguments.latency_ms {
        command.args(["--latency-ms", &latency.to_string()]);
    }
    if out.is_json() {
        command.arg("--json");
    }
    // It speaks on our own streams, line by line.
    let status = command.stdin(Stdio::null()).status()?;
    match status.success() {
        true => Ok(()),
        false => Err(Fault::Unexpected(format!("the case '{case}' could not be measured"))),
    }
}
