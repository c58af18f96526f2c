//! Servers that are away, refuse, hurry us, or are somebody else.

use crate::every_kind;
use crate::ground::{Ground, PASSWORD, failed, impatient, push};
use serde_json::json;
use std::time::Duration;
use tidemark_connectors::{HttpOptions, Limits, Secret, connect};
use tidemark_model::connector::{Outcome, PullFailure, Remote};
use tidemark_model::failure::{Effect, ErrorClass};
use tidemark_model::number::Millis;
use tidemark_model::settings::LinkSettings;
use tidemark_tests::fault_proxy::{Canned, Fault, FaultProxy, Rule};

every_kind!(
    a_server_that_is_away_is_offline_and_nothing_was_done,
    a_server_that_returns_is_reached_again,
    a_slower_pace_is_asked_for_and_nothing_was_done,
    a_wrong_password_is_about_the_account,
    a_session_that_ended_is_about_the_account,
    a_login_page_is_never_taken_for_data,
    a_wrong_base_path_deletes_nothing,
    a_page_that_breaks_off_is_no_page,
    an_answer_without_end_is_cut_off,
    a_silent_server_is_given_up_in_time,
    an_answer_that_is_only_late_is_taken,
    a_redirect_elsewhere_is_not_followed_and_sees_no_secret,
    a_foreign_refusal_parks_nothing,
    a_secret_in_an_answer_does_not_reach_the_record_of_attempts,
);

async fn a_server_that_is_away_is_offline_and_nothing_was_done(ground: Ground) {
    let sealed = ground.create(&json!({"id": "a"}));
    ground.proxy.go_offline().await.unwrap();
    let failure = failed(ground.push(&sealed).await);
    assert_eq!((failure.class, failure.effect), (ErrorClass::Offline, Effect::None));
    assert!(!failure.counts);
    assert_eq!(ground.ours.check().await.unwrap_err().class, ErrorClass::Offline);
    let Err(PullFailure::Failed(failure)) = ground.ours.pull(&ground.wish(None, 10)).await else {
        panic!("a page came from nowhere");
    };
    assert_eq!(failure.class, ErrorClass::Offline);
}

async fn a_server_that_returns_is_reached_again(ground: Ground) {
    let sealed = ground.create(&json!({"id": "a"}));
    ground.ours.check().await.unwrap();
    ground.proxy.go_offline().await.unwrap();
    assert_eq!(failed(ground.push(&sealed).await).class, ErrorClass::Offline);
    ground.proxy.go_online().await.unwrap();
    ground.accepted(&sealed).await;
}

// proves A6
async fn a_slower_pace_is_asked_for_and_nothing_was_done(ground: Ground) {
    ground.proxy.add(Rule::once(Fault::status_after(429, 7)));
    let failure = failed(ground.push(&ground.create(&json!({"id": "a"}))).await);
    assert_eq!((failure.class, failure.effect), (ErrorClass::Throttled, Effect::None));
    assert_eq!((failure.retry_after, failure.counts), (Some(Millis(7_000)), false));
    ground.proxy.add(Rule::once(Fault::status_after(503, 3)));
    let Err(PullFailure::Failed(failure)) = ground.ours.pull(&ground.wish(None, 10)).await else {
        panic!("a page came with 503");
    };
    assert_eq!((failure.class, failure.retry_after), (ErrorClass::Throttled, Some(Millis(3_000))));
    let dated = Canned::json(429, "{}")
        .with("Date", "Sat, 21 Nov 2026 11:35:51 GMT")
        .with("Retry-After", "Sat, 21 Nov 2026 11:36:01 GMT");
    ground.proxy.add(Rule::once(Fault::Say(dated)));
    let failure = ground.ours.check().await.unwrap_err();
    assert_eq!(failure.retry_after, Some(Millis(10_000)), "a date is read by the server's own clock");
}

// proves A7
async fn a_wrong_password_is_about_the_account(ground: Ground) {
    let url = ground.proxy.url("v1");
    let secret = Some(Secret::new("wrong"));
    let wrong = connect(ground.kind, &url, LinkSettings::default(), Some("ann".into()), secret).unwrap();
    assert_eq!(wrong.check().await.unwrap_err().class, ErrorClass::Auth);
    assert_eq!(wrong.discover().await.unwrap_err().class, ErrorClass::Auth);
    let failure = failed(push(wrong.as_ref(), &ground.create(&json!({"id": "a"}))).await);
    assert_eq!((failure.class, failure.effect, failure.counts), (ErrorClass::Auth, Effect::None, false));
    assert_eq!(ground.truth("a").await, Remote::Missing);
}

async fn a_session_that_ended_is_about_the_account(ground: Ground) {
    for fault in [Fault::status(401), Fault::Say(Canned::new(401, "text/html", "<h1>no</h1>"))] {
        ground.proxy.add(Rule::once(fault));
        let failure = failed(ground.push(&ground.create(&json!({"id": "a"}))).await);
        assert_eq!((failure.class, failure.effect, failure.counts), (ErrorClass::Auth, Effect::None, false));
    }
}

// proves A7
async fn a_login_page_is_never_taken_for_data(ground: Ground) {
    ground.colleague(&ground.create(&json!({"id": "a"}))).await;
    ground.proxy.add(Rule::always(Fault::html()));
    let (collection, ours) = (ground.collection.as_str(), &ground.ours);
    assert_eq!(ours.check().await.unwrap_err().class, ErrorClass::Intercepted);
    assert_eq!(ours.discover().await.unwrap_err().class, ErrorClass::Intercepted);
    assert_eq!(ours.fetch(collection, "a").await.unwrap_err().class, ErrorClass::Intercepted);
    let Err(PullFailure::Failed(failure)) = ours.pull(&ground.wish(None, 10)).await else {
        panic!("a login page was taken for a page");
    };
    assert_eq!((failure.class, failure.effect), (ErrorClass::Intercepted, Effect::None));
}

async fn a_wrong_base_path_deletes_nothing(ground: Ground) {
    let version = ground.accepted(&ground.create(&json!({"id": "a", "n": 1}))).await;
    let lost = ground.ours_with("v1/elsewhere", HttpOptions::default());
    assert_eq!(lost.check().await.unwrap_err().class, ErrorClass::Intercepted);
    let fetched = lost.fetch(&ground.collection, "a").await;
    assert_eq!(fetched.unwrap_err().class, ErrorClass::Intercepted, "a wrong path is not a deleted record");
    assert!(lost.pull(&ground.wish(None, 10)).await.is_err());
    for sealed in [ground.update(&version, &json!({"id": "a", "n": 2})), ground.delete("a", &version)] {
        let outcome = push(lost.as_ref(), &sealed).await;
        assert!(matches!(outcome, Outcome::Failed(_)), "neither done nor a conflict: {outcome:?}");
    }
    // The same when a proxy in between answers 404 for the server.
    for fault in [Fault::status(404), Fault::Say(Canned::new(404, "text/html", "<h1>Not Found</h1>"))] {
        ground.proxy.add(Rule::always(fault));
        assert!(ground.ours.fetch(&ground.collection, "a").await.is_err());
        let outcome = ground.push(&ground.delete("a", &version)).await;
        assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
        ground.proxy.clear();
    }
}

async fn a_page_that_breaks_off_is_no_page(ground: Ground) {
    for name in ["a", "b", "c"] {
        ground.colleague(&ground.create(&json!({"id": name, "long": "x".repeat(500)}))).await;
    }
    for fault in [Fault::Truncate, Fault::Garble, Fault::DropAfter] {
        ground.proxy.add(Rule::once(fault.clone()).method("GET"));
        let page = ground.ours.pull(&ground.wish(None, 10)).await;
        assert!(matches!(page, Err(PullFailure::Failed(_))), "{fault:?}: {page:?}");
    }
    let (rows, _) = ground.pull_all(None, 10).await;
    assert_eq!(rows.len(), 3, "afterwards all is there");
}

async fn an_answer_without_end_is_cut_off(ground: Ground) {
    let limits = Limits { document: 200_000, page: 200_000, description: 200_000, ..Limits::default() };
    let small = ground.ours_with("v1", HttpOptions { limits, ..HttpOptions::default() });
    ground.proxy.add(Rule::always(Fault::Flood));
    assert_eq!(small.check().await.unwrap_err().class, ErrorClass::Intercepted);
    assert_eq!(small.fetch(&ground.collection, "a").await.unwrap_err().class, ErrorClass::Intercepted);
    assert!(matches!(small.pull(&ground.wish(None, 10)).await, Err(PullFailure::Failed(_))));
    let failure = failed(push(small.as_ref(), &ground.create(&json!({"id": "a"}))).await);
    assert_eq!((failure.class, failure.effect), (ErrorClass::Intercepted, Effect::Unknown));
}

async fn a_silent_server_is_given_up_in_time(ground: Ground) {
    let hasty = ground.ours_with("v1", impatient());
    ground.proxy.add(Rule::always(Fault::SilenceBefore));
    let failure = hasty.check().await.unwrap_err();
    assert_eq!((failure.class, failure.effect, failure.counts), (ErrorClass::Transient, Effect::None, false));
}

async fn an_answer_that_is_only_late_is_taken(ground: Ground) {
    ground.proxy.add(Rule::once(Fault::Delay(Duration::from_millis(50))));
    ground.accepted(&ground.create(&json!({"id": "a"}))).await;
}

async fn a_redirect_elsewhere_is_not_followed_and_sees_no_secret(ground: Ground) {
    let elsewhere = FaultProxy::start(&ground.proxy.origin()).await.unwrap();
    for status in [301, 302, 307, 308] {
        ground.proxy.add(Rule::always(Fault::redirect(status, &elsewhere.url("v1/"))));
        assert_eq!(ground.ours.check().await.unwrap_err().class, ErrorClass::Intercepted, "{status}");
        let failure = failed(ground.push(&ground.create(&json!({"id": "a"}))).await);
        assert_eq!((failure.class, failure.effect), (ErrorClass::Intercepted, Effect::Unknown), "{status}");
        ground.proxy.clear();
    }
    assert!(elsewhere.seen().is_empty(), "nothing goes to another origin, least of all the account");
}

async fn a_foreign_refusal_parks_nothing(ground: Ground) {
    for status in [400, 403, 404, 405, 410, 413, 422, 511] {
        ground.proxy.add(Rule::once(Fault::Say(Canned::new(status, "text/html", "<h1>blocked</h1>"))));
        let failure = failed(ground.push(&ground.create(&json!({"id": "a"}))).await);
        assert_eq!((failure.class, failure.counts), (ErrorClass::Intercepted, false), "{status}");
    }
}

async fn a_secret_in_an_answer_does_not_reach_the_record_of_attempts(ground: Ground) {
    let echo = format!(r#"{{"code":400,"errno":107,"message":"{PASSWORD}","detail":"{PASSWORD}"}}"#);
    ground.proxy.add(Rule::once(Fault::Say(Canned::json(400, echo))));
    let failure = failed(ground.push(&ground.create(&json!({"id": "a"}))).await);
    assert!(!format!("{failure:?}").contains(PASSWORD), "{failure:?}");
    assert!(failure.words.contains("•••"), "the words themselves are kept: {}", failure.words);
    // The account travels in one header and nowhere else.
    let seen = ground.proxy.seen();
    assert!(seen.iter().all(|one| one.header("authorization").is_some() && one.header("cookie").is_none()));
    assert!(seen.iter().all(|one| !one.target.contains(PASSWORD)));
}
