//! What the window may call, and that everything else is refused.

use serde_json::{Value, json};
use tauri::WebviewWindowBuilder;
use tauri::ipc::{CallbackFn, InvokeBody};
use tauri::test::{INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder};
use tauri::webview::{InvokeRequest, WebviewWindow};

fn call(window: &WebviewWindow<MockRuntime>, command: &str, arguments: Value) -> Result<Value, Value> {
    let request = InvokeRequest {
        cmd: command.into(),
        callback: CallbackFn(0),
        error: CallbackFn(1),
        url: "tauri://localhost".parse().expect("a fixed address"),
        body: InvokeBody::Json(arguments),
        headers: Default::default(),
        invoke_key: INVOKE_KEY.to_string(),
    };
    get_ipc_response(window, request).map(|body| body.deserialize().expect("answers are JSON"))
}

#[test]
fn a_permitted_command_answers_and_others_are_refused() {
    let app = tidemark::build(tidemark::wire(mock_builder())).unwrap();
    let window = WebviewWindowBuilder::new(&app, "main", Default::default()).build().unwrap();
    assert_eq!(call(&window, "get_sync_status", json!({})).unwrap()["seq"], 1);

    for command in
        ["no_such_command", "plugin:window|create", "plugin:event|emit", "plugin:path|resolve_directory"]
    {
        let refusal = call(&window, command, json!({})).expect_err("the access list must hold");
        assert!(refusal.is_string(), "{command} is refused by Tauri itself, not by a command: {refusal}");
    }
    let stranger = WebviewWindowBuilder::new(&app, "other", Default::default()).build().unwrap();
    assert!(
        call(&stranger, "get_sync_status", json!({})).is_err(),
        "only the main window is granted anything"
    );
}
