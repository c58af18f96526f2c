use crate::support::{Shell, sample};
use serde_json::json;
use tidemark_sandbox::{Faults, Sandbox, SandboxOptions, Switch};

// proves A8, A9
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_change_is_kept_with_its_answer_until_a_person_decides() {
    let server = sample().await;
    let shell = Shell::linked(&server).await;
    shell.run(&["sync"]).await.ends(0);
    shell.run(&["records", "update", "Work", "customers", "CU-0001", "name=\"A\""]).await.ends(0);
    shell.run(&["records", "update", "Work", "customers", "CU-0002", "name=\"B\""]).await.ends(0);
    let status = Some(Switch::always(vec![422]).path("CU-0001").method("PUT,PATCH"));
    server.set_faults(Faults { status, ..Faults::default() });
    let said = shell.run(&["sync"]).await.ends(2);
    assert_eq!((&said.line()["needsYou"], &said.line()["confirmed"]), (&json!(1), &json!(1)));
    let parked = shell.run(&["queue", "list", "--state", "needs_you"]).await.ends(0);
    let id = parked.line()["id"].as_str().unwrap().to_owned();
    let shown = shell.run(&["queue", "show", &id]).await.ends(0);
    assert_eq!(shown.line()["attempts"][0]["status"], 422);
    assert_eq!(shown.line()["changes"][0]["after"], "A");
    let tried = shell.run(&["queue", "show", &id, "--attempt", "1"]).await.ends(0);
    let tried = tried.line();
    let sent = tried["request"]["body"].as_str().unwrap();
    assert!(sent.contains(r#""name":"A""#), "{sent}");
    assert!(tried["answered"].to_string().contains("content-type: application/problem+json"), "{tried}");
    assert_eq!(
        shell.run(&["queue", "show", &id, "--attempt", "9"]).await.ends(1).error()["code"],
        "not_found"
    );

    server.clear_faults();
    assert_eq!(shell.run(&["queue", "retry", &id]).await.ends(0).line()["done"], 1);
    shell.run(&["sync"]).await.ends(0);
    let ledger = shell.assert_balanced().await;
    assert_eq!(ledger["confirmed"], 2);
    server.stop().await;
}

// proves A8
#[tokio::test(flavor = "multi_thread")]
async fn clearing_the_queue_names_the_number_first_and_takes_no_other() {
    let server = sample().await;
    let shell = Shell::linked(&server).await;
    shell.run(&["sync"]).await.ends(0);
    server.go_offline().await.unwrap();
    assert_eq!(shell.run(&["queue", "clear"]).await.ends(0).line()["wouldDiscard"], 0);
    for id in ["CU-0001", "CU-0002", "CU-0003"] {
        shell.run(&["records", "update", "Work", "customers", id, "name=\"X\""]).await.ends(0);
    }
    assert_eq!(shell.run(&["queue", "clear"]).await.ends(2).line()["wouldDiscard"], 3);
    assert_eq!(shell.run(&["queue", "clear", "--yes", "2"]).await.ends(2).error()["code"], "moved");
    let first = shell.run(&["queue", "list"]).await.lines[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(shell.run(&["queue", "discard", &first]).await.ends(0).line()["done"], 1);
    assert_eq!(shell.run(&["queue", "clear", "--yes", "2"]).await.ends(0).line()["done"], 2);
    let name =
        shell.run(&["records", "get", "Work", "customers", "CU-0001"]).await.line()["document"]["name"]
            .clone();
    assert_ne!(name, "X", "the record is again what the server has");
    let ledger = shell.assert_balanced().await;
    assert_eq!((&ledger["discarded"], &ledger["waiting"]), (&json!(3), &json!(0)));
    server.stop().await;
}

// proves A14
#[tokio::test(flavor = "multi_thread")]
async fn a_pause_sends_nothing_and_survives_the_program() {
    let server = sample().await;
    let shell = Shell::linked(&server).await;
    shell.run(&["sync"]).await.ends(0);
    shell.run(&["pause"]).await.ends(0);
    shell.run(&["records", "update", "Work", "customers", "CU-0001", "name=\"X\""]).await.ends(0);
    shell.run(&["sync"]).await.ends(2);
    assert_eq!(shell.status().await["sentence"]["id"], "paused");
    assert!(server.report().unwrap().effects.is_empty());
    shell.run(&["resume"]).await.ends(0);
    shell.run(&["sync"]).await.ends(0);
    assert_eq!(server.report().unwrap().effects.len(), 1);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_with_unsent_changes_is_removed_only_by_force() {
    let server = sample().await;
    let shell = Shell::linked(&server).await;
    shell.run(&["sync"]).await.ends(0);
    shell.run(&["records", "delete", "Work", "customers", "CU-0001"]).await.ends(0);
    let kept = shell.run(&["link", "remove", "Work"]).await.ends(2);
    assert_eq!((&kept.line()["removed"], &kept.line()["unsent"]), (&json!(false), &json!(1)));
    shell.run(&["link", "remove", "Work", "--force"]).await.ends(0);
    assert!(shell.run(&["link", "list"]).await.ends(0).lines.is_empty());
    let ledger = shell.assert_balanced().await;
    assert_eq!(ledger["discarded"], 1);
    assert!(server.report().unwrap().effects.is_empty(), "nothing was deleted on the server");
    server.stop().await;
}

// proves A4, A8
#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_may_have_been_sent_is_found_or_sent_again() {
    let options = SandboxOptions { names_records: true, ..SandboxOptions::with_collections(&["things"]) };
    let server = Sandbox::start(options).await.unwrap();
    let shell = Shell::new();
    let settings = r#"{"write":{"client_ids":false,"keys":{"honoured":false}}}"#;
    let (url, settings) = (server.url(), shell.file("settings.json.link", settings));
    shell
        .run(&["link", "add", "Work", "--kind", "rest", "--url", &url, "--settings", &settings])
        .await
        .ends(0);
    for (name, arrives) in [("one", true), ("two", false)] {
        server.set_faults(Faults {
            drop_after: Some(Switch::always(arrives).method("POST")),
            drop_before: Some(Switch::always(!arrives).method("POST")),
            ..Faults::default()
        });
        let document = json!({ "name": name }).to_string();
        shell.run_with(&["records", "create", "Work", "things", "-"], &document).await.ends(0);
        shell.run(&["sync"]).await;
    }
    server.clear_faults();
    for row in shell.run(&["queue", "list"]).await.ends(0).lines {
        // Their next try is due now, and shows that they may not be repeated.
        shell.run(&["queue", "retry", row["id"].as_str().unwrap()]).await.ends(0);
    }
    shell.run(&["sync"]).await;
    let parked = shell.run(&["queue", "list", "--state", "needs_you"]).await.ends(0).lines;
    let ids: Vec<&str> = parked.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 2, "{parked:?}");
    let offered = shell.run(&["queue", "may-be", ids[0]]).await.ends(0);
    let there = offered.line()["record"].as_str().unwrap().to_owned();
    assert!(shell.run(&["queue", "may-be", ids[1]]).await.ends(0).lines.is_empty());
    shell.run(&["queue", "is-there", ids[1], "s99"]).await.ends(1);
    shell.run(&["queue", "is-there", ids[0], &there]).await.ends(0);
    shell.run(&["queue", "send-again", ids[1]]).await.ends(0);
    shell.run(&["sync"]).await.ends(0);
    assert_eq!(server.report().unwrap().effects.len(), 2, "nothing twice");
    assert_eq!(shell.assert_balanced().await["confirmed"], 2);
    server.stop().await;
}
