use super::db;
use crate::transactions::refuse;
use serde_json::{Value, json};
use tidemark_model::view::{FieldEdit, Resolution};
use tidemark_sandbox::Switch;
use tidemark_tests::world::{LINK, NO_HOLD, Stage, TASKS, World};

/// Stands in everything that a line must not hold: values, titles, metadata, bodies, secrets, a server's words.
const MARK: &str = "zzmarked";

fn marked(what: &str) -> String {
    format!("{MARK}-{what}")
}

/// All that is on disk of the activity, whatever columns it has.
fn on_disk(world: &World) -> String {
    let db = db(world);
    let mut statement = db.prepare("SELECT * FROM activity").unwrap();
    let columns = statement.column_count();
    let mut rows = statement.query([]).unwrap();
    let mut kept = String::new();
    while let Some(row) = rows.next().unwrap() {
        for column in 0..columns {
            kept += row.get_ref(column).unwrap().as_str().unwrap_or_default();
            kept.push(' ');
        }
    }
    kept
}

// proves A12, H1
#[tokio::test]
async fn no_line_holds_a_value_a_body_a_title_metadata_or_a_servers_words() {
    let record = |id: &str| json!({"id": id, "title": marked("title"), "state": "open"}).to_string();
    let stage = ["t001", "t002", "t003", "t004"]
        .iter()
        .fold(Stage::default(), |stage, id| stage.record(TASKS, &record(id)));
    let world = stage.open().await;
    let edit = |set: Value| [FieldEdit { path: "/state".into(), set: Some(set.to_string()) }];
    let metadata = Some(json!({"note": marked("metadata")}).to_string());
    let engine = world.engine();
    for id in ["t001", "t002", "t003", "t004"] {
        engine.update_record(LINK, TASKS, id, &edit(json!(marked("mine"))), metadata.clone()).await.unwrap();
    }
    world.colleague_sets("t002", "state", marked("theirs"));
    world.colleague_sets("t003", "rank", marked("merged"));
    refuse(&world, "t004");
    world.sync().await;
    // The words of a refusal are kept with the change; a line has its status alone.
    let parked = world.queue().into_iter().find(|row| row.record == "t004").unwrap().id;
    db(&world).execute("UPDATE outbox SET words = ?1 WHERE state = 'parked'", [marked("words")]).unwrap();
    engine.retry(vec![parked.clone()]).await.unwrap();
    world.sync().await;
    engine.discard(vec![parked.clone()]).await.unwrap();
    engine.restore(vec![parked]).await.unwrap();
    let conflict = engine.list_conflicts(0, 10).unwrap().rows.remove(0).id;
    let document = json!({"id": "t002", "title": marked("title"), "state": marked("chosen")}).to_string();
    let manual = Resolution::Manual { choices: vec![], document: Some(document) };
    engine.resolve_conflict(conflict, manual, None, NO_HOLD).await.unwrap();
    world.server.clear_faults();
    world.sync().await;
    let deep = (0..150).fold(json!(marked("unreadable")), |inner, _| json!([inner]));
    let create = json!({"id": "t009", "state": deep}).as_object().cloned();
    world.colleague(tidemark_sandbox::ColleagueEdit {
        collection: TASKS.into(),
        create,
        ..Default::default()
    });
    world.sync().await;
    world.fault(|faults| faults.unauthorized = Some(Switch::always(true)));
    world.sync().await;
    world.server.clear_faults();

    let kept = on_disk(&world);
    assert!(
        kept.contains("conflict_met") && kept.contains("needs_you") && kept.contains("stopped"),
        "{kept}"
    );
    assert!(!kept.contains(MARK), "{kept}");
    let all = engine.activity(&Default::default(), None, 500).unwrap();
    let shown = serde_json::to_string(&all).unwrap();
    assert!(shown.contains("t004") && !shown.contains(MARK), "{shown}");
    world.finish().await;
}
