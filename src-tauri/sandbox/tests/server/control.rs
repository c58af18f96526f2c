use crate::support::{options, start};
use serde_json::json;
use tidemark_sandbox::{SandboxOptions, Script};

#[tokio::test]
async fn a_colleague_changes_makes_and_deletes() {
    let desk = start(options()).await;
    let made = r#"{"collection":"notes","create":{"id":"a","x":1,"y":{"z":2.50}}}"#;
    assert_eq!(desk.send("POST", "/_colleague", &[], made).await.json()["edits"][0]["status"], 201);
    let edit =
        r#"{"collection":"notes","id":"a","set":{"new":1.10,"/y/w":3},"remove":["x"],"by":"Jonas Ø."}"#;
    let edited = desk.send("POST", "/_colleague", &[], edit).await;
    assert_eq!(
        edited.json()["edits"][0]["doc"],
        json!({"id": "a", "y": serde_json::from_str::<serde_json::Value>("{\"z\":2.50,\"w\":3}").unwrap(), "new": "1.10".parse::<serde_json::Number>().unwrap()})
    );
    let effects = desk.sandbox.report().unwrap().effects;
    assert_eq!((effects[0].by.as_str(), effects[1].by.as_str()), ("Anna K.", "Jonas Ø."));
    let gone = r#"{"collection":"notes","id":"a","delete":true}"#;
    assert_eq!(desk.send("POST", "/_colleague", &[], gone).await.status, 200);
    assert_eq!(desk.get("/c/notes/a").await.status, 410);
    for wrong in [
        gone,
        r#"{"collection":"notes"}"#,
        r#"{"script":"dance"}"#,
        r#"{"collection":"notes","id":"a","sets":{}}"#,
    ] {
        assert_eq!(
            desk.send("POST", "/_colleague", &[], wrong).await.problem(),
            (400, "invalid".into()),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn scripts_play_on_the_sample_data() {
    let desk = start(SandboxOptions::sample()).await;
    let before = desk.get("/c/work_orders/WO-00412").await.json();
    let body = r#"{"script":"first-conflict"}"#;
    let played = desk.send("POST", "/_colleague", &[], body).await.json();
    let after = desk.get("/c/work_orders/WO-00412").await.json();
    assert_eq!(played["edits"][0]["doc"], after);
    let mine = tidemark_sandbox::sample::own_change();
    let clashing: Vec<&String> = mine.keys().filter(|name| after[*name] != before[*name]).collect();
    assert_eq!(clashing, ["priority"], "one field clashes");
    assert_ne!(mine["priority"], after["priority"]);
    assert_ne!(mine["priority"], before["priority"]);
    assert_ne!(before["technician"], after["technician"], "and one of hers merges by itself");
    assert_eq!(desk.sandbox.script(Script::BusyMorning).unwrap().len(), 12);
}

#[tokio::test]
async fn a_reset_begins_again() {
    let desk = start(options()).await;
    let old = desk.get("/").await.json()["epoch"].clone();
    desk.put("/c/notes/a", "{}").await;
    desk.send("POST", "/_faults", &[], r#"{"garble":true}"#).await;
    let reset = desk.send("POST", "/_reset", &[], "").await;
    assert_ne!(reset.json()["epoch"], old);
    assert_eq!(desk.get("/c/notes/a").await.status, 404);
    assert_eq!(desk.sandbox.report().unwrap().effects, []);
}

#[tokio::test]
async fn without_switches_there_are_none() {
    let desk = start(SandboxOptions { switches: false, ..options() }).await;
    for (method, path) in
        [("GET", "/_report"), ("POST", "/_faults"), ("POST", "/_reset"), ("POST", "/_colleague")]
    {
        assert_eq!(desk.send(method, path, &[], "").await.problem(), (404, "not-found".into()), "{path}");
    }
}

#[tokio::test]
async fn web_pages_do_not_reach_the_switches() {
    let desk = start(options()).await;
    let page = [("Origin", "https://evil.example")];
    assert_eq!(desk.send("POST", "/_reset", &page, "").await.problem(), (403, "forbidden".into()));
}

#[tokio::test]
async fn unknown_switches_are_named() {
    let desk = start(options()).await;
    let refused = desk.send("POST", "/_faults", &[], r#"{"explode":true}"#).await;
    assert_eq!(refused.problem(), (400, "invalid".into()));
    assert!(refused.text.contains("explode"), "{}", refused.text);
}

#[tokio::test]
async fn the_report_sees_steps_backwards() {
    let desk = start(options()).await;
    let me = ("X-Client-Id", "laptop-1");
    for (order, body) in [("2", "{\"n\":2}"), ("1", "{\"n\":1}"), ("3", "{\"n\":3}")] {
        desk.send("PUT", "/c/notes/a", &[me, ("X-Client-Order", order)], body).await;
    }
    desk.send("PUT", "/c/notes/b", &[me, ("X-Client-Order", "1")], "{}").await;
    let report = desk.sandbox.report().unwrap();
    assert_eq!(report.order_violations.len(), 1);
    let violation = &report.order_violations[0];
    assert_eq!((violation.id.as_str(), violation.client.as_str()), ("a", "laptop-1"));
    assert_eq!(report.effects[0].by, "laptop-1", "without accounts, the client's name stands there");

    let key = |ms: u64| uuid::Builder::from_unix_timestamp_millis(ms, &[7; 10]).into_uuid().to_string();
    for ms in [2_000_000_000_000, 1_900_000_000_000] {
        desk.send("PUT", "/c/notes/c", &[("Idempotency-Key", &key(ms))], &format!("{{\"n\":{ms}}}")).await;
    }
    assert_eq!(desk.sandbox.report().unwrap().order_violations.len(), 2, "UUIDv7 keys tell the order too");
}
