//! Changes that belong together: locks, roll-back, all or none, taking back, restoring (rows B1–B7).

mod atomic;
mod decided;
mod deleted_there;
mod doubt;
mod ordered;
mod parallel;
mod references;
mod restoring;
mod saga;
mod seen;
mod taken_back;
mod updated_before;

use serde_json::Value;
use tidemark_model::transaction::{Strategy, TransactionState};
use tidemark_model::view::{FieldEdit, NewChange, NewTransaction, TransactionRow};
use tidemark_sandbox::Switch;
use tidemark_tests::world::{LINK, TASKS, World};

pub(crate) fn set(record: &str, field: &str, value: impl Into<Value>) -> NewChange {
    let fields = vec![FieldEdit { path: format!("/{field}"), set: Some(value.into().to_string()) }];
    NewChange::Update {
        collection: TASKS.into(),
        record: record.into(),
        fields,
        depends_on: vec![],
        metadata: None,
    }
}

fn create(document: &Value) -> NewChange {
    NewChange::Create {
        collection: TASKS.into(),
        document: document.to_string(),
        depends_on: vec![],
        metadata: None,
    }
}

fn delete(record: &str) -> NewChange {
    NewChange::Delete { collection: TASKS.into(), record: record.into(), depends_on: vec![], metadata: None }
}

fn new(strategy: Strategy, changes: Vec<NewChange>) -> NewTransaction {
    NewTransaction { link: LINK.into(), strategy, await_sync: false, label: None, changes }
}

pub(crate) async fn apply(world: &World, strategy: Strategy, changes: Vec<NewChange>) -> TransactionRow {
    world.engine().apply_transaction(new(strategy, changes)).await.unwrap()
}

fn now(world: &World, row: &TransactionRow) -> TransactionRow {
    world.engine().get_transaction(&row.id).unwrap().row
}

fn state(world: &World, row: &TransactionRow) -> TransactionState {
    now(world, row).state
}

/// Every state that it was in, in order.
fn path(world: &World, row: &TransactionRow) -> Vec<TransactionState> {
    world.engine().get_transaction(&row.id).unwrap().history.iter().map(|step| step.to).collect()
}

/// The server refuses every write of a record.
pub(crate) fn refuse(world: &World, record: &str) {
    let path = format!("/tasks/{record}");
    world.fault(|faults| faults.status = Some(Switch::always(vec![422]).method("PUT").path(&path)));
}
