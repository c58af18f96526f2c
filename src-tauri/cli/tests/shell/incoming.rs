use crate::support::Shell;
use serde_json::json;
use tidemark_sandbox::{ColleagueEdit, RunningSandbox, Sandbox, SandboxOptions};

const ITEMS: &str = "items";

async fn server() -> RunningSandbox {
    Sandbox::start(SandboxOptions::with_collections(&[ITEMS])).await.unwrap()
}

fn create(server: &RunningSandbox, document: serde_json::Value) {
    let create = document.as_object().cloned();
    let edit = ColleagueEdit { collection: ITEMS.into(), create, ..ColleagueEdit::default() };
    server.colleague(edit).unwrap();
}

// proves C4, H6
#[tokio::test(flavor = "multi_thread")]
async fn removals_are_listed_shown_and_allowed_for_their_number() {
    let server = server().await;
    for number in 0..100 {
        create(&server, json!({"id": format!("i{number:02}"), "title": format!("Item {number}")}));
    }
    let shell = Shell::linked(&server).await;
    shell.run(&["sync"]).await.ends(0);
    assert!(shell.run(&["removals", "list"]).await.ends(0).lines.is_empty());
    for number in 0..60 {
        server.colleague(ColleagueEdit::delete(ITEMS, &format!("i{number:02}"))).unwrap();
    }
    shell.run(&["sync"]).await.ends(2);
    let asks = shell.run(&["removals", "list"]).await.ends(0).line().clone();
    assert_eq!(
        (&asks["collection"], &asks["wouldRemove"], &asks["of"]),
        (&json!(ITEMS), &json!(60), &json!(100))
    );
    let shown = shell.run(&["removals", "show", "Work", ITEMS, "--limit", "1"]).await.ends(0);
    assert_eq!(shown.line(), &json!({"record": "i00", "title": "Item 0"}));
    assert_eq!(shell.status().await["attention"]["removals"], 1);

    let allow = ["removals", "allow", "Work", ITEMS];
    assert_eq!(
        shell.run(&allow).await.ends(2).line()["wouldRemove"],
        60,
        "without the number it only says it"
    );
    let other = shell.run(&["removals", "allow", "Work", ITEMS, "--yes", "6"]).await.ends(2);
    assert_eq!(other.error()["code"], "moved");
    shell.run(&["removals", "allow", "Work", ITEMS, "--yes", "60"]).await.ends(0);
    shell.run(&["sync"]).await.ends(0);
    let left = shell.run(&["records", "list", "Work", ITEMS]).await.ends(0);
    assert_eq!(left.lines.len(), 40);
    let nothing = shell.run(&["removals", "allow", "Work", ITEMS, "--yes", "60"]).await.ends(1);
    assert_eq!(nothing.error()["code"], "not_now", "a yes is not given in advance");
    server.stop().await;
}

// proves A14, C3, H6
#[tokio::test(flavor = "multi_thread")]
async fn unreadable_rows_are_listed_shown_asked_for_again_and_forgotten() {
    let server = server().await;
    let deep = (0..150).fold(json!("bottom"), |inner, _| json!([inner]));
    for id in ["a", "b"] {
        create(&server, json!({"id": id, "deep": deep}));
    }
    let shell = Shell::linked(&server).await;
    shell.run(&["sync"]).await.ends(2);
    let listed = shell.run(&["unreadable", "list", "--link", "Work"]).await.ends(0);
    let id = listed.lines[1]["id"].to_string();
    assert_eq!((&listed.lines[0]["record"], &listed.lines[1]["record"]), (&json!("b"), &json!("a")));
    let shown = shell.run(&["unreadable", "show", &id]).await.ends(0);
    assert!(shown.line()["text"].as_str().unwrap().contains("bottom"));
    server.colleague(ColleagueEdit::delete(ITEMS, "a")).unwrap();
    shell.run(&["pause", "--link", "Work"]).await.ends(0);
    let paused = shell.run(&["unreadable", "retry"]).await.ends(1);
    assert_eq!(paused.error()["code"], "not_now");
    assert_eq!(
        paused.error()["message"],
        "the connection 'Work' is paused, and the server was not asked",
        "not even for the one that is gone"
    );
    shell.run(&["resume", "--link", "Work"]).await.ends(0);
    let again = shell.run(&["unreadable", "retry"]).await.ends(0);
    assert_eq!(again.line(), &json!({"read": 1, "still": 1, "nameless": 0}));
    assert_eq!(shell.run(&["unreadable", "show", &id]).await.ends(1).error()["code"], "not_found");
    let other = listed.lines[0]["id"].to_string();
    let forgotten = shell.run(&["unreadable", "forget", &other, &id]).await.ends(0);
    assert_eq!(forgotten.line(), &json!({"forgotten": 1, "hadGone": 1}));
    shell.run(&["sync"]).await.ends(0);
    server.stop().await;
}
