//! Every command of the window with arguments that nobody meant.

use crate::ground::{Target, watch_panics};
use crate::mutation::Form;
use crate::stage::{LINK, SECRET, Stage};
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use tidemark_model::failure::clip;

const TASK: &str = r#"{"id":"t1","title":"Task 1","state":"open"}"#;
/// So many calls are made of one application before another takes its place.
const CALLS: u32 = 60;

/// It would be asked for over the network: a name that nobody has may take long to be told so.
fn leads_away(arguments: &Value) -> bool {
    let url = arguments["link"]["url"].as_str().and_then(|url| reqwest::Url::parse(url.trim()).ok());
    url.is_some_and(|url| url.host_str() != Some("127.0.0.1"))
}

/// The secret stands nowhere but where a secret belongs.
fn keeps_to_its_place(arguments: &Value) -> bool {
    let mut others = arguments.clone();
    for place in ["/secret", "/link/secret"] {
        if let Some(secret @ Value::String(_)) = others.pointer_mut(place) {
            *secret = Value::Null;
        }
    }
    !others.to_string().contains(SECRET)
}

fn judged(command: &str, answer: Result<Value, Value>) {
    let Err(refusal) = answer else { return };
    let text = refusal.to_string();
    assert!(!text.contains(SECRET), "{command} gives a secret away: {text}");
    // What could not even be read as its type Tauri refuses in a text of its own, which may repeat it.
    let own = refusal["message"].as_str();
    let said = own.or(refusal.as_str()).unwrap_or_default();
    assert!(!said.trim().is_empty(), "{command} refuses without a word: {text}");
    let length = said.chars().count();
    assert!(own.is_none() || length <= 1_500, "{command} says {length} letters: {}", clip(said, 300));
    assert_ne!(refusal["code"], "store", "{command} blames the disk for its input: {}", clip(said, 300));
}

// proves H2
#[test]
fn any_command_may_be_given_anything() {
    watch_panics();
    let target = Target { name: "commands", corpus: "commands", form: Form::Json, variants: 1, cases: 400 };
    let stage = RefCell::new(Stage::linked(&[TASK]));
    let calls = Cell::new(0);
    target.run(|case| {
        let Ok(call) = serde_json::from_slice::<Value>(case.bytes) else { return };
        let command = call["command"].as_str().unwrap_or_default();
        let known = tidemark::arguments::ARGUMENTS.iter().any(|(name, _)| *name == command);
        // The sample is a server of its own, and is looked at elsewhere.
        let arguments = &call["arguments"];
        if !known || command.contains("sample") || leads_away(arguments) || !keeps_to_its_place(arguments) {
            return;
        }
        if calls.replace(calls.get() + 1) == CALLS {
            calls.set(0);
            stage.replace(Stage::linked(&[TASK])).finish();
        }
        // Everything that is there is read by some command, and what is there grows.
        case.weighs(40);
        let stage = stage.borrow();
        judged(command, stage.call(command, arguments.clone()));
        let status: Value = stage.ask("get_sync_status", json!({}));
        assert!(status["queueLength"].is_number());
        let gone = stage.call("get_form", json!({"link": LINK, "collection": "tasks"})).is_err();
        if gone {
            // Somebody removed the link, as they may.
            calls.set(CALLS);
        }
    });
}
