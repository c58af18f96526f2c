//! Every event reaches the window with its fields, seldom enough.

use crate::stage::{LINK, SECRET, Stage, TASKS, window};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tauri::async_runtime::block_on;
use tauri::test::{MockRuntime, mock_builder};
use tauri::{App, Listener as _};
use tidemark::{bridge, shell};
use tidemark_model::number::Count;
use tidemark_model::transaction::Strategy;
use tidemark_model::view::{
    Event, FieldEdit, LinkState, NewChange, NewTransaction, QueueChanged, StatusSnapshot,
};
use tidemark_sandbox::{Faults, Switch};
use tokio::sync::{Notify, broadcast};

const TASK: &str = r#"{"id":"t1","title":"Task 1","state":"open"}"#;
const EVENTS: [&str; 17] = [
    "sync-state-changed",
    "sync-progress",
    "queue-changed",
    "records-changed",
    "conflict-created",
    "conflict-resolved",
    "transaction-changed",
    "link:status-change",
    "link:connectivity-change",
    "checkpoint:pull-advance",
    "checkpoint:push-advance",
    "gap:detected",
    "repair:started",
    "repair:completed",
    "repair:failed",
    "degraded-poll:entered",
    "open-route",
];

/// What a window's listeners heard, in order.
#[derive(Clone, Default)]
pub struct Heard(Arc<Mutex<Vec<(&'static str, Value)>>>);

impl Heard {
    /// Listens to every event of the stage's application.
    pub fn on(stage: &Stage) -> Self {
        Self::in_app(stage.app(), &stage.news)
    }

    fn in_app(app: &App<MockRuntime>, news: &Arc<Notify>) -> Self {
        let heard = Self::default();
        for name in EVENTS {
            let (list, news) = (Arc::clone(&heard.0), Arc::clone(news));
            app.listen_any(name, move |event| {
                let payload = serde_json::from_str(event.payload()).expect("a payload is JSON");
                list.lock().unwrap_or_else(PoisonError::into_inner).push((name, payload));
                news.notify_one();
            });
        }
        heard
    }

    /// Everything heard by one name so far.
    pub fn all(&self, name: &str) -> Vec<Value> {
        let list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        list.iter().filter(|(heard, _)| *heard == name).map(|(_, payload)| payload.clone()).collect()
    }

    /// The last one heard by a name.
    pub fn last(&self, name: &str) -> Option<Value> {
        self.all(name).pop()
    }
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

fn has(value: &Value, names: &[&str]) {
    for name in names {
        assert!(keys(value).contains(name), "no {name} in {value}");
    }
}

// proves E2
#[test]
fn every_event_reaches_the_window_with_its_fields() {
    let stage = Stage::running(&[TASK]);
    let heard = Heard::on(&stage);
    stage.add_link(Some(SECRET));
    stage.until("a status that is up to date", || {
        heard.last("sync-state-changed").is_some_and(|status| status["sentence"]["id"] == "upToDate")
    });
    let status = heard.last("sync-state-changed").expect("it was heard");
    has(
        &status,
        &["state", "connectivity", "paused", "stats", "queueLength", "lastSyncTime", "lastError", "seq"],
    );
    has(&status["stats"], &["successCount", "failureCount", "conflictCount", "lastSyncDuration"]);
    assert_eq!((&status["state"], &status["connectivity"]), (&json!("idle"), &json!("online")));
    assert_eq!((&status["paused"], &status["lastError"]), (&json!(false), &Value::Null));
    assert!(status["lastSyncTime"].is_i64() && status["stats"]["lastSyncDuration"].is_i64(), "{status}");

    // The first look at what other programs did names everything at once, and may come together with it.
    let names = |event: &Value, list: &str, id: &str| event[list] == json!([id]) || event["many"] == true;
    let fetched = || heard.all("records-changed").into_iter().find(|event| names(event, "records", "t1"));
    stage.until("the fetched record", || fetched().is_some());
    let event = fetched().expect("it was heard");
    assert_eq!(keys(&event), ["link", "collection", "records", "many"]);
    assert_eq!((&event["link"], &event["collection"]), (&json!(LINK), &json!(TASKS)));
    stage.until("the progress of fetching", || !heard.all("sync-progress").is_empty());
    let progress = heard.last("sync-progress").expect("it was heard");
    has(&progress, &["processed", "total", "successCount", "failureCount", "conflictCount", "bytes", "link"]);

    let change = stage.set("t1", "state", r#""mine""#).change.expect("a change");
    stage.until("the saved change", || {
        heard.all("queue-changed").iter().any(|event| names(event, "changes", &change))
    });
    stage.until("the change to be confirmed", || {
        heard.last("sync-state-changed").is_some_and(|status| status["stats"]["successCount"] == 1)
    });
    stage.until("an empty queue", || {
        heard.last("queue-changed").is_some_and(|event| event["queueLength"] == 0)
    });
    assert_eq!(keys(&heard.last("queue-changed").expect("it was heard")), ["queueLength", "changes", "many"]);

    a_link_takes_its_steps(&stage, &heard);
    a_collection_is_repaired(&stage, &heard);
    a_conflict_comes_and_goes(&stage, &heard);
    a_transaction_moves(&stage, &heard);
    shell::raise(stage.app().handle(), "#/conflicts/1");
    stage.until("the place that is asked for", || heard.last("open-route") == Some(json!("#/conflicts/1")));
    stage.finish();
}

fn a_link_takes_its_steps(stage: &Stage, heard: &Heard) {
    let told = |name: &str, keys_of_it: &[&str], from: Value, to: Value| {
        let is_it = |event: &Value| event["from"] == from && (to.is_null() || event["to"] == to);
        stage.until(name, || heard.all(name).iter().any(is_it));
        let event = heard.all(name).into_iter().find(is_it).expect("it was heard");
        assert_eq!(keys(&event), keys_of_it);
        assert_eq!((&event["id"], &event["link"]), (&json!(1), &json!(LINK)));
        event
    };
    let status = |from: &str, to: &str| {
        told("link:status-change", &["id", "link", "from", "to"], json!(from), json!(to));
    };
    let reached = |from: &str, to: &str| {
        let names = ["id", "link", "from", "to", "error", "nextTry"];
        told("link:connectivity-change", &names, json!(from), json!(to))
    };
    status("initializing", "live");
    assert_eq!(reached("unknown", "online")["error"], Value::Null);
    let names = ["id", "link", "collection", "from", "to"];
    let pulled = told("checkpoint:pull-advance", &names, Value::Null, Value::Null);
    assert!(pulled["collection"] == TASKS && pulled["to"].is_string(), "{pulled}");
    told("checkpoint:push-advance", &["id", "link", "from", "to"], json!(0), json!(1));

    stage.ask::<()>("pause", json!({}));
    status("live", "paused");
    stage.ask::<()>("resume", json!({}));
    status("paused", "live");
    block_on(stage.server.go_offline()).expect("it goes");
    stage.ask::<()>("force_sync", json!({}));
    // A cycle that was cut off in the middle has another class.
    let down = reached("online", "offline");
    has(&down["error"], &["link", "class", "words", "at"]);
    assert!(down["nextTry"].is_i64(), "{down}");
    block_on(stage.server.go_online()).expect("it comes");
    stage.ask::<()>("force_sync", json!({}));
    assert_eq!(reached("offline", "online")["error"], Value::Null);
}

fn a_collection_is_repaired(stage: &Stage, heard: &Heard) {
    let told = |name: &str, more: &[&str]| {
        stage.until(name, || !heard.all(name).is_empty());
        let event = heard.last(name).expect("it was heard");
        assert_eq!(keys(&event), [&["id", "link", "collection"], more].concat());
        assert_eq!(
            (&event["id"], &event["link"], &event["collection"]),
            (&json!(1), &json!(LINK), &json!(TASKS))
        );
        event
    };
    // The server forgets what it deleted, and cannot list anew.
    stage.colleague_sets("t1", "state", "before");
    stage.server.with_world(|server| server.forget_tombstones()).expect("it forgets");
    let anew = Switch::always(vec![500]).method("GET").path("?limit=");
    stage.server.set_faults(Faults { status: Some(anew), ..Faults::default() });
    stage.ask::<()>("force_sync", json!({}));
    let gap = told("gap:detected", &["position", "reason"]);
    assert!(gap["position"].is_string() && gap["reason"] == "expired", "{gap}");
    let started = told("repair:started", &["attempt", "position", "reason"]);
    let began = [&started["attempt"], &started["position"], &started["reason"]];
    assert_eq!(began, [&json!(1), &Value::Null, &json!("expired")]);
    let failed = told("repair:failed", &["attempt", "position", "error"]);
    has(&failed["error"], &["link", "class", "words", "at"]);
    assert_eq!((&failed["attempt"], &failed["error"]["class"]), (&json!(1), &json!("transient")));
    let entered = told("degraded-poll:entered", &["attempt", "error"]);
    assert_eq!((&entered["attempt"], &entered["error"]), (&failed["attempt"], &failed["error"]));
    stage.until("the link's status", || stage.status().links[0].state == LinkState::DegradedPoll);
    stage.server.clear_faults();
    stage.ask::<()>("force_sync", json!({}));
    let completed = told("repair:completed", &["attempt", "compared", "brought", "removed"]);
    let found = ["attempt", "compared", "brought", "removed"].map(|name| completed[name].as_i64());
    assert_eq!(found, [Some(2), Some(1), Some(1), Some(0)]);
    let names = ["gap:detected", "degraded-poll:entered", "repair:completed"];
    assert!(names.iter().all(|name| heard.all(name).len() == 1), "each once");
}

fn a_conflict_comes_and_goes(stage: &Stage, heard: &Heard) {
    // The change waits, so that the pull meets the colleague's edit first.
    stage.ask::<()>("pause", json!({}));
    stage.set("t1", "state", r#""again mine""#);
    stage.colleague_sets("t1", "state", "theirs");
    stage.ask::<()>("resume", json!({}));
    stage.until("the conflict", || !heard.all("conflict-created").is_empty());
    let met = heard.last("conflict-created").expect("it was heard");
    assert_eq!(keys(&met), ["conflict", "link", "collection", "record", "title", "refreshed", "open"]);
    assert_eq!((&met["record"], &met["refreshed"], &met["open"]), (&json!("t1"), &json!(false), &json!(1)));
    // The totals follow at the end of the cycle.
    stage.until("the status with the conflict", || {
        heard.last("sync-state-changed").is_some_and(|status| {
            status["attention"]["conflicts"] == 1 && status["stats"]["conflictCount"] == 1
        })
    });

    let resolution = json!({"strategy": "server_wins"});
    stage.ask::<Value>(
        "resolve_conflict",
        json!({"id": met["conflict"], "resolution": resolution, "seen": null}),
    );
    stage.until("its end", || !heard.all("conflict-resolved").is_empty());
    let ended = heard.last("conflict-resolved").expect("it was heard");
    assert_eq!(keys(&ended), ["conflict", "link", "collection", "record", "resolution", "open"]);
    assert_eq!(
        (&ended["conflict"], &ended["resolution"], &ended["open"]),
        (&met["conflict"], &resolution, &json!(0))
    );
}

fn a_transaction_moves(stage: &Stage, heard: &Heard) {
    let fields = vec![FieldEdit { path: "/state".into(), set: Some(r#""together""#.into()) }];
    let change = NewChange::Update {
        collection: TASKS.into(),
        record: "t1".into(),
        fields,
        depends_on: vec![],
        metadata: None,
    };
    let new = NewTransaction {
        link: LINK.into(),
        strategy: Strategy::Ordered,
        await_sync: false,
        label: None,
        changes: vec![change],
    };
    let made = block_on(stage.host().engine().apply_transaction(new)).expect("it is saved");
    stage.until("its end", || {
        heard.last("transaction-changed").is_some_and(|event| event["to"] == "completed")
    });
    let event = heard.last("transaction-changed").expect("it was heard");
    assert_eq!(keys(&event), ["id", "from", "to", "queuedBehind", "error"]);
    assert_eq!((&event["id"], &event["from"]), (&json!(made.id), &json!("persisting")));
}

// proves E2
#[test]
fn a_failure_is_told_with_its_words_and_ends_with_the_next_good_cycle() {
    let stage = Stage::running(&[TASK]);
    let heard = Heard::on(&stage);
    stage.add_link(Some(SECRET));
    stage.until("a good cycle", || {
        heard.last("sync-state-changed").is_some_and(|status| status["sentence"]["id"] == "upToDate")
    });
    block_on(stage.server.go_offline()).expect("it goes");
    stage.ask::<()>("force_sync", json!({}));
    // A cycle that was cut off in the middle has another class; the check that is forced finds nobody. What is on disk may be
    // heard a moment before what is not.
    let away = |status: &Value| {
        let class = &status["lastError"]["class"];
        status["state"] == "failed" && class == "offline" && status["connectivity"] == "offline"
    };
    stage.until("the failure", || heard.last("sync-state-changed").is_some_and(|status| away(&status)));
    let status = heard.last("sync-state-changed").expect("it was heard");
    has(&status["lastError"], &["link", "class", "words", "at"]);
    assert_eq!(status["lastError"]["link"], LINK);
    block_on(stage.server.go_online()).expect("it comes");
    stage.ask::<()>("force_sync", json!({}));
    stage.until("the end of it", || {
        heard.last("sync-state-changed").is_some_and(|status| status["state"] == "idle")
    });
    assert_eq!(heard.last("sync-state-changed").expect("heard")["lastError"], Value::Null);
    stage.finish();
}

// proves E2
#[test]
fn the_engine_tells_at_most_ten_statuses_a_second_and_the_last_one_is_the_truth() {
    let stage = Stage::linked(&[TASK]);
    let mut listener = stage.host().engine().subscribe();
    stage.start();
    let mut told: Vec<StatusSnapshot> = Vec::new();
    for burst in 0..25 {
        for step in 0..20 {
            stage.set("t1", "state", &format!("{}", burst * 20 + step));
            stage.clock().advance(5);
        }
        let before = told.len();
        stage.until("a status within the tenth of a second", || {
            while let Ok(event) = listener.try_recv() {
                if let Event::SyncStateChanged(snapshot) = event {
                    told.push(*snapshot);
                }
            }
            told.len() > before
        });
    }
    assert!(told.len() >= 25, "500 edits are told, not swallowed: {}", told.len());
    for pair in told.windows(11) {
        let span = pair[10].at.0 - pair[0].at.0;
        assert!(span >= 1_000, "eleven statuses within {span} ms");
    }
    assert!(told.windows(2).all(|pair| pair[0].seq < pair[1].seq), "the numbers rise");
    stage.finish();
}

/// A runtime with one thread: what is carried has come to rest whenever the test goes on.
fn one_thread() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

fn status_event(seq: usize) -> Event {
    Event::SyncStateChanged(Box::new(StatusSnapshot { seq: Count::of(seq), ..StatusSnapshot::default() }))
}

// proves E2
#[test]
fn the_window_hears_the_newest_of_each_kind_at_most_four_times_a_second() {
    const BURSTS: usize = 6;
    const EACH: usize = 60;
    let stage = Stage::bare(&[]);
    let heard = Heard::on(&stage);
    let (teller, listener) = broadcast::channel(4_096);
    let begun = Instant::now();
    one_thread().block_on(async {
        let carrying =
            tokio::spawn(shell::carry(stage.app().handle().clone(), listener, Arc::new(Notify::new())));
        for burst in 1..=BURSTS {
            for n in (burst - 1) * EACH..burst * EACH {
                let changes = vec![format!("c{n}")];
                let queue = QueueChanged { queue_length: Count::of(n), changes, many: false };
                teller.send(status_event(n + 1)).expect("it listens");
                teller.send(Event::QueueChanged(queue)).expect("it listens");
            }
            while heard.last("queue-changed").is_none_or(|event| event["queueLength"] != burst * EACH - 1) {
                stage.news.notified().await;
            }
        }
        carrying.abort();
    });
    let allowed = begun.elapsed().as_millis() / bridge::INTERVAL.as_millis() + 1;
    for name in ["sync-state-changed", "queue-changed"] {
        let count = heard.all(name).len();
        assert!(count >= BURSTS && count as u128 <= allowed, "{name}: {count}, at most {allowed}");
    }
    assert_eq!(heard.last("sync-state-changed").expect("heard")["seq"], BURSTS * EACH, "the newest");
    let ids: usize =
        heard.all("queue-changed").iter().map(|event| event["changes"].as_array().map_or(0, Vec::len)).sum();
    assert_eq!(ids, BURSTS * EACH, "no change is left out when events are put together");
    stage.finish();
}

// proves E2
#[test]
fn a_window_that_is_not_seen_hears_nothing_and_then_the_newest() {
    let stage = Stage::bare(&[]);
    // Another application on the same host, whose window is not open yet.
    let app = tidemark::build(tidemark::wire(mock_builder(), stage.host().clone())).expect("it is built");
    let heard = Heard::in_app(&app, &stage.news);
    let (teller, listener) = broadcast::channel(4_096);
    let seen = Arc::new(Notify::new());
    one_thread().block_on(async {
        let carrying = tokio::spawn(shell::carry(app.handle().clone(), listener, Arc::clone(&seen)));
        for n in 1..=200 {
            teller.send(status_event(n)).expect("it listens");
        }
        while !teller.is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!(heard.all("sync-state-changed"), Vec::<Value>::new(), "nobody sees it");
        window(&app, "main");
        seen.notify_one();
        stage.news.notified().await;
        carrying.abort();
    });
    let told = heard.all("sync-state-changed");
    assert_eq!((told.len(), &told[0]["seq"]), (1, &json!(200)));
    stage.finish();
}
