//! Requests of other programs by command, and what a caller says that a change waits for.

use crate::stage::{Commands, LINK, Stage, TASKS};
use serde_json::{Value, json};
use tidemark_model::mutation::{MutationState, Operation};
use tidemark_model::view::{AttemptDetail, ChangeDetail, MayBeIt, QueuePage, RefusalCode, Saved, WaitReason};
use tidemark_sandbox::{Faults, Switch};

const TASK: &str = r#"{"id":"t1","state":"open"}"#;

fn request(fields: Value) -> Value {
    let mut request = json!({"method": "POST", "target": "/c/tasks", "body": r#"{"id":"t9","n":1.10}"#});
    for (name, value) in fields.as_object().expect("an object") {
        request[name] = value.clone();
    }
    json!({"link": LINK, "request": request})
}

pub fn a_request_is_kept_sent_and_shown_whole() -> Commands {
    let stage = Stage::linked(&[TASK]);
    let label = json!({"label": "Book it", "metadata": "{}", "priority": 3, "dependsOn": []});
    let saved: Saved = stage.ask("send_request", request(label));
    assert_eq!(saved.record, "POST /c/tasks");
    let id = saved.change.expect("it is a change");
    let page: QueuePage = stage.ask("list_queue", json!({"filter": {}, "offset": 0, "limit": 10}));
    let row = &page.rows[0];
    assert_eq!((row.operation, row.title.as_str(), row.priority), (Operation::Request, "Book it", 3));
    stage.sync();
    assert_eq!(stage.there("t9").as_deref(), Some(r#"{"id":"t9","n":1.10}"#));
    let done: ChangeDetail = stage.ask("get_change", json!({ "id": id }));
    let tried: AttemptDetail = stage.ask("get_attempt", json!({ "id": id, "number": 1 }));
    assert_eq!(tried.body, done.attempts[0].excerpt, "word for word");
    assert!(!tried.sent.is_empty() && !tried.answered.is_empty(), "{tried:?}");
    assert_eq!((done.row.mutation_state, done.attempts[0].status), (MutationState::Confirmed, Some(201)));
    for (wrong, says) in [
        (json!({"target": "../_faults"}), "leads out"),
        (json!({"body": "{"}), "no JSON"),
        (json!({"dependsOn": ["nowhere"]}), "no change 'nowhere'"),
    ] {
        let refusal = stage.refused("send_request", request(wrong));
        assert!(refusal.message.contains(says), "{refusal:?}");
    }
    for wrong in [json!({"method": "GET"}), json!({"depends_on": []}), json!({"target": null})] {
        let refused = stage.call("send_request", request(wrong.clone()));
        assert!(refused.is_err(), "{wrong} is no request");
    }
    stage.finish()
}

// proves C8
pub fn changes_wait_for_those_that_are_named() -> Commands {
    let stage = Stage::linked(&[TASK]);
    stage.server.set_faults(Faults {
        status: Some(Switch::always(vec![422]).path("/tasks/t1")),
        ..Faults::default()
    });
    let place = |id: &str| json!({"link": LINK, "collection": TASKS, "id": id});
    let edit = json!([{"path": "/state", "set": "\"done\""}]);
    let mut first = place("t1");
    first["edits"] = edit.clone();
    let first: Saved = stage.ask("update_record", first);
    let first = first.change.expect("a change");
    let new = json!({"link": LINK, "collection": TASKS, "document": r#"{"id":"t2"}"#, "dependsOn": [first]});
    let second: Saved = stage.ask("create_record", new);
    let second = second.change.expect("a change");
    let mut third = place("t2");
    third["dependsOn"] = json!([second]);
    let third: Saved = stage.ask("delete_record", third);
    let mut unknown = place("t1");
    (unknown["edits"], unknown["dependsOn"]) = (edit, json!(["nowhere"]));
    assert_eq!(stage.refused("update_record", unknown).code, RefusalCode::NotFound);
    let asked: Saved = stage.ask("send_request", request(json!({ "dependsOn": [first] })));
    stage.sync();
    let detail = |id: &str| -> ChangeDetail { stage.ask("get_change", json!({ "id": id })) };
    let number = detail(&first).row.number;
    for id in [&second, &asked.change.expect("a change")] {
        let waits = detail(id);
        assert_eq!(waits.row.reason, Some(WaitReason::Dependency { change: number }), "{waits:?}");
    }
    assert_eq!(stage.there("t2"), None);
    stage.server.clear_faults();
    stage.ask::<Value>("retry", json!({ "ids": [first] }));
    stage.sync();
    assert_eq!(detail(&third.change.expect("a change")).row.mutation_state, MutationState::Confirmed);
    assert!(stage.there("t9").is_some());
    stage.finish()
}

// proves A4, A8
pub fn a_person_says_that_a_request_was_done() -> Commands {
    let stage = Stage::naming();
    stage
        .server
        .set_faults(Faults { drop_after: Some(Switch::always(true).method("POST")), ..Faults::default() });
    let body = json!({"body": r#"{"title":"one"}"#});
    let saved: Saved = stage.ask("send_request", request(body));
    let id = saved.change.expect("it is a change");
    stage.sync();
    stage.server.clear_faults();
    stage.clock().advance(60_000);
    stage.sync();
    let parked: ChangeDetail = stage.ask("get_change", json!({ "id": id }));
    assert_eq!(parked.row.reason, Some(WaitReason::MayHaveBeenSent));
    assert_eq!(stage.ask::<Vec<MayBeIt>>("may_be", json!({ "id": id })), [], "nothing can be offered");
    let named = stage.refused("is_there", json!({"id": id, "record": "s1"}));
    assert_eq!(named.code, RefusalCode::Invalid, "{named:?}");
    stage.ask::<()>("is_there", json!({"id": id, "record": ""}));
    let done: ChangeDetail = stage.ask("get_change", json!({ "id": id }));
    assert_eq!(done.row.mutation_state, MutationState::Confirmed);
    assert_eq!(stage.server.report().expect("it tells").effects.len(), 1, "it was done once");
    stage.finish()
}
