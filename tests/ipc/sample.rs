//! The built-in server by command.

use crate::stage::{Commands, Stage};
use serde_json::json;
use tidemark_model::number::Count;
use tidemark_model::view::{AddedLink, ConflictRow, Connectivity, Form, ListPage, RefusalCode};

// proves H7
pub fn the_sample_server_goes_away_comes_back_and_has_a_colleague() -> Commands {
    let stage = Stage::bare(&[]);
    assert_eq!(stage.ask::<Option<bool>>("get_sample_offline", json!({})), None);
    for (command, arguments) in
        [("set_sample_offline", json!({"offline": true})), ("let_colleague_edit", json!({}))]
    {
        assert_eq!(stage.refused(command, arguments).code, RefusalCode::NotNow, "{command}: it does not run");
    }
    let added: AddedLink = stage.ask("start_sample", json!({}));
    assert_eq!((added.name.as_str(), added.collections.len()), ("Sample", 3));
    let again: AddedLink = stage.ask("start_sample", json!({}));
    assert_eq!(again.id, added.id, "starting it twice finds it running");
    stage.sync();
    let records: i64 =
        stage.status().links[0].collections.iter().map(|collection| collection.records.0).sum();
    assert_eq!(records, 200);
    let form: Form = stage.ask("get_form", json!({"link": "Sample", "collection": "work_orders"}));
    assert!(form.from_schema && form.fields.iter().any(|field| field.refers_to.is_some()), "{form:?}");

    stage.ask::<()>("set_sample_offline", json!({"offline": true}));
    assert_eq!(stage.ask::<Option<bool>>("get_sample_offline", json!({})), Some(true));
    stage.sync();
    assert_eq!(stage.status().connectivity, Connectivity::Offline);
    let edits = json!([{"path": "/priority", "set": "\"low\""}]);
    let edit = json!({"link": "Sample", "collection": "work_orders", "id": "WO-00412", "edits": edits});
    stage.ask::<serde_json::Value>("update_record", edit);
    stage.ask::<()>("let_colleague_edit", json!({}));

    stage.ask::<()>("set_sample_offline", json!({"offline": false}));
    assert_eq!(stage.ask::<Option<bool>>("get_sample_offline", json!({})), Some(false));
    stage.sync();
    let open: ListPage<ConflictRow> = stage.ask("get_pending_conflicts", json!({"offset": 0, "limit": 10}));
    assert_eq!((open.total, open.rows[0].resource_id.as_str()), (Count(1), "WO-00412"));
    stage.finish()
}
