use crate::support::{Shell, sample};
use serde_json::{Value, json};
use tidemark_sandbox::{Faults, Switch};

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_cannot_be_is_refused_with_what_is_wrong_and_nothing_is_stored() {
    let server = sample().await;
    let shell = Shell::new();
    let url = server.url();
    let unknown_key = shell.file("settings.json.bad", "{\n  \"pull\": {\"sinse\": 1}\n}");
    for (arguments, words) in [
        (vec!["--kind", "rest", "--url", "no url at all"], "address"),
        (vec!["--kind", "rest", "--url", "ftp://127.0.0.1/"], "https"),
        (vec!["--kind", "rest", "--url", "http://example.org/"], "encryption"),
        (vec!["--kind", "soap", "--url", url.as_str()], "kinto"),
        (vec!["--kind", "rest", "--url", url.as_str(), "--collection", "costumers"], "customers"),
        (vec!["--kind", "rest", "--url", url.as_str(), "--settings", unknown_key.as_str()], "line 2"),
        (vec!["--kind", "rest", "--url", url.as_str(), "--settings", unknown_key.as_str()], "since_param"),
    ] {
        let mut command = vec!["link", "add", "Work"];
        command.extend(&arguments);
        let error = shell.run(&command).await.ends(1).error();
        assert_eq!(error["code"], "invalid", "{error}");
        assert!(error["message"].as_str().unwrap().contains(words), "{arguments:?}: {error}");
    }
    let away = ["link", "add", "Work", "--kind", "rest", "--url", "http://127.0.0.1:1/"];
    assert_eq!(shell.run(&away).await.ends(3).error()["code"], "offline");
    let kinto = ["link", "add", "Work", "--kind", "kinto", "--url", url.as_str()];
    assert_eq!(shell.run(&kinto).await.ends(1).error()["code"], "server", "it is no Kinto");
    assert!(shell.run(&["link", "list"]).await.ends(0).lines.is_empty());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_is_none_is_refused_before_it_is_saved() {
    let server = sample().await;
    let shell = Shell::linked(&server).await;
    shell.run(&["sync"]).await.ends(0);
    let deep = format!("{}1{}", "{\"a\":".repeat(129), "}".repeat(129));
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(16 * 1024 * 1024));
    for text in
        ["", "not json", "[]", "{\"a\":}", "{} {}", deep.as_str(), long.as_str(), "{\"id\":\"CU-0001\"}"]
    {
        let said = shell.run_with(&["records", "create", "Work", "customers", "-"], text).await.ends(1);
        assert_eq!(said.error()["code"], "invalid", "{said:?}");
    }
    assert_eq!(shell.assert_balanced().await["saved"], 0);
    server.stop().await;
}

// proves A8
#[tokio::test(flavor = "multi_thread")]
async fn a_record_with_a_hostile_id_arrives_under_that_id_or_waits_for_a_person() {
    let server = sample().await;
    let shell = Shell::linked(&server).await;
    shell.run(&["sync"]).await.ends(0);
    let ids = ["a/b", "..", ".", "a b", "%2e%2e", "a?b#c", "ünï", "-x", "a\\b", "__proto__", "a\nb", ""];
    let mut saved = 0;
    for id in ids {
        let text = json!({"id": id, "name": "Hostile"}).to_string();
        let said = shell.run_with(&["records", "create", "Work", "customers", "-"], &text).await;
        match said.exit {
            0 => saved += 1,
            _ => assert_eq!(said.error()["code"], "invalid", "{said:?}"),
        }
    }
    let synced = shell.run(&["sync"]).await;
    assert!([0, 2].contains(&synced.exit), "{synced:?}");
    let effects = server.report().unwrap().effects;
    assert!(
        effects.iter().all(|effect| effect.collection == "customers" && ids.contains(&effect.id.as_str())),
        "{effects:?}"
    );
    assert!(effects.iter().any(|effect| effect.id == "a b"), "a space is no hindrance: {effects:?}");
    let parked = shell.run(&["queue", "list", "--state", "needs_you"]).await.ends(0);
    for row in &parked.lines {
        assert!(!row["reason"]["words"].as_str().unwrap().is_empty(), "{row}");
    }
    assert_eq!(effects.len() + parked.lines.len(), saved, "each is on the server or waits with its reason");
    shell.assert_balanced().await;
    server.stop().await;
}

// proves A7
#[tokio::test(flavor = "multi_thread")]
async fn a_login_page_is_no_acknowledgement() {
    let server = sample().await;
    let shell = Shell::linked(&server).await;
    shell.run(&["sync"]).await.ends(0);
    shell.run(&["records", "update", "Work", "customers", "CU-0001", "name=\"X\""]).await.ends(0);
    server.set_faults(Faults { html_200: Some(Switch::always(true)), ..Faults::default() });
    let said = shell.run(&["sync"]).await.ends(2);
    assert_eq!(said.line()["failure"]["class"], "intercepted", "{said:?}");
    assert_eq!(shell.assert_balanced().await["confirmed"], 0);
    server.clear_faults();
    shell.run(&["sync"]).await.ends(0);
    assert_eq!(shell.assert_balanced().await["confirmed"], 1);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_or_setting_that_cannot_be_used_is_named() {
    let damaged = Shell::new();
    damaged.file("tidemark.db", &"this is no database ".repeat(500));
    let error = damaged.run(&["status"]).await.ends(1).error();
    assert_eq!(error["code"], "store");
    assert!(error["message"].as_str().unwrap().contains("tidemark.db"), "{error}");

    let in_the_way = Shell::new();
    let file = in_the_way.file("file", "");
    let error = in_the_way.run(&["status", "--data", &file]).await.ends(1).error();
    assert_eq!(error["code"], "store", "{error}");

    let mut set = Shell::new();
    set.variables.push(("MAX_RETRIES".to_owned(), "often".to_owned()));
    let error = set.run(&["status"]).await.ends(1).error();
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("MAX_RETRIES") && message.contains("0 to 1000"), "{message}");
}

/// The views hold no text where programs expect documents.
#[tokio::test(flavor = "multi_thread")]
async fn one_mebibyte_and_128_levels_come_and_go_unchanged() {
    let server = sample().await;
    let shell = Shell::linked(&server).await;
    shell.run(&["sync"]).await.ends(0);
    let deep = format!("{}1.10{}", "{\"a\":".repeat(126), "}".repeat(126));
    let text =
        format!(r#"{{"id":"CU-0901","name":"Big","long":"{}","deep":{deep}}}"#, "ß".repeat(512 * 1024));
    shell.run_with(&["records", "create", "Work", "customers", "-"], &text).await.ends(0);
    shell.run(&["sync"]).await.ends(0);
    let other = Shell::linked(&server).await;
    other.run(&["sync"]).await.ends(0);
    let read =
        other.program().args(["--json", "records", "get", "Work", "customers", "CU-0901"]).output().unwrap();
    let read = String::from_utf8(read.stdout).unwrap();
    assert!(read.contains(&deep), "the deepest value kept its literal");
    let value: Value =
        tidemark_model::document::parse_value(json!({"long": "ß".repeat(512 * 1024)}).to_string().as_bytes())
            .unwrap();
    assert!(read.contains(value["long"].as_str().unwrap()));
    server.stop().await;
}

// proves A1
#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_saved_otherwise_than_it_was_typed_is_refused_and_named() {
    let server = sample().await;
    let shell = Shell::linked(&server).await;
    shell.run(&["sync"]).await.ends(0);
    let abyss = format!("{{\"a\":{}1{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let huge = format!("{{\"a\":\"{}\"}}", "x".repeat(20 * 1024 * 1024));
    for (text, words) in [
        (r#"{"name":"A","city":"B","name":"C"}"#, "'/name' stands twice"),
        (r#"{"lines":[{"n":1},{"n":1,"n":2}]}"#, "'/lines/1/n' stands twice"),
        (r#"{"n":NaN}"#, "not JSON at line 1"),
        (r#"{"n":Infinity}"#, "not JSON at line 1"),
        (r#"{"a":{"$serde_json::private::Number":"1"}}"#, "cannot be kept"),
        (abyss.as_str(), "deeper than 128 levels"),
        (huge.as_str(), "at most 16777216"),
    ] {
        let said = shell.run_with(&["records", "create", "Work", "customers", "-"], text).await.ends(1);
        assert_eq!(said.error()["code"], "invalid", "{said:?}");
        assert!(said.error()["message"].as_str().unwrap().contains(words), "{words}: {said:?}");
    }
    let update = ["records", "update", "Work", "customers", "CU-0001"];
    let twice = [&update[..], &["extra={\"x\":1,\"x\":2}"]].concat();
    assert!(
        shell.run(&twice).await.ends(1).error()["message"].as_str().unwrap().contains("'/x' stands twice")
    );
    let merge = shell.file("merge.json", r#"{"name":"A","name":"B"}"#);
    shell.run(&[&update[..], &["--merge", merge.as_str()]].concat()).await.ends(1);
    let both = shell.run(&[&update[..], &["name=\"A\"", "/name=\"B\""]].concat()).await.ends(64);
    assert!(both.error()["message"].as_str().unwrap().contains("named twice"), "{both:?}");
    assert_eq!(shell.run(&update).await.ends(64).error()["code"], "usage", "an update of nothing");
    let nowhere = ["records", "create", "Work", "nothing", "-"];
    assert_eq!(shell.run_with(&nowhere, "{}").await.ends(1).error()["code"], "not_found");
    assert_eq!(shell.assert_balanced().await["saved"], 0);
    server.stop().await;
}

// proves A1
#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_text_are_refused_and_nothing_is_stored() {
    let server = sample().await;
    let shell = Shell::linked(&server).await;
    shell.run(&["sync"]).await.ends(0);
    let broken = b"{\"id\":\"X\",\"name\":\"\xff\xfe\"}\n{\"id\":\"CU-0901\"}\n\n{\"a\":1,\"a\":2}\n{\"id\":\"CU-0902\"}";
    let path = shell.folder.path().join("broken.json");
    std::fs::write(&path, broken).unwrap();
    let path = path.to_str().unwrap();
    let said = shell.run(&["records", "create", "Work", "customers", path]).await.ends(1);
    assert_eq!(said.error()["code"], "file", "{said:?}");
    assert_eq!(shell.assert_balanced().await["saved"], 0);
    let said = shell.run(&["records", "create", "Work", "customers", "--lines", path]).await.ends(1);
    assert_eq!(said.line(), &json!({"saved": 2, "refused": 2}), "the good lines are saved");
    assert!(said.errors.contains("line 1: it is no UTF-8 text"), "{said:?}");
    assert!(said.errors.contains("line 4:") && said.errors.contains("'/a' stands twice"), "{said:?}");
    assert_eq!(shell.assert_balanced().await["saved"], 2);
    server.stop().await;
}
