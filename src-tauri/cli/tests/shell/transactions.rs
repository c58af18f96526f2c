use crate::support::{Shell, sample};
use serde_json::json;
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
            {"operation": "update", "collection": "customers", "record": "CU-0001", "set": {"/name": "A", "/n": 1.10}},
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
