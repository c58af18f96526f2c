//! What was saved before a SIGKILL is there after it.

use serde_json::json;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tidemark_model::mutation::{MutationState, Operation};
use tidemark_model::view::FieldEdit;
use tidemark_tests::world::{LINK, Stage, TASKS, World, task};

/// In the child: the data folder on which it works.
const FOLDER: &str = "TIDEMARK_SCENARIO_FOLDER";
/// The line by which the child says that its edits were acknowledged.
const SAVED: &str = "all edits are saved";

// proves A1, B6
#[tokio::test]
async fn offline_edits_survive_a_kill() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return edit_and_wait_to_be_killed(&PathBuf::from(folder)).await;
    }
    let mut world = Stage::tasks(3).open().await;
    world.server.go_offline().await.unwrap();
    world.close().await;

    let mut child = begin_child(world.folder());
    wait_for_saved(&mut child);
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success(), "it was killed and did not end by itself");

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

fn begin_child(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed::offline_edits_survive_a_kill", "--nocapture"])
        .env(FOLDER, folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn wait_for_saved(child: &mut Child) {
    let said = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let heard: Vec<String> = said.take_while(|line| !line.contains(SAVED)).collect();
    assert!(child.try_wait().unwrap().is_none(), "the child ended by itself:\n{}", heard.join("\n"));
}

async fn edit_and_wait_to_be_killed(folder: &Path) {
    let engine = World::engine_on(folder).await;
    let done = [FieldEdit { path: "/state".into(), set: Some(json!("done").to_string()) }];
    let metadata = Some(r#"{"from":"child"}"#.to_owned());
    engine.update_record(LINK, TASKS, "t001", &done, metadata).await.unwrap();
    engine.delete_record(LINK, TASKS, "t002", None).await.unwrap();
    engine.create_record(LINK, TASKS, &task(100).to_string(), None).await.unwrap();
    #[allow(clippy::print_stdout)]
    {
        println!("{SAVED}");
    }
    std::future::pending::<()>().await;
}
