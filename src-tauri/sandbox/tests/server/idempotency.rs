use crate::support::{noon, options, start};
use chrono::TimeDelta;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tidemark_sandbox::{Faults, SandboxOptions, Switch};

const KEY: (&str, &str) = ("Idempotency-Key", "k-1");

// proves A4
#[tokio::test]
async fn a_key_gives_the_first_answer_again_before_any_precondition() {
    let desk = start(options()).await;
    let absent = [KEY, ("If-None-Match", "*")];
    let first = desk.send("PUT", "/c/notes/a", &absent, r#"{"n":1}"#).await;
    assert_eq!((first.status, first.header("idempotency-replayed")), (201, None));
    desk.put("/c/notes/a", r#"{"n":2}"#).await;

    let again = desk.send("PUT", "/c/notes/a", &absent, r#"{"n":1}"#).await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, Some("true")));
    assert_eq!((again.etag(), &again.text), (first.etag(), &first.text));
    assert_eq!(desk.get("/c/notes/a").await.json()["n"], 2, "it had no second effect");

    let other = desk.send("PUT", "/c/notes/a", &absent, r#"{"n":3}"#).await;
    assert_eq!(other.problem(), (422, "key-reused".into()));
    let elsewhere = desk.send("PUT", "/c/notes/b", &[KEY], r#"{"n":1}"#).await;
    assert_eq!(elsewhere.problem(), (422, "key-reused".into()));
}

#[tokio::test]
async fn a_refusal_is_said_again_too() {
    let desk = start(options()).await;
    desk.put("/c/notes/a", r#"{"n":1}"#).await;
    let stale = [KEY, ("If-Match", "\"0-00000000\"")];
    let first = desk.send("PUT", "/c/notes/a", &stale, r#"{"n":2}"#).await;
    let again = desk.send("PUT", "/c/notes/a", &stale, r#"{"n":2}"#).await;
    assert_eq!((first.problem(), &first.text), (again.problem(), &again.text));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
}

#[tokio::test]
async fn a_delete_that_lost_its_answer_succeeds_the_second_time() {
    let desk = start(options()).await;
    let tag = desk.put("/c/notes/a", "{}").await.etag().to_owned();
    let headers = [KEY, ("If-Match", &tag)];
    let first = desk.send("DELETE", "/c/notes/a", &headers, "").await;
    let again = desk.send("DELETE", "/c/notes/a", &headers, "").await;
    assert_eq!((first.status, again.status, &first.text), (200, 200, &again.text));
}

#[tokio::test]
async fn a_key_whose_request_still_runs_is_in_use() {
    let desk = start(options()).await;
    desk.sandbox
        .set_faults(Faults { late_commit_ms: Some(Switch::always(600_000).times(1)), ..Faults::default() });
    let slow = desk.send("PUT", "/c/notes/a", &[KEY], r#"{"n":1}"#);
    let fast = async {
        while desk.sandbox.with_world(|world| world.running_keys()) == 0 {
            tokio::task::yield_now().await;
        }
        let fast = desk.send("PUT", "/c/notes/a", &[KEY], r#"{"n":1}"#).await;
        desk.sandbox.clear_faults();
        fast
    };
    let (slow, fast) = tokio::join!(slow, fast);
    assert_eq!(fast.problem(), (409, "key-in-use".into()));
    assert!(fast.header("retry-after").is_some());
    assert_eq!(slow.status, 201);
    let after = desk.send("PUT", "/c/notes/a", &[KEY], r#"{"n":1}"#).await;
    assert_eq!(after.header("idempotency-replayed"), Some("true"));
}

#[tokio::test]
async fn a_key_ends_after_its_published_life() {
    let hours = Arc::new(AtomicI64::new(0));
    let clock = Arc::clone(&hours);
    let now = Arc::new(move || noon() + TimeDelta::hours(clock.load(Ordering::SeqCst)));
    let desk = start(SandboxOptions { now, key_ttl_s: 7200, ..options() }).await;
    assert_eq!(desk.get("/").await.json()["key_ttl_s"], 7200);
    desk.send("PUT", "/c/notes/a", &[KEY], "{}").await;
    hours.store(2, Ordering::SeqCst);
    let kept = desk.send("PUT", "/c/notes/a", &[KEY], "{}").await;
    assert_eq!(kept.header("idempotency-replayed"), Some("true"));
    hours.store(3, Ordering::SeqCst);
    let ended = desk.send("PUT", "/c/notes/a", &[KEY], "{}").await;
    assert_eq!(ended.header("idempotency-replayed"), None);
    let report = desk.sandbox.report().unwrap();
    assert_eq!(report.duplicates.len(), 1, "the report knows that the key took effect twice");
    assert_eq!(report.duplicates[0].kind, "key");
}

#[tokio::test]
async fn keys_of_two_accounts_are_two() {
    let accounts = vec![tidemark_sandbox::Account::new("a", "1"), tidemark_sandbox::Account::new("b", "2")];
    let desk = start(SandboxOptions { accounts, ..options() }).await;
    for (token, n) in [("1", 1), ("2", 2)] {
        let made = desk
            .client
            .put(format!("{}/c/notes/x", desk.sandbox.url()))
            .bearer_auth(token)
            .header("Idempotency-Key", "same")
            .body(format!("{{\"n\":{n}}}"))
            .send()
            .await
            .unwrap();
        assert!(made.headers().get("idempotency-replayed").is_none());
        assert!(made.status().is_success());
    }
}

#[tokio::test]
async fn a_mended_body_may_keep_its_key() {
    let desk = start(options()).await;
    assert_eq!(desk.send("PUT", "/c/notes/a", &[KEY], "{").await.status, 400);
    assert_eq!(desk.send("PUT", "/c/notes/a", &[KEY], "{}").await.status, 201);
}
