//! Records by command.

use crate::stage::{Commands, LINK, Stage, TASKS};
use serde_json::{Value, json};
use tidemark_model::number::Count;
use tidemark_model::view::{
    Draft, FieldKind, Form, ListPage, RecordDetail, RecordRow, RecordState, RefusalCode, Saved,
};

const TASK: &str = r#"{"id":"t1","title":"Task 1","state":"open"}"#;
const SECRET: &str = r#"{"id":"t1","pin":"4711","state":"open"}"#;
const NUMBERS: &str =
    r#"{"id":"t1","big":12345678901234567890,"price":1.10,"state":"open","tiny":1e-7,"zero":-0.0}"#;

fn list(filter: Value, offset: i64, limit: i64) -> Value {
    json!({"link": LINK, "collection": TASKS, "filter": filter, "offset": offset, "limit": limit})
}

fn at(id: &str) -> Value {
    json!({"link": LINK, "collection": TASKS, "id": id})
}

pub fn a_record_is_made_shown_changed_and_deleted() -> Commands {
    let stage = Stage::linked(&[TASK]);
    let new = json!({"link": LINK, "collection": TASKS, "document": r#"{"title":"New","state":"open"}"#});
    let made: Saved = stage.ask("create_record", new);
    assert!(made.change.is_some() && !made.record.is_empty(), "it got an id: {made:?}");
    let shown: RecordDetail = stage.ask("get_record", at(&made.record));
    assert_eq!((shown.row.title.as_str(), shown.row.state), ("New", RecordState::SavedHere));
    assert_eq!((shown.base, shown.changes), (None, vec![made.change.expect("a change")]));

    stage.set("t1", "state", r#""done""#);
    let changed: RecordDetail = stage.ask("get_record", at("t1"));
    assert_eq!((changed.pending.len(), changed.pending[0].path.as_str()), (1, "/state"));
    assert_eq!(changed.pending[0].before.as_deref(), Some(r#""open""#));
    stage.sync();
    assert_eq!(stage.member_there("t1", "state"), "done");
    assert_eq!(stage.member_there(&made.record, "title"), "New");

    let removed: Saved = stage.ask("delete_record", at("t1"));
    assert_eq!(removed.record, "t1");
    assert_eq!(stage.here("t1"), None, "deleted here");
    let deleted: ListPage<RecordRow> = stage.ask("list_records", list(json!({"deletedHere": true}), 0, 10));
    assert_eq!((deleted.total, deleted.rows[0].state), (Count(1), RecordState::DeletedHere));
    stage.sync();
    assert_eq!(stage.there("t1"), None);
    assert_eq!(stage.refused("get_record", at("t1")).code, RefusalCode::NotFound);
    assert_eq!(
        stage.refused("get_form", json!({"link": LINK, "collection": "no"})).code,
        RefusalCode::NotFound
    );
    stage.finish()
}

// proves E6
pub fn a_secret_is_masked_and_told_to_whoever_asks() -> Commands {
    let stage =
        Stage::with_settings(&[SECRET], r#"{"collections":[{"name":"tasks","merge":{"secret":["/pin"]}}]}"#);
    let shown: RecordDetail = stage.ask("get_record", at("t1"));
    assert!(!shown.document.expect("it is there").contains("4711"));
    let form: Form = stage.ask("get_form", json!({"link": LINK, "collection": TASKS}));
    assert!(form.fields.iter().any(|field| field.path == "/pin" && field.secret));
    let asked = |path: &str| json!({"link": LINK, "collection": TASKS, "id": "t1", "path": path});
    assert_eq!(stage.ask::<Option<String>>("record_secret", asked("/pin")).as_deref(), Some(r#""4711""#));
    assert_eq!(stage.refused("record_secret", asked("/state")).code, RefusalCode::Invalid);
    stage.finish()
}

pub fn what_was_typed_is_kept_until_it_is_saved() -> Commands {
    let stage = Stage::linked(&[TASK]);
    let edit = json!({"path": "/title", "set": r#""Ring twice""#, "before": r#""Task 1""#});
    let of = |id: Option<&str>| json!({"link": LINK, "collection": TASKS, "id": id});
    let keep = |id: Option<&str>| json!({"link": LINK, "collection": TASKS, "id": id, "edits": [edit]});
    assert!(stage.ask::<Vec<String>>("keep_draft", keep(Some("t1"))).is_empty(), "nothing is left out");
    assert!(stage.ask::<Vec<String>>("keep_draft", keep(None)).is_empty());
    let draft: Option<Draft> = stage.ask("get_draft", of(Some("t1")));
    assert_eq!(serde_json::to_value(draft.expect("it is kept").edits).expect("JSON"), json!([edit]));
    let set = json!([{"path": "/title", "set": r#""Ring twice""#}]);
    let save = json!({"link": LINK, "collection": TASKS, "id": "t1", "edits": set, "fromForm": true});
    let _: Saved = stage.ask("update_record", save);
    let new = json!({"link": LINK, "collection": TASKS, "document": r#"{"title":"New"}"#, "fromForm": true});
    let _: Saved = stage.ask("create_record", new);
    assert_eq!(stage.ask::<Option<Draft>>("get_draft", of(Some("t1"))), None);
    assert_eq!(stage.ask::<Option<Draft>>("get_draft", of(None)), None);
    let nowhere = json!({"link": LINK, "collection": "no", "id": null});
    assert_eq!(stage.refused("get_draft", nowhere).code, RefusalCode::NotFound);
    stage.finish()
}

// proves D3
pub fn numbers_survive_the_edit_of_another_field() -> Commands {
    let stage = Stage::linked(&[NUMBERS]);
    let shown: RecordDetail = stage.ask("get_record", at("t1"));
    assert_eq!(shown.document.as_deref(), Some(NUMBERS), "text out, as the server wrote it");
    stage.set("t1", "state", r#""done""#);
    let expected = NUMBERS.replace("open", "done");
    assert_eq!(stage.here("t1").as_deref(), Some(expected.as_str()));
    stage.sync();
    assert_eq!(stage.there("t1").as_deref(), Some(expected.as_str()), "text in, as it was here");
    stage.set("t1", "big", "98765432109876543210.00");
    stage.sync();
    let expected = expected.replace("12345678901234567890", "98765432109876543210.00");
    assert_eq!(stage.there("t1").as_deref(), Some(expected.as_str()), "a typed number keeps its digits too");
    stage.finish()
}

pub fn a_list_is_given_in_pages_and_filtered() -> Commands {
    let tasks: Vec<String> = (0..30)
        .map(|n| json!({"id": format!("t{n:02}"), "title": format!("Task {n:02}")}).to_string())
        .collect();
    let stage = Stage::linked(&tasks.iter().map(String::as_str).collect::<Vec<_>>());
    let ask = |filter: Value, offset: i64, limit: i64| -> ListPage<RecordRow> {
        stage.ask("list_records", list(filter, offset, limit))
    };
    let ids = |page: &ListPage<RecordRow>| page.rows.iter().map(|row| row.id.clone()).collect::<Vec<_>>();
    let (all, middle) = (ask(json!({}), 0, 100), ask(json!({}), 10, 5));
    assert_eq!((all.rows.len(), all.total, middle.total), (30, Count(30), Count(30)));
    assert_eq!(ids(&middle), ids(&all)[10..15]);
    assert_eq!(ask(json!({}), 1_000, 5).rows, [], "past the end is nothing");
    assert_eq!((ask(json!({}), -1, 5).rows.len(), ask(json!({}), 0, -5).rows.len()), (5, 0));
    assert_eq!(ids(&ask(json!({"search": "Task 07"}), 0, 10)), ["t07"]);
    stage.set("t05", "title", r#""Mine""#);
    assert_eq!(ids(&ask(json!({"changedHere": true}), 0, 10)), ["t05"]);
    stage.conflict_over("t06");
    assert_eq!(ids(&ask(json!({"conflict": true}), 0, 10)), ["t06"]);
    stage.finish()
}

pub fn a_form_comes_from_the_records() -> Commands {
    let stage = Stage::linked(&[r#"{"id":"t1","title":"Task","rank":4,"due":"2026-05-04","urgent":true}"#]);
    let form: Form = stage.ask("get_form", json!({"link": LINK, "collection": TASKS}));
    assert!(!form.from_schema, "the server has no schema for it");
    let kind = |path: &str| form.fields.iter().find(|field| field.path == path).map(|field| field.kind);
    assert_eq!(kind("/title"), Some(FieldKind::Text));
    assert_eq!(kind("/rank"), Some(FieldKind::Integer));
    assert_eq!(kind("/due"), Some(FieldKind::Date));
    assert_eq!(kind("/urgent"), Some(FieldKind::Boolean));
    stage.finish()
}
