use crate::support::{options, start};
use serde_json::json;

// proves H7
#[tokio::test]
async fn a_record_is_made_read_changed_and_deleted() {
    let desk = start(options()).await;
    let made = desk.send("POST", "/c/notes", &[], r#"{"id":"a","title":"One"}"#).await;
    assert_eq!((made.status, made.text.as_str()), (201, r#"{"id":"a","title":"One"}"#));
    let first = made.etag().to_owned();
    assert!(first.starts_with('"'), "the tag is a strong one: {first}");

    let read = desk.get("/c/notes/a").await;
    assert_eq!((read.status, read.etag(), &read.text), (200, first.as_str(), &made.text));
    let same = desk.send("GET", "/c/notes/a", &[("If-None-Match", &first)], "").await;
    assert_eq!((same.status, same.text.as_str(), same.etag()), (304, "", first.as_str()));

    let changed =
        desk.send("PUT", "/c/notes/a", &[("If-Match", &first)], r#"{"id":"a","title":"Two"}"#).await;
    assert_eq!((changed.status, changed.json()["title"].as_str()), (200, Some("Two")));
    assert_ne!(changed.etag(), first);

    let gone = desk.send("DELETE", "/c/notes/a", &[("If-Match", changed.etag())], "").await;
    let tombstone = gone.json();
    assert_eq!((gone.status, &tombstone["id"], &tombstone["deleted"]), (200, &json!("a"), &json!(true)));
    assert_eq!(gone.etag(), format!("\"{}\"", tombstone["version"].as_str().unwrap()));

    let read = desk.get("/c/notes/a").await;
    assert_eq!(read.problem(), (410, "gone".into()));
    assert_eq!(read.json()["version"], tombstone["version"], "gone names the tombstone's version");
    assert_eq!(desk.get("/c/notes/b").await.problem(), (404, "not-found".into()));
    desk.sandbox.stop().await;
}

#[tokio::test]
async fn a_stale_write_is_refused_with_what_is_there() {
    let desk = start(options()).await;
    let stale = desk.put("/c/notes/a", r#"{"n":1}"#).await.etag().to_owned();
    let current = desk.put("/c/notes/a", r#"{"n":2}"#).await;
    for (method, body) in [("PUT", r#"{"n":3}"#), ("PATCH", r#"{"n":3}"#), ("DELETE", "")] {
        let refused = desk.send(method, "/c/notes/a", &[("If-Match", &stale)], body).await;
        assert_eq!(refused.problem(), (412, "version-conflict".into()), "{method}");
        let seen = refused.json()["current"].clone();
        assert_eq!(seen["doc"], json!({"id": "a", "n": 2}), "{method}");
        assert_eq!(format!("\"{}\"", seen["version"].as_str().unwrap()), current.etag());
        assert_eq!(
            (&seen["modified_by"], &seen["modified_at"]),
            (&json!("somebody"), &json!("2026-06-15T12:00:00.000Z"))
        );
    }
    assert_eq!(desk.get("/c/notes/a").await.text, r#"{"id":"a","n":2}"#, "nothing was done");
}

#[tokio::test]
async fn nothing_is_made_over_something() {
    let desk = start(options()).await;
    let absent = [("If-None-Match", "*")];
    assert_eq!(desk.send("PUT", "/c/notes/a", &absent, r#"{"n":1}"#).await.status, 201);
    let again = desk.send("PUT", "/c/notes/a", &absent, r#"{"n":2}"#).await;
    assert_eq!(again.problem(), (412, "version-conflict".into()));
    assert_eq!(again.json()["current"]["doc"]["n"], 1);
    let posted = desk.send("POST", "/c/notes", &[], r#"{"id":"a","n":3}"#).await;
    assert_eq!(posted.problem(), (412, "version-conflict".into()));
}

#[tokio::test]
async fn a_tombstone_is_not_written_over_by_accident() {
    let desk = start(options()).await;
    let alive = desk.put("/c/notes/a", r#"{"n":1}"#).await.etag().to_owned();
    let tombstone = desk.send("DELETE", "/c/notes/a", &[], "").await.etag().to_owned();

    let stale = desk.send("PUT", "/c/notes/a", &[("If-Match", &alive)], r#"{"n":2}"#).await;
    assert_eq!(stale.problem(), (412, "version-conflict".into()));
    assert_eq!(stale.json()["current"]["deleted"], true);
    assert_eq!(desk.send("PATCH", "/c/notes/a", &[], r#"{"n":2}"#).await.problem(), (410, "gone".into()));
    let twice = desk.send("DELETE", "/c/notes/a", &[("If-Match", &alive)], "").await;
    assert_eq!(twice.problem(), (410, "gone".into()));
    let never = desk.send("PUT", "/c/notes/b", &[("If-Match", &alive)], r#"{"n":2}"#).await;
    assert_eq!(never.problem(), (404, "not-found".into()));

    let back = desk.send("PUT", "/c/notes/a", &[("If-Match", &tombstone)], r#"{"n":3}"#).await;
    assert_eq!(back.status, 201, "who names the tombstone means to bring the record back");
    assert_eq!(desk.get("/c/notes/a").await.json()["n"], 3);
}

#[tokio::test]
async fn both_kinds_of_patch_are_applied() {
    let desk = start(options()).await;
    desk.put("/c/notes/a", r#"{"id":"a","x":{"y":1,"z":2},"list":[1]}"#).await;
    let merge = [("Content-Type", "application/merge-patch+json")];
    let merged = desk.send("PATCH", "/c/notes/a", &merge, r#"{"x":{"y":null,"w":3}}"#).await;
    assert_eq!((merged.status, merged.text.as_str()), (200, r#"{"id":"a","x":{"z":2,"w":3},"list":[1]}"#));
    let patch = [("Content-Type", "application/json-patch+json"), ("If-Match", merged.etag())];
    let body = r#"[{"op":"test","path":"/x/z","value":2},{"op":"add","path":"/list/-","value":2},{"op":"remove","path":"/x"}]"#;
    let patched = desk.send("PATCH", "/c/notes/a", &patch, body).await;
    assert_eq!((patched.status, patched.text.as_str()), (200, r#"{"id":"a","list":[1,2]}"#));

    let json_patch = [("Content-Type", "application/json-patch+json")];
    let failing = r#"[{"op":"add","path":"/new","value":1},{"op":"test","path":"/list/0","value":9}]"#;
    let refused = desk.send("PATCH", "/c/notes/a", &json_patch, failing).await;
    assert_eq!(refused.problem(), (400, "invalid".into()));
    assert_eq!(desk.get("/c/notes/a").await.text, patched.text, "a patch is done as a whole or not");
}

#[tokio::test]
async fn numbers_keep_their_literals_through_every_write() {
    let desk = start(options()).await;
    let doc =
        r#"{"id":"n","big":12345678901234567890,"price":1.10,"tiny":0.000000000000000000010,"list":[3.0]}"#;
    assert_eq!(desk.put("/c/notes/n", doc).await.text, doc);
    let merged = desk.send("PATCH", "/c/notes/n", &[], r#"{"other":2.50}"#).await;
    assert_eq!(merged.text, doc.replace("]}", "],\"other\":2.50}"));
    let patch = [("Content-Type", "application/json-patch+json")];
    let body = r#"[{"op":"replace","path":"/other","value":98765432109876543210.0}]"#;
    let patched = desk.send("PATCH", "/c/notes/n", &patch, body).await;
    assert_eq!(patched.text, merged.text.replace("2.50", "98765432109876543210.0"));
    assert_eq!(desk.get("/c/notes/n").await.text, patched.text);
    let listed = desk.get("/c/notes").await.text;
    assert!(listed.contains(&patched.text), "a page gives the same literals: {listed}");
    let batch = r#"{"items":[{"method":"PUT","collection":"notes","id":"m","body":{"price":7.70}}]}"#;
    assert!(desk.send("POST", "/batch", &[], batch).await.text.contains("7.70"));
}

#[tokio::test]
async fn any_text_may_be_an_id() {
    let desk = start(options()).await;
    for id in [
        "a/b",
        "a b",
        "ü",
        "100%",
        "?x=1&y#z",
        "注文-1",
        "\"quoted\"",
        "a\\b",
        "..x",
        "%2F",
        &"x".repeat(512),
    ] {
        let path = format!(
            "/c/notes/{}",
            percent_encoding::utf8_percent_encode(id, percent_encoding::NON_ALPHANUMERIC)
        );
        let made = desk.send("PUT", &path, &[("If-None-Match", "*")], r#"{"n":1}"#).await;
        assert_eq!((made.status, made.json()["id"].as_str()), (201, Some(id)));
        assert_eq!(desk.get(&path).await.json()["id"], id);
    }
    let long = desk.put(&format!("/c/notes/{}", "x".repeat(513)), "{}").await;
    assert_eq!(long.problem(), (400, "invalid".into()));
    let no_utf8 = desk.put("/c/notes/%FF", "{}").await;
    assert_eq!(no_utf8.problem(), (400, "invalid".into()));
    // Clients swallow `..` in a path, however it is encoded; in a batch it can be named.
    let batch = r#"{"items":[{"method":"PUT","collection":"notes","id":"..","body":{}}]}"#;
    assert_eq!(desk.send("POST", "/batch", &[], batch).await.json()["items"][0]["status"], 201);
}

#[tokio::test]
async fn bodies_come_and_go_packed() {
    let desk = start(options()).await;
    let long = format!(r#"{{"text":"{}"}}"#, "tide ".repeat(2000));
    desk.put("/c/notes/a", &long).await;
    let answer = reqwest::Client::builder()
        .no_proxy()
        .gzip(false)
        .zstd(false)
        .build()
        .unwrap()
        .get(format!("{}/c/notes/a", desk.sandbox.url()))
        .header("Accept-Encoding", "zstd")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["content-encoding"], "zstd");
    let packed = answer.bytes().await.unwrap();
    assert!(packed.len() < 500, "{} bytes", packed.len());
    let sent = desk
        .client
        .put(format!("{}/c/notes/b", desk.sandbox.url()))
        .header("Content-Encoding", "zstd")
        .body(packed.clone())
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), 400, "the packed document names another id, so it was unpacked and read");
    let sent = desk
        .client
        .put(format!("{}/c/notes/a", desk.sandbox.url()))
        .header("Content-Encoding", "zstd")
        .body(packed)
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), 200);
}
