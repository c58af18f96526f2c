//! A data folder that cannot be used as it is: each case says what, where and what to do, and nothing is lost.

use crate::support::{Shell, bytes};
use std::process::Command;

/// A folder with a link to a server that is away, and one change that waits.
async fn with_a_change() -> Shell {
    let shell = Shell::new();
    let link =
        ["link", "add", "Away", "--kind", "rest", "--url", "http://127.0.0.1:9/v1", "--collection", "notes"];
    shell.run(&link).await.ends(0);
    save(&shell, "a").await;
    shell
}

async fn save(shell: &Shell, id: &str) {
    let text = format!("{{\"id\":\"{id}\",\"text\":\"{}\"}}", "word ".repeat(2_000));
    shell.run_with(&["records", "create", "Away", "notes", "-"], &text).await.ends(0);
}

async fn waiting(shell: &Shell) -> usize {
    shell.run(&["queue", "list"]).await.ends(0).lines.len()
}

// proves A1, A8
#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_newer_tidemark_is_refused_and_left_as_it_was() {
    let shell = with_a_change().await;
    let path = shell.folder.path().join("tidemark.db");
    // The schema's number stands at byte 60 of the file, big-endian (SQLite file format, section 1.3).
    let mut newer = bytes(&path);
    newer[60..64].copy_from_slice(&99u32.to_be_bytes());
    std::fs::write(&path, &newer).unwrap();
    let error = shell.run(&["status"]).await.ends(1).error();
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("newer Tidemark") && message.contains("99"), "{message}");
    assert!(error["hint"].as_str().unwrap().contains("newer"), "{error}");
    assert_eq!(bytes(&path), newer, "not one byte was changed");
}

// proves A1, A8
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_takes_no_more_refuses_the_edit_and_keeps_the_others() {
    let shell = with_a_change().await;
    // Files may not grow beyond 16 blocks, and the signal that would end the program is off: writes fail.
    let program = shell.program();
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 16; exec \"$0\" \"$@\""]).arg(program.get_program());
    limited.args(["records", "create", "Away", "notes", "-", "--json"]);
    limited.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let document = shell.file("b.json", &format!("{{\"id\":\"b\",\"text\":\"{}\"}}", "word ".repeat(4_000)));
    let output = limited.stdin(std::fs::File::open(document).unwrap()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "an edit that is not on disk is not called saved: {said}");
    assert!(said.contains("tidemark.db"), "{said}");

    assert_eq!(waiting(&shell).await, 1, "what was saved before is still there, and nothing by halves");
    save(&shell, "c").await;
    assert_eq!(waiting(&shell).await, 2, "with room it works again by itself");
    shell.assert_balanced().await;
}

// proves A1, H6
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_another_program_holds_is_told_and_not_waited_for_for_ever() {
    let shell = with_a_change().await;
    let script = "import sqlite3, sys\n\
                  db = sqlite3.connect(sys.argv[1], isolation_level=None)\n\
                  db.execute('BEGIN IMMEDIATE')\n\
                  print('held', flush=True)\n\
                  sys.stdin.read()";
    let mut holder = Command::new("python3")
        .args(["-c", script])
        .arg(shell.folder.path().join("tidemark.db"))
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(holder.stdout.take().unwrap()), &mut line)
        .unwrap();
    assert_eq!(line.trim(), "held");
    let error = shell.run(&["pause"]).await.ends(1).error();
    assert!(error["message"].as_str().unwrap().contains("in use by another program"), "{error}");
    drop(holder.stdin.take());
    holder.wait().unwrap();
    shell.run(&["pause"]).await.ends(0);
    assert_eq!(waiting(&shell).await, 1);
}
