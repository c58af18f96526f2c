//! Files that somebody put into the data folder: databases, backups, notes, settings.

use crate::ground::{Target, watch_panics};
use crate::mutation::Form;
use crate::wire::in_time;
use rusqlite::Connection;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tidemark_engine::{Engine, EngineSettings, LinkDraft, Platform, StoreError, WriterMode};
use tidemark_host::{Environment, Host, HostOptions, NoKeychain};
use tidemark_model::connector::Discovered;
use tidemark_model::settings::LinkSettings;
use tidemark_model::view::{QueueFilter, RecordFilter, Refusal, RefusalCode};
use tidemark_tests::clock::{ManualClock, START};
use tidemark_tests::rng::SeededRng;
use tidemark_tests::store_files::{database, note};
use tidemark_tests::wire::Wire;

const LINK: &str = "office";
const TASKS: &str = "tasks";

async fn open(folder: &Path) -> Result<Engine, StoreError> {
    let (clock, rng) = (Arc::new(ManualClock::default()), Arc::new(SeededRng::new(5)));
    let platform = Platform::new(clock, rng, Arc::new(Wire::default()));
    Engine::open(folder, platform, EngineSettings::default(), WriterMode::Inline).await
}

/// A database with a link, records and a change, as one file.
async fn a_database() -> Vec<u8> {
    let folder = TempDir::new().expect("there is room for a folder");
    let engine = open(folder.path()).await.expect("the folder opens");
    let draft = LinkDraft {
        name: LINK.into(),
        kind: "rest".into(),
        url: "http://127.0.0.1:9/".into(),
        user: None,
        settings: LinkSettings::default(),
        collections: vec![Discovered { name: TASKS.into(), ..Discovered::default() }],
        secret_kept: false,
    };
    engine.add_link(draft).await.expect("the link is stored");
    for number in 0..5 {
        let text = format!(r#"{{"id":"t{number}","title":"Task {number}","n":1.10}}"#);
        engine.create_record(LINK, TASKS, &text, None).await.expect("it is saved");
    }
    engine.shutdown().await;
    drop(engine);
    let db = Connection::open(database(folder.path())).expect("the database opens");
    db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE")
        .expect("it becomes one file");
    drop(db);
    fs::read(database(folder.path())).expect("it can be read")
}

/// Looks at everything, whatever comes of it.
fn looked_at(engine: &Engine) {
    let seen = [
        engine.status().map(drop),
        engine.links().map(drop),
        engine.list_records(LINK, TASKS, &RecordFilter::default(), 0, 50).map(drop),
        engine.list_queue(&QueueFilter::default(), 0, 50).map(drop),
        engine.list_conflicts(0, 50).map(drop),
    ];
    seen.into_iter().filter_map(Result::err).for_each(refused);
}

fn refused(why: StoreError) {
    let Refusal { message, .. } = Refusal::from(why);
    assert!(!message.trim().is_empty() && message.chars().count() <= 1_500, "{message}");
}

// proves E5
#[test]
fn a_database_that_is_put_in_place_is_opened_or_refused() {
    watch_panics();
    let whole = in_time(a_database());
    let target =
        Target { name: "databases", corpus: "databases", form: Form::Bytes, variants: 2, cases: 150 };
    target.run_on(&[whole], |case| {
        let folder = TempDir::new().expect("there is room for a folder");
        fs::write(database(folder.path()), case.bytes).expect("it can be written");
        in_time(async {
            for _ in 0..2 {
                match open(folder.path()).await {
                    Ok(engine) => {
                        looked_at(&engine);
                        if case.variant == 1 {
                            let saved = engine.create_record(LINK, TASKS, r#"{"id":"new"}"#, None).await;
                            saved.map(drop).unwrap_or_else(refused);
                        }
                        engine.shutdown().await;
                    }
                    Err(why) => refused(why),
                }
            }
        });
    });
}

// proves E5
#[test]
fn a_backup_is_put_back_whole_or_the_database_stays_as_it_was() {
    const NAME: &str = "tidemark-2026-11-26T13-00-05.123Z.db";
    watch_panics();
    let whole = in_time(a_database());
    let target = Target { name: "backups", corpus: "databases", form: Form::Bytes, variants: 2, cases: 150 };
    target.run_on(std::slice::from_ref(&whole), |case| {
        let folder = TempDir::new().expect("there is room for a folder");
        fs::write(database(folder.path()), &whole).expect("it can be written");
        let backups = folder.path().join("backups");
        fs::create_dir(&backups).expect("it can be made");
        fs::write(backups.join(NAME), case.bytes).expect("it can be written");
        let name = (case.variant == 0).then_some(NAME);
        match tidemark_engine::restore(folder.path(), name, START) {
            Err(why) => {
                refused(why);
                let now = fs::read(database(folder.path())).expect("it can be read");
                assert!(now == whole, "the database is another one although nothing was put back");
            }
            Ok(restored) => {
                let aside = restored.set_aside.expect("the former one is kept");
                let kept = fs::read(folder.path().join(aside)).expect("it can be read");
                assert!(kept == whole, "the former database is kept as it was");
                in_time(async {
                    match open(folder.path()).await {
                        Ok(engine) => {
                            looked_at(&engine);
                            engine.shutdown().await;
                        }
                        Err(why) => refused(why),
                    }
                });
            }
        }
    });
}

// proves E8
#[test]
fn the_notes_beside_a_database_may_say_anything() {
    watch_panics();
    let whole = in_time(a_database());
    let target = Target { name: "notes", corpus: "notes", form: Form::Json, variants: 3, cases: 60 };
    target.run(|case| {
        let folder = TempDir::new().expect("there is room for a folder");
        fs::write(database(folder.path()), &whole).expect("it can be written");
        let path = if case.variant == 0 { note(folder.path()) } else { folder.path().join("live.json") };
        fs::write(path, case.bytes).expect("it can be written");
        in_time(async {
            match open(folder.path()).await {
                Ok(engine) => {
                    let listed = engine.list_records(LINK, TASKS, &RecordFilter::default(), 0, 50);
                    assert_eq!(
                        listed.expect("the records are read").rows.len(),
                        5,
                        "nothing is lost by a note"
                    );
                    let status = engine.status().expect("the status is read");
                    serde_json::to_string(&status).expect("the window can be told");
                    if case.variant == 2 {
                        // Another program looks while this one sends, and finds what was left in its place.
                        fs::write(folder.path().join("live.json"), case.bytes).expect("it can be written");
                        let second = open(folder.path()).await.expect("a second program may look");
                        let status = second.status().expect("the status is read");
                        serde_json::to_string(&status).expect("the window can be told");
                    }
                    engine.shutdown().await;
                }
                Err(why) => refused(why),
            }
        });
    });
}

// proves E7
#[test]
fn a_settings_file_in_a_data_folder_is_taken_or_left_as_it_was() {
    let target =
        Target { name: "settings in place", corpus: "settings", form: Form::Json, variants: 2, cases: 60 };
    target.run(|case| {
        let folder = TempDir::new().expect("there is room for a folder");
        let path = folder.path().join("settings.json");
        let options = HostOptions {
            data: Some(folder.path().to_owned()),
            keychain: Some(Arc::new(NoKeychain)),
            environment: Environment::of([]),
            writer: WriterMode::Inline,
            ..HostOptions::default()
        };
        let put = || fs::write(&path, case.bytes).expect("it can be written");
        in_time(async {
            if case.variant == 0 {
                put();
            }
            let host = match Host::open(options).await {
                Ok(host) => host,
                Err(why) => {
                    let refusal = Refusal::from(why);
                    assert!(refusal.message.contains("settings.json"), "{refusal:?}");
                    assert!(
                        fs::read(&path).expect("it is there") == case.bytes,
                        "it was refused and changed"
                    );
                    return;
                }
            };
            put();
            let before = host.engine().sync_settings();
            match host.set_setting("page_size", Some("20")).await {
                Ok(view) => assert_eq!(view.value.0, 20),
                Err(why) => {
                    let refusal = Refusal::from(why);
                    assert_ne!(refusal.code, RefusalCode::NotFound, "{refusal:?}");
                    assert!(
                        fs::read(&path).expect("it is there") == case.bytes,
                        "it was refused and changed"
                    );
                    assert_eq!(host.engine().sync_settings(), before, "the settings in force stay");
                }
            }
            host.engine().shutdown().await;
        });
    });
}
