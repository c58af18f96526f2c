//! What of a change's request and its answer is seen on the wire, and what of it is never kept.

use crate::every_kind;
use crate::ground::{Ground, PASSWORD, impatient};
use serde_json::json;
use tidemark_connectors::{HttpOptions, Limits};
use tidemark_model::connector::Connector;
use tidemark_model::exchange::{BODY_BYTES, Exchange};
use tidemark_tests::fault_proxy::{Canned, Fault, Rule};

every_kind!(
    what_left_and_what_came_is_told_word_for_word,
    an_answer_that_is_not_taken_in_is_told_as_far_as_it_came,
    no_secret_is_in_it_whatever_a_server_echoes,
    of_a_server_that_says_nothing_only_what_left_is_known,
);

async fn pushed(ground: &Ground, ours: &dyn Connector, id: &str) -> Exchange {
    let sealed = ground.create(&json!({ "id": id }));
    ours.push(std::slice::from_ref(&sealed)).await.exchange.expect("one request is watched")
}

fn has(lines: &[String], line: &str) -> bool {
    lines.iter().any(|kept| kept == line)
}

// proves A9
async fn what_left_and_what_came_is_told_word_for_word(ground: Ground) {
    let stack = "at line 7\n".repeat(20_000);
    let said = Canned::new(500, "text/plain", stack).with("X-Request-Id", "7f3a").with("Retry-After", "30");
    ground.proxy.add(Rule::once(Fault::Say(said)));
    let seen = pushed(&ground, ground.ours.as_ref(), "a").await;
    assert!(has(&seen.sent, "if-none-match: *"), "{:?}", seen.sent);
    assert!(has(&seen.answered, "retry-after: 30"), "{:?}", seen.answered);
    assert_eq!(seen.request_id.as_deref(), Some("7f3a"));
    let body = seen.body.unwrap();
    assert_eq!((body.len(), &body[..10]), (BODY_BYTES, "at line 7\n"), "its start, and no more");
}

// proves A9
async fn an_answer_that_is_not_taken_in_is_told_as_far_as_it_came(ground: Ground) {
    let limits = Limits { document: 200_000, ..Limits::default() };
    let small = ground.ours_with("v1", HttpOptions { limits, ..HttpOptions::default() });
    ground.proxy.add(Rule::once(Fault::Flood));
    let seen = pushed(&ground, small.as_ref(), "a").await;
    assert!(!seen.answered.is_empty(), "an answer without end begins all the same");
    assert_eq!(seen.body.map(|body| body.len()), Some(BODY_BYTES));
}

// proves A9
async fn no_secret_is_in_it_whatever_a_server_echoes(ground: Ground) {
    let said = Canned::new(422, "text/plain", format!("your password is {PASSWORD}"))
        .with("Set-Cookie", "sid=let-me-in")
        .with("X-Echo", PASSWORD);
    ground.proxy.add(Rule::once(Fault::Say(said)));
    let seen = pushed(&ground, ground.ours.as_ref(), "a").await;
    assert!(has(&seen.sent, "authorization: ••••"), "that it was signed is told: {:?}", seen.sent);
    assert!(has(&seen.answered, "set-cookie: ••••") && has(&seen.answered, "x-echo: •••"));
    assert_eq!(seen.body.as_deref(), Some("your password is •••"));
    let debugged =
        format!("{:?}", ground.ours.push(&[ground.create(&json!({"id": "b-marked"}))]).await.exchange);
    assert!(!debugged.contains("b-marked"), "and bodies stay out of logs: {debugged}");
}

// proves A9
async fn of_a_server_that_says_nothing_only_what_left_is_known(ground: Ground) {
    let ours = ground.ours_with("v1", impatient());
    ground.proxy.add(Rule::once(Fault::SilenceBefore));
    let silent = pushed(&ground, ours.as_ref(), "a").await;
    assert!(has(&silent.sent, "if-none-match: *"));
    assert_eq!((silent.answered, silent.body, silent.request_id), (vec![], None, None));
    ground.proxy.go_offline().await.unwrap();
    let ours = ground.ours_with("v1", HttpOptions::default());
    assert_eq!(pushed(&ground, ours.as_ref(), "b").await.answered, Vec::<String>::new());
}
