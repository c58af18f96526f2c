use crate::support::Shell;
use serde_json::json;

// proves D3
#[tokio::test(flavor = "multi_thread")]
async fn three_files_are_merged_without_a_database_and_literals_survive() {
    let shell = Shell::new();
    let base = shell.file("base.json", r#"{"id":"1","a":1,"b":1.10,"c":12345678901234567890,"d":"x"}"#);
    let local = shell.file("local.json", r#"{"id":"1","a":2,"b":1.10,"c":12345678901234567890,"d":"mine"}"#);
    let remote =
        shell.file("remote.json", r#"{"id":"1","a":1,"b":1.50,"c":12345678901234567890,"d":"theirs"}"#);
    let said = shell.run(&["merge", &base, &local, &remote]).await.ends(2);
    let merged = said.line();
    assert_eq!(
        merged["merged"].to_string(),
        r#"{"id":"1","a":2,"b":1.50,"c":12345678901234567890,"d":"mine"}"#
    );
    assert_eq!(
        merged["clashes"],
        json!([{"path": "/d", "class": "clash", "base": "x", "local": "mine", "remote": "theirs"}])
    );
    let taken: Vec<_> =
        merged["taken"].as_array().unwrap().iter().map(|t| (t["path"].clone(), t["from"].clone())).collect();
    assert_eq!(taken, [(json!("/a"), json!("mine")), (json!("/b"), json!("server"))]);
    assert!(!shell.folder.path().join("tidemark.db").exists(), "no database was touched");
    let clean = shell.run(&["merge", &base, &base, &remote]).await.ends(0);
    assert_eq!(clean.line()["clashes"], json!([]));
}

// proves D3
#[tokio::test(flavor = "multi_thread")]
async fn without_a_base_whatever_differs_is_to_choose_and_a_field_that_is_not_there_has_no_value() {
    let shell = Shell::new();
    let base = shell.file("base.json", "null");
    let local = shell.file("local.json", r#"{"id":"1","a":null}"#);
    let remote = shell.file("remote.json", r#"{"id":"1","b":2}"#);
    let said = shell.run(&["merge", &base, &local, &remote]).await.ends(2);
    let clashes = said.line()["clashes"].as_array().unwrap().clone();
    let of =
        |path: &str| clashes.iter().find(|clash| clash["path"] == path).unwrap().as_object().unwrap().clone();
    assert!(
        of("/a").contains_key("local") && !of("/a").contains_key("remote") && !of("/a").contains_key("base")
    );
    assert_eq!(of("/b")["remote"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_merged_is_named_with_what_is_wrong() {
    let shell = Shell::new();
    let good = shell.file("good.json", "{}");
    let deep = format!("{}1{}", "{\"a\":".repeat(200), "}".repeat(200));
    for (text, what) in [("{\"a\":", "line 1"), ("[1]", "array"), ("\"x\"", "text"), (deep.as_str(), "128")] {
        let bad = shell.file("bad.json", text);
        let error = shell.run(&["merge", &good, &good, &bad]).await.ends(1).error();
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("bad.json") && message.contains(what), "{message}");
    }
    let null = shell.file("null.json", "null");
    shell.run(&["merge", &good, &null, &good]).await.ends(1);
    let rules = shell.file("rules.json", r#"{"row_key": {}}"#);
    let error = shell.run(&["merge", &good, &good, &good, "--rules", &rules]).await.ends(1).error();
    assert!(error["message"].as_str().unwrap().contains("row_keys"), "{error}");
}
