//! What each uncertain or doubtful answer leads to, on servers that remember keys and on those that do not.

use crate::unreadable_answers;
use serde_json::{Value, json};
use tidemark_model::mutation::MutationState;
use tidemark_model::view::{ConflictType, Resolution};
use tidemark_sandbox::{ColleagueEdit, Switch};
use tidemark_tests::fault_proxy::{Canned, Fault, FaultProxy, Rule};
use tidemark_tests::world::{LINK, NO_HOLD, Stage, TASKS, World, task};

const BOTH: [&str; 2] = ["{}", r#"{"write":{"keys":{"honoured":false}}}"#];

pub(super) async fn behind_a_proxy(stage: Stage) -> (World, FaultProxy) {
    let (world, proxy) = Box::pin(unreadable_answers::behind_a_proxy(stage)).await;
    world.sync().await;
    proxy.forget();
    (world, proxy)
}

async fn try_for(world: &World, times: usize) {
    for _ in 0..times {
        world.clock.advance_s(60);
        world.sync().await;
    }
}

fn puts(proxy: &FaultProxy) -> Vec<(Option<String>, Vec<u8>)> {
    let puts = proxy.seen().into_iter().filter(|seen| seen.method == "PUT");
    puts.map(|seen| (seen.key().map(str::to_owned), seen.body.to_vec())).collect()
}

fn conflicts(world: &World) -> Vec<(String, ConflictType)> {
    let rows = world.engine().list_conflicts(0, 10).unwrap().rows;
    rows.into_iter().map(|row| (row.resource_id, row.conflict_type)).collect()
}

fn gateway() -> Canned {
    Canned::new(504, "text/html", "<h1>504</h1>")
}

fn problem(status: u16, kind: &str) -> Canned {
    let body =
        format!(r#"{{"type":"https://tidemark.dev/problems/{kind}","title":"{kind}","status":{status}}}"#);
    Canned::new(status, "application/problem+json", body)
}

// proves A4
#[tokio::test]
async fn a_create_that_met_itself_is_done_also_where_the_server_or_a_colleague_added_something() {
    for settings in BOTH {
        let (world, proxy) = behind_a_proxy(Stage::default().settings(settings)).await;
        proxy.add(Rule::once(Fault::SayAfter(gateway())).method("PUT"));
        world.create(&task(9)).await;
        world.sync().await;
        world.colleague_sets("t009", "stamp", "added");
        try_for(&world, 2).await;
        assert_eq!((conflicts(&world), world.queue()), (vec![], vec![]), "{settings}");
        assert_eq!(world.effects("t009"), ["put"], "{settings}");
        assert_eq!(world.here("t009").unwrap()["stamp"], "added");
        world.finish().await;
    }
}

// proves A4
#[tokio::test]
async fn a_create_under_an_id_of_our_own_is_ours_whatever_was_done_to_it_since() {
    for settings in BOTH {
        let (world, proxy) = behind_a_proxy(Stage::default().settings(settings)).await;
        proxy.add(Rule::once(Fault::SayAfter(gateway())).method("PUT"));
        let rid = world.create(&json!({"title": "mine", "rank": 1})).await.record;
        world.sync().await;
        world.colleague_sets(&rid, "title", "theirs, later");
        world.set(&rid, "rank", 2).await;
        try_for(&world, 3).await;
        assert_eq!((conflicts(&world), world.queue()), (vec![], vec![]), "{settings}");
        let both = json!({"id": rid, "title": "theirs, later", "rank": 2});
        assert_eq!((world.here(&rid), world.there(&rid)), (Some(both.clone()), Some(both)), "{settings}");
        world.finish().await;
    }
}

// proves A4, D2
#[tokio::test]
async fn a_create_under_a_chosen_id_that_is_taken_by_something_else_is_asked_about() {
    for settings in BOTH {
        let world = Stage::default().settings(settings).open().await;
        world.create(&task(9)).await;
        let other = json!({"id": "t009", "title": "another"}).as_object().cloned();
        world.colleague(ColleagueEdit { collection: TASKS.into(), create: other, ..Default::default() });
        world.sync().await;
        assert_eq!(conflicts(&world), [("t009".to_owned(), ConflictType::CreatedOnBoth)], "{settings}");
        assert_eq!(world.here("t009").unwrap()["title"], "Task 9", "what was typed is still here");
        let met = world.engine().list_conflicts(0, 1).unwrap().rows.remove(0).id;
        world.engine().resolve_conflict(met, Resolution::ServerWins {}, None, NO_HOLD).await.unwrap();
        world.finish().await;
    }
}

// proves A4, D2
#[tokio::test]
async fn what_is_there_already_with_equal_content_is_a_success() {
    for settings in BOTH {
        let world = Stage::tasks(2).settings(settings).open().await;
        world.create(&task(9)).await;
        world.set("t001", "state", "done").await;
        world.delete("t002").await;
        let same = task(9).as_object().cloned();
        world.colleague(ColleagueEdit { collection: TASKS.into(), create: same, ..Default::default() });
        world.colleague_sets("t001", "state", "done");
        world.colleague_deletes("t002");
        world.sync().await;
        world.sync().await;
        assert_eq!((conflicts(&world), world.queue()), (vec![], vec![]), "{settings}");
        assert_eq!(world.effect_count(), 0, "{settings}: the colleague was first");
        assert_eq!(world.engine().status().unwrap().ledger.needs_you.0, 0);
        world.finish().await;
    }
}

// proves A4
#[tokio::test]
async fn a_delete_that_is_answered_404_or_410_is_done() {
    for (settings, kind, status) in [
        (BOTH[0], "gone", 410),
        (BOTH[1], "gone", 410),
        (BOTH[0], "not-found", 404),
        (BOTH[1], "not-found", 404),
    ] {
        let (world, proxy) = behind_a_proxy(Stage::tasks(1).settings(settings)).await;
        proxy.add(Rule::once(Fault::SayAfter(problem(status, kind))).method("DELETE"));
        world.delete("t001").await;
        assert_eq!(world.sync().await.confirmed, 1, "{kind} {settings}");
        assert_eq!((world.here("t001"), world.effects("t001")), (None, vec!["delete".to_owned()]));
        world.finish().await;
    }
}

// proves A4, A7
#[tokio::test]
async fn a_key_that_still_runs_is_waited_for_and_neither_counts_nor_conflicts() {
    let (world, proxy) = behind_a_proxy(Stage::tasks(1)).await;
    proxy.add(Rule::once(Fault::SayAfter(gateway())).method("PUT"));
    let running = problem(409, "key-in-use").with("Retry-After", "7");
    proxy.add(Rule::always(Fault::Say(running)).method("PUT").times(8));
    world.set("t001", "state", "done").await;
    world.sync().await;
    for _ in 0..8 {
        world.clock.advance_s(400);
        world.sync().await;
        assert_eq!(world.queue()[0].mutation_state, MutationState::Uncertain, "{:?}", world.queue()[0]);
    }
    assert_eq!(conflicts(&world), []);
    try_for(&world, 10).await;
    assert_eq!((world.queue(), world.effects("t001")), (vec![], vec!["put".to_owned()]));
    let sent = puts(&proxy);
    assert!(sent.iter().all(|one| *one == sent[0]), "the same bytes under the same key, ten times");
    world.finish().await;
}

// proves A4
#[tokio::test]
async fn three_equal_server_errors_under_one_key_are_looked_behind() {
    for (did_it, status) in [(true, 500), (false, 500), (true, 503), (false, 503)] {
        let (world, proxy) = behind_a_proxy(Stage::tasks(1)).await;
        let stored = Canned::json(status, "{}");
        let first = if did_it { Fault::SayAfter(stored.clone()) } else { Fault::Say(stored.clone()) };
        proxy.add(Rule::once(first).method("PUT"));
        proxy.add(Rule::once(Fault::Say(stored.clone())).method("PUT"));
        proxy.add(Rule::once(Fault::Say(stored)).method("PUT"));
        world.set("t001", "state", "done").await;
        world.sync().await;
        try_for(&world, 4).await;
        assert_eq!(
            (world.queue(), world.effects("t001")),
            (vec![], vec!["put".to_owned()]),
            "{did_it} {status}"
        );
        let keys: Vec<_> = puts(&proxy).into_iter().map(|(key, _)| key).collect();
        assert!(keys[..3].iter().all(|key| *key == keys[0]), "one key for three tries");
        match did_it {
            true => assert_eq!(keys.len(), 3, "the look showed that it is there: {status}"),
            false => {
                assert!(keys.len() == 4 && keys[3] != keys[0], "a new key once it is proved absent: {status}")
            }
        }
        world.finish().await;
    }
}

// proves A4
#[tokio::test]
async fn a_key_is_trusted_for_its_own_time_from_sealing_and_no_longer() {
    for (waits, replays) in [(500, true), (700, false)] {
        let mut stage = Stage::tasks(1);
        stage.server.key_ttl_s = 600;
        let (world, proxy) = behind_a_proxy(stage).await;
        proxy.add(Rule::once(Fault::DropBefore).method("PUT"));
        world.set("t001", "state", "done").await;
        world.sync().await;
        proxy.forget();
        world.clock.advance_s(waits);
        world.sync().await;
        let seen = proxy.seen();
        let first = seen.iter().find(|seen| seen.target.contains("/t001")).map(|seen| seen.method.as_str());
        assert_eq!(first, Some(if replays { "PUT" } else { "GET" }), "after {waits} s");
        assert_eq!(world.effects("t001"), ["put"]);
        world.finish().await;
    }
}

// proves A4, D1
#[tokio::test]
async fn an_update_whose_answer_was_lost_is_in_doubt_only_where_nobody_remembers_it() {
    for settings in BOTH {
        let world = Stage::tasks(1).settings(settings).open().await;
        world.set("t001", "state", "mine").await;
        world.fault(|faults| faults.drop_after = Some(Switch::always(true).method("PUT").times(1)));
        world.sync().await;
        world.colleague_sets("t001", "state", "theirs, on top of mine");
        try_for(&world, 2).await;
        assert_eq!(world.effects("t001"), ["put"], "{settings}: never a second time over the colleague's");
        assert_eq!(world.there("t001").unwrap()["state"], "theirs, on top of mine");
        let asked = world.engine().list_conflicts(0, 10).unwrap().rows;
        match settings == BOTH[0] {
            true => assert_eq!((asked, world.queue()), (vec![], vec![]), "the key tells that it was done"),
            false => {
                assert!(asked.len() == 1 && asked[0].may_already_be_in, "{asked:?}");
                let theirs = Resolution::ServerWins {};
                world.engine().resolve_conflict(asked[0].id, theirs, None, NO_HOLD).await.unwrap();
            }
        }
        assert_eq!(world.engine().sync(Some(LINK), None).await.unwrap().failure, None);
        world.finish().await;
    }
}

// proves A4
#[tokio::test]
async fn bytes_that_were_sent_are_never_changed_by_a_later_edit() {
    for settings in BOTH {
        let (world, proxy) = behind_a_proxy(Stage::tasks(1).settings(settings)).await;
        proxy.add(Rule::once(Fault::DropBefore).method("PUT"));
        world.set("t001", "state", "first").await;
        world.sync().await;
        world.set("t001", "state", "second").await;
        try_for(&world, 3).await;
        let sent: Vec<Value> =
            puts(&proxy).iter().map(|(_, body)| serde_json::from_slice(body).unwrap()).collect();
        let states: Vec<&str> = sent.iter().map(|body| body["state"].as_str().unwrap()).collect();
        assert_eq!(states, ["first", "first", "second"], "{settings}");
        let keys: Vec<_> = puts(&proxy).into_iter().map(|(key, _)| key).collect();
        assert!(settings != BOTH[0] || (keys[0] == keys[1] && keys[1] != keys[2]), "{keys:?}");
        assert_eq!(world.there("t001").unwrap()["state"], "second");
        world.finish().await;
    }
}
