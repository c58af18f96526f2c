use crate::many::peak;
use crate::support::{Shell, sample};
use serde_json::json;
use std::io::Write as _;
use std::process::Stdio;
use tidemark_sandbox::{Faults, Switch};

// proves B2, B4, B7
#[tokio::test(flavor = "multi_thread")]
async fn changes_of_a_file_go_together_and_come_back_together() {
    let server = sample().await;
    let shell = Shell::linked(&server).await;
    shell.run(&["sync"]).await.ends(0);
    let changes = shell.file(
        "changes.json",
        r#"{"link": "Work", "label": "Two names", "changes": [
            {"operation": "update", "collection": "customers", "record": "CU-0001", "set": {"/name": "A", "/n": 1.10},
             "metadata": "row 1"},
            {"operation": "update", "collection": "customers", "record": "CU-0002", "set": {"/name": "B"}},
            {"operation": "create", "collection": "customers", "document": {"id": "CU-9999", "name": "C"}}]}"#,
    );
    let status = Some(Switch::always(vec![422]).path("CU-0002").method("PUT"));
    server.set_faults(Faults { status, ..Faults::default() });
    let made = shell.run(&["tx", "apply", &changes]).await.ends(0);
    assert_eq!((&made.line()["state"], &made.line()["changes"]), (&json!("pending"), &json!(3)));
    let id = made.line()["id"].as_str().unwrap().to_owned();
    shell.run(&["sync"]).await.ends(2);
    let listed = shell.run(&["tx", "list"]).await.ends(0);
    assert_eq!((&listed.line()["state"], &listed.line()["rolledBack"]), (&json!("failed"), &json!(2)));
    let shown = shell.run(&["tx", "show", &id]).await.ends(0);
    assert_eq!(shown.line()["history"].as_array().unwrap().len(), 3);
    let first = shown.line()["changes"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(shell.run(&["queue", "show", &first]).await.ends(0).line()["metadata"], "row 1");
    let waiting = shell.run(&["queue", "list"]).await.ends(0);
    assert_eq!(waiting.lines[0]["reason"]["kind"], "rolled_back");

    server.clear_faults();
    shell.run(&["tx", "restore", &id]).await.ends(0);
    shell.run(&["sync"]).await.ends(0);
    assert_eq!(shell.run(&["tx", "show", &id]).await.ends(0).line()["row"]["state"], "completed");
    assert_eq!(shell.run(&["tx", "restore", &id]).await.ends(1).error()["code"], "not_now");
    let got = shell.run(&["records", "get", "Work", "customers", "CU-0001"]).await.ends(0);
    assert_eq!(got.line()["document"]["n"].to_string(), "1.10", "digits are kept");
    shell.assert_balanced().await;
    server.stop().await;
}

// proves B1
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_wrong_says_where() {
    let server = sample().await;
    let shell = Shell::linked(&server).await;
    shell.run(&["sync"]).await.ends(0);
    for (text, words) in [
        ("{", "changes.json"),
        (r#"{"link": "Work"}"#, "changes"),
        (r#"{"link": "Work", "changes": [], "strategie": 1}"#, "strategie"),
        (r#"{"link": "Work", "strategy": "both", "changes": []}"#, "ordered"),
        (
            r#"{"link": "Work", "changes": [{"operation": "update", "collection": "customers", "record": "x"}]}"#,
            "change 1",
        ),
        (
            r#"{"link": "Work", "changes": [{"operation": "delete", "collection": "customers", "record": "x"}]}"#,
            "'x'",
        ),
        (
            r#"{"link": "Nobody", "changes": [{"operation": "delete", "collection": "customers", "record": "x"}]}"#,
            "Nobody",
        ),
        (
            r#"{"link": "Work", "changes": [{"operation": "delete", "collection": "nothing", "record": "x"}]}"#,
            "nothing",
        ),
    ] {
        let said = shell.run(&["tx", "apply", &shell.file("changes.json", text)]).await;
        assert!(said.exit == 64 || said.exit == 1, "{text} is refused: {}", said.exit);
        assert!(said.error().to_string().contains(words), "{text}: {}", said.error());
    }
    assert_eq!(shell.run(&["tx", "list"]).await.ends(0).lines, Vec::<serde_json::Value>::new());
    server.stop().await;
}

/// A transaction's file with so many changes, each with a text of so many letters.
fn of_many(changes: usize, letters: usize) -> String {
    let text = "x".repeat(letters);
    let change = |number: usize| {
        format!(
            r#"{{"operation":"create","collection":"customers","document":{{"id":"M-{number:06}","name":"{text}"}}}}"#
        )
    };
    let changes: Vec<String> = (0..changes).map(change).collect();
    format!(r#"{{"link":"Work","changes":[{}]}}"#, changes.join(","))
}

/// What the program says of a file that it refuses, and the most memory that it took, in MiB.
fn refused(shell: &Shell, file: &str) -> (String, u64) {
    let mut command = shell.program();
    let mut child = command.args(["tx", "apply", file, "--json"]).stdin(Stdio::piped()).spawn().unwrap();
    drop(child.stdin.take());
    // The figure only rises, and closing the store takes longer than one look.
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        most = most.max(peak(child.id()).unwrap_or(0));
        std::thread::yield_now();
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]));
    (String::from_utf8(output.stderr).unwrap(), most)
}

// proves B1, A1
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_changes_in_one_file_are_refused_with_their_size_and_what_to_do() {
    let server = sample().await;
    let shell = Shell::linked(&server).await;
    let (long, short) = (of_many(100_000, 160), of_many(100_000, 1));
    assert!(long.len() > 24_000_000 && short.len() < 16 * 1024 * 1024, "{} {}", long.len(), short.len());
    let (said, most) = refused(&shell, &shell.file("long.json", &long));
    let size = format!("long.json: it has {} bytes; at most 16777216 bytes are taken at once", long.len());
    assert!(said.contains(&size) && said.contains("at most 1000 changes"), "{said}");
    // Only Linux tells how much was taken.
    assert!(most < 64, "nothing of it is read: {most} MiB");

    let (said, most) = refused(&shell, &shell.file("short.json", &short));
    assert!(said.contains("a transaction has 1 to 1000 changes; this one has 100000"), "{said}");
    assert!(most < 300, "{most} MiB");

    // Through a pipe nobody knows how much will come.
    let mut command = shell.program();
    let mut child = command.args(["tx", "apply", "-", "--json"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // It ends before all of it was written.
    let _ = stdin.write_all(long.as_bytes());
    drop(stdin);
    let said = String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap();
    assert!(said.contains("standard input: it has more bytes than that; at most 16777216"), "{said}");
    assert_eq!(shell.assert_balanced().await["saved"], 0);
    assert_eq!(shell.run(&["tx", "list"]).await.ends(0).lines, Vec::<serde_json::Value>::new());
    server.stop().await;
}

// proves B1, A1
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_would_be_saved_otherwise_than_it_was_written_is_refused_whole() {
    let server = sample().await;
    let shell = Shell::linked(&server).await;
    let path = shell.file("changes.json", "");
    let good = r#"{"operation":"create","collection":"customers","document":{"id":"G-1"}}"#;
    let beside = |document: &[u8]| {
        let bad = br#"{"operation":"create","collection":"customers","document":"#;
        [br#"{"link":"Work","changes":["#, good.as_bytes(), b",", bad, document, b"}]}"].concat()
    };
    let abyss = format!("{{\"a\":{}1{}}}", "[".repeat(10_000), "]".repeat(10_000));
    for (file, code, words) in [
        (beside(br#"{"n":NaN}"#), "invalid", "not JSON at line 1"),
        (beside(br#"{"n":-Infinity}"#), "invalid", "not JSON at line 1"),
        (beside(br#"{"n":1,"n":2}"#), "invalid", "'/changes/1/document/n' stands twice"),
        (br#"{"link":"Work","link":"Work","changes":[]}"#.to_vec(), "invalid", "'/link' stands twice"),
        (beside(abyss.as_bytes()), "invalid", "deeper than 128 levels"),
        (beside(b"{\"name\":\"\xff\xfe\"}"), "file", "utf-8"),
    ] {
        std::fs::write(&path, file).unwrap();
        let said = shell.run(&["tx", "apply", &path]).await.ends(1);
        let message = said.error()["message"].as_str().unwrap().to_owned();
        assert_eq!(said.error()["code"], code, "{said:?}");
        assert!(message.contains(words) && message.contains("changes.json"), "{words}: {message}");
    }
    assert_eq!(shell.assert_balanced().await["saved"], 0, "the good change beside it neither");
    assert_eq!(shell.run(&["tx", "list"]).await.ends(0).lines, Vec::<serde_json::Value>::new());
    server.stop().await;
}
