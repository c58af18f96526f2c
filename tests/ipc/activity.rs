//! What happened, as the window is told.

use crate::stage::{Commands, LINK, Stage, TASKS};
use serde_json::json;
use tidemark_model::view::{ActivityKind, ActivityPage, Actor, Happened};

pub fn what_happened_is_listed_newest_first_filtered_and_in_words() -> Commands {
    let stage = Stage::linked(&[r#"{"id":"t1","state":"open"}"#]);
    let page = |of: serde_json::Value, after: serde_json::Value| -> ActivityPage {
        stage.ask("list_activity", json!({"filter": of, "after": after, "limit": 1}))
    };
    stage.ask::<()>("pause", json!({"link": LINK, "collection": TASKS}));
    let newest = page(json!({}), json!(null));
    let line = &newest.lines[0];
    assert_eq!((&line.happened, line.actor), (&Happened::Paused {}, Actor::You));
    assert_eq!(line.sentence, format!("{TASKS} of {LINK} was paused."));
    let next = newest.next.expect("there are older ones");
    assert!(page(json!({}), json!(next)).lines[0].id < line.id);
    let received = page(json!({"kind": "received", "link": LINK}), json!(null));
    assert_eq!(received.lines[0].kind, ActivityKind::Received);
    assert_eq!(received.runs.len(), 1, "with the run that brought it in");
    stage.finish()
}
