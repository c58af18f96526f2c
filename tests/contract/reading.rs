//! Pages, checkpoints, single records, discovery.

use crate::every_kind;
use crate::ground::{Ground, USER, connector, ids};
use serde_json::json;
use std::collections::BTreeSet;
use tidemark_connectors::{HttpOptions, Limits};
use tidemark_model::connector::{Checkpoint, PullFailure, Remote};
use tidemark_model::failure::{Effect, ErrorClass};
use tidemark_model::settings::LinkSettings;
use tidemark_tests::fault_proxy::{Canned, Fault, Rule};

every_kind!(
    pages_follow_each_other_without_a_gap_or_a_double,
    a_checkpoint_in_the_middle_goes_on_where_the_page_ended,
    what_came_after_a_checkpoint_arrives_tombstones_too,
    a_record_deleted_during_a_listing_arrives_as_a_tombstone,
    a_checkpoint_of_another_stream_is_not_followed,
    an_empty_collection_has_a_checkpoint_from_which_news_arrive,
    a_record_that_never_was_is_missing,
    records_too_large_for_one_page_come_in_smaller_ones,
    the_collections_on_offer_are_listed_with_their_counts,
    a_check_tells_who_we_are_and_what_time_it_is_there,
);

async fn fill(ground: &Ground, names: &[&str]) {
    for name in names {
        ground.colleague(&ground.create(&json!({"id": name}))).await;
    }
}

async fn pages_follow_each_other_without_a_gap_or_a_double(ground: Ground) {
    fill(&ground, &["a", "b", "c", "d", "e", "f", "g"]).await;
    let (rows, _) = ground.pull_all(None, 3).await;
    assert_eq!(ids(&rows), ["a", "b", "c", "d", "e", "f", "g"]);
    let (rows, _) = ground.pull_all(None, 500).await;
    assert_eq!(rows.len(), 7);
}

// proves C3
async fn a_checkpoint_in_the_middle_goes_on_where_the_page_ended(ground: Ground) {
    fill(&ground, &["a", "b", "c", "d", "e"]).await;
    let first = ground.ours.pull(&ground.wish(None, 2)).await.unwrap();
    assert!(first.more);
    // A restart keeps nothing but the text of the checkpoint.
    let kept = Checkpoint { ..first.next.clone() };
    let restarted = ground.ours_with("v1", HttpOptions::default());
    let second = restarted.pull(&ground.wish(Some(kept), 100)).await.unwrap();
    assert_eq!([ids(&first.rows), ids(&second.rows)].concat(), ["a", "b", "c", "d", "e"]);
    assert!(!second.more);
}

// proves C4
async fn what_came_after_a_checkpoint_arrives_tombstones_too(ground: Ground) {
    fill(&ground, &["a", "b"]).await;
    let version = ground.truth("a").await.version().unwrap().to_owned();
    let (_, end) = ground.pull_all(None, 100).await;
    ground.colleague(&ground.delete("a", &version)).await;
    ground.colleague(&ground.create(&json!({"id": "c"}))).await;
    let (rows, next) = ground.pull_all(Some(end), 100).await;
    // A cursor that overlaps repeats what is known; the engine drops that by id and version.
    let news: BTreeSet<String> = ids(&rows).into_iter().collect();
    assert!(news.contains("-a") && news.contains("c"), "{news:?}");
    assert!(!news.contains("a"), "a deleted record is not shown as it was");
    let (rows, _) = ground.pull_all(Some(next), 100).await;
    assert!(ids(&rows).iter().all(|id| news.contains(id) || id == "b"), "nothing else happened: {rows:?}");
}

async fn a_record_deleted_during_a_listing_arrives_as_a_tombstone(ground: Ground) {
    fill(&ground, &["a", "b", "c", "d"]).await;
    let version = ground.truth("a").await.version().unwrap().to_owned();
    let first = ground.ours.pull(&ground.wish(None, 2)).await.unwrap();
    assert_eq!(ids(&first.rows), ["a", "b"]);
    ground.colleague(&ground.delete("a", &version)).await;
    let (rest, end) = ground.pull_all(Some(first.next), 2).await;
    let (later, _) = ground.pull_all(Some(end), 100).await;
    let seen = [ids(&rest), ids(&later)].concat();
    assert!(seen.contains(&"-a".to_owned()), "the deletion must not fall between two pages: {seen:?}");
}

async fn a_checkpoint_of_another_stream_is_not_followed(ground: Ground) {
    let (_, end) = ground.pull_all(None, 100).await;
    let foreign = Checkpoint { stream: "http://elsewhere.invalid/v1/c/tasks".into(), ..end };
    let refused = ground.ours.pull(&ground.wish(Some(foreign), 100)).await;
    assert_eq!(refused, Err(PullFailure::EpochChanged));
}

async fn an_empty_collection_has_a_checkpoint_from_which_news_arrive(ground: Ground) {
    let (rows, end) = ground.pull_all(None, 100).await;
    assert!(rows.is_empty());
    fill(&ground, &["a"]).await;
    let (rows, _) = ground.pull_all(Some(end), 100).await;
    assert_eq!(ids(&rows), ["a"]);
}

async fn a_record_that_never_was_is_missing(ground: Ground) {
    assert_eq!(ground.ours.fetch(&ground.collection, "404").await, Ok(Remote::Missing));
}

async fn records_too_large_for_one_page_come_in_smaller_ones(ground: Ground) {
    for n in 0..6 {
        // Text that does not compress to nothing, so that the limit is met on any way.
        let long: String = (0..30_000).map(|at| char::from(b'a' + ((at * at + n) % 26) as u8)).collect();
        ground.colleague(&ground.create(&json!({"id": format!("r{n}"), "long": long}))).await;
    }
    let limits = Limits { page: 100_000, ..Limits::default() };
    let small = ground.ours_with("v1", HttpOptions { limits, ..HttpOptions::default() });
    let (mut seen, mut after) = (Vec::new(), None);
    for _ in 0..6 {
        let page = small.pull(&ground.wish(after, 100)).await.unwrap();
        seen.extend(ids(&page.rows));
        after = Some(page.next);
        if !page.more {
            break;
        }
    }
    assert_eq!(seen, ["r0", "r1", "r2", "r3", "r4", "r5"]);
}

async fn the_collections_on_offer_are_listed_with_their_counts(ground: Ground) {
    fill(&ground, &["a", "b"]).await;
    let found = ground.ours.discover().await.unwrap();
    let ours =
        found.iter().find(|found| found.name == ground.collection).expect("the collection is on offer");
    assert_eq!(ours.count.map(|count| count.0), Some(2));
}

async fn a_check_tells_who_we_are_and_what_time_it_is_there(ground: Ground) {
    let contact = ground.ours.check().await.unwrap();
    assert!(contact.principal.is_some_and(|principal| principal.contains(USER)));
    assert!(contact.server_time.is_some());
    // An address without a slash at its end is the same one.
    let slash = format!("{}/", ground.proxy.url("v1"));
    let same = connector(ground.kind, &slash, LinkSettings::default(), HttpOptions::default());
    assert!(same.check().await.is_ok());
}

/// What `body` makes of an id and a value that cannot be read is about one record where the id is the one asked for.
pub async fn told_from_a_stranger(ground: &Ground, body: impl Fn(&str, &str) -> String) {
    let deep = format!("{}{}", "[".repeat(150), "]".repeat(150));
    let large = format!(r#""{}""#, "x".repeat(16 * 1024 * 1024));
    for (id, value, class) in [
        (r#""a""#, deep.as_str(), ErrorClass::Permanent),
        (r#""a""#, large.as_str(), ErrorClass::Permanent),
        (r#""a""#, r#""\ud800""#, ErrorClass::Permanent),
        (r#""b""#, deep.as_str(), ErrorClass::Intercepted),
        ("null", deep.as_str(), ErrorClass::Intercepted),
        (r#""a""#, "[1", ErrorClass::Intercepted),
    ] {
        ground.proxy.add(Rule::once(Fault::Say(Canned::json(200, body(id, value)))));
        let failure = ground.ours.fetch(&ground.collection, "a").await.unwrap_err();
        assert_eq!((failure.class, failure.effect), (class, Effect::None), "{id}: {}", failure.words);
        let told = failure.words.starts_with("the record on the server cannot be read: ");
        assert_eq!(told, class == ErrorClass::Permanent, "{}", failure.words);
    }
}
