//! Writes whose answer does not come, or cannot be believed: what is known afterwards, and what a second try does.

use crate::every_kind;
use crate::ground::{Ground, document, failed, impatient, push};
use serde_json::{Value, json};
use tidemark_model::connector::{Outcome, Remote, Sealed};
use tidemark_model::failure::{Effect, ErrorClass, Failure};
use tidemark_tests::fault_proxy::{Fault, Rule};

every_kind!(
    a_write_whose_answer_was_lost_has_one_effect_and_the_second_try_shows_it,
    an_update_whose_answer_was_lost_is_found_done,
    a_delete_whose_answer_was_lost_is_found_done,
    a_write_that_was_dropped_on_the_way_is_uncertain_and_can_be_sent_again,
    a_write_without_an_answer_in_time_is_uncertain,
    half_an_answer_to_a_write_is_no_acknowledgement,
    a_login_page_is_no_acknowledgement,
    an_acknowledgement_of_another_record_is_none,
    a_gateway_timeout_leaves_open_what_happened,
    the_same_bytes_are_sent_again,
);

fn uncertain(failure: &Failure) {
    assert_eq!((failure.class, failure.effect), (ErrorClass::Transient, Effect::Unknown), "{failure:?}");
    assert!(!failure.counts, "an outage never uses up attempts");
}

/// Either the server knows the key, or its refusal shows that our change is there already.
async fn found_done(ground: &Ground, sealed: &Sealed, sent: &Value) {
    match ground.push(sealed).await {
        Outcome::Accepted { remote: Some(remote), replayed: true } => assert_eq!(document(&remote), sent),
        Outcome::Conflict { current: Some(current), .. } => assert_eq!(document(&current), sent),
        other => panic!("the second try does not tell: {other:?}"),
    }
}

// proves A4, G6
async fn a_write_whose_answer_was_lost_has_one_effect_and_the_second_try_shows_it(ground: Ground) {
    let note = json!({"id": "a", "n": 1});
    let sealed = ground.create(&note);
    ground.proxy.add(Rule::once(Fault::DropAfter));
    uncertain(&failed(ground.push(&sealed).await));
    let once = ground.truth("a").await;
    found_done(&ground, &sealed, &note).await;
    assert_eq!(ground.truth("a").await, once, "the second try must not make a second effect");
}

// proves A4
async fn an_update_whose_answer_was_lost_is_found_done(ground: Ground) {
    let base = ground.accepted(&ground.create(&json!({"id": "a", "n": 1}))).await;
    let edited = json!({"id": "a", "n": 2});
    let sealed = ground.update(&base, &edited);
    ground.proxy.add(Rule::once(Fault::DropAfter));
    uncertain(&failed(ground.push(&sealed).await));
    let once = ground.truth("a").await;
    found_done(&ground, &sealed, &edited).await;
    assert_eq!(ground.truth("a").await, once);
}

// proves A4
async fn a_delete_whose_answer_was_lost_is_found_done(ground: Ground) {
    let base = ground.accepted(&ground.create(&json!({"id": "a", "n": 1}))).await;
    let sealed = ground.delete("a", &base);
    ground.proxy.add(Rule::once(Fault::DropAfter));
    uncertain(&failed(ground.push(&sealed).await));
    let again = ground.push(&sealed).await;
    assert!(matches!(again, Outcome::Accepted { remote: Some(Remote::Deleted { .. }), .. }), "{again:?}");
}

async fn a_write_that_was_dropped_on_the_way_is_uncertain_and_can_be_sent_again(ground: Ground) {
    let sealed = ground.create(&json!({"id": "a"}));
    ground.proxy.add(Rule::once(Fault::DropBefore));
    uncertain(&failed(ground.push(&sealed).await));
    assert_eq!(ground.truth("a").await, Remote::Missing);
    ground.accepted(&sealed).await;
}

async fn a_write_without_an_answer_in_time_is_uncertain(ground: Ground) {
    let hasty = ground.ours_with("v1", impatient());
    let sealed = ground.create(&json!({"id": "a"}));
    ground.proxy.add(Rule::once(Fault::SilenceAfter));
    uncertain(&failed(push(hasty.as_ref(), &sealed).await));
    ground.proxy.settled().await;
    assert!(matches!(ground.truth("a").await, Remote::Present { .. }), "it was done although no answer came");
}

async fn half_an_answer_to_a_write_is_no_acknowledgement(ground: Ground) {
    ground.proxy.add(Rule::once(Fault::Truncate));
    uncertain(&failed(ground.push(&ground.create(&json!({"id": "a", "long": "x".repeat(1000)}))).await));
}

// proves A7
async fn a_login_page_is_no_acknowledgement(ground: Ground) {
    let base = ground.accepted(&ground.create(&json!({"id": "a", "n": 1}))).await;
    let writes = [
        ground.create(&json!({"id": "b"})),
        ground.update(&base, &json!({"id": "a", "n": 2})),
        ground.delete("a", &base),
    ];
    let strangers = [
        Fault::html(),
        Fault::Say(tidemark_tests::fault_proxy::Canned::json(200, "")),
        Fault::Say(tidemark_tests::fault_proxy::Canned::json(200, "{}")),
        Fault::Say(tidemark_tests::fault_proxy::Canned::json(200, "[]")),
        Fault::Say(tidemark_tests::fault_proxy::Canned::json(200, "{\"data\":{}}")),
        Fault::redirect(302, "/login"),
    ];
    for fault in strangers {
        ground.proxy.add(Rule::always(fault.clone()));
        for sealed in &writes {
            let failure = failed(ground.push(sealed).await);
            assert_eq!(
                (failure.class, failure.effect),
                (ErrorClass::Intercepted, Effect::Unknown),
                "{fault:?}"
            );
            assert!(!failure.counts, "nothing is counted while somebody else answers");
        }
        ground.proxy.clear();
    }
    assert_eq!(document(&ground.truth("a").await)["n"], json!(1));
}

async fn an_acknowledgement_of_another_record_is_none(ground: Ground) {
    ground.colleague(&ground.create(&json!({"id": "other"}))).await;
    let shown = ground.ours.fetch(&ground.collection, "other").await.unwrap();
    let body = match ground.kind {
        "kinto" => json!({"data": {"id": "other", "last_modified": 5}}),
        _ => document(&shown).clone(),
    };
    let canned = tidemark_tests::fault_proxy::Canned::json(200, body.to_string()).with("ETag", "\"5\"");
    ground.proxy.add(Rule::once(Fault::Say(canned)));
    let failure = failed(ground.push(&ground.create(&json!({"id": "mine"}))).await);
    assert_eq!((failure.class, failure.effect), (ErrorClass::Intercepted, Effect::Unknown));
}

async fn a_gateway_timeout_leaves_open_what_happened(ground: Ground) {
    for status in [408, 502, 503, 504] {
        ground.proxy.add(Rule::once(Fault::status(status)));
        uncertain(&failed(ground.push(&ground.create(&json!({"id": "a"}))).await));
    }
    ground.proxy.add(Rule::once(Fault::status(500)));
    let failure = failed(ground.push(&ground.create(&json!({"id": "a"}))).await);
    assert_eq!((failure.class, failure.effect), (ErrorClass::Transient, Effect::Unknown));
    assert!(failure.counts, "a 500 may be about this change alone");
}

// proves A4
async fn the_same_bytes_are_sent_again(ground: Ground) {
    let sealed = ground.create(&json!({"id": "a", "z": 1.50, "a": "é"}));
    ground.proxy.fail_next(2, Fault::DropBefore);
    for _ in 0..3 {
        let _ = ground.push(&sealed).await;
    }
    let seen = ground.proxy.seen();
    assert_eq!(seen.len(), 3, "no try is made behind the engine's back");
    assert!(seen.iter().all(|one| one.body == seen[0].body && one.key() == seen[0].key()));
    if ground.kind == "rest" {
        assert_eq!(seen[0].key(), Some(sealed.key.as_str()), "the key goes with every try");
    }
}
