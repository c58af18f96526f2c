//! One status on every surface: the window's event, the tray, the command line and a command's answer.

use crate::events::Heard;
use crate::stage::{LINK, SECRET, Stage, TASKS};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Command;
use tauri::async_runtime::block_on;
use tidemark::tray;
use tidemark_model::clock::Clock as _;
use tidemark_model::number::{Count, Millis};
use tidemark_model::view::{Event, Sentence, StatusSnapshot, Stopped};
use tidemark_model::words;
use tidemark_sandbox::{ColleagueEdit, Faults, Switch};
use tidemark_tests::self_signed::self_signed;

const TASKS_THERE: [&str; 3] =
    [r#"{"id":"t1","state":"open"}"#, r#"{"id":"t2","state":"open"}"#, r#"{"id":"t3","state":"open"}"#];

/// The built command line: beside the folder that this test runs from.
fn command_line() -> PathBuf {
    let here = std::env::current_exe().expect("a running program has a path");
    let built = here.ancestors().nth(2).unwrap_or(&here).join("tidemarkctl");
    assert!(built.exists(), "the command line is not built: run `cargo xtask test --only ipc`");
    built
}

/// What `tidemarkctl status` says about the same folder.
fn command_line_says(stage: &Stage, form: &[&str]) -> String {
    let mut command = Command::new(command_line());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TIDEMARK_")) {
        command.env_remove(name);
    }
    if let Some(now) = stage.now() {
        command.env("TIDEMARK_CLOCK", now);
    }
    command.arg("--data").arg(stage.folder()).arg("status").args(form).env("TIDEMARK_KEYCHAIN", "none");
    let output = command.output().expect("the command line runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// What has to be the same wherever it is said.
fn said(status: &StatusSnapshot) -> Value {
    json!({
        "sentence": status.sentence, "activity": status.activity, "attention": status.attention,
        "queueLength": status.queue_length, "queue": status.queue, "ledger": status.ledger, "state": status.state,
        "connectivity": status.connectivity, "paused": status.paused, "stats": status.stats, "lastError": status.last_error,
        "lastSyncTime": status.last_sync_time, "links": status.links,
    })
}

/// Waits until the window was told of a sentence, and compares every surface at that moment.
fn agree(stage: &Stage, heard: &Heard, moment: &str, is_it: impl Fn(&StatusSnapshot) -> bool) {
    let told = || -> Option<StatusSnapshot> {
        let status = serde_json::from_value(heard.last("sync-state-changed")?).expect("the window's status");
        Some(status).filter(&is_it)
    };
    // The window hears a moment later what the engine has told: all are compared when nothing moves, at one number.
    let mut surfaces = None;
    stage.until(moment, || {
        let Some(event) = told() else { return false };
        let by_program = || -> StatusSnapshot {
            serde_json::from_str(&command_line_says(stage, &["--json"])).expect("the status as JSON")
        };
        let (before, in_words, after) = (by_program(), command_line_says(stage, &[]), by_program());
        let answer = stage.status();
        let at_rest = before.seq == event.seq && after.seq == event.seq && said(&answer) == said(&event);
        surfaces = Some((event, answer, before, in_words));
        at_rest
    });
    let (event, answer, by_program, in_words) = surfaces.expect("all spoke");
    let clockface = |at: Millis| {
        let at = chrono::DateTime::from_timestamp_millis(at.0).expect("a time of this era");
        at.with_timezone(&chrono::Local).format("%Y-%m-%d %H:%M").to_string()
    };
    let sentence = words::sentence(&event.sentence, &clockface);

    assert!(answer.seq > event.seq, "{moment}: a later look has a later number");

    let model = tray::model(&event, &clockface);
    assert_eq!(model.seq, event.seq.0, "{moment}: the tray is made of the same snapshot");
    assert_eq!(model.sentence, words::status_line(&event, &clockface), "{moment}");
    let quit = model.items.last().expect("a way out").text.clone();
    match event.queue_length.0 {
        0 => assert_eq!(quit, "Quit"),
        waiting => assert!(quit.contains(&waiting.to_string()), "{moment}: {quit}"),
    }
    let attention = &event.attention;
    let asks = [attention.conflicts, attention.needs_you, attention.removals, attention.unreadable];
    let for_a_person = asks.iter().any(|count| count.0 > 0) || !attention.sign_in.is_empty();
    assert_eq!(model.dot, for_a_person, "{moment}: {model:?}");

    assert_eq!(said(&by_program), said(&event), "{moment}: the command line beside the running window");
    assert_eq!(in_words.lines().next(), Some(sentence.as_str()), "{moment}: in the same words");
    let activity = words::activity(&event.activity, &clockface);
    assert!(in_words.lines().any(|line| line == activity), "{moment}: no line {activity:?} in {in_words}");
}

// proves H4, H6, E2
#[test]
fn every_surface_says_the_same_at_every_moment() {
    let stage = Stage::running(&TASKS_THERE);
    let heard = Heard::on(&stage);
    // What was told before anybody listened is told again with the next news.
    stage.ask::<()>("resume", json!({}));
    agree(&stage, &heard, "no link yet", |status| status.sentence == Sentence::NoLinks);

    stage.add_link(Some(SECRET));
    agree(&stage, &heard, "up to date", |status| matches!(status.sentence, Sentence::UpToDate { .. }));

    let deep = (0..150).fold(json!("bottom"), |inner, _| json!([inner]));
    let create = json!({"id": "deep", "x": deep}).as_object().cloned();
    let edit = ColleagueEdit { collection: TASKS.into(), create, ..ColleagueEdit::default() };
    stage.server.colleague(edit).expect("the server takes it");
    stage.ask::<()>("force_sync", json!({}));
    let unreadable = Sentence::Unreadable { rows: Count(1) };
    agree(&stage, &heard, "a row that cannot be read", |status| status.sentence == unreadable);
    stage.server.colleague(ColleagueEdit::delete(TASKS, "deep")).expect("it is there");
    stage.ask::<()>("force_sync", json!({}));
    agree(&stage, &heard, "up to date again", |status| matches!(status.sentence, Sentence::UpToDate { .. }));

    let stopped = |status: &StatusSnapshot, why: fn(&Stopped) -> bool| {
        matches!(status.sentence, Sentence::Stopped { .. })
            && status.links[0].stopped.as_ref().is_some_and(why)
    };
    let newer = Switch::always(vec![426]);
    stage.server.set_faults(Faults { status: Some(newer), ..Faults::default() });
    stage.ask::<()>("force_sync", json!({}));
    agree(&stage, &heard, "it wants a newer client", |status| {
        stopped(status, |why| matches!(why, Stopped::Upgrade { .. }))
    });
    stage.server.clear_faults();
    let (port, _comes) = block_on(self_signed());
    let somewhere_else = format!("https://localhost:{port}/v1");
    block_on(stage.host().engine().set_link_url(LINK, &somewhere_else)).expect("the link is there");
    agree(&stage, &heard, "nobody vouches for it", |status| {
        stopped(status, |why| matches!(why, Stopped::Untrusted { .. }))
    });
    block_on(stage.host().engine().set_link_url(LINK, &stage.server.url())).expect("the link is there");
    agree(&stage, &heard, "it goes on", |status| matches!(status.sentence, Sentence::UpToDate { .. }));

    block_on(stage.server.go_offline()).expect("it goes");
    stage.ask::<()>("force_sync", json!({}));
    agree(&stage, &heard, "offline", |status| matches!(status.sentence, Sentence::OfflineNothing { .. }));
    stage.set("t1", "state", r#""mine""#);
    stage.set("t2", "state", r#""mine""#);
    let offline = Sentence::OfflineWaiting { waiting: Count(2) };
    agree(&stage, &heard, "offline with two changes", |status| status.sentence == offline);

    stage.ask::<()>("pause", json!({}));
    let paused = Sentence::Paused { waiting: Count(2) };
    agree(&stage, &heard, "paused", |status| status.sentence == paused);

    stage.colleague_sets("t1", "state", "theirs");
    let refusing = Switch::always(vec![422]).method("PUT,PATCH").path("/t2");
    stage.server.set_faults(Faults { status: Some(refusing), ..Faults::default() });
    block_on(stage.server.go_online()).expect("it comes");
    stage.ask::<()>("resume", json!({}));
    stage.ask::<()>("force_sync", json!({}));
    let need_you = Sentence::NeedYou { needs_you: Count(1), others: Count(0) };
    agree(&stage, &heard, "a refused change and a conflict", |status| {
        status.sentence == need_you && status.attention.conflicts == Count(1)
    });

    stage.server.set_faults(Faults { unauthorized: Some(Switch::always(true)), ..Faults::default() });
    stage.ask::<()>("force_sync", json!({}));
    agree(&stage, &heard, "signed out", |status| matches!(status.sentence, Sentence::SignIn { .. }));
    stage.finish();
}

// proves H4, H6, A13
#[test]
fn a_change_that_waits_for_long_is_told_by_its_age_in_the_tray_and_on_the_command_line() {
    const MINUTE: i64 = 60_000;
    let stage = Stage::linked(&TASKS_THERE);
    stage.start();
    block_on(stage.server.go_offline()).expect("it goes");
    let saved_at = stage.clock().now();
    stage.set("t1", "state", r#""mine""#);
    let mut told = stage.host().engine().subscribe();
    let mut newest = None;
    let mut status_after = |minutes: i64| -> StatusSnapshot {
        stage.clock().advance_to(saved_at.plus(minutes * MINUTE));
        stage.until("a status of that time", || {
            while let Ok(event) = told.try_recv() {
                if let Event::SyncStateChanged(snapshot) = event {
                    newest = Some(*snapshot);
                }
            }
            newest.as_ref().is_some_and(|newest| newest.at.0 >= saved_at.0 + minutes * MINUTE)
        });
        newest.clone().expect("it was told")
    };
    let lines = |status: &StatusSnapshot| -> Vec<(tray::TrayAction, String)> {
        let model = tray::model(status, &|_| String::new());
        model.items.into_iter().map(|item| (item.action, item.text)).collect()
    };
    let on_the_command_line = || {
        let said = command_line_says(&stage, &[]);
        said.lines().find(|line| line.starts_with("Oldest waiting")).map(str::to_owned)
    };

    let status = status_after(58);
    assert_eq!(status.queue.oldest_at, Some(saved_at));
    assert!(lines(&status).iter().all(|(action, _)| *action != tray::TrayAction::Oldest), "not long yet");
    assert_eq!(on_the_command_line().as_deref(), Some("Oldest waiting: 58 min."));

    let status = status_after(3 * 60 + 12);
    let oldest = (tray::TrayAction::Oldest, "Oldest waiting: 3 h 12 min".to_owned());
    assert!(lines(&status).contains(&oldest), "{:?}", lines(&status));
    assert_eq!(tray::TrayAction::Oldest.route(), Some("#/queue"));
    assert_eq!(on_the_command_line().as_deref(), Some("Oldest waiting: 3 h 12 min."));

    block_on(stage.server.go_online()).expect("it comes");
    stage.ask::<()>("force_sync", json!({}));
    stage.until("nothing waiting", || stage.status().queue_length == Count(0));
    assert!(lines(&stage.status()).iter().all(|(action, _)| *action != tray::TrayAction::Oldest));
    assert_eq!(on_the_command_line(), None);
    stage.finish();
}
