//! What the window may call, and that everything else is refused.

use crate::stage::{LINK, OWN_PAGE, Stage, TASKS, call, window};
use serde_json::{Value, json};
use tauri::ipc::InvokeBody;
use tidemark::arguments::ARGUMENTS;
use tidemark_model::number::Count;
use tidemark_model::view::RefusalCode;

const TASK: &str = r#"{"id":"t1","state":"open"}"#;

// proves H2
#[test]
fn what_is_not_granted_is_refused_by_the_access_list() {
    let stage = Stage::linked(&[TASK]);
    for command in [
        "no_such_command",
        "get_sync_status ",
        "GET_SYNC_STATUS",
        "",
        "plugin:window|create",
        "plugin:webview|create_webview_window",
        "plugin:event|emit",
        "plugin:event|emit_to",
        "plugin:path|resolve_directory",
        "plugin:shell|execute",
        "plugin:fs|read_file",
        "plugin:app|version",
    ] {
        let refusal = stage.call(command, json!({})).expect_err("the access list must hold");
        assert!(refusal.is_string(), "{command} is refused by Tauri itself, not by a command: {refusal}");
    }
    stage.finish();
}

// proves H2
#[test]
fn a_window_that_is_not_the_main_one_may_call_nothing() {
    let stage = Stage::linked(&[TASK]);
    for label in ["other", "main2", "Main"] {
        let stranger = window(stage.app(), label);
        for (command, _) in ARGUMENTS {
            let answer = call(&stranger, OWN_PAGE, command, InvokeBody::Json(json!({})));
            let refusal = answer.expect_err("only the main window is granted anything");
            assert!(refusal.to_string().contains("not allowed"), "{label}, {command}: {refusal}");
        }
    }
    assert!(!stage.status().paused, "nothing was done");
    stage.finish();
}

// proves H2
#[test]
fn a_page_from_elsewhere_may_call_nothing() {
    let stage = Stage::linked(&[TASK]);
    for origin in
        ["https://example.com", "http://localhost:1420", "http://127.0.0.1", "data:text/html,x", "file:///x"]
    {
        for (command, _) in ARGUMENTS {
            let refusal =
                stage.call_from(origin, command).expect_err("only the page that came with the application");
            assert!(refusal.to_string().contains("not allowed"), "{origin}, {command}: {refusal}");
        }
    }
    stage.finish();
}

// proves H2
#[test]
fn the_access_list_grants_exactly_what_there_is() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../src-tauri/capabilities/main.json");
    let text = std::fs::read_to_string(path).expect("the access list is there");
    let list: Value = serde_json::from_str(&text).expect("it is JSON");
    let mut granted: Vec<&str> =
        list["permissions"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    let mut wanted: Vec<String> =
        ARGUMENTS.iter().map(|(command, _)| format!("allow-{}", command.replace('_', "-"))).collect();
    wanted.extend(["core:event:allow-listen", "core:event:allow-unlisten"].map(str::to_owned));
    granted.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(granted, wanted, "least privilege: hearing events and Tidemark's own commands");
    assert_eq!((&list["windows"], &list["remote"]), (&json!(["main"]), &Value::Null));
}

// proves H2
#[test]
fn an_unknown_argument_is_refused_by_its_name() {
    let stage = Stage::linked(&[TASK]);
    for (command, known) in ARGUMENTS {
        let refusal = stage.refused(command, json!({"colection": TASKS}));
        assert_eq!(refusal.code, RefusalCode::Invalid);
        assert!(refusal.message.contains("colection") && refusal.message.contains(command), "{refusal:?}");
        assert!(known.iter().all(|name| refusal.hint.contains(name)), "it says what is known: {refusal:?}");
    }
    // A misspelt place would else be everything.
    stage.refused("pause", json!({"link": LINK, "Collection": TASKS}));
    assert!(!stage.status().links[0].paused);
    let inside = [
        ("list_queue", json!({"filter": {"stat": "waiting"}, "offset": 0, "limit": 10}), "stat"),
        ("resolve_conflict", json!({"id": 1, "resolution": {"strategy": "manual", "choice": []}}), "choice"),
        ("resolve_conflict", json!({"id": 1, "resolution": {"strategy": "local_wins", "until": 1}}), "until"),
        (
            "resolve_conflict",
            json!({"id": 1, "resolution": {"strategy": "server_wins", "field": 1}}),
            "field",
        ),
        ("add_link", json!({"link": {"name": "a", "kind": "rest", "url": "u", "pasword": "x"}}), "pasword"),
    ];
    for (command, arguments, unknown) in inside {
        let refusal =
            stage.call(command, arguments).expect_err("an unknown member is refused too").to_string();
        assert!(refusal.contains(unknown), "{command} names it: {refusal}");
    }
    stage.finish();
}

// proves H2
#[test]
fn arguments_come_by_name_or_not_at_all() {
    let stage = Stage::linked(&[TASK]);
    let bodies = || {
        [
            InvokeBody::Raw(br#"{"link":"Office"}"#.to_vec()),
            InvokeBody::Raw(Vec::new()),
            InvokeBody::Json(json!([LINK, TASKS])),
            InvokeBody::Json(json!(LINK)),
            InvokeBody::Json(Value::Null),
        ]
    };
    for (command, _) in ARGUMENTS {
        for body in bodies() {
            let refusal = stage.call_with(command, body.clone()).expect_err("it has no names");
            assert!(refusal.to_string().contains(command), "{command}, {body:?}: {refusal}");
        }
    }
    assert!(!stage.status().paused, "an argument that is not seen must not mean everything");
    stage.finish();
}

// proves H2
#[test]
fn a_wrong_type_is_refused_with_what_and_where() {
    let stage = Stage::linked(&[TASK]);
    let place = json!({"link": LINK, "collection": TASKS});
    let wrong = [
        ("clear_queue", json!({"expected": "2"}), "expected"),
        ("clear_queue", json!({"expected": 1.5}), "expected"),
        ("clear_queue", json!({"expected": 9_007_199_254_740_993_i64}), "expected"),
        ("clear_queue", json!({}), "expected"),
        ("retry", json!({"ids": "t1"}), "ids"),
        ("retry", json!({"ids": [1]}), "ids"),
        ("hold", json!({"ids": [], "held": 1}), "held"),
        ("list_queue", json!({"filter": {"state": "asleep"}, "offset": 0, "limit": 1}), "asleep"),
        (
            "list_queue",
            json!({"filter": {"sort": {"by": "colour", "descending": true}}, "offset": 0, "limit": 1}),
            "colour",
        ),
        (
            "list_queue",
            json!({"filter": {"sort": {"by": "size", "descending": true, "up": 1}}, "offset": 0, "limit": 1}),
            "up",
        ),
        ("list_queue", json!({"filter": {}, "offset": 0, "limit": 1e300}), "limit"),
        ("pause", json!({"link": 7}), "link"),
        ("create_record", json!({"link": LINK, "collection": TASKS, "document": {"id": "t2"}}), "document"),
        (
            "update_record",
            json!({"link": LINK, "collection": TASKS, "id": "t1", "edits": {"path": "/a"}}),
            "edits",
        ),
        ("resolve_conflict", json!({"id": 1, "resolution": {"strategy": "mine"}}), "mine"),
        ("resolve_conflict", json!({"id": 1, "resolution": "local_wins"}), "resolution"),
        (
            "resolve_conflict",
            json!({"id": 1, "resolution": {"strategy": "skip", "until": "noon"}}),
            "resolution",
        ),
        ("update_settings", json!({"settings": {"undoHold": true}}), "settings"),
        ("set_sample_offline", json!({"offline": "yes"}), "offline"),
        ("get_form", json!({"link": LINK}), "collection"),
    ];
    for (command, arguments, named) in wrong {
        let refusal = stage.call(command, arguments.clone()).expect_err("it is of another type").to_string();
        assert!(refusal.contains(named), "{command} {arguments} says where: {refusal}");
    }
    assert_eq!(stage.ask::<Value>("get_form", place)["fromSchema"], false, "the right one is taken");
    assert_eq!(stage.status().queue_length, Count(0));
    stage.finish();
}
