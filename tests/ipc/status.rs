//! Pausing and syncing by command.

use crate::stage::{Commands, LINK, Stage, TASKS};
use serde_json::{Value, json};
use tidemark_model::number::Count;
use tidemark_model::view::{RefusalCode, Sentence};

const TASK: &str = r#"{"id":"t1","state":"open"}"#;

// proves A14
pub fn pausing_holds_everything_one_link_or_one_collection() -> Commands {
    let stage = Stage::linked(&[TASK]);
    let places = [json!({}), json!({"link": LINK}), json!({"link": LINK, "collection": TASKS})];
    for (n, place) in places.into_iter().enumerate() {
        let value = format!("\"edit {n}\"");
        stage.ask::<()>("pause", place.clone());
        stage.set("t1", "state", &value);
        stage.sync();
        assert_ne!(stage.member_there("t1", "state").to_string(), value, "it waits: {place}");
        let status = stage.status();
        let link = &status.links[0];
        let paused = [status.paused, link.paused, link.collections[0].paused];
        assert_eq!(paused, [n == 0, n == 1, n == 2], "{place}");
        assert_eq!(status.queue_length, Count(1));
        if n < 2 {
            assert_eq!(status.sentence, Sentence::Paused { waiting: Count(1) });
        }
        stage.ask::<()>("resume", place);
        stage.sync();
        assert_eq!(stage.member_there("t1", "state").to_string(), value, "it goes");
    }
    for wrong in [json!({"link": "none"}), json!({"link": LINK, "collection": "none"})] {
        assert_eq!(stage.refused("pause", wrong.clone()).code, RefusalCode::NotFound);
        assert_eq!(stage.refused("force_sync", wrong).code, RefusalCode::NotFound);
    }
    let lost = json!({"collection": TASKS});
    for command in ["pause", "resume", "force_sync"] {
        assert_eq!(
            stage.refused(command, lost.clone()).code,
            RefusalCode::Invalid,
            "{command}: of which link?"
        );
    }
    assert!(!stage.status().paused, "a collection without its link must not pause everything");
    stage.finish()
}

// proves A11
pub fn a_forced_sync_goes_at_once() -> Commands {
    let stage = Stage::linked(&[TASK]);
    stage.start();
    stage.until("everything is checked", || matches!(stage.status().sentence, Sentence::UpToDate { .. }));
    for arguments in [json!({}), json!({"link": LINK}), json!({"link": LINK, "collection": TASKS})] {
        let value = Value::from(arguments.to_string()).to_string();
        stage.colleague_sets("t1", "state", &arguments.to_string());
        let before = tidemark_model::clock::Clock::now(stage.clock());
        stage.ask::<()>("force_sync", arguments);
        let here = || {
            serde_json::from_str::<Value>(&stage.here("t1").expect("a task")).expect("JSON")["state"]
                .to_string()
        };
        stage.until("the colleague's edit", || here() == value);
        let waited = tidemark_model::clock::Clock::now(stage.clock()).0 - before.0;
        assert!(waited < 10_000, "it did not wait for the poll: {waited} ms");
    }
    stage.finish()
}
