use crate::support::{Desk, noon, options, start};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tidemark_sandbox::{Faults, Switch};

fn ids(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["id"].as_str().unwrap()).collect()
}

async fn fill(desk: &Desk, count: usize) {
    for n in 0..count {
        desk.put(&format!("/c/notes/r{n:03}"), &format!("{{\"n\":{n}}}")).await;
    }
}

#[tokio::test]
async fn the_root_and_the_time_tell_what_a_client_needs() {
    let desk = start(options()).await;
    let root = desk.get("/").await;
    assert_eq!(root.json()["max_batch"], 100);
    for name in ["epoch", "key_ttl_s", "tombstone_floor", "max_batch", "compress", "time_zone"] {
        assert!(root.json().get(name).is_some(), "{name}");
    }
    assert_eq!(root.header("date"), Some("Mon, 15 Jun 2026 12:00:00 GMT"), "Date is the sandbox's clock");
    let time = desk.get("/time").await.json();
    assert_eq!(time["now"], "2026-06-15T12:00:00.000Z");
    assert_eq!(time["ms"], noon().timestamp_millis());
}

#[tokio::test]
async fn pages_come_in_the_order_of_commit() {
    let desk = start(options()).await;
    fill(&desk, 7).await;
    desk.put("/c/notes/r002", "{\"n\":99}").await;
    desk.send("DELETE", "/c/notes/r003", &[], "").await;
    desk.put("/c/other/x", "{}").await;

    let page = desk.page("notes", None, 3).await.json();
    assert_eq!(ids(page["items"].as_array().unwrap()), ["r000", "r001", "r004"]);
    assert_eq!((&page["more"], &page["floor"]), (&json!(true), &json!(0)));
    assert_eq!(page["epoch"], desk.get("/").await.json()["epoch"]);
    let (all, token) = desk.walk("notes", None, 3).await;
    assert_eq!(ids(&all), ["r000", "r001", "r004", "r005", "r006", "r002", "r003"]);
    assert_eq!(all[5]["doc"], json!({"id": "r002", "n": 99}));
    assert_eq!((&all[6]["deleted"], all[6].get("doc")), (&json!(true), None));
    assert_eq!(all[0].get("deleted"), None);

    let (nothing, token) = desk.walk("notes", Some(&token), 3).await;
    assert_eq!(nothing, [] as [Value; 0]);
    desk.put("/c/notes/r000", "{\"n\":1}").await;
    let (news, _) = desk.walk("notes", Some(&token), 3).await;
    assert_eq!(ids(&news), ["r000"]);
}

#[tokio::test]
async fn writes_during_a_walk_are_neither_skipped_nor_given_twice_in_it() {
    let desk = start(options()).await;
    fill(&desk, 40).await;
    let mut known: BTreeMap<String, Value> = BTreeMap::new();
    let (mut token, mut step) = (None::<String>, 0);
    // One walk; after each page somebody changes a record behind, one ahead, makes one and deletes one.
    let mut seen = BTreeSet::new();
    loop {
        let page = desk.page("notes", token.as_deref(), 5).await.json();
        for item in page["items"].as_array().unwrap() {
            let id = item["id"].as_str().unwrap().to_owned();
            assert!(seen.insert(id.clone()), "{id} came twice in one walk");
            known.insert(id, item["version"].clone());
        }
        token = Some(page["next"].as_str().unwrap().to_owned());
        if page["more"] == false {
            break;
        }
        desk.put(&format!("/c/notes/r{step:03}"), &format!("{{\"again\":{step}}}")).await;
        desk.put(&format!("/c/notes/r{:03}", 39 - step), &format!("{{\"ahead\":{step}}}")).await;
        desk.put(&format!("/c/notes/new{step}"), "{}").await;
        desk.send("DELETE", &format!("/c/notes/r{:03}", 20 + step), &[], "").await;
        step += 1;
        assert!(step < 30, "the first page pinned an upper bound, so the walk ends");
    }
    assert!(
        !seen.iter().any(|id| id.starts_with("new")),
        "what is newer than the bound belongs to the next walk"
    );
    let (news, _) = desk.walk("notes", token.as_deref(), 5).await;
    for item in &news {
        known.insert(item["id"].as_str().unwrap().to_owned(), item["version"].clone());
    }
    let (truth, _) = desk.walk("notes", None, 1000).await;
    let truth: BTreeMap<String, Value> =
        truth.iter().map(|item| (item["id"].as_str().unwrap().to_owned(), item["version"].clone())).collect();
    assert_eq!(known, truth, "two walks know what a fresh one does");
}

#[tokio::test]
async fn a_token_older_than_the_floor_has_expired() {
    let desk = start(options()).await;
    fill(&desk, 3).await;
    let (_, token) = desk.walk("notes", None, 10).await;
    desk.send("DELETE", "/c/notes/r000", &[], "").await;
    let (_, fresh) = desk.walk("notes", Some(&token), 10).await;
    let floor = desk.send("POST", "/_tombstones", &[], "").await.json()["floor"].clone();
    assert_eq!(desk.get("/").await.json()["tombstone_floor"], floor);

    let expired = desk.page("notes", Some(&token), 10).await;
    assert_eq!(expired.problem(), (410, "checkpoint-expired".into()));
    assert_eq!(expired.json()["floor"], floor);
    assert_eq!(desk.page("notes", Some(&fresh), 10).await.status, 200, "who saw the deletion may go on");
    let (all, _) = desk.walk("notes", None, 10).await;
    assert_eq!(ids(&all), ["r001", "r002"]);
    assert_eq!(desk.get("/c/notes/r000").await.problem(), (404, "not-found".into()), "it is forgotten");
}

#[tokio::test]
async fn a_listing_from_the_beginning_ends_although_tombstones_were_forgotten_before_it() {
    let desk = start(options()).await;
    fill(&desk, 6).await;
    desk.send("DELETE", "/c/notes/r000", &[], "").await;
    desk.send("POST", "/_tombstones", &[], "").await;
    let (all, token) = desk.walk("notes", None, 2).await;
    assert_eq!(
        ids(&all),
        ["r001", "r002", "r003", "r004", "r005"],
        "its pages lie below the floor, it began after it"
    );
    assert_eq!(desk.page("notes", Some(&token), 2).await.status, 200);
}

#[tokio::test]
async fn a_restored_copy_is_another_epoch() {
    let desk = start(options()).await;
    desk.put("/c/notes/a", "{\"n\":1}").await;
    desk.put("/c/notes/b", "{}").await;
    let lost = desk.send("PUT", "/c/notes/a", &[("Idempotency-Key", "k")], "{\"n\":2}").await;
    let (_, token) = desk.walk("notes", None, 10).await;
    let old = desk.get("/").await.json()["epoch"].clone();

    let epoch = desk.send("POST", "/_epoch", &[], "{\"back\":2}").await.json()["epoch"].clone();
    assert_ne!(epoch, old);
    let refused = desk.page("notes", Some(&token), 10).await;
    assert_eq!(refused.problem(), (409, "epoch-changed".into()));
    assert_eq!(refused.json()["epoch"], epoch);
    let (all, _) = desk.walk("notes", None, 10).await;
    assert_eq!(ids(&all), ["a"]);
    assert_eq!(all[0]["doc"]["n"], 1, "the copy is older");

    let again = desk.send("PUT", "/c/notes/a", &[("Idempotency-Key", "k")], "{\"n\":3}").await;
    assert_eq!(again.status, 200, "the copy does not know the key");
    desk.put("/c/notes/c", "{}").await;
    let taken = desk.send("PUT", "/c/notes/a", &[("If-Match", lost.etag())], "{}").await;
    assert_eq!(taken.status, 412, "no version of the lost time is valid again");
    let report = desk.sandbox.report().unwrap();
    assert_eq!(
        report.effects.iter().map(|effect| effect.lost).collect::<Vec<_>>(),
        [false, true, true, false, false]
    );
}

#[tokio::test]
async fn a_late_commit_lands_behind_a_token_that_was_given_meanwhile() {
    let desk = start(options()).await;
    desk.sandbox
        .set_faults(Faults { late_commit_ms: Some(Switch::always(600_000).times(1)), ..Faults::default() });
    let late = desk.send("PUT", "/c/notes/late", &[("Idempotency-Key", "k")], "{}");
    let reader = async {
        while desk.sandbox.with_world(|world| world.running_keys()) == 0 {
            tokio::task::yield_now().await;
        }
        desk.put("/c/notes/soon", "{}").await;
        let walked = desk.walk("notes", None, 10).await;
        desk.sandbox.clear_faults();
        walked
    };
    let (late, (seen, token)) = tokio::join!(late, reader);
    assert_eq!((late.status, ids(&seen)), (201, vec!["soon"]));
    let (news, _) = desk.walk("notes", Some(&token), 10).await;
    assert_eq!(ids(&news), [] as [&str; 0], "this fault is what overlap and verification are for");
    assert_eq!(desk.get("/c/notes/late").await.status, 200);
}

#[tokio::test]
async fn a_filter_takes_some_and_every_tombstone() {
    let desk = start(options()).await;
    for (id, status) in [("a", "open"), ("b", "done"), ("c", "open"), ("d", "done")] {
        desk.put(&format!("/c/notes/{id}"), &format!("{{\"status\":\"{status}\"}}")).await;
    }
    desk.send("DELETE", "/c/notes/d", &[], "").await;
    let page = desk.get("/c/notes?filter=status%3Dopen&limit=1").await.json();
    assert_eq!(ids(page["items"].as_array().unwrap()), ["a"]);
    let next = page["next"].as_str().unwrap();
    let rest = desk.get(&format!("/c/notes?filter=status%3Dopen&after={next}")).await.json();
    assert_eq!(ids(rest["items"].as_array().unwrap()), ["c", "d"]);
    let mixed = desk.get(&format!("/c/notes?after={next}")).await;
    assert_eq!(mixed.problem(), (400, "invalid".into()), "a token belongs to its filter");
    assert_eq!(desk.get(&format!("/c/other?after={next}")).await.status, 400, "and to its collection");
}

#[tokio::test]
async fn digests_differ_where_records_differ() {
    let desk = start(options()).await;
    fill(&desk, 50).await;
    let (_, token) = desk.walk("notes", None, 100).await;
    let before = desk.get("/digest/notes").await.json();
    let buckets = before["buckets"].as_array().unwrap();
    assert_eq!(buckets.len(), 256);
    assert_eq!(buckets.iter().map(|bucket| bucket["count"].as_u64().unwrap()).sum::<u64>(), 50);

    desk.put("/c/notes/r007", "{\"changed\":true}").await;
    let after = desk.get("/digest/notes").await.json();
    let differing: Vec<usize> =
        (0..256).filter(|place| after["buckets"][place] != before["buckets"][place]).collect();
    assert_eq!(differing.len(), 1);
    let listed = desk.get(&format!("/digest/notes?bucket={}", differing[0])).await.json();
    assert!(ids(listed["items"].as_array().unwrap()).contains(&"r007"));
    let then = desk.get(&format!("/digest/notes?at={token}")).await.json();
    assert_eq!(then, before, "at a token, the digest is that of its time");
}
