use crate::support::{Shell, sample};
use serde_json::json;
use tidemark_sandbox::{ColleagueEdit, Script};

// proves H6, A1, D1, D3, D7
#[tokio::test(flavor = "multi_thread")]
async fn the_main_job_is_done_from_the_shell() {
    let server = sample().await;
    let shell = Shell::linked(&server).await;
    let pulled = shell.run(&["sync"]).await.ends(0);
    assert_eq!(pulled.line()["received"], 200);

    server.go_offline().await.unwrap();
    let order = ["Work", "work_orders", "WO-00412"];
    let mut update = vec!["records", "update"];
    update.extend(order);
    update.extend(["priority=\"low\"", "/remarks=\"Key at the neighbour's\"", "hours=12345678901234567890"]);
    assert_eq!(shell.run(&update).await.ends(0).line()["record"], "WO-00412");
    let new = r#"{"id":"CU-0900","name":"New","rate":1.10}"#;
    shell.run_with(&["records", "create", "Work", "customers", "-"], new).await.ends(0);
    shell.run(&["records", "delete", "Work", "work_orders", "WO-00313"]).await.ends(0);
    let away = shell.run(&["sync"]).await.ends(3);
    assert_eq!(away.line()["failure"]["class"], "offline", "{away:?}");
    assert_eq!(shell.run(&["queue", "list"]).await.ends(0).lines.len(), 3);
    let listed = shell.run(&["records", "list", "Work", "work_orders", "--filter", "changed"]).await.ends(0);
    assert!(listed.lines.iter().any(|row| row["id"] == "WO-00412"), "{listed:?}");

    server.script(Script::FirstConflict).unwrap();
    server.go_online().await.unwrap();
    let met = shell.run(&["sync"]).await.ends(2);
    assert_eq!((&met.line()["confirmed"], &met.line()["conflicts"]), (&json!(2), &json!(1)));

    let conflicts = shell.run(&["conflicts", "list"]).await.ends(0);
    let id = conflicts.line()["id"].to_string();
    assert_eq!(conflicts.line()["conflict_type"], "both_updated");
    let shown = shell.run(&["conflicts", "show", &id]).await.ends(0);
    let conflict = shown.line();
    let undecided: Vec<_> =
        conflict["fields"].as_array().unwrap().iter().filter(|field| field["undecided"] == true).collect();
    assert_eq!(undecided.len(), 1);
    assert_eq!(
        (&undecided[0]["base"], &undecided[0]["local"], &undecided[0]["server"]),
        (&json!("normal"), &json!("low"), &json!("urgent"))
    );

    let missing = shell.run(&["resolve", &id, "--field", "/nothing=mine"]).await.ends(1);
    assert_eq!(missing.error()["code"], "invalid");
    shell.run(&["resolve", &id, "--later", "--field", "/priority=mine"]).await.ends(0);
    let resolved = shell.run(&["resolve", &id, "--field", "/priority=json:\"high\""]).await.ends(0);
    assert_eq!(resolved.line()["state"], "confirmed", "it is sent and read back at once");

    let record = shell.run(&[&["records", "get"][..], &order].concat()).await.ends(0);
    let document = &record.line()["document"];
    assert_eq!(document["priority"], "high");
    assert_eq!(document["technician"], "Mateusz W.", "what only the colleague changed is merged");
    assert_eq!(document["hours"].to_string(), "12345678901234567890", "digits survive");
    assert_eq!(shell.run(&["sync"]).await.ends(0).line()["conflicts"], 0);
    let ledger = shell.assert_balanced().await;
    assert_eq!((&ledger["saved"], &ledger["waiting"]), (&json!(4), &json!(0)), "{ledger}");
    let report = server.report().unwrap();
    assert!(report.duplicates.is_empty() && report.order_violations.is_empty(), "{report:?}");
    server.stop().await;
}

// proves D7
#[tokio::test(flavor = "multi_thread")]
async fn a_held_result_waits_and_one_compared_with_an_older_version_is_not_sent() {
    let server = sample().await;
    let shell = Shell::linked(&server).await;
    shell.run(&["sync"]).await.ends(0);
    shell.run(&["records", "update", "Work", "work_orders", "WO-00412", "priority=\"low\""]).await.ends(0);
    server.script(Script::FirstConflict).unwrap();
    shell.run(&["sync"]).await.ends(2);
    let stale = shell.run(&["resolve", "1", "--local", "--seen", "1-older"]).await.ends(2);
    assert_eq!(stale.error()["code"], "moved");
    let held = shell.run(&["resolve", "1", "--local", "--hold"]).await.ends(0);
    assert_eq!(held.line()["state"], "on_hold", "{held:?}");
    assert!(held.line()["sendsAt"].as_i64().is_some());
    let again = shell.run(&["resolve", "1", "--server"]).await.ends(1);
    assert_eq!(again.error()["code"], "not_now");
    server.stop().await;
}

// proves H6, H7
#[tokio::test(flavor = "multi_thread")]
async fn the_demonstration_ends_with_a_balanced_ledger() {
    let shell = Shell::new();
    let demo = shell.run(&["demo"]).await.ends(0);
    let steps: Vec<&str> = demo.lines.iter().filter_map(|line| line["step"].as_str()).collect();
    for step in ["create", "reopen", "sync", "conflict", "resolve", "confirmed"] {
        assert!(steps.contains(&step), "{steps:?}");
    }
    assert!(demo.lines.iter().all(|line| line["ok"] == true), "{demo:?}");
    let last = demo.lines.last().unwrap();
    assert_eq!((&last["step"], &last["balanced"]), (&json!("ledger"), &json!(true)));
}

// proves D2, D7
#[tokio::test(flavor = "multi_thread")]
async fn where_one_side_deleted_a_record_it_is_shown_what_the_other_changed() {
    let server = sample().await;
    let shell = Shell::linked(&server).await;
    shell.run(&["sync"]).await.ends(0);
    shell.run(&["records", "update", "Work", "customers", "CU-0001", "name=\"Mine\""]).await.ends(0);
    server.colleague(ColleagueEdit::delete("customers", "CU-0001")).unwrap();
    shell.run(&["sync"]).await.ends(2);
    let id = shell.run(&["conflicts", "list"]).await.ends(0).line()["id"].to_string();
    let shown = shell.run(&["conflicts", "show", &id]).await.ends(0);
    assert_eq!(
        (&shown.line()["changed"][0]["path"], &shown.line()["changed"][0]["after"]),
        (&json!("/name"), &json!("Mine"))
    );
    let said = shell.says(&["conflicts", "show", &id]).await;
    let last: Vec<&str> =
        said.lines().last().unwrap().split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
    assert_eq!((last[0], last.last()), ("/name", Some(&"\"Mine\"")), "{said}");
    server.stop().await;
}
