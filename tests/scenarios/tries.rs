//! What of a try is kept word for word: what was sent, what came back, over which network, and for how long.

use crate::offline_pushes::is_gone_when_it_leaves;
use crate::unreadable_answers::behind_a_proxy;
use futures_util::future::join_all;
use rusqlite::Connection;
use tidemark_engine::StoreError;
use tidemark_model::number::Count;
use tidemark_model::view::{AttemptDetail, AttemptView, RefusalCode};
use tidemark_tests::fault_proxy::{Canned, Fault, Rule};
use tidemark_tests::store_files::database;
use tidemark_tests::world::{Stage, World, task};

fn tries(world: &World, id: &str) -> Vec<AttemptView> {
    world.engine().get_change(id).unwrap().attempts
}

fn attempt(world: &World, id: &str, number: i64) -> AttemptDetail {
    world.engine().get_attempt(id, Count(number)).unwrap()
}

fn exchanges(world: &World) -> i64 {
    let db = Connection::open(database(world.folder())).unwrap();
    db.query_row("SELECT count(*) FROM exchanges", [], |row| row.get(0)).unwrap()
}

// proves A8, A9
#[tokio::test]
async fn a_refusal_can_be_read_word_for_word_also_after_a_restart() {
    let (mut world, proxy) = behind_a_proxy(Stage::tasks(1)).await;
    world.network.is_called("Office");
    let said = format!(r#"{{"detail":"No","trace":"{}"}}"#, "at line 7 ".repeat(3_000));
    let refused = Canned::json(422, said.clone()).with("X-Request-Id", "7f3a");
    proxy.add(Rule::once(Fault::Say(refused)).method("PUT"));
    let id = world.set("t001", "state", "first").await.change.unwrap();
    assert_eq!(world.sync().await.parked, 1);
    world.restart().await;
    let [tried] = tries(&world, &id).try_into().unwrap();
    assert_eq!((tried.request_id.as_deref(), tried.network.as_deref()), (Some("7f3a"), Some("Office")));
    assert!(tried.timing.is_some_and(|timing| timing.first_byte.is_some()), "and where its time went");
    let whole = attempt(&world, &id, 1);
    let request = whole.request.unwrap();
    assert_eq!((request.method.as_str(), &request.key), ("PUT", &tried.key));
    assert!(request.body.unwrap().contains("first"));
    assert!(whole.sent.contains(&format!("idempotency-key: {}", tried.key)), "{:?}", whole.sent);
    assert!(whole.answered.contains(&"x-request-id: 7f3a".to_owned()), "{:?}", whole.answered);
    assert_eq!(whole.body, Some(said), "all of it, where the list of tries holds the start");
    assert!(tried.excerpt.unwrap().len() < 3_000);
    world.finish().await;
}

// proves A8, A9
#[tokio::test]
async fn what_was_sent_under_a_former_key_stays_with_its_try() {
    let (world, proxy) = behind_a_proxy(Stage::tasks(1)).await;
    proxy.add(Rule::once(Fault::Say(Canned::json(422, r#"{"detail":"No"}"#))).method("PUT"));
    let id = world.set("t001", "state", "first").await.change.unwrap();
    world.sync().await;
    proxy.add(Rule::once(Fault::Say(Canned::json(422, r#"{"detail":"Neither"}"#))).method("PUT"));
    world.colleague_sets("t001", "rank", 7);
    world.sync().await;
    world.engine().retry(vec![id.clone()]).await.unwrap();
    world.sync().await;
    let [newest, first] = tries(&world, &id).try_into().unwrap();
    assert_ne!(newest.key, first.key, "what was refused in so many words is sealed anew");
    let sent =
        |number| attempt(&world, &id, number).request.map(|request| (request.key, request.body.unwrap()));
    let (key, body) = sent(1).unwrap();
    assert_eq!((&key, body.contains("\"rank\":1")), (&first.key, true), "{body}");
    let (key, body) = sent(2).unwrap();
    assert_eq!((&key, body.contains("\"rank\":7")), (&newest.key, true), "{body}");
    assert_eq!(attempt(&world, &id, 1).body.as_deref(), Some(r#"{"detail":"No"}"#));
    world.finish().await;
}

// proves A9
#[tokio::test]
async fn of_a_try_that_never_left_only_its_time_is_kept() {
    let world = Stage::tasks(1).open().await;
    let id = world.set("t001", "state", "done").await.change.unwrap();
    for _ in 0..3 {
        is_gone_when_it_leaves(&world).await;
        world.clock.advance_s(400);
    }
    let tried = tries(&world, &id);
    assert!(tried.len() == 3 && tried.iter().all(|tried| tried.timing.is_some()), "{tried:?}");
    assert_eq!((exchanges(&world), attempt(&world, &id, 1)), (0, AttemptDetail::default()));
    world.sync().await;
    let last = tries(&world, &id)[0].number;
    let taken = world.engine().get_attempt(&id, last).unwrap();
    assert!(!taken.answered.is_empty(), "what was said to the one that was taken");
    assert_eq!(taken.body, None, "of what was taken the record shows what the server has");
    world.finish().await;
}

// proves A9
#[tokio::test]
async fn many_successes_leave_the_failures_there_and_all_of_it_is_bounded() {
    let (world, proxy) = behind_a_proxy(Stage::tasks(2)).await;
    proxy.add(Rule::once(Fault::status(422)).method("PUT"));
    let refused = world.set("t001", "state", "first").await.change.unwrap();
    world.sync().await;
    let created: Vec<_> = (10..1_310).map(task).collect();
    join_all(created.iter().map(|document| world.create(document))).await;
    world.sync().await;
    assert_eq!(world.queue().len(), 1);
    let kept = exchanges(&world);
    assert!((1_001..=1_051).contains(&kept), "{kept} are kept of 1,301");
    assert!(!attempt(&world, &refused, 1).answered.is_empty(), "the oldest of them all, but it failed");
    proxy.clear();
    world.engine().discard(vec![refused]).await.unwrap();
    world.finish().await;
}

// proves A9, A12
#[tokio::test]
async fn what_was_said_word_for_word_stays_fourteen_days() {
    let (world, proxy) = behind_a_proxy(Stage::tasks(1)).await;
    proxy.add(Rule::once(Fault::status(422)).method("PUT"));
    let id = world.set("t001", "state", "first").await.change.unwrap();
    world.sync().await;
    world.clock.advance(14 * 24 * 60 * 60 * 1_000);
    world.engine().tidy_up().await.unwrap();
    assert_eq!(exchanges(&world), 1);
    world.clock.advance(1);
    world.engine().tidy_up().await.unwrap();
    assert_eq!(exchanges(&world), 0);
    assert_eq!(tries(&world, &id)[0].status, Some(422), "the try itself stays as long as its change");
    world.finish().await;
}

// proves A9
#[tokio::test]
async fn a_try_that_never_was_is_refused_in_words() {
    let world = Stage::tasks(1).open().await;
    let id = world.set("t001", "state", "done").await.change.unwrap();
    for (id, number) in [(id.as_str(), 7), (id.as_str(), -1), ("nobody", 1)] {
        let Err(StoreError::Refused(refused)) = world.engine().get_attempt(id, Count(number)) else {
            panic!("there is a try {number} of {id}")
        };
        assert_eq!(refused.code, RefusalCode::NotFound);
        assert!(refused.message.contains(&number.to_string()), "{}", refused.message);
    }
    world.finish().await;
}
