use crate::support::{Shell, sample};
use std::io::{BufRead as _, BufReader};
use std::process::Command;

#[tokio::test(flavor = "multi_thread")]
async fn wrong_usage_is_64_and_help_is_an_answer() {
    let shell = Shell::new();
    for wrong in [
        &["no-such-command"][..],
        &[],
        &["resolve", "1"],
        &["resolve", "x", "--local"],
        &["link", "add", "W"],
    ] {
        let said = shell.run(wrong).await.ends(64);
        assert!(said.lines.is_empty(), "{said:?}");
        assert_eq!(said.error()["code"], "usage");
    }
    let server = sample().await;
    let shell = Shell::linked(&server).await;
    shell.run(&["resolve", "1", "--field", "/a=yours"]).await.ends(1);
    shell.run(&["sync"]).await.ends(0);
    let update = ["records", "update", "Work", "customers", "CU-0001"];
    shell.run(&[&update[..], &["name=no json"]].concat()).await.ends(64);
    shell.run(&update).await.ends(64);
    server.stop().await;
    for help in ["--help", "--version"] {
        let output = shell.program().arg(help).output().unwrap();
        assert!(output.status.success() && !output.stdout.is_empty(), "{help}");
    }
}

// proves H6, C3
#[tokio::test(flavor = "multi_thread")]
async fn how_much_there_is_to_bring_in_is_told_before_it_is() {
    let server = sample().await;
    let shell = Shell::new();
    let url = server.url();
    let add = ["link", "add", "Work", "--kind", "rest", "--url", &url, "--collection", "customers"];
    let added = shell.run(&add).await.ends(0);
    let added = added.line();
    let told = added["toBringIn"].as_array().unwrap();
    assert_eq!((told.len(), told[0]["name"].as_str()), (1, Some("customers")));
    let (count, bytes) = (told[0]["count"].as_i64().unwrap(), told[0]["bytes"].as_i64().unwrap());
    shell.run(&["sync"]).await.ends(0);
    let listed = shell.run(&["records", "list", "Work", "customers"]).await.ends(0);
    assert_eq!(listed.lines.len() as i64, count);
    assert!(bytes > count);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_an_error_that_says_so() {
    let server = sample().await;
    let shell = Shell::new();
    shell.run(&["sync"]).await.ends(1);
    let url = server.url();
    shell
        .run(&["link", "add", "Work", "--kind", "rest", "--url", &url, "--collection", "customers"])
        .await
        .ends(0);
    for missing in [
        &["sync", "Elsewhere"][..],
        &["sync", "Work", "--collection", "nothing"],
        &["records", "list", "Work", "nothing"],
        &["records", "get", "Work", "customers", "nobody"],
        &["conflicts", "show", "77"],
        &["resolve", "77", "--local"],
        &["queue", "show", "01a1fe16-21fd-752d-9b75-e48aa7ce0a90"],
        &["link", "test", "Elsewhere"],
        &["link", "remove", "Elsewhere"],
    ] {
        let error = shell.run(missing).await.ends(1).error();
        assert_eq!(error["code"], "not_found", "{missing:?}: {error}");
        assert!(
            !error["message"].as_str().unwrap().is_empty() && !error["hint"].as_str().unwrap().is_empty()
        );
    }
    let file =
        shell.run(&["records", "create", "Work", "customers", "no-such-file.json"]).await.ends(1).error();
    assert_eq!(file["code"], "file");
    assert!(file["message"].as_str().unwrap().contains("no-such-file.json"));
    server.stop().await;
}

// proves H7
#[cfg(unix)]
#[test]
fn the_sandbox_says_where_it_is_and_ends_when_it_is_told() {
    let mut server = Shell::new().program().args(["sandbox", "--json", "--switches"]).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let said: serde_json::Value = serde_json::from_str(&line).unwrap();
    let port = said["port"].as_u64().unwrap();
    assert_eq!(said["url"], format!("http://127.0.0.1:{port}/v1"));
    std::net::TcpStream::connect(("127.0.0.1", u16::try_from(port).unwrap())).unwrap();
    let told = Command::new("kill").args(["-TERM", &server.id().to_string()]).status().unwrap();
    assert!(told.success());
    assert!(server.wait().unwrap().success(), "an orderly end");
}

#[tokio::test(flavor = "multi_thread")]
async fn words_are_for_people_and_cannot_disturb_their_terminal() {
    let server = sample().await;
    let shell = Shell::linked(&server).await;
    shell.run(&["sync"]).await.ends(0);
    let hostile = r#"{"id":"CU-0666","name":"\u001b[2J\u202Eevil\u0007","note":"\u001b]0;x\u0007"}"#;
    shell.run_with(&["records", "create", "Work", "customers", "-"], hostile).await.ends(0);
    for command in [
        &["records", "list", "Work", "customers"][..],
        &["records", "get", "Work", "customers", "CU-0666"],
        &["queue", "list"],
        &["status"],
    ] {
        let output = shell.program().args(command).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let harmful = |letter: char| (letter.is_control() && letter != '\n') || letter == '\u{202E}';
        assert!(output.status.success() && !said.contains(harmful), "{command:?}: {said:?}");
    }
    server.stop().await;
}

// proves A3
#[tokio::test(flavor = "multi_thread")]
async fn every_case_is_measured_beside_its_floor_and_tells_all_it_must() {
    let shell = Shell::new();
    let bench = shell.run(&["bench", "--n", "20", "--runs", "2"]).await.ends(0);
    let cases: Vec<&str> = bench.lines.iter().filter_map(|line| line["case"].as_str()).collect();
    let merges = ["merge", "merge-text", "merge-text-apart"];
    assert_eq!(cases[..8], ["accept", "accept-64", "drain", "drain", "coalesce", "pull", "reopen", "scale"]);
    assert_eq!(cases[8..11], merges);
    assert_eq!(cases[11..], ["conflicts"]);
    for line in &bench.lines {
        let keys = [
            "n",
            "seconds",
            "per_second",
            "p50_us",
            "p99_us",
            "peak_rss_bytes",
            "floor_seconds",
            "ratio_to_floor",
        ];
        for key in keys {
            assert!(line.get(key).is_some(), "{key}: {line}");
        }
        assert!(line["seconds"].as_f64().is_some_and(|seconds| seconds > 0.0), "{line}");
        let alone = ["coalesce", "reopen", "scale", "conflicts"]
            .iter()
            .chain(&merges)
            .any(|case| line["case"] == *case);
        assert_eq!(line["floor_seconds"].is_null(), alone, "{line}");
    }
    assert_eq!(bench.lines[4]["requests"], 4, "five edits of a record are sent once");
    assert!(bench.lines[7]["scale"]["statistics_us"].as_u64().is_some_and(|us| us > 0), "{}", bench.lines[7]);
    let conflicts = &bench.lines[11]["conflicts"];
    assert!(conflicts["members_us"].as_u64().is_some_and(|us| us > 0), "{conflicts}");
    shell.run(&["bench", "no-such-case"]).await.ends(64);
}
