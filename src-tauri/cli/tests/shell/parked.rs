use crate::support::{Said, Shell, sample};
use serde_json::{Value, json};
use tidemark_sandbox::{Faults, RunningSandbox, Switch};

const CUSTOMERS: [&str; 3] = ["CU-0001", "CU-0002", "CU-0003"];

/// Three customers whose names the server refused, and the ids of the changes.
async fn refused(server: &RunningSandbox) -> (Shell, Vec<String>) {
    let shell = Shell::linked(server).await;
    shell.run(&["sync"]).await.ends(0);
    for id in CUSTOMERS {
        update(&shell, id, "name=\"X\"").await;
    }
    let status = Some(Switch::always(vec![422]).method("PUT,PATCH"));
    server.set_faults(Faults { status, ..Faults::default() });
    shell.run(&["sync"]).await.ends(2);
    server.clear_faults();
    let parked = shell.run(&["queue", "list", "--state", "needs_you"]).await.ends(0);
    (shell, ids(&parked))
}

async fn update(shell: &Shell, id: &str, edit: &str) {
    shell.run(&["records", "update", "Work", "customers", id, edit]).await.ends(0);
}

fn ids(said: &Said) -> Vec<String> {
    said.lines.iter().map(|line| line["id"].as_str().unwrap().to_owned()).collect()
}

async fn name(shell: &Shell, id: &str) -> Value {
    shell.run(&["records", "get", "Work", "customers", id]).await.ends(0).line()["document"]["name"].clone()
}

// proves A8
#[tokio::test(flavor = "multi_thread")]
async fn one_cause_is_seen_once_and_its_changes_go_again_together() {
    let server = sample().await;
    let (shell, all) = refused(&server).await;
    let causes = shell.run(&["queue", "causes"]).await.ends(0);
    assert_eq!((&causes.line()["count"], &causes.line()["status"]), (&json!(3), &json!(422)));
    let key = causes.line()["key"].as_str().unwrap().to_owned();
    assert_eq!(ids(&shell.run(&["queue", "causes", "--ids", &key]).await.ends(0)), all);
    assert_eq!(shell.run(&["queue", "retry", "--cause", &key]).await.ends(0).line()["done"], 3);
    shell.run(&["sync"]).await.ends(0);
    assert!(shell.run(&["queue", "causes"]).await.ends(0).lines.is_empty());
    assert_eq!(shell.assert_balanced().await["confirmed"], 3);
    server.stop().await;
}

// proves A8
#[tokio::test(flavor = "multi_thread")]
async fn an_edit_of_the_record_puts_a_refused_change_right() {
    let server = sample().await;
    let (shell, _) = refused(&server).await;
    update(&shell, "CU-0001", "name=\"Right\"").await;
    shell.run(&["sync"]).await.ends(2);
    assert_eq!(server.report().unwrap().effects.len(), 1, "as one change");
    assert_eq!(name(&shell, "CU-0001").await, "Right");
    let left = shell.run(&["queue", "list", "--state", "needs_you"]).await.ends(0);
    assert_eq!(left.lines.len(), 2, "the others still need a person");
    shell.assert_balanced().await;
    server.stop().await;
}

// proves A8
#[tokio::test(flavor = "multi_thread")]
async fn changes_are_exported_without_secrets_and_the_command_is_one_a_shell_takes() {
    let server = sample().await;
    let (shell, all) = refused(&server).await;
    let whole = shell.run(&["queue", "export"]).await.ends(0);
    assert_eq!(whole.line()["changes"].as_array().unwrap().len(), 3);
    assert_eq!(whole.line()["changes"][0]["attempts"][0]["status"], 422);
    let mut export = shell.program();
    export.args(["queue", "export", &all[0], "--format", "curl"]);
    let told = tokio::task::spawn_blocking(move || export.output().unwrap()).await.unwrap();
    let text = String::from_utf8(told.stdout).unwrap();
    assert!(text.starts_with("# secrets removed\ncurl --globoff "), "{text}");
    let check = std::process::Command::new("sh").args(["-n", "-c", &text]).output().unwrap();
    assert!(check.status.success() && check.stderr.is_empty(), "{check:?}\n{text}");
    server.stop().await;
}

// proves A8
#[tokio::test(flavor = "multi_thread")]
async fn what_was_discarded_is_listed_and_put_back() {
    let server = sample().await;
    let (shell, all) = refused(&server).await;
    assert_eq!(shell.run(&["queue", "discard", &all[0], &all[1]]).await.ends(0).line()["done"], 2);
    assert_ne!(name(&shell, "CU-0001").await, "X");
    let trash = shell.run(&["queue", "list", "--state", "in_trash"]).await.ends(0);
    assert!(trash.lines.len() == 2 && trash.lines[0]["goneAt"].is_number(), "{trash:?}");
    let back = shell.run(&["queue", "restore", &all[0], &all[2]]).await.ends(0);
    assert_eq!((&back.line()["done"], &back.line()["alreadyGone"]), (&json!(1), &json!(1)));
    assert_eq!(name(&shell, "CU-0001").await, "X");
    update(&shell, "CU-0002", "name=\"X\"").await;
    let back = shell.run(&["queue", "restore", &all[1]]).await.ends(2);
    assert_eq!(back.line()["reasons"][0]["why"], "'CU-0002' already has these values");
    shell.assert_balanced().await;
    server.stop().await;
}

// proves A8
#[tokio::test(flavor = "multi_thread")]
async fn more_than_twenty_changes_are_discarded_only_by_their_number() {
    let server = sample().await;
    let shell = Shell::linked(&server).await;
    shell.run(&["sync"]).await.ends(0);
    server.go_offline().await.unwrap();
    for number in 1..=21 {
        update(&shell, &format!("CU-{number:04}"), "name=\"X\"").await;
    }
    let all = ids(&shell.run(&["queue", "list"]).await.ends(0));
    let discard = |more: &[&str]| {
        let words = ["queue", "discard"].iter().chain(more).map(|word| (*word).to_owned());
        words.chain(all.clone()).collect::<Vec<String>>()
    };
    for yes in [&[][..], &["--yes", "20"][..]] {
        let words = discard(yes);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        assert_eq!(shell.run(&words).await.ends(2).line()["there"], 21);
    }
    assert_eq!(shell.run(&["queue", "list"]).await.ends(0).lines.len(), 21, "nothing was discarded");
    let words = discard(&["--yes", "21"]);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    assert_eq!(shell.run(&words).await.ends(0).line()["done"], 21);
    server.stop().await;
}

// proves A10
#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_held_released_moved_first_and_saved_urgent() {
    let server = sample().await;
    let shell = Shell::linked(&server).await;
    shell.run(&["sync"]).await.ends(0);
    server.go_offline().await.unwrap();
    update(&shell, "CU-0001", "name=\"A\"").await;
    update(&shell, "CU-0002", "name=\"B\"").await;
    let urgent = ["records", "delete", "Work", "customers", "CU-0003", "--priority", "8"];
    shell.run(&urgent).await.ends(0);
    assert_eq!(
        shell.run(&["records", "delete", "Work", "customers", "CU-0004", "--priority", "10"]).await.exit,
        64
    );
    let order = |said: &Said| -> Vec<String> {
        said.lines.iter().map(|line| line["record"].as_str().unwrap().to_owned()).collect()
    };
    let listed = shell.run(&["queue", "list"]).await.ends(0);
    assert_eq!(order(&listed), ["CU-0003", "CU-0001", "CU-0002"]);
    let last = listed.lines[2]["id"].as_str().unwrap();
    shell.run(&["queue", "first", last]).await.ends(0);
    assert_eq!(order(&shell.run(&["queue", "list"]).await), ["CU-0002", "CU-0003", "CU-0001"]);
    shell.run(&["queue", "hold", last]).await.ends(0);
    assert_eq!(shell.run(&["queue", "list", "--state", "on_hold"]).await.lines.len(), 1);
    shell.run(&["queue", "release", last]).await.ends(0);
    assert!(shell.run(&["queue", "list", "--state", "on_hold"]).await.lines.is_empty());
    server.stop().await;
}
