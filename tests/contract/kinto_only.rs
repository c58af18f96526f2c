//! What is Kinto's own.

use crate::ground::{Ground, PASSWORD, USER, connector, document, failed, ids, shared_kinto};
use serde_json::{Value, json};
use tidemark_connectors::HttpOptions;
use tidemark_model::connector::{Checkpoint, Intent, Outcome, PullFailure, PullRequest, SealError};
use tidemark_model::failure::{Effect, ErrorClass};
use tidemark_model::mutation::Operation;
use tidemark_model::number::Millis;
use tidemark_model::settings::LinkSettings;
use tidemark_tests::fault_proxy::{Canned, Fault, Rule};
use tidemark_tests::kinto::Kinto;

#[tokio::test]
async fn please_repeat_is_no_conflict() {
    let ground = Ground::kinto().await;
    let body = r#"{"code":409,"errno":122,"error":"Conflict","message":"Integrity constraint violated, please retry."}"#;
    ground.proxy.add(Rule::once(Fault::Say(Canned::json(409, body).with("Retry-After", "3"))));
    let failure = failed(ground.push(&ground.create(&json!({"id": "a"}))).await);
    assert_eq!((failure.class, failure.effect, failure.counts), (ErrorClass::Transient, Effect::None, false));
    assert_eq!(failure.retry_after, Some(Millis(3_000)));
}

#[tokio::test]
async fn an_id_that_kinto_would_refuse_is_refused_before_it_is_sent() {
    let ground = Ground::kinto().await;
    for id in ["a/b", "..", "a b", "é"] {
        let note = json!({"id": id});
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
        assert!(matches!(ground.ours.seal(&intent), Err(SealError::BadId { .. })), "{id}");
    }
    assert!(ground.proxy.seen().is_empty());
}

#[tokio::test]
async fn a_listing_whose_token_is_no_longer_known_begins_again_and_loses_nothing() {
    let ground = Ground::kinto().await;
    for name in ["a", "b", "c", "d"] {
        ground.colleague(&ground.create(&json!({"id": name}))).await;
    }
    let first = ground.ours.pull(&ground.wish(None, 2)).await.unwrap();
    let mut broken = first.next.clone();
    let mut token: Value = serde_json::from_str(&broken.token).unwrap();
    token["listing"]["place"] = "bm90IGEgdG9rZW4=".into();
    broken.token = token.to_string();
    let (rows, _) = ground.pull_all(Some(broken), 10).await;
    assert_eq!(ids(&rows), ["a", "b", "c", "d"]);
}

#[tokio::test]
async fn a_checkpoint_of_an_earlier_version_is_followed() {
    let ground = Ground::kinto().await;
    for name in ["a", "b", "c", "d"] {
        ground.colleague(&ground.create(&json!({"id": name}))).await;
    }
    let first = ground.ours.pull(&ground.wish(None, 2)).await.unwrap();
    let token: Value = serde_json::from_str(&first.next.token).unwrap();
    let (last, place) = (&token["listing"]["last"], token["listing"]["place"].as_str().unwrap());
    let midway = Checkpoint { token: format!("{last};0;{last};{place}"), ..first.next.clone() };
    let (rows, end) = ground.pull_all(Some(midway), 2).await;
    assert_eq!(ids(&rows), ["c", "d"]);
    let token: Value = serde_json::from_str(&end.token).unwrap();
    let ended = Checkpoint { token: token["seen"].to_string(), ..end };
    ground.colleague(&ground.create(&json!({"id": "e"}))).await;
    let (rows, _) = ground.pull_all(Some(ended), 100).await;
    assert_eq!(ids(&rows), ["a", "b", "c", "d", "e"], "with what may have come late");
}

#[tokio::test]
async fn a_record_never_carries_its_version_inside() {
    let ground = Ground::kinto().await;
    ground.accepted(&ground.create(&json!({"id": "a", "last_modified": 99_999_999_999_999_i64}))).await;
    assert_eq!(document(&ground.truth("a").await), &json!({"id": "a"}), "neither sent nor shown");
    let sent = ground.proxy.seen().remove(0);
    assert!(!String::from_utf8_lossy(&sent.body).contains("last_modified"));
}

#[tokio::test]
async fn a_collection_that_is_not_there_makes_no_record_missing() {
    let kinto = shared_kinto().await;
    kinto.collection((USER, PASSWORD), Some("team"), "known").await;
    let settings = LinkSettings { bucket: Some("team".into()), ..LinkSettings::default() };
    let ours = connector("kinto", &kinto.url(), settings, HttpOptions::default());
    let request = PullRequest::after("unknown", None, 10);
    let refused = ours.pull(&request).await;
    assert!(matches!(refused, Err(PullFailure::NoCollection(_))), "{refused:?}");
    assert!(ours.fetch("unknown", "a").await.is_err());
    assert!(ours.check().await.is_ok());
    let names: Vec<String> = ours.discover().await.unwrap().into_iter().map(|found| found.name).collect();
    assert_eq!(names, ["known"]);
}

// proves C3
#[tokio::test]
async fn a_record_whose_document_cannot_be_read_is_told_from_somebody_elses_answer() {
    let ground = Ground::kinto().await;
    let body = |id: &str, x: &str| format!(r#"{{"data":{{"id":{id},"last_modified":7,"x":{x}}}}}"#);
    crate::reading::told_from_a_stranger(&ground, body).await;
}

// proves A6
#[tokio::test]
async fn a_pace_beside_a_good_answer_is_told() {
    let kinto = Kinto::start_with(&[("kinto.backoff", "10")]).expect("a Kinto that asks for a slower pace");
    kinto.account(USER, PASSWORD).await;
    let ours = connector("kinto", &kinto.url(), LinkSettings::default(), HttpOptions::default());
    let note = json!({"id": "a"});
    let ground = Ground::kinto().await;
    let answer = ours.push(std::slice::from_ref(&ground.create(&note))).await;
    assert!(matches!(answer.outcomes[0], Outcome::Accepted { .. }), "{:?}", answer.outcomes[0]);
    assert_eq!(answer.backoff, Some(Millis(10_000)));
    assert_eq!(ours.check().await.unwrap().backoff, Some(Millis(10_000)), "beside a check");
    let request = PullRequest::after(&ground.collection, None, 10);
    let page = ours.pull(&request).await.unwrap();
    assert_eq!((page.rows.len(), page.backoff), (1, Some(Millis(10_000))), "and beside a page");
}

#[tokio::test]
async fn kinto_is_told_from_other_servers_and_named() {
    let ground = Ground::kinto().await;
    let software = ground.ours.check().await.unwrap().software;
    assert!(software.is_some_and(|software| software.starts_with("kinto 26.")));
    ground.proxy.add(Rule::always(Fault::Say(Canned::json(200, r#"{"epoch":"x","key_ttl_s":1}"#))));
    assert_eq!(ground.ours.check().await.unwrap_err().class, ErrorClass::Intercepted);
    let bare = connector("kinto", &ground.proxy.origin(), LinkSettings::default(), HttpOptions::default());
    ground.proxy.clear();
    assert!(bare.check().await.is_ok(), "an address without a path means protocol 1");
}

#[tokio::test]
async fn a_refused_change_keeps_the_servers_words() {
    let ground = Ground::kinto().await;
    let wide = serde_json::from_str(r#"{"id":"a","n":1e400}"#).unwrap();
    crate::writing::refused_in_its_own_words(ground, &wide, "Number too big").await;
}

/// The server's `Date` from now on.
fn shows(ground: &Ground, date: &'static str) {
    ground.proxy.clear();
    ground.proxy.add(Rule::always(Fault::With("Date", date)));
}

/// What was asked of the list since the last look: the query, and the tag.
fn lists(ground: &Ground) -> Vec<(String, Option<String>)> {
    let seen = ground.proxy.seen();
    let asked = seen.into_iter().filter(|seen| seen.method == "GET");
    asked.map(|seen| (seen.target.clone(), seen.header("if-none-match").map(str::to_owned))).collect()
}

// proves C3, G3
#[tokio::test]
async fn a_poll_that_finds_nothing_new_is_one_small_request() {
    let ground = Ground::kinto().await;
    ground.colleague(&ground.create(&json!({"id": "a"}))).await;
    shows(&ground, "Fri, 01 Jan 2100 00:00:00 GMT");
    let first = ground.ours.pull(&ground.wish(None, 100)).await.unwrap();
    // The same, and the time is over in which a row of before may come late.
    shows(&ground, "Fri, 01 Jan 2100 00:00:40 GMT");
    let first = ground.ours.pull(&ground.wish(Some(first.next), 100)).await.unwrap();
    assert_eq!(first.rows.len(), 1);
    let before = lists(&ground).len();
    let second = ground.ours.pull(&ground.wish(Some(first.next.clone()), 100)).await.unwrap();
    assert_eq!((second.rows.len(), second.more, &second.next), (0, false, &first.next));
    let asked = lists(&ground).split_off(before);
    assert_eq!(asked.len(), 1);
    assert!(asked[0].1.is_some(), "{asked:?}");
    ground.colleague(&ground.create(&json!({"id": "b"}))).await;
    let third = ground.ours.pull(&ground.wish(Some(second.next), 100)).await.unwrap();
    assert_eq!(ids(&third.rows), ["a", "b"], "the tag is another one");
}

// proves C3, G3
#[tokio::test]
async fn a_row_that_is_committed_late_is_not_hidden_by_the_tag() {
    let ground = Ground::kinto().await;
    let version = ground.colleague(&ground.create(&json!({"id": "a"}))).await;
    let first = ground.ours.pull(&ground.wish(None, 100)).await.unwrap();
    // Kinto takes a new record with a time of before, which is what a late commit looks like.
    let late = json!({"data": {"last_modified": version.parse::<i64>().unwrap() - 3_000}});
    let kinto = shared_kinto().await;
    let path = format!("buckets/default/collections/{}/records/late", ground.collection);
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let put = client.put(format!("{}/{path}", kinto.url())).basic_auth(USER, Some(PASSWORD));
    let put = put.header("Content-Type", "application/json").body(late.to_string());
    assert!(put.send().await.unwrap().status().is_success());
    let list = client.get(format!("{}/{}", kinto.url(), path.trim_end_matches("/late")));
    let list = list.basic_auth(USER, Some(PASSWORD)).header("If-None-Match", format!("\"{version}\""));
    assert_eq!(list.send().await.unwrap().status(), 304, "the server's tag does not tell of it");
    let second = ground.ours.pull(&ground.wish(Some(first.next), 100)).await.unwrap();
    assert!(ids(&second.rows).contains(&"late".to_owned()), "{:?}", ids(&second.rows));
    assert!(lists(&ground).iter().all(|(_, tag)| tag.is_none()), "a row can be later than that");
}

// proves C3, G3
#[tokio::test]
async fn a_listing_looks_back_as_far_as_it_is_told() {
    let ground = Ground::kinto().await;
    let version: i64 = ground.colleague(&ground.create(&json!({"id": "a"}))).await.parse().unwrap();
    let first = ground.ours.pull(&ground.wish(None, 100)).await.unwrap();
    for (overlap, back) in [(None, 30_000), (Some(12_000), 12_000), (Some(100), 5_000)] {
        let before = lists(&ground).len();
        let wish = ground.wish(Some(first.next.clone()), 100);
        let page = ground.ours.pull(&PullRequest { overlap: overlap.map(Millis), ..wish }).await.unwrap();
        assert_eq!(page.read_to, Some(Millis(version)));
        let (asked, _) = lists(&ground).remove(before);
        assert!(asked.contains(&format!("_since={}&", version - back)), "{overlap:?}: {asked}");
    }
}

// proves C3, G3
#[tokio::test]
async fn the_newest_records_can_be_had_first_where_there_are_more_than_a_page() {
    let ground = Ground::kinto().await;
    for name in ["a", "b", "c", "d", "e"] {
        ground.colleague(&ground.create(&json!({"id": name}))).await;
    }
    let page = ground.ours.newest(&ground.collection, 2).await.unwrap().unwrap();
    assert_eq!(ids(&page.rows), ["e", "d"]);
    assert_eq!(ground.ours.newest(&ground.collection, 5).await, Ok(None), "they are all that there is");
    let (rows, _) = ground.pull_all(None, 2).await;
    assert_eq!(ids(&rows), ["a", "b", "c", "d", "e"], "the listing begins at the beginning");
}
