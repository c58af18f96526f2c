use crate::support::{Shell, sample};
use serde_json::json;
use tidemark_sandbox::ColleagueEdit;

// proves D10
#[tokio::test(flavor = "multi_thread")]
async fn conflicts_about_the_same_field_are_decided_by_one_command() {
    let server = sample().await;
    let shell = Shell::linked(&server).await;
    shell.run(&["sync"]).await.ends(0);
    assert!(shell.run(&["conflicts", "groups"]).await.ends(0).lines.is_empty());
    for id in ["CU-0001", "CU-0002", "CU-0003"] {
        shell.run(&["records", "update", "Work", "customers", id, "name=\"Mine\""]).await.ends(0);
        server.colleague(ColleagueEdit::set("customers", id, "name", "Theirs")).unwrap();
    }
    shell.run(&["sync"]).await.ends(2);
    let group = shell.run(&["conflicts", "groups"]).await.ends(0);
    assert_eq!((&group.line()["conflicts"], &group.line()["shape"]["paths"]), (&json!(3), &json!(["/name"])));
    let first = group.line()["first"].to_string();
    shell.run(&["resolve", &first, "--field", "/phone=mine", "--alike"]).await.ends(1);
    shell.run(&["resolve", &first, "--later", "--alike"]).await.ends(64);
    let decided = shell.run(&["resolve", &first, "--local", "--alike"]).await.ends(0);
    assert_eq!(decided.line()["done"].as_array().unwrap().len(), 3);
    assert!(shell.run(&["conflicts", "list"]).await.ends(0).lines.is_empty());
    for id in ["CU-0001", "CU-0002", "CU-0003"] {
        let record = shell.run(&["records", "get", "Work", "customers", id]).await.ends(0);
        assert_eq!(record.line()["document"]["name"], "Mine");
    }
    assert!(shell.run(&["queue", "list"]).await.ends(0).lines.is_empty(), "all of it was sent");
}
