//! A world whose server names records, with customers, their orders and the orders' lines.

use serde_json::{Value, json};
use tidemark_model::view::{FieldEdit, RecordDetail};
use tidemark_sandbox::{CollectionSpec, Reference};
use tidemark_tests::world::{LINK, Stage, World};

/// The server remembers keys.
pub const KEYS: &str = r#"{"write":{"client_ids":false}}"#;
/// It does not.
pub const NO_KEYS: &str = r#"{"write":{"client_ids":false,"keys":{"honoured":false}}}"#;

pub async fn open(settings: &str) -> World {
    let refers =
        |path: &str, collection: &str| Reference { path: path.into(), collection: collection.into() };
    let mut stage = Stage::default()
        .collection(CollectionSpec {
            references: vec![refers("/parent", "customers")],
            ..CollectionSpec::named("customers")
        })
        .collection(CollectionSpec {
            references: vec![refers("/customer", "customers")],
            ..CollectionSpec::named("orders")
        })
        .collection(CollectionSpec {
            references: vec![refers("/order", "orders")],
            ..CollectionSpec::named("lines")
        })
        .settings(settings);
    stage.server.names_records = true;
    stage.open().await
}

pub async fn make(world: &World, collection: &str, document: Value) -> String {
    world.engine().create_record(LINK, collection, &document.to_string(), None).await.unwrap().record
}

pub async fn set(world: &World, collection: &str, rid: &str, field: &str, value: Value) {
    let edit = FieldEdit { path: format!("/{field}"), set: Some(value.to_string()) };
    world.engine().update_record(LINK, collection, rid, &[edit], None).await.unwrap();
}

pub fn record(world: &World, collection: &str, rid: &str) -> RecordDetail {
    world.engine().get_record(LINK, collection, rid).unwrap()
}

pub fn here(world: &World, collection: &str, rid: &str) -> Value {
    serde_json::from_str(&record(world, collection, rid).document.unwrap()).unwrap()
}

/// What the server has, whole.
pub fn there(world: &World, collection: &str) -> Vec<Value> {
    let listed =
        world.server.with_world(|server| tidemark_tests::audit::listed(server, &[collection.to_owned()]));
    listed.into_values().collect()
}

/// Nothing on the server and nothing unsent holds a temporary id.
pub fn nothing_temporary_left(world: &World) {
    for collection in ["customers", "orders", "lines", "tasks"] {
        for document in there(world, collection) {
            assert!(!document.to_string().contains("tidemark-new-"), "{document}");
        }
        let rows = world.engine().list_records(LINK, collection, &Default::default(), 0, 100).unwrap().rows;
        for row in rows {
            assert!(!row.id.contains("tidemark-new-"), "{row:?}");
            assert!(!here(world, collection, &row.id).to_string().contains("tidemark-new-"));
        }
    }
}

pub fn title(text: &str) -> Value {
    json!({ "title": text })
}
