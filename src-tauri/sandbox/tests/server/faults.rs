use crate::support::{Desk, options, start};
use serde_json::{Value, json};
use tidemark_sandbox::{Faults, Switch};

const KEY: (&str, &str) = ("Idempotency-Key", "0190b2d0-0000-7000-8000-000000000001");

async fn faulty(faults: Value) -> Desk {
    let desk = start(options()).await;
    let set = desk.send("POST", "/_faults", &[], &faults.to_string()).await;
    assert_eq!(set.status, 200, "{}", set.text);
    desk
}

// proves A4, H7
#[tokio::test]
async fn drop_after_loses_the_answer_and_keeps_the_effect() {
    let desk = faulty(json!({"drop_after": {"times": 1}})).await;
    let lost = desk.try_send("PUT", "/c/notes/a", &[KEY], "{}").await;
    assert!(lost.is_err(), "{lost:?}");
    assert_eq!(desk.sandbox.report().unwrap().effects.len(), 1);
    let again = desk.send("PUT", "/c/notes/a", &[KEY], "{}").await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, Some("true")));
    let report = desk.sandbox.report().unwrap();
    assert_eq!((report.effects.len(), report.duplicates.len()), (1, 0));
}

#[tokio::test]
async fn drop_before_and_refuse_leave_no_effect() {
    for fault in ["drop_before", "refuse"] {
        let desk = faulty(json!({fault: true})).await;
        let lost = desk.try_send("PUT", "/c/notes/a", &[], "{}").await;
        assert!(lost.is_err(), "{fault}: {lost:?}");
        assert_eq!(desk.sandbox.report().unwrap().effects, []);
        desk.sandbox.clear_faults();
        assert_eq!(desk.put("/c/notes/a", "{}").await.status, 201);
    }
}

#[tokio::test]
async fn a_truncated_answer_breaks_off_after_its_head() {
    let desk = faulty(json!({"truncate": true})).await;
    let answer =
        desk.client.put(format!("{}/c/notes/a", desk.sandbox.url())).body(r#"{"n":12345}"#).send().await;
    let answer = answer.unwrap();
    assert_eq!(answer.status(), 201);
    assert!(answer.text().await.is_err(), "the body ends before its length");
    assert_eq!(desk.sandbox.report().unwrap().effects.len(), 1);
}

#[tokio::test]
async fn a_garbled_answer_is_no_json() {
    let desk = faulty(json!({"garble": true})).await;
    let answer = desk.put("/c/notes/a", r#"{"n":12345}"#).await;
    assert_eq!((answer.status, answer.header("content-type")), (201, Some("application/json")));
    assert!(serde_json::from_str::<Value>(&answer.text).is_err(), "{}", answer.text);
}

#[tokio::test]
async fn answers_made_by_faults_do_nothing() {
    for (fault, status) in [
        (json!({"html_200": true}), 200),
        (json!({"status": [503]}), 503),
        (json!({"status": [429], "retry_after": 7}), 429),
        (json!({"unauthorized": true}), 401),
        (json!({"fail_next": 1}), 503),
    ] {
        let desk = faulty(fault.clone()).await;
        let answer = desk.put("/c/notes/a", "{}").await;
        assert_eq!(answer.status, status, "{fault}");
        assert_eq!(desk.sandbox.report().unwrap().effects, [], "{fault}");
        match status {
            200 => assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8")),
            429 => assert_eq!(answer.header("retry-after"), Some("7")),
            _ => assert_eq!(answer.problem().0, status),
        }
        assert!(answer.header("date").is_some(), "{fault}");
    }
}

#[tokio::test]
async fn a_duplicate_delivery_has_one_effect_with_a_key_and_two_without() {
    let desk = faulty(json!({"duplicate": true})).await;
    assert_eq!(desk.send("PUT", "/c/notes/a", &[KEY], "{}").await.header("idempotency-replayed"), None);
    assert_eq!(desk.sandbox.report().unwrap().effects.len(), 1);
    desk.put("/c/notes/b", "{}").await;
    let report = desk.sandbox.report().unwrap();
    assert_eq!((report.effects.len(), report.duplicates.len()), (3, 1));
    assert_eq!((report.duplicates[0].kind.as_str(), report.duplicates[0].id.as_str()), ("body", "b"));
}

#[tokio::test]
async fn a_filter_spares_other_requests() {
    let desk =
        faulty(json!({"status": {"value": [500], "filter": {"method": "PUT", "path": "/poison"}}})).await;
    assert_eq!(desk.put("/c/notes/poison", "{}").await.status, 500);
    assert_eq!(desk.put("/c/notes/good", "{}").await.status, 201);
    assert_eq!(desk.get("/c/notes/poison").await.status, 404);
}

#[tokio::test]
async fn offline_closes_everything_but_the_switches() {
    let desk = faulty(json!({"offline": true})).await;
    assert!(desk.try_send("GET", "/", &[], "").await.is_err());
    assert_eq!(desk.send("GET", "/_report", &[], "").await.status, 200);
    assert_eq!(desk.send("POST", "/_faults", &[], "{}").await.status, 200);
    assert_eq!(desk.get("/").await.status, 200);
}

#[tokio::test]
async fn a_delay_waits_before_the_effect() {
    let desk = start(options()).await;
    desk.sandbox.set_faults(Faults { delay_ms: Some(Switch::always(150).times(1)), ..Faults::default() });
    let began = std::time::Instant::now();
    assert_eq!(desk.put("/c/notes/a", "{}").await.status, 201);
    assert!(began.elapsed().as_millis() >= 150);
    assert_eq!(desk.sandbox.faults().delay_ms.unwrap().times, Some(0));
}
