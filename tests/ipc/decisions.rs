//! What was decided and merged by command, and putting it back.

use crate::stage::{Commands, LINK, Stage, TASKS};
use serde_json::json;
use tidemark_model::number::Count;
use tidemark_model::view::{
    DecisionBy, DecisionPutBack, DecisionRow, DecisionView, ListPage, NotPutBack, RefusalCode, Restores,
};

const TASK: &str = r#"{"id":"t1","title":"Task 1","state":"open"}"#;

// proves D9, H2
pub fn what_was_decided_is_listed_shown_and_put_back() -> Commands {
    let stage = Stage::linked(&[TASK]);
    let conflict = stage.conflict_over("t1");
    let listed = || stage.ask::<ListPage<DecisionRow>>("list_decisions", json!({"offset": 0, "limit": 10}));
    assert_eq!(listed().total, Count(0), "it is not decided yet");
    let mine = json!({"id": conflict.id, "resolution": {"strategy": "local_wins"}, "seen": null});
    stage.ask::<serde_json::Value>("resolve_conflict", mine);
    let held = listed().rows.remove(0);
    assert_eq!(held.cannot.unwrap().code, NotPutBack::Held);
    stage.clock().advance(10_000);
    stage.sync();
    let row = listed().rows.remove(0);
    let place = (row.link.as_str(), row.collection.as_str(), row.record.as_str(), row.title.as_str());
    assert_eq!(place, (LINK, TASKS, "t1", "Task 1"));
    assert_eq!(
        (row.by, row.restores, row.cannot.as_ref()),
        (DecisionBy::Person, Some(Restores::Server), None)
    );
    assert_eq!((row.conflict, row.touched), (Some(conflict.id), Count(1)));
    let id = json!({ "id": row.id });
    let whole: DecisionView = stage.ask("get_decision", id.clone());
    assert_eq!(whole.row, row);
    assert_eq!(whole.fields[0].becomes.as_deref(), Some("\"theirs\""));
    let done: DecisionPutBack = stage.ask("put_back", id.clone());
    assert_eq!((done.id.as_str(), done.record.as_str()), (row.id.as_str(), "t1"));
    assert_eq!(listed().rows[0].put_back.as_ref(), Some(&done.change));
    stage.sync();
    assert_eq!(stage.member_there("t1", "state"), "theirs");
    assert_eq!(stage.refused("put_back", id).code, RefusalCode::NotNow);
    assert_eq!(stage.refused("get_decision", json!({"id": "merge-9"})).code, RefusalCode::NotFound);
    stage.finish()
}
