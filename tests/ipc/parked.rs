//! What people do with what needs them, by command.

use crate::stage::{Commands, Stage};
use serde_json::{Value, json};
use tidemark_model::number::Count;
use tidemark_model::view::{
    BulkResult, CauseChanges, Causes, ChangeRow, ChangeState, DiscardPreview, ListPage, RefusalCode,
    RestoreResult,
};
use tidemark_sandbox::{Faults, Switch};

const TASKS_THERE: [&str; 3] =
    [r#"{"id":"t1","state":"open"}"#, r#"{"id":"t2","state":"open"}"#, r#"{"id":"t3","state":"open"}"#];

fn rows(stage: &Stage, filter: Value) -> Vec<ChangeRow> {
    stage.ask::<ListPage<ChangeRow>>("list_queue", json!({"filter": filter, "offset": 0, "limit": 100})).rows
}

fn refused(stage: &Stage) -> [String; 3] {
    let refusing = Switch::always(vec![422]).method("PUT,PATCH");
    stage.server.set_faults(Faults { status: Some(refusing), ..Faults::default() });
    let ids = ["t1", "t2", "t3"].map(|id| stage.set(id, "state", r#""done""#).change.expect("a change"));
    stage.sync();
    stage.server.clear_faults();
    ids
}

// proves A8
pub fn what_needs_a_person_is_grouped_by_cause_and_given_away() -> Commands {
    let stage = Stage::linked(&TASKS_THERE);
    let ids = refused(&stage);
    let causes: Causes = stage.ask("list_causes", json!({"after": null}));
    assert_eq!((causes.groups.len(), causes.total, causes.next), (1, Count(3), None));
    let group = &causes.groups[0];
    assert_eq!((group.count, group.status, group.example.as_str()), (Count(3), Some(422), ids[0].as_str()));
    let of: CauseChanges = stage.ask("get_cause_changes", json!({"key": group.key, "after": null}));
    assert_eq!((of.ids.as_slice(), of.next), (ids.as_slice(), None));
    let none: CauseChanges = stage.ask("get_cause_changes", json!({"key": "none"}));
    assert!(none.ids.is_empty());

    let text: String = stage.ask("export_changes", json!({"ids": ids, "format": "json"}));
    let whole: Value = serde_json::from_str(&text).expect("it is JSON");
    assert_eq!(whole["changes"].as_array().map(Vec::len), Some(3));
    let text: String = stage.ask("export_changes", json!({"ids": [ids[0]], "format": "curl"}));
    assert!(text.starts_with("# secrets removed\n"), "{text}");
    let many = vec!["x"; 10_001];
    let refusal = stage.refused("export_changes", json!({"ids": many, "format": "curl"}));
    assert_eq!(refusal.code, RefusalCode::Invalid);
    stage.finish()
}

// proves A10
pub fn a_change_is_made_more_urgent_within_the_rules() -> Commands {
    let stage = Stage::linked(&TASKS_THERE);
    let ids = ["t1", "t2"].map(|id| stage.set(id, "state", r#""done""#).change.expect("a change"));
    let bulk: BulkResult = stage.ask("set_priority", json!({"ids": [ids[1], "none"], "priority": 9}));
    assert_eq!((bulk.done, bulk.already_gone), (Count(1), Count(1)));
    let order: Vec<(String, Option<Count>)> =
        rows(&stage, json!({})).into_iter().map(|row| (row.id, row.position)).collect();
    assert_eq!(order, [(ids[1].clone(), Some(Count(1))), (ids[0].clone(), Some(Count(2)))]);
    let refusal = stage.refused("set_priority", json!({"ids": ids, "priority": 10}));
    assert_eq!(refusal.code, RefusalCode::Invalid);
    stage.finish()
}

// proves A8
pub fn discarding_is_looked_at_first_and_taken_back() -> Commands {
    let stage = Stage::linked(&TASKS_THERE);
    let ids = refused(&stage);
    let preview: DiscardPreview = stage.ask("preview_discard", json!({ "ids": ids }));
    assert_eq!((preview.there, preview.asks, preview.together.len()), (Count(3), false, 0));
    let _: BulkResult = stage.ask("discard", json!({ "ids": ids }));
    let in_trash = rows(&stage, json!({"state": "in_trash"}));
    assert_eq!((in_trash.len(), in_trash[0].gone_at), (3, Some(preview.until)));
    assert_eq!(stage.here("t1").as_deref(), Some(TASKS_THERE[0]));
    let back: RestoreResult = stage.ask("restore_changes", json!({"ids": [ids[0], "none"]}));
    assert_eq!((back.done, back.already_gone, back.refused), (Count(1), Count(1), Count(0)));
    assert_eq!(rows(&stage, json!({}))[0].state, ChangeState::Waiting);
    stage.sync();
    assert_eq!(["t1", "t2"].map(|id| stage.member_there(id, "state")), ["done", "open"]);
    stage.finish()
}
