//! A queue of 2,000 changes is sent while its process is killed again and again.

use crate::child::{self, Worker};
use crate::extent::{self, Run};
use crate::ground::{self, Ground, LINK, TASKS, id_of, open};
use crate::moments;
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tidemark_engine::{Engine, EngineSettings};
use tidemark_model::transaction::Strategy;
use tidemark_model::view::{FieldEdit, NewChange, NewTransaction};
use tidemark_simulation::audit::database_in;

/// How many changes wait.
const CHANGES: usize = 2_000;
/// Lanes with several changes, of which none joins another.
const LANES: usize = 100;
/// So many changes each.
const ROUNDS: usize = 8;
/// Records of one change: updates, deletions, creations.
const SINGLE: usize = 400;
/// A kill comes so many microseconds after the request by which it is timed, at most.
const LATE: usize = 8_000;

// proves A1, A4, A5, B6
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_goes_out_once_and_in_order_whenever_its_process_is_killed() {
    let name = "drain::a_queue_goes_out_once_and_in_order_whenever_its_process_is_killed";
    if child::folder().is_some() {
        return send_as_child().await;
    }
    goes_out(Run::of(name), name, Ground::sandbox(&seeds()).await).await;
}

// proves A1, A5, B6, G3
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_goes_out_to_kinto_once_and_in_order_whenever_its_process_is_killed() {
    let name = "drain::a_queue_goes_out_to_kinto_once_and_in_order_whenever_its_process_is_killed";
    if child::folder().is_some() {
        return send_as_child().await;
    }
    if extent::is_long() {
        goes_out(Run::of(name), name, Ground::kinto(&seeds()).await).await;
    }
}

async fn send_as_child() {
    let engine = open(&child::folder().unwrap(), EngineSettings::default()).await;
    engine.start();
    ground::drain(engine).await;
}

async fn goes_out(mut run: Run, name: &str, ground: Ground) {
    let folder = ground.folder.path();
    let engine = open(folder, EngineSettings::default()).await;
    engine.sync(Some(LINK), None).await.unwrap();
    let expected = save(&engine).await;
    assert_eq!(engine.status().unwrap().queue_length.0, CHANGES as i64);
    engine.shutdown().await;

    let kills = extent::kills();
    while run.killed < kills {
        let left = CHANGES - confirmed(&ground, CHANGES).await;
        let moment = moments::choose(&run.dice, left, kills - run.killed, LATE);
        let mut worker = Worker::start(name, folder, &[]);
        let reached = moments::by_requests(&mut worker, &ground.proxy, moment).await;
        let (_, alive) = worker.kill().await;
        assert!(reached.is_some() && alive, "it was over after {} kills of {kills}", run.killed);
        run.killed += 1;
    }
    let (_, ended) = Worker::start(name, folder, &[]).end().await;
    assert!(ended.success());
    ground.finish().await;

    let mut done: BTreeMap<String, Vec<Option<Value>>> = BTreeMap::new();
    for (id, document) in ground.effects().await {
        done.entry(id).or_default().push(document);
    }
    for (id, expected) in &expected {
        let did = done.remove(id).unwrap_or_default();
        assert_eq!(&did, expected, "{id}: each of its changes, once, in the order of saving");
    }
    assert!(done.is_empty(), "nobody saved these: {done:?}");
}

/// How many changes are confirmed here. Nothing that was saved is missing, and what is confirmed the server has done.
async fn confirmed(ground: &Ground, saved: usize) -> usize {
    let effects = ground.effects().await.len();
    let db = database_in(ground.folder.path());
    let count = |condition: &str| -> usize {
        let sql = format!("SELECT count(*) FROM outbox WHERE {condition}");
        db.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap().try_into().unwrap()
    };
    let (kept, confirmed) = (count("1"), count("state = 'confirmed'"));
    let on_the_way = count("state IN ('sealed', 'uncertain')");
    assert_eq!(kept, saved, "what was saved is there");
    assert!(confirmed <= effects, "{confirmed} are confirmed, and the server did {effects}");
    assert!(
        effects <= confirmed + on_the_way,
        "the server did {effects}; {confirmed} are confirmed, and {on_the_way} may have been sent"
    );
    confirmed
}

fn record(kind: &str, number: usize) -> Value {
    json!({"id": format!("{kind}{number:03}"), "title": format!("{kind} {number}"), "rank": 0})
}

fn ranked(kind: &str, number: usize, rank: usize) -> Value {
    let mut document = record(kind, number);
    document["rank"] = rank.into();
    document
}

fn seeds() -> Vec<Value> {
    let of = |kind: &'static str, count| (0..count).map(move |number| record(kind, number));
    of("lane", LANES).chain(of("update", SINGLE)).chain(of("delete", SINGLE)).collect()
}

fn rank(value: usize) -> FieldEdit {
    FieldEdit { path: "/rank".into(), set: Some(value.to_string()) }
}

/// Saves all changes; what each is to make of its record on the server, in order.
async fn save(engine: &Engine) -> BTreeMap<String, Vec<Option<Value>>> {
    let mut expected = BTreeMap::new();
    // They come together, so that they share commits.
    join_all((0..SINGLE).map(async |number| {
        let (update, delete) = (id_of(&record("update", number)), id_of(&record("delete", number)));
        engine.update_record(LINK, TASKS, &update, &[rank(7)], None).await.unwrap();
        engine.delete_record(LINK, TASKS, &delete, None).await.unwrap();
        let create = record("create", number).to_string();
        engine.create_record(LINK, TASKS, &create, None).await.unwrap();
    }))
    .await;
    for number in 0..SINGLE {
        expected.insert(id_of(&record("update", number)), vec![Some(ranked("update", number, 7))]);
        expected.insert(id_of(&record("delete", number)), vec![None]);
        expected.insert(id_of(&record("create", number)), vec![Some(record("create", number))]);
    }
    for round in 1..=ROUNDS {
        // What belongs to a transaction joins nothing of another: a lane has as many changes as there are rounds.
        join_all((0..LANES).step_by(2).map(async |number| {
            let changes = [number, number + 1].map(|number| NewChange::Update {
                collection: TASKS.into(),
                record: id_of(&record("lane", number)),
                fields: vec![rank(round)],
                depends_on: vec![],
                metadata: None,
            });
            let strategy = Strategy::Parallel;
            let new = NewTransaction {
                link: LINK.into(),
                strategy,
                await_sync: false,
                label: None,
                changes: changes.into(),
            };
            engine.apply_transaction(new).await.unwrap();
        }))
        .await;
    }
    for number in 0..LANES {
        let rounds = (1..=ROUNDS).map(|round| Some(ranked("lane", number, round))).collect();
        expected.insert(id_of(&record("lane", number)), rounds);
    }
    expected
}
