//! What only the server contract can promise.

use crate::ground::{Ground, PASSWORD, USER, document, failed, ids};
use serde_json::{Value, json};
use tidemark_connectors::HttpOptions;
use tidemark_model::connector::{Checkpoint, Intent, Outcome, PullFailure, Remote, Row, SealError};
use tidemark_model::failure::{Effect, ErrorClass};
use tidemark_model::mutation::Operation;
use tidemark_model::number::Millis;
use tidemark_tests::fault_proxy::{Canned, Fault, Rule};

// proves A4
#[tokio::test]
async fn a_key_that_is_still_running_is_neither_done_nor_a_conflict() {
    let ground = Ground::rest().await;
    let body = r#"{"type":"https://x.invalid/problems/key-in-use","status":409}"#;
    let canned = Canned::new(409, "application/problem+json", body).with("Retry-After", "1");
    ground.proxy.add(Rule::once(Fault::Say(canned)));
    let failure = failed(ground.push(&ground.create(&json!({"id": "a"}))).await);
    assert_eq!(
        (failure.class, failure.effect, failure.counts),
        (ErrorClass::Transient, Effect::Unknown, false)
    );
    assert_eq!(failure.retry_after, Some(Millis(1_000)));
}

#[tokio::test]
async fn the_servers_own_word_about_its_keys_is_believed() {
    let ground = Ground::rest().await;
    let before = ground.ours.capabilities().key_lifetime;
    let contact = ground.ours.check().await.unwrap();
    let after = ground.ours.capabilities().key_lifetime;
    assert_eq!(contact.key_lifetime, Some(after));
    assert_ne!(before, after, "the sandbox remembers keys longer than an unknown server");
}

#[tokio::test]
async fn ids_with_slashes_dots_and_spaces_name_one_record_each() {
    let ground = Ground::rest().await;
    for id in ["a/b", "../x", "a b", "é日", "a?b#c", "%2e%2e", "a+b&c=d", "."] {
        let note = json!({"id": id, "n": 1});
        let intent = Intent {
            collection: &ground.collection,
            record: id,
            operation: Operation::Create,
            base: None,
            base_version: None,
            document: Some(&note),
            changes: &[],
            request: None,
        };
        if id == "." {
            assert!(matches!(ground.ours.seal(&intent), Err(SealError::BadId { .. })));
            continue;
        }
        let version = ground.accepted(&ground.create(&note)).await;
        assert_eq!(document(&ground.truth(id).await), &note, "{id}");
        ground.accepted(&ground.delete(id, &version)).await;
    }
}

#[tokio::test]
async fn decimals_and_wide_numbers_keep_every_digit() {
    let ground = Ground::rest().await;
    let text = r#"{"id":"a","wide":12345678901234567890,"price":1.10,"huge":1e+400}"#;
    let note: Value = serde_json::from_str(text).unwrap();
    ground.accepted(&ground.create(&note)).await;
    assert_eq!(document(&ground.truth("a").await).to_string(), text);
    let (rows, _) = ground.pull_all(None, 10).await;
    let Row::Record { remote, .. } = &rows[0] else { panic!("unreadable") };
    assert_eq!(document(remote).to_string(), text);
}

#[tokio::test]
async fn another_epoch_is_told_and_no_checkpoint_moves() {
    let ground = Ground::rest().await;
    ground.colleague(&ground.create(&json!({"id": "a"}))).await;
    let (_, end) = ground.pull_all(None, 10).await;
    let other = Checkpoint { epoch: "another".into(), ..end };
    assert_eq!(ground.ours.pull(&ground.wish(Some(other), 10)).await, Err(PullFailure::EpochChanged));
}

#[tokio::test]
async fn refusals_of_a_checkpoint_are_told_apart_by_their_type() {
    let ground = Ground::rest().await;
    let problem = |status: u16, kind: &str| {
        let body = json!({"type": format!("https://x.invalid/problems/{kind}"), "status": status});
        Fault::Say(Canned::new(status, "application/problem+json", body.to_string()))
    };
    ground.proxy.add(Rule::once(problem(410, "checkpoint-expired")));
    assert_eq!(ground.ours.pull(&ground.wish(None, 10)).await, Err(PullFailure::CheckpointExpired));
    ground.proxy.add(Rule::once(problem(409, "epoch-changed")));
    assert_eq!(ground.ours.pull(&ground.wish(None, 10)).await, Err(PullFailure::EpochChanged));
    ground.proxy.add(Rule::once(problem(404, "not-found")));
    let refused = ground.ours.pull(&ground.wish(None, 10)).await;
    assert!(matches!(refused, Err(PullFailure::NoCollection(_))), "{refused:?}");
}

#[tokio::test]
async fn a_collection_that_is_not_there_makes_no_record_missing() {
    let ground = Ground::rest().await;
    let fetched = ground.ours.fetch("no-such-collection", "a").await;
    assert_eq!(fetched.unwrap_err().class, ErrorClass::Intercepted);
}

// proves C3
#[tokio::test]
async fn a_record_whose_document_cannot_be_read_is_told_from_somebody_elses_answer() {
    let ground = Ground::rest().await;
    crate::reading::told_from_a_stranger(&ground, |id, x| format!(r#"{{"id":{id},"x":{x}}}"#)).await;
    let mut body = br#"{"id":"a","x":""#.to_vec();
    body.extend_from_slice(&[0xff, b'"', b'}']);
    ground.proxy.add(Rule::once(Fault::Say(Canned::new(200, "application/json", body))));
    let failure = ground.ours.fetch(&ground.collection, "a").await.unwrap_err();
    assert_eq!(failure.class, ErrorClass::Permanent, "{failure:?}");
}

// proves A4, A7
#[tokio::test]
async fn what_was_deleted_need_not_be_readable() {
    let ground = Ground::rest().await;
    let mut body = br#"{"id":"a","x":""#.to_vec();
    body.extend_from_slice(&[0xff, b'"', b'}']);
    ground.proxy.add(Rule::once(Fault::Say(Canned::new(200, "application/json", body))));
    let outcome = ground.push(&ground.delete("a", "1")).await;
    assert!(matches!(outcome, Outcome::Accepted { remote: Some(Remote::Deleted { .. }), .. }), "{outcome:?}");
}

// proves A4, B4
#[tokio::test]
async fn of_a_batch_only_the_part_that_cannot_be_read_is_in_doubt() {
    let ground = Ground::rest().await;
    let items = [ground.create(&json!({"id": "a"})), ground.create(&json!({"id": "b"}))];
    for unread in [br#""\ud800""#.to_vec(), vec![b'"', 0xff, b'"']] {
        let mut body = br#"{"items":[{"status":201,"version":"1","doc":{"id":"a"}},{"status":201,"version":"1","doc":{"id":"b","x":"#.to_vec();
        body.extend_from_slice(&unread);
        body.extend_from_slice(b"}}]}");
        ground.proxy.add(Rule::once(Fault::Say(Canned::json(200, body))));
        let outcomes = ground.ours.push_atomic(&items).await.outcomes;
        assert!(matches!(outcomes[0], Outcome::Accepted { .. }), "{outcomes:?}");
        let failure = failed(outcomes[1].clone());
        assert_eq!((failure.class, failure.effect), (ErrorClass::Permanent, Effect::Unknown), "{failure:?}");
    }
}

// proves A7
#[tokio::test]
async fn a_first_record_too_large_for_an_answer_lets_the_account_be_seen() {
    let ground = Ground::rest().await;
    ground.colleague(&ground.create(&json!({"id": "a", "long": "x".repeat(200_000)}))).await;
    ground.proxy.add(Rule::always(Fault::status(404)).path("/collections"));
    let limits = tidemark_connectors::Limits { page: 100_000, ..Default::default() };
    let settings =
        tidemark_model::settings::LinkSettings::parse(r#"{"collections":[{"name":"tasks"}]}"#).unwrap();
    let options = HttpOptions { limits, ..HttpOptions::default() };
    let small = crate::ground::connector("rest", &ground.proxy.url("v1"), settings, options);
    assert_eq!(small.check().await.map(|_| ()), Ok(()));
}

#[tokio::test]
async fn one_row_that_cannot_be_read_is_set_aside_and_the_rest_arrives() {
    let ground = Ground::rest().await;
    let mut page = br#"{"items":[{"id":"a","version":"1","doc":{"id":"a"}},{"id":"b","version":"2","doc":{"id":"b","x":"\ud800"}},{"id":"c","version":"3","doc":{"id":"c","x":""#.to_vec();
    page.push(0xff);
    page.extend_from_slice(br#""}},{"version":"4","doc":{}},{"id":"e","version":"5","doc":{"id":"e"}}],"next":"t","more":false,"epoch":"e"}"#);
    ground.proxy.add(Rule::once(Fault::Say(Canned::json(200, page))));
    let page = ground.ours.pull(&ground.wish(None, 10)).await.unwrap();
    let readable: Vec<bool> = page.rows.iter().map(|row| matches!(row, Row::Record { .. })).collect();
    assert_eq!(readable, [true, false, false, false, true]);
    assert_eq!(page.next.token, "t", "the checkpoint moves on");
}

#[tokio::test]
async fn documents_deeper_than_the_limit_are_set_aside_and_at_the_limit_taken() {
    let ground = Ground::rest().await;
    let nested =
        |levels: usize| format!(r#"{{"id":"a","x":{}1{}}}"#, "[".repeat(levels - 1), "]".repeat(levels - 1));
    for (levels, taken) in [(128, true), (129, false)] {
        let body = format!(
            r#"{{"items":[{{"id":"a","version":"1","doc":{}}}],"next":"t","more":false,"epoch":"e"}}"#,
            nested(levels)
        );
        ground.proxy.add(Rule::once(Fault::Say(Canned::json(200, body))));
        let page = ground.ours.pull(&ground.wish(None, 10)).await.unwrap();
        assert_eq!(matches!(page.rows[0], Row::Record { .. }), taken, "{levels} levels");
    }
}

#[tokio::test]
async fn a_refused_change_keeps_the_servers_words() {
    let ground = Ground::rest().await;
    let body = r#"{"type":"https://x.invalid/problems/invalid","status":422,"detail":"title: too short"}"#;
    ground.proxy.add(Rule::once(Fault::Say(Canned::new(422, "application/problem+json", body))));
    crate::writing::refused_in_its_own_words(ground, &json!({"id": "a"}), "too short").await;
}

#[tokio::test]
async fn the_tombstone_of_a_fetched_record_has_its_version() {
    let ground = Ground::rest().await;
    let base = ground.accepted(&ground.create(&json!({"id": "a"}))).await;
    let buried = ground.accepted(&ground.delete("a", &base)).await;
    let fetched = ground.ours.fetch(&ground.collection, "a").await.unwrap();
    assert!(
        matches!(&fetched, Remote::Deleted { version: Some(version), .. } if *version == buried),
        "{fetched:?}"
    );
    let outcome = ground.push(&ground.update(&base, &json!({"id": "a"}))).await;
    let Outcome::Conflict { current: Some(Remote::Deleted { .. }), .. } = outcome else {
        panic!("{outcome:?}")
    };
    let (rows, _) = ground.pull_all(None, 10).await;
    assert_eq!(ids(&rows), ["-a"]);
}

#[tokio::test]
async fn compressed_answers_are_read_and_bounded() {
    let ground = Ground::rest().await;
    ground.colleague(&ground.create(&json!({"id": "a", "long": "x".repeat(100_000)}))).await;
    let fetched = ground.ours.fetch(&ground.collection, "a").await.unwrap();
    assert_eq!(document(&fetched)["long"].as_str().map(str::len), Some(100_000));
    let offered =
        ground.proxy.seen().last().and_then(|seen| seen.header("accept-encoding").map(str::to_owned));
    let plain = reqwest::Client::builder().no_proxy().no_gzip().no_zstd().build().unwrap();
    let request = plain.get(ground.proxy.url("v1/c/tasks/a")).basic_auth(USER, Some(PASSWORD));
    let raw = request.header("Accept-Encoding", offered.unwrap()).send().await.unwrap();
    assert!(raw.headers().contains_key("content-encoding"), "what we ask for is answered compressed");
    assert!(raw.bytes().await.unwrap().len() < 70_000);
    let limits = tidemark_connectors::Limits { document: 70_000, ..Default::default() };
    let small = ground.ours_with("v1", HttpOptions { limits, ..HttpOptions::default() });
    let refused = small.fetch(&ground.collection, "a").await.unwrap_err();
    assert_eq!(refused.class, ErrorClass::Permanent, "the limit holds after decompression");
}

// proves A15, A4
#[tokio::test]
async fn a_long_body_goes_packed_and_is_the_same_to_the_byte_when_it_is_repeated() {
    let ground = Ground::rest().await;
    ground.ours.check().await.unwrap();
    let note = json!({"id": "long", "text": "ten crates of oranges, ".repeat(100)});
    let sealed = ground.create(&note);
    ground.proxy.add(Rule::once(Fault::DropAfter).method("PUT"));
    let lost = failed(ground.push(&sealed).await);
    assert_eq!(lost.effect, Effect::Unknown);
    let Outcome::Accepted { replayed, .. } = ground.push(&sealed).await else { panic!("not accepted") };
    assert!(replayed, "the server knows the key and the body by what was unpacked");
    let sent: Vec<_> = ground.proxy.seen().into_iter().filter(|seen| seen.method == "PUT").collect();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0].header("content-encoding"), Some("zstd"));
    assert!(sent[0].body.len() * 4 < sealed.wire.body.as_ref().unwrap().len());
    assert_eq!((&sent[0].body, sent[0].key()), (&sent[1].body, sent[1].key()));
    assert_eq!(document(&ground.truth("long").await), &note);
}

// proves A15
#[tokio::test]
async fn a_server_that_takes_nothing_packed_gets_the_same_request_plain_at_once() {
    let ground = Ground::rest().await;
    ground.ours.check().await.unwrap();
    ground.proxy.add(Rule::once(Fault::status(415)).method("PUT"));
    let note = json!({"id": "long", "text": "x".repeat(2_000)});
    ground.accepted(&ground.create(&note)).await;
    let sent: Vec<_> = ground.proxy.seen().into_iter().filter(|seen| seen.method == "PUT").collect();
    let packings: Vec<_> = sent.iter().map(|seen| seen.header("content-encoding")).collect();
    assert_eq!(packings, [Some("zstd"), None]);
    assert_eq!(sent[0].key(), sent[1].key());
    assert!(ground.ours.capabilities().plain_bodies);
    let second = json!({"id": "second", "text": "y".repeat(2_000)});
    ground.accepted(&ground.create(&second)).await;
    let last = ground.proxy.seen().into_iter().rfind(|seen| seen.method == "PUT").unwrap();
    assert_eq!(last.header("content-encoding"), None, "none goes packed any more");
}

// proves A15
#[tokio::test]
async fn a_415_to_a_plain_body_is_the_servers_refusal_of_the_record() {
    let ground = Ground::rest().await;
    let body = r#"{"type":"https://x.invalid/problems/invalid","detail":"No such thing is kept here."}"#;
    ground
        .proxy
        .add(Rule::always(Fault::Say(Canned::new(415, "application/problem+json", body))).method("PUT"));
    let failure = failed(ground.push(&ground.create(&json!({"id": "a"}))).await);
    assert_eq!((failure.class, failure.counts), (ErrorClass::Permanent, true));
    assert!(!ground.ours.capabilities().plain_bodies);
}

// proves A7, C4
#[tokio::test]
async fn many_records_gone_within_a_minute_are_believed_only_while_their_collection_is_there() {
    let ground = Ground::rest().await;
    let body = r#"{"type":"https://x.invalid/problems/gone","version":"9"}"#;
    ground
        .proxy
        .add(Rule::always(Fault::Say(Canned::new(410, "application/problem+json", body))).method("PUT"));
    let no_place = r#"{"type":"https://x.invalid/problems/not-found"}"#;
    let lost = Canned::new(404, "application/problem+json", no_place);
    ground.proxy.add(Rule::always(Fault::Say(lost)).method("GET"));
    for number in 1..=5 {
        let id = format!("n{number}");
        let outcome = ground.push(&ground.update("1", &json!({ "id": id }))).await;
        match number {
            1..=3 => assert!(matches!(outcome, Outcome::Conflict { .. }), "{number}: {outcome:?}"),
            _ => assert_eq!(failed(outcome).class, ErrorClass::Intercepted, "{number}"),
        }
    }
    ground.proxy.clear();
    ground
        .proxy
        .add(Rule::always(Fault::Say(Canned::new(410, "application/problem+json", body))).method("PUT"));
    let outcome = ground.push(&ground.update("1", &json!({"id": "n6"}))).await;
    assert!(matches!(outcome, Outcome::Conflict { .. }), "the collection answers: {outcome:?}");
}
