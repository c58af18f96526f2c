//! A large collection is pulled for the first time while the process is killed again and again, between the pages and in
//! the middle of them.

use crate::child::{self, Worker};
use crate::extent::{self, Run};
use crate::ground::{Ground, open};
use crate::moments;
use rusqlite::OptionalExtension as _;
use serde_json::{Value, json};
use tidemark_engine::EngineSettings;
use tidemark_simulation::audit::database_in;

/// How many records the server has.
const RECORDS: usize = 50_000;
/// So many in a page.
const PAGE: usize = 100;
/// A kill comes at one of so many parts of a page.
const PARTS: usize = 1_000;

// proves C3, B6
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_record_comes_once_and_no_page_is_skipped_whenever_the_process_is_killed() {
    let name = "pull::each_record_comes_once_and_no_page_is_skipped_whenever_the_process_is_killed";
    if child::folder().is_some() {
        return pull_as_child().await;
    }
    let ground = Ground::sandbox(&records()).await;
    let left_with = comes_once(Run::of(name), name, &ground).await;
    // A page and its checkpoint are one commit: what is here is what the pages before the checkpoint held.
    let asked = tokens_in_order(&ground);
    for (token, count) in left_with {
        let pages = asked.iter().position(|asked| *asked == token);
        let pages = pages.unwrap_or_else(|| panic!("nobody went on from {token:?}, which was left on disk"));
        assert_eq!(count, pages * PAGE, "records here at the checkpoint after {pages} pages");
    }
    assert_eq!(asked.len(), RECORDS / PAGE, "each page was asked for in its turn");
}

// proves C3, B6, G3
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_record_of_kinto_comes_and_no_page_is_skipped_whenever_the_process_is_killed() {
    let name = "pull::each_record_of_kinto_comes_and_no_page_is_skipped_whenever_the_process_is_killed";
    if child::folder().is_some() {
        return pull_as_child().await;
    }
    if extent::is_long() {
        comes_once(Run::of(name), name, &Ground::kinto(&records()).await).await;
    }
}

async fn pull_as_child() {
    let engine =
        open(&child::folder().unwrap(), EngineSettings { page: PAGE, ..EngineSettings::default() }).await;
    engine.start();
    let mut told = engine.subscribe();
    while database_in(&child::folder().unwrap())
        .query_row("SELECT pulled_at FROM collections", [], |row| row.get::<_, Option<i64>>(0))
        .unwrap()
        .is_none()
    {
        // A missed event does no harm.
        let _ = told.recv().await;
    }
    engine.shutdown().await;
}

fn records() -> Vec<Value> {
    (0..RECORDS).map(|number| json!({"id": format!("r{number:05}"), "number": number})).collect()
}

/// Pulls and kills; at each kill, which checkpoint was on disk and how many records with it.
async fn comes_once(mut run: Run, name: &str, ground: &Ground) -> Vec<(Option<String>, usize)> {
    let (folder, kills) = (ground.folder.path(), extent::kills());
    let mut left_with: Vec<(Option<String>, usize)> = Vec::new();
    while run.killed < kills {
        let had = left_with.last().map_or(0, |(_, count)| *count);
        let left = (RECORDS - had.min(RECORDS)) / PAGE;
        let moment = moments::choose(&run.dice, left, kills - run.killed, PARTS);
        let mut worker = Worker::start(name, folder, &[]);
        let reached = moments::between_requests(&mut worker, &ground.proxy, moment).await;
        let (_, alive) = worker.kill().await;
        assert!(reached.is_some() && alive, "it was over after {} kills of {kills}", run.killed);
        run.killed += 1;
        let on_disk = on_disk(ground);
        assert!(on_disk.1 >= had, "what was here stays");
        left_with.push(on_disk);
    }
    let (_, ended) = Worker::start(name, folder, &[]).end().await;
    assert!(ended.success());
    let (_, count) = on_disk(ground);
    assert_eq!(count, RECORDS, "each record once");
    let asked = ground.proxy.seen().len();
    ground.finish().await;
    assert!(ground.proxy.seen().len() - asked < 10, "nothing is pulled anew");
    left_with
}

/// The checkpoint that is stored, and how many records are.
fn on_disk(ground: &Ground) -> (Option<String>, usize) {
    let db = database_in(ground.folder.path());
    let token = db.query_row("SELECT received FROM collections", [], |row| row.get(0)).optional().unwrap();
    let count: i64 = db.query_row("SELECT count(*) FROM records", [], |row| row.get(0)).unwrap();
    (token.flatten(), count.try_into().unwrap())
}

/// The checkpoints after which pages were asked for, each where it first was.
fn tokens_in_order(ground: &Ground) -> Vec<Option<String>> {
    let mut tokens = Vec::new();
    for seen in ground.proxy.seen() {
        let url = reqwest::Url::parse(&format!("http://server{}", seen.target)).unwrap();
        let of =
            |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        let token = of("since").or_else(|| of("after"));
        if of("limit").as_deref() == Some(&PAGE.to_string()) && !tokens.contains(&token) {
            tokens.push(token);
        }
    }
    tokens
}
