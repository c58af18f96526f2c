//! Changes that belong together, by command.

use crate::stage::{Commands, LINK, Stage, TASKS};
use serde_json::json;
use tauri::async_runtime::block_on;
use tidemark_model::transaction::{Strategy, TransactionState};
use tidemark_model::view::{
    FieldEdit, ListPage, NewChange, NewTransaction, RefusalCode, TransactionDetail, TransactionRow,
};
use tidemark_sandbox::{Faults, Switch};

const TASKS_THERE: [&str; 2] = [r#"{"id":"t1","state":"open"}"#, r#"{"id":"t2","state":"open"}"#];

/// Both tasks in one transaction; the server refuses the second.
fn refused(stage: &Stage) -> TransactionRow {
    stage.server.set_faults(Faults {
        status: Some(Switch::always(vec![422]).method("PUT").path("/tasks/t2")),
        ..Faults::default()
    });
    let set = |record: &str| NewChange::Update {
        collection: TASKS.into(),
        record: record.into(),
        fields: vec![FieldEdit { path: "/state".into(), set: Some(r#""mine""#.into()) }],
        depends_on: vec![],
        metadata: None,
    };
    let new = NewTransaction {
        link: LINK.into(),
        strategy: Strategy::Ordered,
        await_sync: false,
        label: Some("Both".into()),
        changes: vec![set("t1"), set("t2")],
    };
    let made = block_on(stage.host().engine().apply_transaction(new)).expect("it is saved");
    stage.sync();
    stage.server.clear_faults();
    made
}

// proves B7
pub fn a_failed_one_is_listed_shown_and_restored() -> Commands {
    let stage = Stage::linked(&TASKS_THERE);
    let made = refused(&stage);
    let open: ListPage<TransactionRow> =
        stage.ask("list_transactions", json!({"open": true, "offset": 0, "limit": 10}));
    assert_eq!(open.total.0, 0, "it has failed, so it is not open");
    let raw =
        stage.call("list_transactions", json!({"open": false, "offset": 0, "limit": 10})).expect("a list");
    assert_eq!((&raw["total"], &raw["rows"][0]["label"]), (&json!(1), &json!("Both")));
    assert_eq!(raw["rows"][0]["error"]["code"], "refused");
    let whole: TransactionDetail = stage.ask("get_transaction", json!({ "id": made.id }));
    assert_eq!((whole.row.state, whole.row.rolled_back.0), (TransactionState::Failed, 1));
    let moves: Vec<TransactionState> = whole.history.iter().map(|step| step.to).collect();
    let path = [TransactionState::Pending, TransactionState::Persisting, TransactionState::Failed];
    assert_eq!(moves, path);
    assert_eq!(stage.refused("get_transaction", json!({"id": "nobody"})).code, RefusalCode::NotFound);

    let restored: TransactionRow = stage.ask("restore_transaction", json!({ "id": made.id }));
    assert_eq!((restored.id, restored.error), (made.id.clone(), None));
    stage.sync();
    assert_eq!(stage.member_there("t2", "state"), "mine");
    assert_eq!(stage.refused("restore_transaction", json!({ "id": made.id })).code, RefusalCode::NotNow);
    stage.finish()
}
