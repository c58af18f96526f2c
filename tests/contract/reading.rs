//! Pages, checkpoints, single records, discovery.

use crate::every_kind;
use crate::ground::{Ground, USER, connector, document, failed, ids, push};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tidemark_connectors::{HttpOptions, Limits};
use tidemark_model::connector::{Checkpoint, Connector, Outcome, PullFailure, Remote, Row};
use tidemark_model::failure::{Effect, ErrorClass, Failure};
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
    a_record_too_large_for_an_answer_is_about_that_record_alone,
    a_record_too_large_for_a_page_says_nothing_against_the_server,
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

/// A record of text that does not compress to nothing, so that a limit is met on any way.
fn long(id: &str, start: usize, bytes: usize) -> Value {
    let text: String = (start..start + bytes).map(|at| char::from(b'a' + (at * at % 26) as u8)).collect();
    json!({"id": id, "long": text})
}

fn within(ground: &Ground, limits: Limits) -> Box<dyn Connector> {
    ground.ours_with("v1", HttpOptions { limits, ..HttpOptions::default() })
}

// proves A4, A7, C3
async fn a_record_too_large_for_an_answer_is_about_that_record_alone(ground: Ground) {
    let first = ground.colleague(&ground.create(&long("a", 0, 200_000))).await;
    let small = within(&ground, Limits { document: 100_000, ..Limits::default() });
    let cannot = |failure: &Failure| {
        let words =
            "the record on the server cannot be read: the server's answer is larger than 100000 bytes";
        assert_eq!((failure.class, failure.words.as_str()), (ErrorClass::Permanent, words));
    };
    let fetched = small.fetch(&ground.collection, "a").await.unwrap_err();
    cannot(&fetched);
    assert_eq!(fetched.effect, Effect::None);
    let edited = long("a", 1, 200_000);
    let failure = failed(push(small.as_ref(), &ground.update(&first, &edited)).await);
    cannot(&failure);
    assert_eq!((failure.effect, failure.counts), (Effect::Unknown, false), "nobody says what became of it");
    assert_eq!(document(&ground.truth("a").await), &edited, "it was done");
    // A refusal that shows the record which is in the way.
    let outcome = push(small.as_ref(), &ground.update(&first, &long("a", 2, 200_000))).await;
    assert!(matches!(outcome, Outcome::Conflict { current: None, .. }), "{outcome:?}");
    // Other types and shapes are somebody else's.
    for strange in
        [Canned::new(200, "text/html", "x".repeat(200_000)), Canned::json(200, "[".repeat(200_000))]
    {
        ground.proxy.add(Rule::once(Fault::Say(strange)));
        assert_eq!(small.fetch(&ground.collection, "a").await.unwrap_err().class, ErrorClass::Intercepted);
    }
}

// proves A7, C3
async fn a_record_too_large_for_a_page_says_nothing_against_the_server(ground: Ground) {
    ground.colleague(&ground.create(&long("a", 0, 200_000))).await;
    fill(&ground, &["b"]).await;
    let limits = Limits { document: 100_000, page: 100_000, ..Limits::default() };
    let small = within(&ground, limits);
    assert!(small.check().await.is_ok());
    let page = small.pull(&ground.wish(None, 100)).await;
    if ground.kind == "rest" {
        // What it is called, and where the list goes on, stands in the page that cannot be read.
        let Err(PullFailure::Failed(failure)) = page else { panic!("{page:?}") };
        assert_eq!(failure.class, ErrorClass::Permanent, "{failure:?}");
        assert!(
            failure.words.starts_with("the next record of this collection cannot be read, "),
            "{failure:?}"
        );
        return;
    }
    let page = page.unwrap();
    let [Row::Unreadable { id: Some(id), reason, .. }] = &page.rows[..] else { panic!("{page:?}") };
    assert_eq!(id, "a");
    assert!(reason.starts_with("the record on the server cannot be read: "), "{reason}");
    let rest = small.pull(&ground.wish(Some(page.next), 100)).await.unwrap();
    assert_eq!(ids(&rest.rows), ["b"], "the rest comes in");
    // One that is too large for a page and not for an answer of its own is fetched.
    let limits = Limits { page: 100_000, ..Limits::default() };
    let page = within(&ground, limits).pull(&ground.wish(None, 100)).await.unwrap();
    assert_eq!(ids(&page.rows), ["a"]);
}

async fn records_too_large_for_one_page_come_in_smaller_ones(ground: Ground) {
    for n in 0..6 {
        ground.colleague(&ground.create(&long(&format!("r{n}"), n, 30_000))).await;
    }
    let small = within(&ground, Limits { page: 100_000, ..Limits::default() });
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
        // The same as the answer to a change, of which it leaves open what it did.
        ground.proxy.add(Rule::once(Fault::Say(Canned::json(200, body(id, value)))));
        let failure = failed(ground.push(&ground.create(&json!({"id": "a"}))).await);
        assert_eq!((failure.class, failure.effect), (class, Effect::Unknown), "{id}: {}", failure.words);
        assert!(!failure.counts, "{}", failure.words);
    }
}
