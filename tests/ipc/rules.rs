//! Rules for conflicts by command.

use crate::stage::{Commands, LINK, Stage, TASKS};
use serde_json::json;
use tidemark_model::merge::{FieldPolicy, Rule};
use tidemark_model::view::{ConflictRow, ListPage, RefusalCode, RulePlace, RuleRow, RuleTrial};

const TASK: &str = r#"{"id":"t1","title":"Task 1","state":"open"}"#;

// proves D5, D10
pub fn a_rule_is_tried_set_listed_and_taken_away() -> Commands {
    let stage = Stage::linked(&[TASK]);
    stage.conflict_over("t1");
    let place = json!({"link": LINK, "collection": TASKS, "path": "/state"});
    let ruled = json!({"place": place, "rule": {"policy": "server"}});
    let trial: RuleTrial = stage.ask("try_rule", ruled.clone());
    assert_eq!((trial.open.0, trial.ends.0), (1, 1));
    let open =
        || stage.ask::<ListPage<ConflictRow>>("get_pending_conflicts", json!({"offset": 0, "limit": 10}));
    assert_eq!(open().total.0, 1, "it was only asked");
    stage.ask::<()>("set_rule", ruled);
    assert_eq!(open().total.0, 0);
    let expected = RuleRow {
        place: RulePlace { link: LINK.into(), collection: TASKS.into(), path: Some("/state".into()) },
        rule: Rule::Policy(FieldPolicy::Server),
    };
    assert_eq!(stage.ask::<Vec<RuleRow>>("list_rules", json!({})), [expected]);
    stage.ask::<()>("remove_rule", json!({ "place": place }));
    assert_eq!(stage.ask::<Vec<RuleRow>>("list_rules", json!({})), []);
    let whole = json!({"link": LINK, "collection": TASKS});
    let refused = stage.refused("set_rule", json!({"place": whole, "rule": {"policy": "max"}}));
    assert_eq!(refused.code, RefusalCode::Invalid, "a policy needs a field");
    assert_eq!(stage.refused("remove_rule", json!({ "place": place })).code, RefusalCode::NotFound);
    stage.finish()
}
