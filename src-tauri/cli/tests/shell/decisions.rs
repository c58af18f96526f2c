use crate::support::{Shell, sample};
use serde_json::json;
use tidemark_sandbox::ColleagueEdit;

// proves D9
#[tokio::test(flavor = "multi_thread")]
async fn a_merge_and_a_decision_are_listed_shown_and_put_back() {
    let server = sample().await;
    let shell = Shell::linked(&server).await;
    shell.run(&["sync"]).await.ends(0);
    assert!(shell.run(&["decisions", "list"]).await.ends(0).lines.is_empty());
    shell.run(&["records", "update", "Work", "customers", "CU-0001", "name=\"Mine\""]).await.ends(0);
    server.colleague(ColleagueEdit::set("customers", "CU-0001", "city", "Oslo")).unwrap();
    shell.run(&["sync"]).await.ends(0);
    let listed = shell.run(&["decisions", "list"]).await.ends(0);
    let row = listed.line();
    assert_eq!(
        (&row["id"], &row["by"], &row["restores"]),
        (&json!("merge-1"), &json!("merge"), &json!("server"))
    );
    assert_eq!((&row["record"], &row["cannot"]), (&json!("CU-0001"), &json!(null)));
    let shown = shell.run(&["decisions", "show", "merge-1"]).await.ends(0);
    let field = &shown.line()["fields"][0];
    assert_eq!((&field["path"], &field["result"]), (&json!("/name"), &json!("Mine")));
    let former = field["becomes"].clone();
    assert!(former.is_string() && former != "Mine", "{former}");

    let done = shell.run(&["decisions", "put-back", "merge-1"]).await.ends(0);
    assert!(done.line()["change"].is_string(), "{done:?}");
    shell.run(&["sync"]).await.ends(0);
    let record = shell.run(&["records", "get", "Work", "customers", "CU-0001"]).await.ends(0);
    let document = &record.line()["document"];
    assert_eq!((&document["name"], &document["city"]), (&former, &json!("Oslo")));
    let again = shell.run(&["decisions", "put-back", "merge-1"]).await.ends(1).error();
    assert!(again["message"].as_str().unwrap().contains("put back already"), "{again}");

    shell.run(&["records", "update", "Work", "customers", "CU-0002", "name=\"Mine\""]).await.ends(0);
    server.colleague(ColleagueEdit::set("customers", "CU-0002", "name", "Theirs")).unwrap();
    shell.run(&["sync"]).await.ends(2);
    shell.run(&["resolve", "1", "--server"]).await.ends(0);
    shell.run(&["sync"]).await.ends(0);
    let newest = shell.run(&["decisions", "list", "--limit", "1"]).await.ends(0);
    assert_eq!((&newest.line()["id"], &newest.line()["restores"]), (&json!("conflict-1"), &json!("mine")));
    shell.run(&["decisions", "put-back", "conflict-1"]).await.ends(0);
    shell.run(&["sync"]).await.ends(0);
    let record = shell.run(&["records", "get", "Work", "customers", "CU-0002"]).await.ends(0);
    assert_eq!(record.line()["document"]["name"], "Mine");
    for id in ["conflict-9", "merge-9", "7", "conflict-01"] {
        shell.run(&["decisions", "show", id]).await.ends(1);
    }
}
