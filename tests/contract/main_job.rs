//! The main job by the engine itself: offline edits, a restart, a colleague, a conflict settled field by field.

use crate::every_kind;
use crate::ground::{Ground, PASSWORD, USER, document};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use tidemark_engine::Engine;
use tidemark_host::{Environment, Host, HostOptions, NoKeychain};
use tidemark_model::connector::Remote;
use tidemark_model::number::Millis;
use tidemark_model::view::{ChoiceAt, FieldChoice, FieldEdit, NewLink, RecordFilter, Resolution};

every_kind!(the_main_job_is_done);

const LINK: &str = "Office";

async fn open(folder: &Path) -> Host {
    // The secret comes from the environment of the test alone: there is no keychain here.
    let environment = Environment::of([("TIDEMARK_SECRET_OFFICE", PASSWORD)]);
    let options = HostOptions {
        data: Some(folder.to_owned()),
        keychain: Some(Arc::new(NoKeychain)),
        environment,
        ..HostOptions::default()
    };
    Host::open(options).await.expect("an opened host")
}

async fn set(engine: &Engine, collection: &str, id: &str, path: &str, value: &Value) {
    let edit = FieldEdit { path: path.into(), set: Some(value.to_string()) };
    engine.update_record(LINK, collection, id, &[edit], None).await.expect("a saved edit");
}

// proves G1, G3, D3, D7, D9
async fn the_main_job_is_done(ground: Ground) {
    let note = |id: &str| json!({"id": id, "title": id, "state": "open", "who": "nobody", "n": 12345678901234567890u64});
    for id in ["a", "b", "c"] {
        ground.colleague(&ground.create(&note(id))).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let host = open(folder.path()).await;
    let collection = ground.collection.clone();
    let link = NewLink {
        name: LINK.into(),
        kind: ground.kind.into(),
        url: ground.proxy.url("v1"),
        user: Some(USER.into()),
        secret: None,
        settings: None,
        collections: vec![collection.clone()],
    };
    host.add_link(link).await.expect("an added link");
    assert_eq!(host.engine().sync(Some(LINK), None).await.unwrap().received, 3);

    ground.proxy.go_offline().await.unwrap();
    let engine = host.engine();
    set(engine, &collection, "a", "/state", &json!("mine")).await;
    set(engine, &collection, "a", "/who", &json!("me")).await;
    set(engine, &collection, "b", "/who", &json!("me")).await;
    engine.create_record(LINK, &collection, &note("d").to_string(), None).await.unwrap();
    engine.delete_record(LINK, &collection, "c", None).await.unwrap();
    let away = engine.sync(Some(LINK), None).await.unwrap();
    assert!(away.failure.is_some() && away.confirmed == 0, "{away:?}");
    engine.shutdown().await;

    // A colleague changes one field of ours and one of theirs.
    let before = ground.truth("a").await;
    let theirs = json!({"id": "a", "title": "Anna's", "state": "theirs", "who": "nobody", "n": 12345678901234567890u64});
    ground.colleague(&ground.update(before.version().unwrap(), &theirs)).await;

    ground.proxy.go_online().await.unwrap();
    let host = open(folder.path()).await;
    let engine = host.engine();
    assert_eq!(engine.status().unwrap().queue_length.0, 4, "all is still there after the restart");
    let report = engine.sync(Some(LINK), None).await.unwrap();
    assert_eq!((report.confirmed, report.conflicts, report.parked), (3, 1, 0), "{report:?}");
    assert_eq!(document(&ground.truth("b").await)["who"], "me");
    assert_eq!(document(&ground.truth("d").await), &note("d"));
    assert!(matches!(ground.truth("c").await, Remote::Deleted { .. } | Remote::Missing));
    assert_eq!(document(&ground.truth("a").await)["state"], "theirs", "nothing is overwritten");

    let row = engine.list_conflicts(0, 10).unwrap().rows.remove(0);
    let conflict = engine.get_conflict(row.id).unwrap();
    let clash: Vec<&str> = conflict.fields.iter().filter(|f| f.undecided).map(|f| f.path.as_str()).collect();
    assert_eq!(clash, ["/state"], "what one side touched is merged");
    let choice = ChoiceAt { path: "/state".into(), choice: FieldChoice::Mine };
    let resolution = Resolution::Manual { choices: vec![choice], document: None };
    engine.resolve_conflict(row.id, resolution, conflict.server_version, Millis(0)).await.unwrap();
    ground.proxy.forget();
    let report = engine.sync(Some(LINK), None).await.unwrap();
    assert_eq!((report.confirmed, report.conflicts, report.parked), (1, 0, 0), "{report:?}");
    let read_back =
        ground.proxy.seen().iter().any(|seen| seen.method == "GET" && seen.target.ends_with("/a"));
    assert!(read_back, "a resolution is confirmed by reading back");

    let expected =
        json!({"id": "a", "title": "Anna's", "state": "mine", "who": "me", "n": 12345678901234567890u64});
    assert_eq!(document(&ground.truth("a").await), &expected);
    let ledger = engine.status().unwrap().ledger;
    assert!(ledger.balanced && ledger.confirmed.0 == 4, "{ledger:?}");
    let rows = engine.list_records(LINK, &collection, &RecordFilter::default(), 0, 10).unwrap();
    assert_eq!(rows.rows.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["a", "b", "d"]);
    engine.shutdown().await;
}
