//! The answer to a push may bring a page of what others did, which is applied like a pulled one.

use serde_json::Value;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tidemark_model::connector::{Page, Remote, Row};
use tidemark_tests::tap::Point;
use tidemark_tests::world::{Stage, World};

/// A world whose pushes bring pages, altered first.
async fn open(stage: Stage, alter: impl Fn(&mut Page) + Send + Sync + 'static) -> World {
    let mut world = stage.open().await;
    world.wire.bring_pages(Some(Arc::new(alter)));
    world.restart().await;
    world.sync().await;
    world.wire.tap.forget();
    world
}

/// Syncs up to its first pull; the token that this asks after.
async fn push_alone(world: &World) -> (String, tokio::task::JoinHandle<tidemark_engine::CycleReport>) {
    world.wire.tap.hold(Point::Pull);
    let syncing = world.begin_sync();
    world.wire.tap.reached(Point::Pull, 1).await;
    (world.wire.tap.passed(Point::Pull).remove(0).token.unwrap(), syncing)
}

fn state(world: &World, rid: &str) -> Value {
    world.here(rid).unwrap()["state"].clone()
}

/// What a pull asks after when nothing has moved.
async fn token_now(world: &World) -> String {
    world.sync().await;
    let token = world.wire.tap.passed(Point::Pull).pop().unwrap().token.unwrap();
    world.wire.tap.forget();
    token
}

// proves C3, A4
#[tokio::test]
async fn what_others_did_comes_with_the_answer_and_the_pull_goes_on_behind_it() {
    let world = open(Stage::tasks(8), |_| {}).await;
    let before = token_now(&world).await;
    world.colleague_sets("t002", "state", "theirs");
    world.colleague_deletes("t003");
    world.set("t001", "state", "ours").await;
    let (token, syncing) = push_alone(&world).await;
    assert_eq!((state(&world, "t002"), world.here("t003")), ("theirs".into(), None), "before any pull");
    assert_ne!(token, before, "the checkpoint moved with the page");
    world.wire.tap.release();
    let report = syncing.await.unwrap();
    assert_eq!((report.confirmed, report.conflicts, report.received), (1, 0, 3), "nothing came twice");
    assert_eq!(state(&world, "t001"), "ours");
    world.finish().await;
}

// proves C3, D1
#[tokio::test]
async fn a_page_beside_an_answer_plans_nothing_for_a_record_whose_answer_came_after_it_was_asked_for() {
    // The page is older than the answer: it shows the record as a colleague had left it before our change.
    let world = open(Stage::tasks(4), |page| {
        for row in &mut page.rows {
            if let Row::Record { id, remote: Remote::Present { document, version, .. } } = row
                && id == "t001"
            {
                document["state"] = "of before".into();
                *version = Some("0-before".into());
            }
        }
    })
    .await;
    world.set("t001", "state", "ours").await;
    let (_, syncing) = push_alone(&world).await;
    assert_eq!(state(&world, "t001"), "ours", "what was confirmed is not taken back by an older page");
    world.wire.tap.release();
    assert_eq!(syncing.await.unwrap().conflicts, 0);
    assert_eq!(state(&world, "t001"), "ours");
    world.wire.bring_pages(None);
    world.finish().await;
}

// proves F2, C3
#[tokio::test]
async fn a_page_that_was_not_asked_for_moves_nothing() {
    type Spoil = fn(&mut Page, &str);
    let spoilt: [Spoil; 4] = [
        |page, _| page.collection = "notes".into(),
        |page, _| page.next.stream = "http://elsewhere.invalid/".into(),
        |page, _| page.next.epoch = "another".into(),
        // It promises more behind itself.
        |page, before| (page.more, page.next.token) = (true, before.to_owned()),
    ];
    for spoil in spoilt {
        let before = Arc::new(Mutex::new(String::new()));
        let told = Arc::clone(&before);
        let world = open(Stage::tasks(4), move |page| spoil(page, &told.lock().unwrap())).await;
        let token = token_now(&world).await;
        before.lock().unwrap().clone_from(&token);
        world.colleague_sets("t002", "state", "theirs");
        world.set("t001", "state", "ours").await;
        let (asked_after, syncing) = push_alone(&world).await;
        assert_eq!((state(&world, "t002"), asked_after), ("open".into(), token));
        world.wire.tap.release();
        syncing.await.unwrap();
        assert_eq!(state(&world, "t002"), "theirs", "the pull brings it");
        world.finish().await;
    }
}

// proves C3, A5
#[tokio::test]
async fn of_two_pages_after_one_checkpoint_one_is_applied() {
    let count = AtomicUsize::new(0);
    // Each page says something of its own that the server never had, and nothing of the other's.
    let world = open(Stage::tasks(8), move |page| {
        let mine = format!("t00{}", 5 + count.fetch_add(1, Ordering::Relaxed));
        page.rows.retain(|row| matches!(row, Row::Record { id, .. } if *id == mine));
        for row in &mut page.rows {
            if let Row::Record { remote: Remote::Present { document, version, .. }, .. } = row {
                document["state"] = "from a page".into();
                *version = Some(format!("0-{mine}"));
            }
        }
    })
    .await;
    for rid in ["t005", "t006"] {
        world.colleague_sets(rid, "state", "theirs");
    }
    world.set("t001", "state", "ours").await;
    world.set("t002", "state", "ours").await;
    world.wire.tap.hold(Point::PushAnswer);
    world.wire.tap.hold(Point::Pull);
    let syncing = world.begin_sync();
    world.wire.tap.reached(Point::PushAnswer, 2).await;
    world.wire.tap.hold_from(Point::PushAnswer, usize::MAX);
    world.wire.tap.reached(Point::Pull, 1).await;
    let from_a_page = ["t005", "t006"].into_iter().filter(|rid| state(&world, rid) == "from a page").count();
    assert_eq!(from_a_page, 1, "the other may be older than what is known by then");
    world.wire.tap.release();
    syncing.await.unwrap();
    // What only a page said stays until the record changes there or all is compared.
    for rid in ["t005", "t006"] {
        world.colleague_sets(rid, "state", "theirs again");
    }
    world.wire.bring_pages(None);
    world.finish().await;
}

// proves C4
#[tokio::test]
async fn a_page_beside_an_answer_removes_no_more_than_a_pulled_one() {
    let world = open(Stage::tasks(60), |_| {}).await;
    for number in 1..=55 {
        world.colleague_deletes(&format!("t{number:03}"));
    }
    world.set("t060", "state", "ours").await;
    let (_, syncing) = push_alone(&world).await;
    assert_eq!(world.count_here(), 60);
    world.wire.tap.release();
    syncing.await.unwrap();
    assert_eq!(world.count_here(), 60);
    let asks = world.engine().status().unwrap().links[0].collections[0].asks.unwrap();
    assert_eq!((asks.would_remove.0, asks.of.0), (55, 60));
    world.finish().await;
}
