use crate::support::{Shell, sample};
use serde_json::json;
use tidemark_sandbox::{ColleagueEdit, RunningSandbox};

/// A conflict over a customer's name.
async fn meet(shell: &Shell, server: &RunningSandbox, id: &str) {
    shell.run(&["records", "update", "Work", "customers", id, "name=\"Mine\""]).await.ends(0);
    server.colleague(ColleagueEdit::set("customers", id, "name", "Theirs")).unwrap();
    shell.run(&["sync"]).await.ends(2);
}

// proves D4, D5, D10
#[tokio::test(flavor = "multi_thread")]
async fn a_rule_is_tried_set_seen_at_work_and_taken_away() {
    let server = sample().await;
    let shell = Shell::linked(&server).await;
    shell.run(&["sync"]).await.ends(0);
    shell.run(&["rules", "list"]).await.ends(0);
    meet(&shell, &server, "CU-0001").await;
    let field = ["Work", "customers", "--field", "/name"];
    let with = |command: &str, rule: &[&str]| [&["rules", command][..], &field[..], rule].concat().join(" ");
    let run = async |line: String| shell.run(&line.split(' ').collect::<Vec<_>>()).await;
    let trial = run(with("dry-run", &["server"])).await.ends(0);
    assert_eq!((&trial.line()["open"], &trial.line()["ends"]), (&json!(1), &json!(1)));
    shell.run(&["conflicts", "list"]).await.ends(0).line();
    run(with("set", &["server"])).await.ends(0);
    assert!(shell.run(&["conflicts", "list"]).await.ends(0).lines.is_empty(), "the rule decided it");
    let listed = shell.run(&["rules", "list"]).await.ends(0);
    assert_eq!(
        (&listed.line()["place"]["path"], &listed.line()["rule"]),
        (&json!("/name"), &json!({"policy": "server"}))
    );
    shell.run(&["records", "update", "Work", "customers", "CU-0002", "name=\"Mine\""]).await.ends(0);
    server.colleague(ColleagueEdit::set("customers", "CU-0002", "name", "Theirs")).unwrap();
    shell.run(&["sync"]).await.ends(0);
    let record = shell.run(&["records", "get", "Work", "customers", "CU-0002"]).await.ends(0);
    assert_eq!(record.line()["document"]["name"], "Theirs");
    run(with("remove", &[])).await.ends(0);
    assert!(shell.run(&["rules", "list"]).await.ends(0).lines.is_empty());
    meet(&shell, &server, "CU-0003").await;
}

// proves D4
#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_does_not_fit_its_place_is_refused_with_what_to_do() {
    let server = sample().await;
    let shell = Shell::linked(&server).await;
    for (arguments, code) in [
        (&["rules", "set", "Work", "customers", "newest"][..], 64),
        (&["rules", "set", "Work", "customers", "max"], 1),
        (&["rules", "set", "Work", "customers", "server_wins", "--field", "/name"], 1),
        (&["rules", "set", "Work", "customers", "max", "--field", "name"], 1),
        (&["rules", "set", "Work", "nowhere", "server_wins"], 1),
        (&["rules", "remove", "Work", "customers"], 1),
    ] {
        shell.run(arguments).await.ends(code);
    }
    assert!(shell.run(&["rules", "list"]).await.ends(0).lines.is_empty());
}
