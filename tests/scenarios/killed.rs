//! What was saved before a SIGKILL is there after it, and what was on its way is not doubled.
//!
//! Each test starts itself again as a child process, which works on the same folder until it is killed.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tidemark_model::mutation::{MutationState, Operation};
use tidemark_model::view::FieldEdit;
use tidemark_tests::tap::Point;
use tidemark_tests::world::{LINK, Stage, TASKS, World, task};

/// In the child: the data folder on which it works.
const FOLDER: &str = "TIDEMARK_SCENARIO_FOLDER";
/// The line by which the child says that it is time.
const KILL_ME: &str = "this process waits to be killed";

/// In the child, the folder on which it is to work.
fn child_folder() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

// proves A1, B6
#[tokio::test]
async fn offline_edits_survive_a_kill() {
    if let Some(folder) = child_folder() {
        return edit_as_child(&folder).await;
    }
    let mut world = Stage::tasks(3).open().await;
    world.server.go_offline().await.unwrap();
    world.close().await;
    kill_a_child("killed::offline_edits_survive_a_kill", world.folder()).await;

    world.open_engine().await;
    assert_eq!(world.here("t001").unwrap()["state"], "done");
    assert_eq!(world.here("t002"), None);
    assert_eq!(world.here("t100"), Some(task(100)));
    let queue = world.queue();
    let queued: Vec<(&str, Operation)> =
        queue.iter().map(|row| (row.record.as_str(), row.operation)).collect();
    let expected = [("t001", Operation::Update), ("t002", Operation::Delete), ("t100", Operation::Create)];
    assert_eq!(queued, expected, "in the order of saving");
    assert!(queue.iter().all(|row| row.mutation_state == MutationState::Queued));
    assert_eq!(
        world.engine().get_change(&queue[0].id).unwrap().metadata.as_deref(),
        Some(r#"{"from":"child"}"#)
    );
    world.check_books();

    world.server.go_online().await.unwrap();
    assert_eq!(world.sync().await.confirmed, 3);
    assert_eq!(world.there("t001").unwrap()["state"], "done");
    assert_eq!((world.there("t002"), world.there("t100")), (None, Some(task(100))));
    world.finish().await;
}

async fn edit_as_child(folder: &Path) {
    let (engine, _) = World::engine_on(folder).await;
    let done = [FieldEdit { path: "/state".into(), set: Some(r#""done""#.into()) }];
    let metadata = Some(r#"{"from":"child"}"#.to_owned());
    engine.update_record(LINK, TASKS, "t001", &done, metadata).await.unwrap();
    engine.delete_record(LINK, TASKS, "t002", None).await.unwrap();
    engine.create_record(LINK, TASKS, &task(100).to_string(), None).await.unwrap();
    wait_to_be_killed().await;
}

// proves B6, A4
#[tokio::test]
async fn what_was_on_its_way_at_a_kill_is_not_doubled() {
    if let Some(folder) = child_folder() {
        return send_as_child(&folder).await;
    }
    let mut world = Stage::tasks(20).open().await;
    for number in 1..=20 {
        world.set(&format!("t{number:03}"), "state", "done").await;
    }
    world.close().await;
    kill_a_child("killed::what_was_on_its_way_at_a_kill_is_not_doubled", world.folder()).await;
    assert_eq!(world.effect_count(), 6, "the server had answered, and nobody had heard it");

    world.open_engine().await;
    let counts = world.engine().queue_stats().unwrap().counts;
    assert_eq!((counts.sealed.0, counts.uncertain.0 + counts.queued.0), (0, 20));
    world.check_books();
    assert_eq!(world.sync().await.confirmed, 20);
    assert_eq!(world.effect_count(), 20, "each took effect once");
    world.finish().await;
}

async fn send_as_child(folder: &Path) {
    let (engine, tap) = World::engine_on(folder).await;
    tap.hold(Point::PushAnswer);
    tokio::spawn(async move { engine.sync(Some(LINK), None).await });
    tap.reached(Point::PushAnswer, 6).await;
    wait_to_be_killed().await;
}

/// Starts the test of this name again as a child on a folder, and kills it when it says so.
async fn kill_a_child(test: &'static str, folder: &Path) {
    let folder = folder.to_owned();
    // The server lives on this thread and has to go on while the child is waited for.
    let killed = tokio::task::spawn_blocking(move || {
        let mut child = begin_child(test, &folder);
        wait_for_the_line(&mut child);
        child.kill().unwrap();
        child.wait().unwrap()
    });
    assert!(!killed.await.unwrap().success(), "it was killed and did not end by itself");
}

fn begin_child(test: &str, folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(FOLDER, folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn wait_for_the_line(child: &mut Child) {
    let said = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let heard: Vec<String> = said.take_while(|line| !line.contains(KILL_ME)).collect();
    assert!(child.try_wait().unwrap().is_none(), "the child ended by itself:\n{}", heard.join("\n"));
}

#[allow(clippy::print_stdout)]
async fn wait_to_be_killed() {
    println!("{KILL_ME}");
    std::future::pending::<()>().await;
}
