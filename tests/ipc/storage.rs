//! The local store and its backups by command, also where it cannot be opened.

#![allow(clippy::unwrap_used)]

use crate::stage::{self, Commands, LINK, OWN_PAGE, Stage};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use tauri::Manager as _;
use tauri::async_runtime::block_on;
use tauri::ipc::InvokeBody;
use tauri::test::{MockRuntime, mock_builder};
use tauri::webview::WebviewWindow;
use tidemark::desk::Desk;
use tidemark_host::{Environment, Host, HostOptions, NoKeychain};
use tidemark_model::view::{
    Activity, Backup, RefusalCode, Restored, Sentence, StatusSnapshot, Storage, StoreFault,
};
use tidemark_tests::store_files::{database, spoil_beginning};

// proves A1, E7
pub fn a_backup_is_made_listed_and_put_in_place() -> Commands {
    let stage = Stage::linked(&[r#"{"id":"t1","state":"open"}"#]);
    let before: Storage = stage.ask("list_backups", json!({}));
    assert!(before.backups.is_empty() && before.bytes.0 > 0 && before.free.is_some(), "{before:?}");
    stage.set("t1", "state", r#""mine""#);
    let made: Backup = stage.ask("back_up_now", json!({}));
    assert_eq!(stage.ask::<Storage>("list_backups", json!({})).backups, std::slice::from_ref(&made));
    stage.sync();
    stage.set("t1", "state", r#""later""#);

    let unknown = stage.refused("restore_backup", json!({"name": "../tidemark.db"}));
    assert_eq!(unknown.code, RefusalCode::NotFound, "{unknown:?}");
    assert!(stage.here("t1").unwrap().contains("later"), "and everything goes on");
    let restored: Restored = stage.ask("restore_backup", json!({"name": made.name}));
    assert_eq!(restored.from, made);
    assert!(stage.folder().join(restored.set_aside.unwrap()).exists(), "the former store is kept");
    assert!(stage.here("t1").unwrap().contains("mine"), "the window shows the copy");
    assert_eq!(stage.status().put_back.expect("it is told").in_doubt.0, 1);
    stage.ask::<Value>("seen_put_back", json!({}));
    assert_eq!(stage.status().put_back, None, "once");

    let engine = stage.app().state::<Desk>().engine().unwrap();
    block_on(engine.sync(Some(LINK), None)).unwrap();
    assert!(stage.there("t1").unwrap().contains("mine"), "it was sent before and is not sent again");
    assert_eq!(stage.server.report().unwrap().effects.len(), 1);
    assert!(engine.list_queue(&Default::default(), 0, 10).unwrap().rows.is_empty());
    stage.finish()
}

fn options(folder: &Path) -> HostOptions {
    HostOptions {
        data: Some(folder.to_owned()),
        keychain: Some(Arc::new(NoKeychain)),
        environment: Environment::of([]),
        ..HostOptions::default()
    }
}

/// The application on a data folder, as it starts.
fn application(folder: &Path) -> (tauri::App<MockRuntime>, WebviewWindow<MockRuntime>) {
    let desk = block_on(Desk::open(options(folder))).expect("the window comes up all the same");
    let app = tidemark::build(tidemark::wire(mock_builder(), desk)).expect("the application is built");
    let window = stage::window(&app, "main");
    (app, window)
}

fn ask(window: &WebviewWindow<MockRuntime>, command: &str, arguments: Value) -> Result<Value, Value> {
    stage::call(window, OWN_PAGE, command, InvokeBody::Json(arguments))
}

fn status(window: &WebviewWindow<MockRuntime>) -> StatusSnapshot {
    serde_json::from_value(ask(window, "get_sync_status", json!({})).unwrap()).unwrap()
}

// proves A1, A8, B6
#[test]
fn a_store_that_cannot_be_opened_is_shown_with_its_intact_copy_and_restored() {
    let folder = tempfile::tempdir().unwrap();
    let host = block_on(Host::open(options(folder.path()))).unwrap();
    let backup = block_on(host.engine().back_up_now()).unwrap();
    block_on(host.engine().shutdown());
    spoil_beginning(folder.path());

    let (app, window) = application(folder.path());
    let shown = status(&window);
    assert_eq!(shown.sentence, Sentence::StoreDamaged { intact: Some(backup.made_at) });
    assert_eq!((shown.store_fault, shown.activity), (Some(StoreFault::Damaged), Activity::CannotSave));
    let refusal = ask(&window, "list_queue", json!({"filter": {}, "offset": 0, "limit": 1})).unwrap_err();
    assert!(refusal.to_string().contains(&backup.name), "every command says what to do: {refusal}");
    let storage: Storage = serde_json::from_value(ask(&window, "list_backups", json!({})).unwrap()).unwrap();
    assert_eq!(storage.backups, std::slice::from_ref(&backup));

    ask(&window, "restore_backup", json!({"name": backup.name})).unwrap();
    assert_eq!(status(&window).store_fault, None);
    ask(&window, "list_queue", json!({"filter": {}, "offset": 0, "limit": 1})).unwrap();
    block_on(app.state::<Desk>().close());
}

// proves A1
#[test]
fn a_store_that_cannot_be_written_is_shown_and_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    // Whoever runs this may write everywhere: a folder in the file's place is what nobody can open.
    std::fs::create_dir(database(folder.path())).unwrap();
    let (app, window) = application(folder.path());
    let shown = status(&window);
    assert!(matches!(shown.sentence, Sentence::CannotSave { .. }), "{shown:?}");
    ask(&window, "force_sync", json!({})).unwrap_err();
    std::fs::remove_dir(database(folder.path())).unwrap();
    ask(&window, "force_sync", json!({})).unwrap();
    assert_eq!(status(&window).store_fault, None);
    block_on(app.state::<Desk>().close());
}
