use crate::support::{Shell, sample};
use serde_json::json;
use tidemark_sandbox::ColleagueEdit;

// proves D6
#[tokio::test(flavor = "multi_thread")]
async fn a_hook_is_tried_set_seen_at_work_and_taken_away() {
    let server = sample().await;
    let shell = Shell::linked(&server).await;
    shell.run(&["sync"]).await.ends(0);
    assert!(shell.run(&["hooks", "list"]).await.ends(0).lines.is_empty());
    shell.run(&["records", "update", "Work", "customers", "CU-0001", "name=\"Mine\""]).await.ends(0);
    server.colleague(ColleagueEdit::set("customers", "CU-0001", "name", "Theirs")).unwrap();
    shell.run(&["sync"]).await.ends(2);

    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, script: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, script).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let server_side = file("server.rhai", "fn resolve(base, local, server, info) {\n  \"server\"\n}");
    let wrong = file("wrong.rhai", "fn resolve(base, local, server, info) {\n  local.nam\n}");
    let unreadable = file("unreadable.rhai", "fn resolve(base local)");
    shell.run(&["hooks", "set", "Work", "customers", &unreadable, "--yes"]).await.ends(1);
    let trial = shell.run(&["hooks", "try", "Work", "customers", &wrong]).await.ends(0);
    assert_eq!((&trial.line()["wrong"], &trial.line()["trial"]["ends"]), (&json!(1), &json!(0)));
    let said = trial.line()["faults"][0]["said"].as_str().unwrap().to_owned();
    assert!(said.contains("line 2") && said.contains("nam"), "{said}");
    let asked = shell.run(&["hooks", "set", "Work", "customers", &server_side]).await.ends(2);
    assert_eq!(asked.line()["wouldSet"]["trial"]["ends"], 1);
    assert!(shell.run(&["hooks", "list"]).await.ends(0).lines.is_empty(), "it was only asked");

    shell.run(&["hooks", "set", "Work", "customers", &wrong, "--yes"]).await.ends(0);
    let number = shell.run(&["conflicts", "list"]).await.ends(0).line()["id"].to_string();
    let shown = shell.run(&["conflicts", "show", &number]).await.ends(0);
    assert!(shown.line()["hook_said"].as_str().unwrap().contains("line 2"), "it says where it went wrong");
    shell.run(&["hooks", "set", "Work", "customers", &server_side, "--yes"]).await.ends(0);
    assert!(shell.run(&["conflicts", "list"]).await.ends(0).lines.is_empty(), "the hook decided it");
    let record = shell.run(&["records", "get", "Work", "customers", "CU-0001"]).await.ends(0);
    assert_eq!(record.line()["document"]["name"], "Theirs");
    shell.run(&["hooks", "remove", "Work", "customers"]).await.ends(0);
    shell.run(&["hooks", "remove", "Work", "customers"]).await.ends(1);
    assert!(shell.run(&["hooks", "list"]).await.ends(0).lines.is_empty());
}
