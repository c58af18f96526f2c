//! Backups by hand: made, listed, and put in the place of a store that is damaged.

use crate::support::{Shell, bytes, sample};

async fn save(shell: &Shell, remarks: &str) {
    let set = format!("remarks=\"{remarks}\"");
    shell.run(&["records", "update", "Work", "work_orders", "WO-00320", &set]).await.ends(0);
}

// proves A1, A8, B6, H6
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_store_is_named_with_its_backup_and_restored_without_doubling_anything() {
    let server = sample().await;
    let shell = Shell::linked(&server).await;
    shell.run(&["sync"]).await.ends(0);
    assert!(shell.run(&["backup", "list"]).await.ends(0).lines.is_empty());
    save(&shell, "Key at the gate").await;
    let made = shell.run(&["backup", "make"]).await.ends(0).line().clone();
    let name = made["name"].as_str().unwrap();
    shell.run(&["sync"]).await.ends(0);

    let path = shell.folder.path().join("tidemark.db");
    let mut spoilt = bytes(&path);
    spoilt[..4096].fill(0xA5);
    std::fs::write(&path, &spoilt).unwrap();
    let error = shell.run(&["status"]).await.ends(1).error();
    assert!(error["message"].as_str().unwrap().contains("tidemark.db"), "{error}");
    assert!(error["hint"].as_str().unwrap().contains(name), "it names the intact copy: {error}");
    assert_eq!(bytes(&path), spoilt, "nothing was changed by itself");
    assert_eq!(shell.run(&["backup", "list"]).await.ends(0).line(), &made, "the list needs no open store");

    let unknown = shell.run(&["backup", "restore", "tidemark-x.db"]).await.ends(1).error();
    assert_eq!(unknown["code"], "not_found", "{unknown}");
    let restored = shell.run(&["backup", "restore"]).await.ends(0).line().clone();
    assert_eq!(restored["from"], made);
    let aside = shell.folder.path().join(restored["setAside"].as_str().unwrap());
    assert_eq!(bytes(&aside), spoilt, "the damaged one is kept");

    assert_eq!(shell.status().await["putBack"]["inDoubt"], 1, "it is told");
    assert_eq!(shell.status().await["putBack"], serde_json::Value::Null, "once");
    shell.run(&["sync"]).await.ends(0);
    let report = server.report().unwrap();
    assert_eq!(report.effects.len(), 1, "what was sent before is not sent again: {report:?}");
    assert!(shell.run(&["queue", "list"]).await.ends(0).lines.is_empty());
    shell.assert_balanced().await;
    server.stop().await;
}

// proves A1, H6
#[tokio::test(flavor = "multi_thread")]
async fn beside_an_open_window_nothing_is_put_in_place_and_backups_are_made() {
    let shell = Shell::new();
    let window = shell.window().await;
    let made = shell.run(&["backup", "make"]).await.ends(0).line().clone();
    let refused = shell.run(&["backup", "restore"]).await.ends(1).error();
    assert_eq!(refused["code"], "not_now", "{refused}");
    assert!(refused["hint"].as_str().unwrap().contains("close it first"), "{refused}");
    window.engine().shutdown().await;
    assert_eq!(shell.run(&["backup", "restore"]).await.ends(0).line()["from"], made);
}

// proves A1, H6
#[tokio::test(flavor = "multi_thread")]
async fn where_no_window_ever_runs_a_sync_makes_the_daily_backup() {
    let server = sample().await;
    let shell = Shell::linked(&server).await;
    shell.run(&["sync"]).await.ends(0);
    let count = async || shell.run(&["backup", "list"]).await.ends(0).lines.len();
    assert_eq!(count().await, 0, "there is nothing in it for long");
    let made = shell.run(&["backup", "make"]).await.ends(0).line().clone();
    shell.run(&["sync"]).await.ends(0);
    assert_eq!(count().await, 1, "one a day");
    // A backup's name says when it was made.
    let backups = shell.folder.path().join("backups");
    let older = backups.join("tidemark-2026-01-01T08-00-00.000Z.db");
    std::fs::rename(backups.join(made["name"].as_str().unwrap()), older).unwrap();
    for _ in 0..2 {
        shell.run(&["sync"]).await.ends(0);
        assert_eq!(count().await, 2);
    }
    server.stop().await;
}
