use crate::support::{Shell, sample};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

/// The most memory that a process has had at once, in MiB.
pub fn peak(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib / 1024)
}

/// Enough to show a leak; `TIDEMARK_MANY=100000` for the whole promise, which takes minutes without optimisation.
fn many() -> usize {
    std::env::var("TIDEMARK_MANY").ok().and_then(|many| many.parse().ok()).unwrap_or(10_000)
}

// proves A1, E5
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_records_in_one_go_take_no_more_memory_than_a_few() {
    let server = sample().await;
    let shell = Shell::linked(&server).await;
    let mut command = shell.program();
    command.args(["records", "create", "Work", "customers", "--lines", "-", "--json"]).stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = std::io::BufWriter::new(child.stdin.take().unwrap());
    let filler = "x".repeat(400);
    let many = many();
    for number in 0..many {
        writeln!(stdin, r#"{{"id":"M-{number:06}","name":"Customer {number}","note":"{filler}"}}"#).unwrap();
    }
    stdin.flush().unwrap();
    // Nearly all of it is saved: what is still in the pipe is less than a hundredth.
    let most = peak(child.id());
    drop(stdin);
    let mut said = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
    assert!(child.wait().unwrap().success(), "{said}");
    assert_eq!(said.trim(), format!(r#"{{"saved":{many},"refused":0}}"#));
    // Only Linux tells how much was taken; the same bound holds for any number.
    assert!(most.is_none_or(|most| most < 150), "{most:?} MiB");
    assert_eq!(shell.assert_balanced().await["saved"], many);
    server.stop().await;
}
