//! Hooks by command.

use crate::stage::{Commands, LINK, Stage, TASKS};
use serde_json::json;
use tidemark_model::view::{ConflictRow, ConflictView, HookRow, HookTrial, ListPage, RefusalCode};

const TASK: &str = r#"{"id":"t1","title":"Task 1","state":"open"}"#;
const MINE: &str = r#"fn resolve(base, local, server, info) { "local" }"#;

// proves D6, H2
pub fn a_hook_is_tried_set_listed_and_taken_away() -> Commands {
    let stage = Stage::linked(&[TASK]);
    stage.conflict_over("t1");
    let place = json!({"link": LINK, "collection": TASKS});
    let with = |script: &str| json!({"place": place, "script": script});
    let open =
        || stage.ask::<ListPage<ConflictRow>>("get_pending_conflicts", json!({"offset": 0, "limit": 10}));
    let wrong = with("fn resolve(base, local, server, info) {\n  throw \"not like this\"\n}");
    let trial: HookTrial = stage.ask("try_hook", wrong.clone());
    assert_eq!((trial.trial.open.0, trial.trial.ends.0, trial.wrong.0), (1, 0, 1));
    stage.ask::<()>("set_hook", wrong);
    let conflict: ConflictView = stage.ask("get_conflict", json!({"id": open().rows[0].id}));
    let said = conflict.hook_said.expect("the hook went wrong");
    assert!(said.contains("line 2") && said.contains("not like this"), "{said}");
    stage.ask::<()>("set_hook", with(MINE));
    assert_eq!(open().total.0, 0);
    let listed: Vec<HookRow> = stage.ask("list_hooks", json!({}));
    assert_eq!(listed.iter().map(|row| row.script.as_str()).collect::<Vec<_>>(), [MINE]);
    stage.ask::<()>("remove_hook", json!({ "place": place }));
    assert_eq!(stage.ask::<Vec<HookRow>>("list_hooks", json!({})), []);
    assert_eq!(stage.refused("set_hook", with("fn resolve(")).code, RefusalCode::Invalid);
    assert_eq!(stage.refused("remove_hook", json!({ "place": place })).code, RefusalCode::NotFound);
    stage.finish()
}
