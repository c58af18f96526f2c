//! What a write does, and what the answer shows of it.

use crate::every_kind;
use crate::ground::{Ground, document, failed};
use serde_json::{Value, json};
use tidemark_model::connector::{Outcome, Remote};
use tidemark_model::failure::{Effect, ErrorClass};
use tidemark_model::mutation::Operation;

every_kind!(
    a_created_record_is_echoed_and_stands_on_the_server,
    an_update_of_the_version_that_was_edited_is_accepted,
    an_update_of_an_older_version_is_a_conflict_that_shows_the_newer_one,
    a_create_of_an_id_that_is_there_is_a_conflict_that_shows_it,
    a_deleted_record_is_gone_and_deleting_it_again_is_no_error,
    a_delete_of_an_older_version_is_a_conflict,
    an_update_of_what_a_colleague_deleted_is_a_conflict_and_brings_nothing_back,
    a_replace_puts_the_new_document_whole,
    a_deleted_record_can_be_made_again,
    several_items_are_answered_one_by_one_in_their_order,
    a_wide_number_survives_the_change_of_another_field,
);

async fn a_created_record_is_echoed_and_stands_on_the_server(ground: Ground) {
    let note = json!({"id": "a", "title": "Ärmel", "tags": ["x"], "none": null});
    let Outcome::Accepted { remote: Some(remote), replayed } = ground.push(&ground.create(&note)).await
    else {
        panic!("not accepted");
    };
    assert_eq!((document(&remote), replayed), (&note, false));
    let truth = ground.truth("a").await;
    assert_eq!((document(&truth), truth.version()), (&note, remote.version()));
}

async fn an_update_of_the_version_that_was_edited_is_accepted(ground: Ground) {
    let first = ground.accepted(&ground.create(&json!({"id": "a", "n": 1}))).await;
    let second = ground.accepted(&ground.update(&first, &json!({"id": "a", "n": 2}))).await;
    assert_ne!(first, second, "a change makes a new version");
    assert_eq!(document(&ground.truth("a").await)["n"], json!(2));
}

// proves A7, G6
async fn an_update_of_an_older_version_is_a_conflict_that_shows_the_newer_one(ground: Ground) {
    let base = ground.accepted(&ground.create(&json!({"id": "a", "n": 1}))).await;
    let theirs = json!({"id": "a", "n": 2});
    let newer = ground.colleague(&ground.update(&base, &theirs)).await;
    let outcome = ground.push(&ground.update(&base, &json!({"id": "a", "n": 3}))).await;
    let Outcome::Conflict { current: Some(current), failure } = outcome else {
        panic!("no conflict: {outcome:?}")
    };
    assert_eq!((document(&current), current.version()), (&theirs, Some(newer.as_str())));
    assert_eq!((failure.class, failure.effect, failure.counts), (ErrorClass::Conflict, Effect::None, false));
    assert_eq!(document(&ground.truth("a").await), &theirs, "the colleague's edit is not overwritten");
}

async fn a_create_of_an_id_that_is_there_is_a_conflict_that_shows_it(ground: Ground) {
    let theirs = json!({"id": "a", "by": "bea"});
    ground.colleague(&ground.create(&theirs)).await;
    let outcome = ground.push(&ground.create(&json!({"id": "a", "by": "ann"}))).await;
    let Outcome::Conflict { current: Some(current), .. } = outcome else {
        panic!("no conflict: {outcome:?}")
    };
    assert_eq!(document(&current), &theirs);
}

async fn a_deleted_record_is_gone_and_deleting_it_again_is_no_error(ground: Ground) {
    let version = ground.accepted(&ground.create(&json!({"id": "a"}))).await;
    let delete = ground.delete("a", &version);
    let Outcome::Accepted { remote: Some(Remote::Deleted { .. }), .. } = ground.push(&delete).await else {
        panic!("the delete was not accepted");
    };
    assert!(matches!(ground.truth("a").await, Remote::Deleted { .. }));
    let again = ground.push(&ground.delete("a", &version)).await;
    assert!(matches!(again, Outcome::Accepted { remote: Some(Remote::Deleted { .. }), .. }), "{again:?}");
}

async fn a_delete_of_an_older_version_is_a_conflict(ground: Ground) {
    let base = ground.accepted(&ground.create(&json!({"id": "a", "n": 1}))).await;
    ground.colleague(&ground.update(&base, &json!({"id": "a", "n": 2}))).await;
    let outcome = ground.push(&ground.delete("a", &base)).await;
    assert!(matches!(outcome, Outcome::Conflict { current: Some(_), .. }), "{outcome:?}");
    assert!(matches!(ground.truth("a").await, Remote::Present { .. }));
}

async fn an_update_of_what_a_colleague_deleted_is_a_conflict_and_brings_nothing_back(ground: Ground) {
    let base = ground.accepted(&ground.create(&json!({"id": "a", "n": 1}))).await;
    ground.colleague(&ground.delete("a", &base)).await;
    let outcome = ground.push(&ground.update(&base, &json!({"id": "a", "n": 2}))).await;
    let Outcome::Conflict { current, .. } = outcome else { panic!("no conflict: {outcome:?}") };
    // Not every server shows the tombstone in its refusal; fetching does.
    let current = match current {
        Some(current) => current,
        None => ground.ours.fetch(&ground.collection, "a").await.unwrap(),
    };
    assert!(matches!(current, Remote::Deleted { version: Some(_), .. }), "{current:?}");
    assert!(matches!(ground.truth("a").await, Remote::Deleted { .. }));
}

async fn a_replace_puts_the_new_document_whole(ground: Ground) {
    let base = ground.accepted(&ground.create(&json!({"id": "a", "old": 1}))).await;
    let whole = json!({"id": "a", "new": 2});
    ground.accepted(&ground.sealed(Operation::Replace, "a", Some(&base), Some(&whole))).await;
    assert_eq!(document(&ground.truth("a").await), &whole);
    let fresh = json!({"id": "b", "new": 3});
    ground.accepted(&ground.sealed(Operation::Replace, "b", None, Some(&fresh))).await;
    assert_eq!(document(&ground.truth("b").await), &fresh);
}

async fn a_deleted_record_can_be_made_again(ground: Ground) {
    let base = ground.accepted(&ground.create(&json!({"id": "a", "n": 1}))).await;
    ground.accepted(&ground.delete("a", &base)).await;
    ground.accepted(&ground.create(&json!({"id": "a", "n": 2}))).await;
    assert_eq!(document(&ground.truth("a").await)["n"], json!(2));
}

async fn several_items_are_answered_one_by_one_in_their_order(ground: Ground) {
    ground.colleague(&ground.create(&json!({"id": "r3"}))).await;
    let items: Vec<_> = (0..8).map(|n| ground.create(&json!({"id": format!("r{n}"), "n": n}))).collect();
    let answer = ground.ours.push(&items).await;
    assert_eq!(answer.outcomes.len(), items.len());
    for (n, outcome) in answer.outcomes.iter().enumerate() {
        match outcome {
            Outcome::Accepted { remote: Some(remote), .. } if n != 3 => {
                assert_eq!(document(remote)["n"], json!(n), "the answers are in the order of the items");
            }
            Outcome::Conflict { .. } if n == 3 => {}
            other => panic!("item {n}: {other:?}"),
        }
    }
    assert!(answer.server_time.is_some(), "the server's clock is read from its answers");
}

async fn a_wide_number_survives_the_change_of_another_field(ground: Ground) {
    let note: Value = serde_json::from_str(r#"{"id":"a","wide":12345678901234567890,"n":1}"#).unwrap();
    let base = ground.accepted(&ground.create(&note)).await;
    let mut edited = document(&ground.truth("a").await).clone();
    edited["n"] = json!(2);
    ground.accepted(&ground.update(&base, &edited)).await;
    assert_eq!(document(&ground.truth("a").await)["wide"].to_string(), "12345678901234567890");
}

/// A change that the server refuses in its own words is refused for good, and the words are kept.
pub async fn refused_in_its_own_words(ground: Ground, document: &Value, part: &str) {
    let failure = failed(ground.push(&ground.create(document)).await);
    assert_eq!((failure.class, failure.effect), (ErrorClass::Permanent, Effect::None));
    assert!(failure.words.contains(part), "{}", failure.words);
}
