use crate::support::{Shell, sample};
use serde_json::json;
use tidemark_sandbox::{Faults, Switch};

// proves A1, H6
#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_saved_sent_shown_and_waited_for() {
    let server = sample().await;
    let shell = Shell::linked(&server).await;
    let body = r#"{"id":"CU-9000", "name":"By hand", "credit":1.10}"#;
    let file = shell.file("body.json", body);
    let made = ["request", "post", "/c/customers", "--body", &file, "--label", "Book it", "--priority", "2"];
    let saved = shell.run(&made).await.ends(0);
    assert_eq!(saved.line()["record"], "POST /c/customers");
    let id = saved.line()["change"].as_str().unwrap().to_owned();
    let row = shell.run(&["queue", "list"]).await.ends(0).line().clone();
    assert_eq!((&row["operation"], &row["title"]), (&json!("request"), &json!("Book it")));
    let edit = ["records", "update", "Work", "customers", "CU-0001", "name=\"A\"", "--after", &id];
    shell.run(&["sync"]).await.ends(0);
    let again = shell.run(&["queue", "show", &id]).await.ends(0);
    assert_eq!(again.line()["attempts"][0]["status"], 201);
    shell.run(&edit).await.ends(0);

    let failing = Faults { status: Some(Switch::always(vec![422]).method("DELETE")), ..Faults::default() };
    server.set_faults(failing);
    let delete = ["request", "DELETE", "c/customers/CU-9000", "--link", "Work"];
    let refused = shell.run(&delete).await.ends(0).line()["change"].as_str().unwrap().to_owned();
    let waits = ["request", "PUT", "c/customers/CU-9001", "--body", "-", "--after", &refused];
    shell.run_with(&waits, r#"{"id":"CU-9001"}"#).await.ends(0);
    shell.run(&["sync"]).await.ends(2);
    let ours = || server.report().unwrap().effects.into_iter().map(|effect| effect.id).collect::<Vec<_>>();
    assert_eq!(ours(), ["CU-9000", "CU-0001"], "the last waits for what was refused");
    server.clear_faults();
    shell.run(&["queue", "retry", &refused]).await.ends(0);
    shell.run(&["sync"]).await.ends(0);
    assert_eq!(ours(), ["CU-9000", "CU-0001", "CU-9000", "CU-9001"]);
    shell.assert_balanced().await;
    server.stop().await;
}

// proves A1, A4, H6
#[tokio::test(flavor = "multi_thread")]
async fn one_that_may_have_been_sent_is_said_to_be_done() {
    let server = sample().await;
    let shell = Shell::new();
    let settings = shell.file("work.json", r#"{"write":{"keys":{"honoured":false}}}"#);
    let url = server.url();
    shell
        .run(&["link", "add", "Work", "--kind", "rest", "--url", &url, "--settings", &settings])
        .await
        .ends(0);
    let body = shell.file("body.json", r#"{"id":"CU-9000"}"#);
    server.set_faults(Faults { drop_after: Some(Switch::always(true).method("POST")), ..Faults::default() });
    let saved = shell.run(&["request", "POST", "c/customers", "--body", &body]).await.ends(0);
    let id = saved.line()["change"].as_str().unwrap().to_owned();
    shell.run(&["sync"]).await;
    server.clear_faults();
    shell.run(&["queue", "retry", &id]).await.ends(0);
    shell.run(&["sync"]).await.ends(2);
    let row = shell.run(&["queue", "show", &id]).await.ends(0);
    assert_eq!(row.line()["row"]["reason"]["kind"], "may_have_been_sent");
    assert_eq!(shell.run(&["queue", "is-there", &id, "CU-9000"]).await.exit, 1);
    shell.run(&["queue", "is-there", &id]).await.ends(0);
    assert_eq!(shell.assert_balanced().await["confirmed"], 1);
    assert_eq!(server.report().unwrap().effects.len(), 1);
    server.stop().await;
}

// proves A1, C8, H6
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_cannot_be_is_refused_with_words() {
    let server = sample().await;
    let shell = Shell::linked(&server).await;
    shell.run(&["sync"]).await.ends(0);
    for (arguments, exit, says) in [
        (&["request", "GET", "/c/customers"][..], 64, "one of POST, PUT, PATCH, DELETE"),
        (&["request", "POST", "/../_faults"], 1, "leads out of the connection's address"),
        (&["request", "POST", "/c/customers", "--link", "Home"], 1, "no connection named 'Home'"),
        (&["request", "POST", "/c/customers", "--after", "nowhere"], 1, "no change 'nowhere' to wait for"),
        (
            &["records", "delete", "Work", "customers", "CU-0001", "--after", "nowhere"],
            1,
            "no change 'nowhere'",
        ),
    ] {
        let said = shell.run(arguments).await.ends(exit);
        assert!(said.errors.contains(says), "{said:?}");
    }
    let no_json = shell.file("no.json", "{");
    let said = shell.run(&["request", "POST", "x", "--body", &no_json]).await.ends(1);
    assert!(said.errors.contains("no JSON"), "{said:?}");
    assert_eq!(shell.assert_balanced().await["saved"], 0);
    server.stop().await;
}
