//! Conflicts by command.

use crate::stage::{Commands, LINK, Stage, TASKS};
use serde_json::{Value, json};
use tidemark_model::number::Count;
use tidemark_model::view::{
    ConflictGroup, ConflictRow, ConflictView, GroupMember, GroupResolved, ListPage, RefusalCode, Resolved,
};

const TASK: &str = r#"{"id":"t1","title":"Task 1","state":"open","price":1.10}"#;

/// A stage with one open conflict, resolutions being sent without a wait.
fn met() -> (Stage, ConflictRow) {
    let stage = Stage::linked(&[TASK]);
    stage.ask::<Value>("update_settings", json!({"settings": {"undoHold": 0}}));
    let row = stage.conflict_over("t1");
    (stage, row)
}

fn resolve(stage: &Stage, id: Count, resolution: Value) -> Resolved {
    let seen = whole(stage, id).server_version;
    stage.ask("resolve_conflict", json!({"id": id, "resolution": resolution, "seen": seen}))
}

fn whole(stage: &Stage, id: Count) -> ConflictView {
    stage.ask("get_conflict", json!({ "id": id }))
}

fn open(stage: &Stage) -> i64 {
    let page: ListPage<ConflictRow> = stage.ask("get_pending_conflicts", json!({"offset": 0, "limit": 10}));
    page.total.0
}

// proves D1
pub fn a_conflict_carries_its_three_sides_by_their_names() -> Commands {
    let (stage, row) = met();
    let raw = stage.call("get_conflict", json!({ "id": row.id })).expect("it is open");
    assert_eq!((&raw["resource_type"], &raw["resource_id"]), (&json!(TASKS), &json!("t1")));
    assert_eq!(raw["conflict_type"], "both_updated");
    assert!(raw["server_version"].is_string(), "{raw}");
    let side = |name: &str| -> Value {
        let text = raw[name].as_str().unwrap_or_else(|| panic!("{name} is a document's text"));
        assert!(text.contains("\"price\":1.10"), "{name} keeps its digits: {text}");
        serde_json::from_str::<Value>(text).expect("a document is JSON")["state"].clone()
    };
    assert_eq!([side("base_data"), side("local_data"), side("server_data")], ["open", "mine", "theirs"]);
    let listed = stage.call("get_pending_conflicts", json!({"offset": 0, "limit": 10})).expect("a list");
    for name in ["id", "link", "resource_type", "resource_id", "conflict_type", "title"] {
        assert_eq!(listed["rows"][0][name], raw[name], "the list names it too: {name}");
    }
    assert_eq!(
        (row.link.as_str(), row.server_by.as_deref(), row.to_choose),
        (LINK, Some("Anna K."), Count(1))
    );
    let fields = whole(&stage, row.id).fields;
    let state = fields.iter().find(|field| field.path == "/state").expect("both touched it");
    assert!(state.undecided && state.choice.is_none());
    assert_eq!(stage.refused("get_conflict", json!({"id": 999})).code, RefusalCode::NotFound);
    stage.finish()
}

// proves D7
pub fn mine_is_sent_on_top_of_what_was_seen() -> Commands {
    let (stage, row) = met();
    stage.colleague_sets("t1", "title", "Moved on");
    let seen = whole(&stage, row.id).server_version;
    stage.sync();
    let arguments = json!({"id": row.id, "resolution": {"strategy": "local_wins"}, "seen": seen});
    let refusal = stage.refused("resolve_conflict", arguments);
    assert_eq!(refusal.code, RefusalCode::Moved, "the server moved since it was looked at: {refusal:?}");
    let resolved = resolve(&stage, row.id, json!({"strategy": "local_wins"}));
    assert!(resolved.change.is_some() && resolved.sends_at.is_none(), "{resolved:?}");
    assert_eq!((stage.member_there("t1", "state"), open(&stage)), (json!("theirs"), 0));
    stage.sync();
    assert_eq!(stage.member_there("t1", "state"), "mine");
    assert_eq!(stage.member_there("t1", "title"), "Moved on", "what only the server touched stays");
    let twice = json!({"id": row.id, "resolution": {"strategy": "server_wins"}, "seen": null});
    assert_eq!(stage.refused("resolve_conflict", twice).code, RefusalCode::NotNow);
    stage.finish()
}

// proves D7
pub fn the_servers_side_ends_it_without_sending() -> Commands {
    let (stage, row) = met();
    let resolved = resolve(&stage, row.id, json!({"strategy": "server_wins"}));
    assert_eq!((resolved.change, open(&stage)), (None, 0));
    assert!(stage.here("t1").is_some_and(|text| text.contains("theirs")));
    assert_eq!(stage.status().queue_length, Count(0));
    stage.finish()
}

// proves D7
pub fn field_by_field_or_a_whole_document_decides() -> Commands {
    let (stage, row) = met();
    let refuse = |resolution: Value| {
        let refusal =
            stage.refused("resolve_conflict", json!({"id": row.id, "resolution": resolution, "seen": null}));
        assert_eq!(refusal.code, RefusalCode::Invalid, "{refusal:?}");
    };
    refuse(json!({"strategy": "manual", "choices": []}));
    refuse(json!({"strategy": "manual", "choices": [{"path": "/state", "choice": {"json": "no json"}}]}));
    refuse(json!({"strategy": "manual", "document": "[]"}));
    refuse(json!({"strategy": "manual", "document": r#"{"id":"t2"}"#}));
    let typed = json!([{"path": "/state", "choice": {"json": "12345678901234567890"}}]);
    let resolved = resolve(&stage, row.id, json!({"strategy": "manual", "choices": typed}));
    assert!(resolved.result.expect("a document").contains("12345678901234567890"));
    stage.sync();
    assert!(stage.there("t1").expect("it is there").contains("\"state\":12345678901234567890"));

    let second = stage.conflict_over("t1");
    let document = r#"{"id":"t1","state":"agreed","price":2.50}"#;
    resolve(&stage, second.id, json!({"strategy": "manual", "document": document}));
    stage.sync();
    let there = stage.there("t1").expect("it is there");
    assert!(there.contains("agreed") && there.contains("2.50") && !there.contains("title"), "{there}");

    let third = stage.conflict_over("t1");
    resolve(
        &stage,
        third.id,
        json!({"strategy": "manual", "choices": [{"path": "/state", "choice": "base"}]}),
    );
    stage.sync();
    assert_eq!(stage.member_there("t1", "state"), "agreed");
    assert_eq!(stage.status().ledger.conflicts, Count(0));
    stage.finish()
}

// proves D7
pub fn later_keeps_the_choices() -> Commands {
    let (stage, row) = met();
    let until = 1_781_600_000_000_i64;
    let later =
        json!({"strategy": "skip", "choices": [{"path": "/state", "choice": "server"}], "until": until});
    let resolved = resolve(&stage, row.id, later);
    assert_eq!((resolved.change, open(&stage)), (None, 1), "it is still open");
    let kept = whole(&stage, row.id);
    assert_eq!((kept.row.chosen, kept.row.to_choose), (Count(1), Count(0)));
    assert_eq!(kept.row.later_until.map(|at| at.0), Some(until), "a time passes the tagged shape whole");
    assert_eq!(stage.member_there("t1", "state"), "theirs");
    let kept_choices = json!({"strategy": "manual", "choices": [{"path": "/state", "choice": "mine"}]});
    resolve(&stage, row.id, kept_choices);
    stage.sync();
    assert_eq!((stage.member_there("t1", "state"), open(&stage)), (json!("mine"), 0));
    stage.finish()
}

// proves D9
pub fn a_held_resolution_is_taken_back() -> Commands {
    let stage = Stage::linked(&[TASK]);
    let row = stage.conflict_over("t1");
    let resolved = resolve(&stage, row.id, json!({"strategy": "local_wins"}));
    let now = tidemark_model::clock::Clock::now(stage.clock());
    assert_eq!(resolved.sends_at, Some(now.plus(10_000)), "the window holds it for ten seconds");
    stage.clock().advance(9_999);
    stage.sync();
    assert_eq!((stage.member_there("t1", "state"), open(&stage)), (json!("theirs"), 0));
    stage.ask::<()>("undo_resolution", json!({ "id": row.id }));
    assert_eq!((open(&stage), whole(&stage, row.id).row.conflict_type), (1, row.conflict_type));
    resolve(&stage, row.id, json!({"strategy": "local_wins"}));
    stage.clock().advance(10_000);
    stage.sync();
    assert_eq!(stage.member_there("t1", "state"), "mine");
    assert_eq!(stage.refused("undo_resolution", json!({ "id": row.id })).code, RefusalCode::NotNow);
    stage.finish()
}

// proves D10
pub fn those_of_one_shape_are_decided_and_taken_back_together() -> Commands {
    const SECOND: &str = r#"{"id":"t2","title":"Task 2","state":"open","price":2.20}"#;
    let stage = Stage::linked(&[TASK, SECOND]);
    for id in ["t1", "t2"] {
        stage.conflict_over(id);
    }
    let groups: Vec<ConflictGroup> = stage.ask("list_conflict_groups", json!({}));
    let shape = &groups[0].shape;
    assert_eq!(
        (groups.len(), groups[0].conflicts, &shape.paths[..]),
        (1, Count(2), &["/state".to_owned()][..])
    );
    let listed = json!({"shape": shape, "offset": 0, "limit": 10});
    let alike: ListPage<GroupMember> = stage.ask("list_group_members", listed);
    let seen: Vec<Value> = alike
        .rows
        .iter()
        .map(|member| json!({"conflict": member.conflict.id, "seen": member.server_version}))
        .collect();
    let with =
        |path: &str| json!({"shape": shape, "members": seen, "choices": [{"path": path, "choice": "mine"}]});
    assert_eq!(stage.refused("resolve_group", with("/price")).code, RefusalCode::Invalid);
    let decided: GroupResolved = stage.ask("resolve_group", with("/state"));
    assert_eq!((decided.done.len(), open(&stage)), (2, 0));
    assert!(decided.sends_at.is_some(), "they are held for undo");
    let undone: GroupResolved = stage.ask("undo_resolutions", json!({"ids": decided.done}));
    assert_eq!((undone.done.len(), open(&stage)), (2, 2));
    stage.finish()
}
