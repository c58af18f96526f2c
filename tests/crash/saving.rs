//! Edits are saved and sent at the same time, by a process that is killed again and again: each that was called saved is
//! there, and what the server sees of a record is what was saved of it, in that order.

use crate::child::{self, Worker, say, told};
use crate::extent::{self, Run};
use crate::ground::{self, Ground, LINK, TASKS, open};
use crate::moments;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use tidemark_engine::{Engine, EngineSettings};
use tidemark_model::number::Millis;
use tidemark_model::view::FieldEdit;
use tidemark_simulation::audit::database_in;

/// How many edits are made.
const EDITS: usize = 2_000;
/// On so many records in turn.
const RECORDS: usize = 40;
/// A record is made, edited so often less two, and deleted; then it is made again.
const LIFE: usize = 10;
/// In the child: the edit with which it begins.
const FIRST: &str = "TIDEMARK_CRASH_FIRST";
/// A kill comes so many microseconds after the line by which it is timed, at most.
const LATE: usize = 5_000;

// proves A1, A3, A4, A5, B6
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_called_saved_is_sent_once_and_in_order_whenever_its_process_is_killed() {
    let name = "saving::what_was_called_saved_is_sent_once_and_in_order_whenever_its_process_is_killed";
    if child::folder().is_some() {
        return edit_as_child().await;
    }
    is_sent(Run::of(name), name, Ground::sandbox(&[]).await).await;
}

// proves A1, A3, A5, B6, G3
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_called_saved_is_sent_to_kinto_once_and_in_order_whenever_its_process_is_killed() {
    let name =
        "saving::what_was_called_saved_is_sent_to_kinto_once_and_in_order_whenever_its_process_is_killed";
    if child::folder().is_some() {
        return edit_as_child().await;
    }
    if extent::is_long() {
        is_sent(Run::of(name), name, Ground::kinto(&[]).await).await;
    }
}

async fn edit_as_child() {
    let folder = child::folder().unwrap();
    // Nothing is waited for, so that sending goes on between the edits.
    let engine = open(&folder, EngineSettings { debounce: Millis(0), ..EngineSettings::default() }).await;
    engine.start();
    for number in told(FIRST).unwrap()..EDITS {
        make(&engine, number).await;
        say(&number.to_string());
    }
    ground::drain(engine).await;
}

async fn is_sent(mut run: Run, name: &str, ground: Ground) {
    let (folder, kills) = (ground.folder.path(), extent::kills());
    let mut saved = 0;
    while run.killed < kills {
        let moment = moments::choose(&run.dice, EDITS - saved, kills - run.killed, LATE);
        let mut worker = Worker::start(name, folder, &[(FIRST, saved)]);
        let (mut said, reached) = moments::by_lines(&mut worker, moment).await;
        let (rest, alive) = worker.kill().await;
        assert!(reached.is_some() && alive, "it was over after {} kills of {kills}", run.killed);
        said.extend(rest);
        for line in said {
            assert_eq!(line, saved.to_string(), "each in its turn");
            saved += 1;
        }
        nothing_saved_is_missing(&ground, saved);
        run.killed += 1;
    }
    let (_, ended) = Worker::start(name, folder, &[(FIRST, saved)]).end().await;
    assert!(ended.success());
    ground.finish().await;
    in_order(&ground.effects().await);
    let there: BTreeMap<String, Value> =
        ground.there().await.into_iter().map(|(key, doc)| (key.1, doc)).collect();
    let all = (0..RECORDS).filter_map(|record| Some((id(record), state(record, EDITS)?)));
    assert_eq!(there, all.collect(), "all that was saved is there");
}

fn id(record: usize) -> String {
    format!("r{record:02}")
}

/// The edits of a record, in order.
fn edits_of(record: usize) -> impl DoubleEndedIterator<Item = usize> {
    (record..EDITS).step_by(RECORDS)
}

enum Edit {
    Create,
    Set(String),
    Delete,
}

/// What an edit is about.
fn edit(number: usize) -> Edit {
    match number / RECORDS % LIFE {
        0 => Edit::Create,
        at if at == LIFE - 1 => Edit::Delete,
        at => Edit::Set(format!("f{}", at % 3)),
    }
}

/// A record after those of the first so many edits that are its own; none where it is not there then.
fn state(record: usize, first: usize) -> Option<Value> {
    edits_of(record).take_while(|number| *number < first).fold(None, |before, number| match edit(number) {
        Edit::Create => Some(json!({"id": id(record), "made": number})),
        Edit::Delete => None,
        Edit::Set(field) => {
            let mut fields: Map<String, Value> = before?.as_object().unwrap().clone();
            fields.insert(field, number.into());
            Some(fields.into())
        }
    })
}

/// Makes an edit, where the one who was killed has not done it.
async fn make(engine: &Engine, number: usize) {
    let record = number % RECORDS;
    let rid = id(record);
    let after = state(record, number + 1);
    let shown = engine.get_record(LINK, TASKS, &rid).ok().and_then(|record| record.document);
    if shown.as_deref().map(parse) == after {
        return;
    }
    match edit(number) {
        Edit::Create => {
            engine.create_record(LINK, TASKS, &after.unwrap().to_string(), None).await.unwrap();
        }
        Edit::Set(field) => {
            let edit = FieldEdit { path: format!("/{field}"), set: Some(number.to_string()) };
            engine.update_record(LINK, TASKS, &rid, &[edit], None).await.unwrap();
        }
        Edit::Delete => {
            engine.delete_record(LINK, TASKS, &rid, None).await.unwrap();
        }
    }
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Each record is as its last saved edit left it; the one that was being edited may be one further.
fn nothing_saved_is_missing(ground: &Ground, saved: usize) {
    let db = database_in(ground.folder.path());
    for record in 0..RECORDS {
        let sql = "SELECT local FROM records WHERE rid = ?1";
        let here = db.query_row(sql, [id(record)], |row| row.get::<_, Option<String>>(0)).ok().flatten();
        let here = here.as_deref().map(parse);
        let under_way = saved % RECORDS == record && here == state(record, saved + 1);
        assert!(
            here == state(record, saved) || under_way,
            "{} after {saved} edits is {here:?} and should be {:?}",
            id(record),
            state(record, saved)
        );
    }
}

/// What the server made of a record is at each time what some more of its edits make of it: they may have joined, but none
/// comes late, twice or not at all.
fn in_order(effects: &[ground::Effect]) {
    for record in 0..RECORDS {
        let mut left = edits_of(record);
        for (_, document) in effects.iter().filter(|(of, _)| *of == id(record)) {
            let next = left.find(|number| state(record, number + 1) == *document);
            assert!(next.is_some(), "{document:?} comes late, twice, or was never saved: {effects:?}");
        }
    }
}
